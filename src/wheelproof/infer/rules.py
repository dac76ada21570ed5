"""The rules of inference: small pure functions in one list, each with the evidence for what it says."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Candidate, Images, Inference, Value, default, inferred
from wheelproof.infer.cibuildwheel import SAYS, Taken, take_settings
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.knowledge import Fit, Run, default_time, fits, known_runs, marks_of_other_versions
from wheelproof.infer.marks import WEAK, Marks
from wheelproof.infer.publisher import folder, image
from wheelproof.wheel.platforms import parse_platforms
from wheelproof.wheel.repair import RepairMarks

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
# What the oldest of them says it is where the setuptools of a wheel's day does not run on it.
OLDER_PYTHON = "3.7"
# Projects take up a new interpreter some months after its release.
_ADOPTION = timedelta(days=120)

_NAMED_PYTHON = re.compile(r"(?:pip|easy_install|idle|pydoc)-?(3\.[0-9]{1,2})")
_DEBIANS_NAME = re.compile(r"(?!.*-py[0-9])[^/]+-nspkg\.pth")
# Wheel's version in the measurement of setuptools.
_WHEEL_BESIDE = Version("0.37.1")
# The first setuptools with ``build_meta:__legacy__``, which PEP 517 front ends fall back on.
_LEGACY_BACKEND_SINCE = Version("40.8.0")
LEGACY_BACKEND_RELEASED = date(2019, 2, 5)
POETRY_CORE_RELEASED = date(2020, 10, 1)
_MARKS_SHOWN = 3
_DOS_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
# The last second that SOURCE_DATE_EPOCH can name in a recipe.
_LAST = datetime.fromtimestamp(0xFFFFFFFF, UTC)


# What earlier rules said, by field; the entries of tables as ``field.key``.
Settled = Mapping[str, Value]
Rule = Callable[[Evidence, Settled], Iterator[Inference]]


def backend_of(evidence: Evidence) -> tuple[str, str] | None:
    """The project and version (PEP 440) that the Generator line names, or None."""
    for pattern, project in GENERATORS:
        found = pattern.fullmatch((evidence.generator or "").strip())
        if found and (version := _version(found[1])):
            whole = project == "poetry-core" and _before_poetry_core(evidence, version)
            return ("poetry" if whole else project), found[1]
    return None


def is_by(evidence: Evidence, project: str) -> bool:
    """Whether the Generator line names a version of this project."""
    backend = backend_of(evidence)
    return backend is not None and backend[0] == project


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number longer than Python reads
        return None


def _before_poetry_core(evidence: Evidence, version: Version) -> bool:
    """Poetry itself was the backend, and its version the one that is named, until poetry-core took over."""
    source, when = evidence.source, evidence.upload_time
    if version.major < 1:
        return True
    asked = source is not None and source.build_system.build_backend == "poetry.masonry.api"
    return asked and when is not None and when.date() < POETRY_CORE_RELEASED


def interpreter(evidence: Evidence, _settled: Settled) -> Iterator[Inference]:
    """A tag, a script or a member's name can name the interpreter; else the upload time picks one."""
    if evidence.interpreters <= {"py2", "py27", "cp27"}:
        yield inferred("python", "2.7", f"The wheel is for Python 2 alone: {evidence.filename}")
        return
    for tag in sorted(evidence.interpreters):
        if found := re.fullmatch(r"cp3([0-9]+)", tag):
            yield inferred("python", f"3.{found[1]}", f"The wheel's name says {tag}")
            return
    named = dict(_named(evidence))
    allowed = allowed_pythons(evidence)
    for version, place in named.items():
        if version in allowed:
            yield inferred("python", version, f"{place} names it")
            return
    if "2.7" in named and "py2" in evidence.interpreters:
        yield inferred("python", "2.7", f"{named['2.7']} names it")
        return
    if named:
        version, place = next(iter(named.items()))
        yield from shown_python(version, f"{place} names Python {version}")
        return
    yield _python_of_the_day(evidence, allowed)


def shown_python(version: str, why: str) -> Iterator[Inference]:
    """An interpreter that no image has: the next newer one says that it is that one, to a build that asks."""
    known = [known for known, _ in INTERPRETERS] + list(NEEDED_ONLY)
    newer = [known for known in known if Version(known) > Version(version)] or known[-1:]
    yield inferred("python", newer[0], f"{why}, which no image has: this is the next one")
    yield inferred("version-info", version, why)


def allowed_pythons(evidence: Evidence) -> tuple[str, ...]:
    """The interpreters of the default images that the wheel's Requires-Python allows, 3.14 last."""
    versions = [*(version for version, _ in INTERPRETERS), *NEEDED_ONLY]
    return tuple(version for version in versions if _allows(evidence.requires_python, version))


def was_out(python: str, evidence: Evidence) -> bool:
    """Whether an interpreter of the default images was released when the wheel came."""
    released = dict(INTERPRETERS).get(python)
    return evidence.upload_time is None or (released is not None and released <= evidence.upload_time.date())


def _named(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for script in evidence.scripts:
        if found := _NAMED_PYTHON.fullmatch(script):
            yield found[1], f"The entry point {script}"
    for version in evidence.named_pythons:
        yield version, "The name of a member"


def _python_of_the_day(evidence: Evidence, allowed: Sequence[str]) -> Inference:
    known = list(allowed) or [version for version, _ in INTERPRETERS]
    when = evidence.upload_time
    if when is None:
        return default("python", _stable(known)[-1], "The newest default image that Requires-Python allows")
    released = dict(INTERPRETERS)
    of_its_day = [v for v in known if v in released and released[v] + _ADOPTION <= when.date()]
    return default(
        "python",
        of_its_day[-1] if of_its_day else known[0],
        f"The image of the day of its upload, {when.date()}, that Requires-Python allows",
    )


def backend_version(evidence: Evidence, _settled: Settled) -> Iterator[Inference]:
    """The Generator line pins what wrote the wheel."""
    if backend := backend_of(evidence):
        project, version = backend
        line = printable(evidence.generator or "")
        yield inferred("constraints", f"=={version}", f"WHEEL says Generator: {line}", key=project)


def own_backend(evidence: Evidence, _settled: Settled) -> Iterator[Inference]:
    """A backend's own wheel whose Generator line names another version of it was built by that one."""
    backend, source = backend_of(evidence), evidence.source
    if backend is None or source is None or not source.build_system.backend_path:
        return
    project, version = backend
    if project == evidence.project and Version(version) != Version(evidence.version):
        why = f"The release is {evidence.version}, and WHEEL names {project} {version}: an installed one"
        yield inferred("in-tree-backend", False, why)
        yield inferred("requires", (f"{project}=={version}",), why)


def text_files(evidence: Evidence, settled: Settled) -> Iterator[Inference]:
    """WHEEL is a text file that the build writes: its line ends are the system's."""
    if evidence.windows_text and settled["python"] != "2.7":
        yield inferred("text-files", "windows", "WHEEL has CRLF line ends, as Python writes them on Windows")


def setuptools_version(evidence: Evidence, settled: Settled) -> Iterator[Inference]:
    """``bdist_wheel (X)`` names wheel: which setuptools it was shows in the marks that it left."""
    if not is_by(evidence, "wheel"):
        return
    python = str(settled.get("version-info") or settled["python"])
    newest = newest_setuptools(evidence, python)
    if newest is not None and newest.fails and "version-info" not in settled:
        older = newest_setuptools(evidence, OLDER_PYTHON)
        if older is not None and not older.fails and python == INTERPRETERS[0][0]:
            why = f"The setuptools of its day ({newest.specifier}) does not run on Python {python}"
            yield inferred("version-info", OLDER_PYTHON, why)
            python, newest = OLDER_PYTHON, older
    found = fitting_setuptools(evidence, python)
    if not found or newest is None:
        return
    against = newest.contradictions(setuptools_marks(evidence, python))
    if newest.fails or len(against) > len(found[0].against):
        yield setuptools_of(found[0], against - found[0].against)


def newest_setuptools(evidence: Evidence, python: str) -> Run | None:
    """The run of setuptools' versions that was the newest when a wheel came; it may fail."""
    day = _day(evidence)
    out = [run for run in known_runs("setuptools", python) if day is None or run.released <= day]
    return max(out, key=lambda run: run.first, default=None)


def setuptools_marks(evidence: Evidence, python: str, marks: Marks | None = None) -> Marks:
    """A wheel's marks without those that wheel's own version changes: it was measured beside one of them."""
    backend = backend_of(evidence)
    own = {name: value for name, value in evidence.marks.items() if value not in WEAK}
    found = dict(own if marks is None else marks)
    if backend and backend[0] == "wheel":
        for name in marks_of_other_versions("wheel", python, Version(backend[1]), _WHEEL_BESIDE):
            found.pop(name, None)
    return found


def fitting_setuptools(evidence: Evidence, python: str, marks: Marks | None = None) -> tuple[Fit, ...]:
    """The versions of setuptools by how well they fit a wheel's marks, best first.

    Args:
        evidence: of the published wheel.
        python: the interpreter, ``X.Y``.
        marks: those to fit, where they are not the evidence's.
    """
    return fits("setuptools", python, setuptools_marks(evidence, python, marks), _day(evidence))


def setuptools_of(fit: Fit, decisive: Iterable[str]) -> Inference:
    """The constraint that a run of setuptools' versions is, and the marks that decided for it."""
    shown = sorted(decisive)[:_MARKS_SHOWN]
    marks = ", ".join(f"{name} {fit.run.marks.get(name, '')}".strip() for name in shown)
    return inferred(
        "constraints",
        fit.run.specifier,
        f"The wheel has the marks of these versions ({marks or 'no other versions left fewer others'})",
        key="setuptools",
    )


def setuptools_from(evidence: Evidence, _settled: Settled) -> Iterator[Inference]:
    """A namespace package's ``.pth`` file is named after the Python version, but with Debian's setuptools."""
    for entry in evidence.entries if is_by(evidence, "wheel") else ():
        if _DEBIANS_NAME.fullmatch(entry.name):
            why = f"{printable(entry.name)} is named without the Python version"
            yield inferred("setuptools-from", "debian", why)
            return


def frontend(evidence: Evidence, settled: Settled) -> Iterator[Inference]:
    """The hooks of PEP 517; where the wheel is older than their defaults, ``setup.py`` was run."""
    source = evidence.source
    bound = re.search(r",<([0-9.]+)$", str(settled.get("constraints.setuptools", "")))
    if settled["python"] == "2.7":
        yield inferred("frontend", "setup.py", "The image's Python 2.7 has no PEP 517 front end")
    elif source is None or source.build_system.declared or not source.has_setup_py:
        yield default("frontend", "pep517", "What every current front end calls")
    elif evidence.upload_time and evidence.upload_time.date() < LEGACY_BACKEND_RELEASED:
        yield inferred(
            "frontend",
            "setup.py",
            f"PEP 517's default backend came after the wheel (setuptools 40.8.0, {LEGACY_BACKEND_RELEASED})",
        )
    elif bound and Version(bound[1]) <= _LEGACY_BACKEND_SINCE:
        yield inferred(
            "frontend", "setup.py", f"Setuptools below {bound[1]} has no default backend of PEP 517"
        )
    else:
        yield default("frontend", "pep517", "What every current front end calls")


def universal(evidence: Evidence, settled: Settled) -> Iterator[Inference]:
    """A ``py2.py3`` wheel whose source does not ask for one was asked for on the command line."""
    source = evidence.source
    if evidence.interpreters != {"py2", "py3"} or source is None or not source.has_setup_py:
        return
    backend = source.build_system.build_backend
    if source.universal or "universal" in source.setup_py or not backend.startswith("setuptools."):
        return
    if settled["frontend"] == "pep517":
        yield inferred("frontend", "setup.py", "Options of bdist_wheel are given on its command line")
    yield inferred(
        "arguments",
        ("--universal",),
        "The wheel is for py2 and py3, and neither setup.cfg nor setup.py says so",
    )


def source_date_epoch(evidence: Evidence, _settled: Settled) -> Iterator[Inference]:
    """Entry times show SOURCE_DATE_EPOCH, or the backend's own default where it was not set."""
    times, generated = evidence.times(), evidence.generated_times()
    if not times:
        yield default("source-date-epoch", None, "No entry has a time")
        return
    backend = backend_of(evidence)
    stamp = default_time(backend[0]) if backend else None
    if stamp and generated and all(time.date() == stamp for time in generated):
        yield inferred(
            "source-date-epoch",
            None,
            f"Generated entries have {stamp}, what the backend writes where the variable is not set",
        )
        return
    newest = min(max(times[-1], _DOS_EPOCH), _LAST)
    spread = "every entry has it" if len(times) == 1 else f"the newest of {len(times)} entry times"
    yield inferred("source-date-epoch", int(newest.timestamp()), f"{newest:%Y-%m-%d %H:%M:%S} UTC: {spread}")


def umask(evidence: Evidence, _settled: Settled) -> Iterator[Inference]:
    """Backends that copy modes show the umask; RECORD does not (wheel writes it 0664 whatever the umask)."""
    record = f"{evidence.dist_info}/RECORD"
    modes = {entry.mode for entry in evidence.entries if entry.mode is not None and entry.name != record}
    if modes and all(mode & 0o077 == 0 for mode in modes):
        yield inferred("umask", "0077", "No entry can be read by others")
    elif modes and all(mode & 0o020 for mode in modes):
        yield inferred("umask", "0002", "Every entry can be written by its group")
    else:
        yield default("umask", "0022", "The usual one, and no entry's mode speaks against it")


def repair(evidence: Evidence, settled: Settled) -> Iterator[Inference]:
    """A wheel for manylinux or musllinux that has auditwheel's marks was repaired by it."""
    asked = asked_platform(evidence.platforms)
    if asked is None:
        return
    marks, why = evidence.repair, _mark_of_repair(evidence.repair)
    if why is None:
        why = f"The wheel is for {asked} and has no mark of auditwheel: the build itself gives that tag"
        yield default("repair", "none", why, key="tool")
        return
    if settled["python"] == "2.7":
        yield default("repair", "none", f"{why}, which does not run on Python 2.7", key="tool")
        return
    yield inferred("repair", "auditwheel", why, key="tool")
    yield inferred("repair", asked, "The highest policy among the wheel's platform tags", key="platform")
    if marks.sbom and (version := _version(marks.sbom.auditwheel)):
        yield inferred("repair", f"=={version}", "auditwheel's SBOM names it", key="auditwheel")


def _mark_of_repair(marks: RepairMarks) -> str | None:
    if marks.sbom:
        return "The wheel has an SBOM of auditwheel"
    if marks.libraries:
        return f"{printable(marks.libraries[0])} has a name of the form that auditwheel gives"
    return "RECORD has CRLF line ends, as auditwheel writes them" if marks.record_lines else None


def cibuildwheel(evidence: Evidence, settled: Settled) -> Iterator[Inference]:
    """What the source tells cibuildwheel, as far as a build without a network can follow."""
    if evidence.cibuildwheel:
        yield inferred("environment", "1", f"{SAYS} is there, and cibuildwheel sets it", key="CIBUILDWHEEL")
    for taken in take_settings(evidence.cibuildwheel, settled):
        yield from taken.inferences


def asked_platform(platforms: Sequence[str]) -> str | None:
    """The platform tag that auditwheel was asked for: the highest policy, in the form of PEP 600.

    A lower one beside it is what the wheel meets too (``image_for`` says more).
    """
    named = {found for tag in platforms for found in parse_platforms(tag)}
    if len({(policy.family, machine) for policy, machine in named}) != 1:
        return None
    policy, machine = max(named)
    return f"{policy}_{machine}"


RULES: tuple[Rule, ...] = (
    interpreter, image, folder, backend_version, own_backend, setuptools_version, setuptools_from, frontend,
    universal, text_files, source_date_epoch, umask, repair, cibuildwheel,
)  # fmt: skip


def infer(evidence: Evidence) -> tuple[Inference, ...]:
    """What all rules say, in their order."""
    return _infer(evidence, RULES)


def cibuildwheel_settings(evidence: Evidence) -> tuple[Taken, ...]:
    """What became of each setting for cibuildwheel."""
    before = _infer(evidence, RULES[: RULES.index(cibuildwheel)])
    return take_settings(evidence.cibuildwheel, {found.place: found.value for found in before})


def _infer(evidence: Evidence, rules: Sequence[Rule]) -> tuple[Inference, ...]:
    settled: dict[str, Value] = {}
    found: list[Inference] = []
    for rule in rules:
        for inference in rule(evidence, settled):
            settled[inference.place] = inference.value
            found.append(inference)
    return tuple(found)


def infer_candidate(evidence: Evidence, images: Images, *, asked: str | None = None) -> Candidate:
    """What the evidence adds up to; raises NotCheckedError where no image can build it.

    Args:
        evidence: of the published wheel.
        images: the default images.
        asked: the image that is asked for, whatever the evidence says.
    """
    found = infer(evidence)
    if asked is not None:
        found = (*found, default("image", asked, "It is asked for"))
    return Candidate.of(found, images, compilers=not evidence.pure)


def _day(evidence: Evidence) -> date | None:
    return evidence.upload_time.date() if evidence.upload_time else None


def _stable(versions: list[str]) -> list[str]:
    return [version for version in versions if version not in NEEDED_ONLY] or versions


def _allows(requires_python: str | None, version: str) -> bool:
    try:
        return SpecifierSet(requires_python or "").contains(f"{version}.9")
    except InvalidSpecifier:
        return True
