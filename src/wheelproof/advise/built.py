"""A wheel as facts for advice: what of it shows how it was built, and what the sdist beside it lacks."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import InvalidVersion, Version

from wheelproof.explain.causes.cause import Kind
from wheelproof.explain.causes.kinds import kind_of
from wheelproof.infer.evidence import Evidence, gather_evidence
from wheelproof.infer.rules import backend_of
from wheelproof.source.files import digest_files
from wheelproof.source.sdist import Sdist, read_sdist
from wheelproof.wheel.archive import Archive
from wheelproof.wheel.facts import Wheel, read_wheel
from wheelproof.wheel.members import Member, MemberType
from wheelproof.wheel.record import RECORD_LIMIT_BYTES, parse_record

# Names that frontends, meson-python and compilers draw anew for each build.
_RANDOM = re.compile(
    rb"\.mesonpy-[a-z0-9_]{8}(?![\w])|\bpip-(?:req-build|install|wheel)-[a-z0-9_]{8}(?![\w])"
    rb"|\bbuild-via-sdist-[a-z0-9_]{8}(?![\w])|/tmp/cc[A-Za-z0-9]{6}\.(?:o|s|ltrans)\b"
)
_LONGEST_BYTES = 64
_SAME_NAMES = 5_000
_SEARCHED_BYTES = 1 << 30
_GENERATED_SUFFIXES = (".pyc", "-nspkg.pth")
# What templates are called beside the files that a build makes of them.
_TEMPLATE_SUFFIXES = ("", ".in", ".j2", ".src", ".template", ".tp")
_SCHEME = re.compile(r"^[^/]+\.data/[^/]+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWheel:
    """What a wheel shows of its build; every text in it is the wheel's own.

    Attributes:
        evidence: what inference reads of it.
        backend: the project that its Generator line names, or empty.
        backend_version: that project's version, or None.
        for_windows: one of its tags is Windows'.
        rows: the paths in RECORD, in its order; empty where it can't be read.
        random_names: members of native code that hold a random name, each with the name.
        not_searched: members that were not searched for such names, as the limit was reached.
        missing: members that the sdist has under no name and with no content; None without an sdist.
    """

    evidence: Evidence
    backend: str
    backend_version: Version | None
    for_windows: bool
    rows: tuple[str, ...] = field(repr=False)
    random_names: tuple[tuple[str, str], ...] = ()
    not_searched: int = 0
    missing: tuple[str, ...] | None = None


def read_built(path: Path, sdist: Path | None = None) -> BuiltWheel:
    """Read a wheel, and the sdist that it should come from.

    Raises:
        MalformedError: one of them breaks its format or passes a limit.
        OSError: a file can't be read.
    """
    wheel = read_wheel(path)
    source = read_sdist(sdist) if sdist else None
    evidence = gather_evidence(wheel, source, upload_time=None)
    backend, version = backend_of(evidence) or ("", "")
    found, not_searched = _random_names(wheel)
    return BuiltWheel(
        evidence=evidence,
        backend=backend,
        backend_version=_version(version),
        for_windows=any(tag.platform.startswith("win") for tag in wheel.name.tags),
        rows=_rows(wheel.archive, wheel.dist_info),
        random_names=found,
        not_searched=not_searched,
        missing=tuple(_missing(wheel, sdist, source)) if sdist and source else None,
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _rows(archive: Archive, dist_info: str) -> tuple[str, ...]:
    record = archive.find(f"{dist_info}/RECORD")
    if record is None:
        return ()
    try:
        return tuple(row.path for row in parse_record(archive.read(record, limit_bytes=RECORD_LIMIT_BYTES)))
    except (ValueError, csv.Error):
        return ()


def _random_names(wheel: Wheel) -> tuple[tuple[tuple[str, str], ...], int]:
    found: list[tuple[str, str]] = []
    room, not_searched = _SEARCHED_BYTES, 0
    for member in wheel.archive.members:
        if kind_of(member.name, wheel.dist_info) is not Kind.NATIVE or member.type is not MemberType.FILE:
            continue
        room -= member.size_bytes
        if room < 0:
            not_searched += 1
        elif name := _random_name(wheel.archive, member):
            found.append((member.name, name))
    return tuple(found), not_searched


def _random_name(archive: Archive, member: Member) -> str:
    kept = b""
    for chunk in archive.open(member):
        data = kept + chunk
        if match := _RANDOM.search(data):
            return match[0].decode("ascii")
        kept = data[-_LONGEST_BYTES:]
    return ""


def _missing(wheel: Wheel, sdist: Path, source: Sdist) -> Iterator[str]:
    """Members that no build tool makes, and that the sdist has neither by name nor by content."""
    contents = digest_files(sdist)
    names: dict[str, list[str]] = {}
    for path in (f"/{member.name}" for member in source.members):
        names.setdefault(path.rpartition("/")[2], []).append(path)
    for member in wheel.archive.members:
        if member.type is not MemberType.FILE or _is_made(member.name, wheel.dist_info):
            continue
        name = f"/{_SCHEME.sub('', member.name)}"
        named = any(_ends_with(names, f"{name}{suffix}") for suffix in _TEMPLATE_SUFFIXES)
        # Every empty file has the content of any other.
        if not named and not (member.size_bytes and wheel.digest_of(member) in contents):
            yield member.name


def _ends_with(names: dict[str, list[str]], name: str) -> bool:
    """One of the paths ends with a name; so many of one name are not told apart."""
    paths = names.get(name.rpartition("/")[2], [])
    return len(paths) > _SAME_NAMES or any(path.endswith(name) for path in paths)


def _is_made(name: str, dist_info: str) -> bool:
    folder, _, _ = name.partition("/")
    kind = kind_of(name, dist_info)
    if folder == dist_info:
        return kind is not Kind.LICENSE
    return kind is Kind.NATIVE or folder.endswith(".libs") or name.endswith(_GENERATED_SUFFIXES)
