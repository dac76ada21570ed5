"""The rules of inference: small pure functions in one list, each with the evidence for what it says."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from wheelproof.core.untrusted import printable
from wheelproof.infer.evidence import Evidence

# What WHEEL's Generator line names, and the project whose version it gives.
_VERSION = r"([0-9][0-9A-Za-z.+!-]*)"
GENERATORS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern.format(_VERSION)), project)
    for pattern, project in (
        (r"bdist_wheel \({}\)", "wheel"),
        (r"setuptools \({}\)", "setuptools"),
        (r"flit {}", "flit-core"),
        (r"hatchling {}", "hatchling"),
        (r"poetry-core {}", "poetry-core"),
        (r"poetry {}", "poetry-core"),
        (r"pdm-backend \({}\)", "pdm-backend"),
        (r"pdm-pep517 {}", "pdm-pep517"),
        (r"uv {}", "uv-build"),
        (r"maturin \({}\)", "maturin"),
        (r"scikit-build-core {}", "scikit-build-core"),
    )
)

# When each interpreter of the default images was released. 3.14 is left to wheels that need it: the Debian
# release that has it is not out, and its archive moves daily.
INTERPRETERS: tuple[tuple[str, date], ...] = (
    ("3.9", date(2020, 10, 5)),
    ("3.11", date(2022, 10, 24)),
    ("3.13", date(2024, 10, 7)),
)
NEEDED_ONLY: tuple[str, ...] = ("3.14",)
# Projects take up a new interpreter some months after its release.
_ADOPTION = timedelta(days=120)

# The time that a backend stamps where SOURCE_DATE_EPOCH is not set.
DEFAULT_TIMES: dict[str, date] = {
    "flit-core": date(2016, 1, 1),
    "hatchling": date(2020, 2, 2),
    "pdm-backend": date(2016, 1, 1),
    "poetry-core": date(2016, 1, 1),
    "uv-build": date(1980, 1, 1),
}
_NAMED_PYTHON = re.compile(r"(?:pip|easy_install|idle|pydoc)-?(3\.[0-9]+)")
_DOS_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """One value for a recipe, and what says so.

    Attributes:
        field: the recipe's field.
        value: its value, or a table's entry as ``(key, value)``.
        origin: ``inferred`` from evidence, or a ``default`` for want of it.
        evidence: a sentence.
    """

    field: str
    value: str | int | tuple[str, str] | None
    origin: str
    evidence: str


Rule = Callable[[Evidence], Iterator[Inference]]


def backend_of(evidence: Evidence) -> tuple[str, str] | None:
    """The project and version that the Generator line names, or None."""
    for pattern, project in GENERATORS:
        if found := pattern.fullmatch((evidence.generator or "").strip()):
            return project, found[1]
    return None


def backend_version(evidence: Evidence) -> Iterator[Inference]:
    """The Generator line pins what wrote the wheel."""
    if backend := backend_of(evidence):
        project, version = backend
        yield _inferred(
            "constraints",
            (project, f"=={version}"),
            f"WHEEL says Generator: {printable(evidence.generator or '')}",
        )


def interpreter(evidence: Evidence) -> Iterator[Inference]:
    """A tag or a script can name the interpreter; else the upload time picks one of its day."""
    yield _interpreter(evidence)


def _interpreter(evidence: Evidence) -> Inference:
    if evidence.interpreters <= {"py2", "py27", "cp27"}:
        return _inferred("python", "2.7", f"the wheel is for Python 2 alone: {evidence.filename}")
    for tag in sorted(evidence.interpreters):
        if found := re.fullmatch(r"cp3([0-9]+)", tag):
            return _inferred("python", f"3.{found[1]}", f"the wheel's name says {tag}")
    allowed = [version for version, _ in INTERPRETERS if _allows(evidence.requires_python, version)]
    allowed += [version for version in NEEDED_ONLY if _allows(evidence.requires_python, version)]
    for script in evidence.scripts:
        if (found := _NAMED_PYTHON.fullmatch(script)) and found[1] in allowed:
            return _inferred("python", found[1], f"its entry points have {script}")
    known = allowed or [version for version, _ in INTERPRETERS]
    when = evidence.upload_time
    if when is None:
        return _default("python", _stable(known)[-1], "the newest default image that Requires-Python allows")
    released = dict(INTERPRETERS)
    of_its_day = [v for v in known if v in released and released[v] + _ADOPTION <= when.date()]
    return _default(
        "python",
        of_its_day[-1] if of_its_day else known[0],
        f"the image of the day of its upload, {when.date()}, that Requires-Python allows",
    )


def source_date_epoch(evidence: Evidence) -> Iterator[Inference]:
    """Entry times show SOURCE_DATE_EPOCH, or the backend's own default where it was not set."""
    times, generated = evidence.times(), evidence.generated_times()
    if not times:
        yield _default("source-date-epoch", None, "no entry has a time")
        return
    backend = backend_of(evidence)
    stamp = DEFAULT_TIMES.get(backend[0]) if backend else None
    if stamp and generated and all(time.date() == stamp for time in generated):
        yield _inferred(
            "source-date-epoch",
            None,
            f"generated entries have {stamp}, what the backend writes where the variable is not set",
        )
        return
    newest = max(times[-1], _DOS_EPOCH)
    spread = "every entry has it" if len(times) == 1 else f"the newest of {len(times)} entry times"
    yield _inferred("source-date-epoch", int(newest.timestamp()), f"{newest:%Y-%m-%d %H:%M:%S} UTC: {spread}")


def umask(evidence: Evidence) -> Iterator[Inference]:
    """Backends that copy modes show the umask; RECORD does not (wheel writes it 0664 whatever the umask)."""
    record = f"{evidence.dist_info}/RECORD"
    modes = {entry.mode for entry in evidence.entries if entry.mode is not None and entry.name != record}
    if modes and all(mode & 0o077 == 0 for mode in modes):
        yield _inferred("umask", "0077", "no entry can be read by others")
    elif modes and all(mode & 0o020 for mode in modes):
        yield _inferred("umask", "0002", "every entry can be written by its group")
    else:
        yield _default("umask", "0022", "the usual one, and no entry's mode speaks against it")


def frontend(evidence: Evidence) -> Iterator[Inference]:
    """The hooks of PEP 517, but for Python 2, whose front ends ran ``setup.py``."""
    if _interpreter(evidence).value == "2.7":
        yield _inferred("frontend", "setup.py", "the image's Python 2.7 has no PEP 517 front end")
    else:
        yield _default("frontend", "pep517", "what every current front end calls")


RULES: tuple[Rule, ...] = (backend_version, interpreter, source_date_epoch, umask, frontend)


def _inferred(field: str, value: str | int | tuple[str, str] | None, evidence: str) -> Inference:
    return Inference(field=field, value=value, origin="inferred", evidence=evidence)


def _default(field: str, value: str | int | None, evidence: str) -> Inference:
    return Inference(field=field, value=value, origin="default", evidence=evidence)


def _stable(versions: list[str]) -> list[str]:
    return [version for version in versions if version not in NEEDED_ONLY] or versions


def _allows(requires_python: str | None, version: str) -> bool:
    try:
        return SpecifierSet(requires_python or "").contains(f"{version}.9")
    except InvalidSpecifier:
        return True
