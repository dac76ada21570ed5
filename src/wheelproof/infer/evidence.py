"""The facts that inference reads of a published wheel and its source: never what the wheel installs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from packaging.utils import canonicalize_name

from wheelproof.infer.marks import (
    DECLARED_REQUIRES_PYTHON,
    REQUIRES_PYTHON,
    Marks,
    flatten,
    read_marks,
)
from wheelproof.infer.platform import PlatformEvidence, read_platform
from wheelproof.source.build_system import BuildSystem
from wheelproof.source.cibuildwheel import Option, read_cibuildwheel
from wheelproof.source.members import MemberKind
from wheelproof.source.sdist import Sdist
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import Member, MemberType
from wheelproof.wheel.platforms import build_identifier
from wheelproof.wheel.repair import RepairMarks, read_repair_marks

_SCRIPT = re.compile(r"^[ \t]*([A-Za-z0-9._-]+)[ \t]*=", re.MULTILINE)
_CONTENT_BYTES = 1 << 20
_PERMISSIONS = 0o777
_GENERATED = ("METADATA", "RECORD", "WHEEL", "entry_points.txt")
# What an interpreter's version is written into the name of.
_NAMES_PYTHON = re.compile(
    r"-py([23]\.[0-9]{1,2})-nspkg\.pth$|\.cpython-([23])([0-9]{1,2})(?:\.opt-\d)?\.pyc$"
)
_OWN_LICENCES = re.compile(r"license[-_]files?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFacts:
    """One member's envelope.

    Attributes:
        name: its path in the wheel.
        time: the DOS time, read as UTC; None where it is no time.
        mode: permission bits; None where the archive has none.
    """

    name: str
    time: datetime | None
    mode: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEvidence:
    """What a source says about how it wants to be built.

    Attributes:
        build_system: the declared one, or the defaults of PEP 517.
        has_setup_py: there is a ``setup.py``.
        setup_py: its text; empty where there is none, or one too large to read.
        files: the paths of its files below the top folder.
        names_licences: it says which its licence files are: a tool's own patterns do not show.
        universal: setup.cfg asks for a ``py2.py3`` wheel.
        declares_python: setup.cfg says which Pythons it is for.
    """

    build_system: BuildSystem
    has_setup_py: bool
    setup_py: str
    files: frozenset[str]
    names_licences: bool
    universal: bool
    declares_python: bool

    @property
    def root_files(self) -> frozenset[str]:
        """The files in the top folder itself."""
        return frozenset(name for name in self.files if "/" not in name)

    def has(self, member: str) -> bool:
        """Whether a member of a wheel can be one of its files, wherever it lies there."""
        return any(name == member or name.endswith(f"/{member}") for name in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The image that most likely built a wheel for one platform.

    Attributes:
        image: ``registry/name@sha256:…``, or with a tag where no digest is known; None where nothing says
            which.
        evidence: what says so, or why it is not known: a clause, safe to show; empty for a wheel that no
            table of images is about.
        own: by Python, the images of wheelproof's own whose compiler signed all of the wheel's files.
    """

    image: str | None = None
    evidence: str = ""
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a published wheel says about how it was built.

    Attributes:
        filename: the wheel's.
        project: the project's normalised name.
        interpreters: the interpreter tags of its name (``py3``, ``cp313``).
        platforms: the platform tags of its name, sorted.
        pure: it claims to run on any platform.
        generator: WHEEL's Generator, or None.
        metadata_version: METADATA's, or None.
        requires_python: METADATA's, or None.
        scripts: the names of its console and GUI scripts.
        entries: the members' envelopes, directories left out.
        dist_info: the name of its ``.dist-info`` folder.
        upload_time: when the index received it, or None.
        version: the release's, as its name has it.
        windows_text: WHEEL has the line ends that text files have on Windows.
        marks: what its build tools left, with the order of fields taken apart.
        named_pythons: the interpreters whose versions stand in names of members.
        repair: what says that auditwheel repaired it.
        cibuildwheel: what the source tells cibuildwheel for this wheel; none for one of any platform.
        source: what the source says; None where it is not known.
        platform: what speaks of the toolchain; None where the wheel is for any platform.
        publisher: the image that this leads to; None where nobody looked.
    """

    filename: str
    project: str
    interpreters: frozenset[str]
    platforms: tuple[str, ...]
    pure: bool
    generator: str | None
    metadata_version: str | None
    requires_python: str | None
    scripts: tuple[str, ...]
    entries: tuple[EntryFacts, ...]
    dist_info: str
    upload_time: datetime | None
    version: str
    windows_text: bool
    marks: Marks
    named_pythons: tuple[str, ...]
    repair: RepairMarks
    cibuildwheel: tuple[Option, ...]
    source: SourceEvidence | None
    platform: PlatformEvidence | None = None
    publisher: Publisher | None = None

    def times(self) -> tuple[datetime, ...]:
        """The members' distinct times, sorted."""
        return _distinct(entry.time for entry in self.entries)

    def generated_times(self) -> tuple[datetime, ...]:
        """The distinct times of what a backend writes rather than copies, sorted."""
        names = {f"{self.dist_info}/{name}" for name in _GENERATED}
        return _distinct(entry.time for entry in self.entries if entry.name in names)


def gather_evidence(wheel: Wheel, sdist: Sdist | None = None, *, upload_time: datetime | None) -> Evidence:
    """Read the evidence off a published wheel and its source.

    Raises:
        MalformedError: a member can't be read.
    """
    source = _source_evidence(sdist) if sdist else None
    licences = source.root_files if source and not source.names_licences else None
    text = _content(wheel, f"{wheel.dist_info}/entry_points.txt")
    return Evidence(
        filename=wheel.filename,
        project=canonicalize_name(wheel.name.project),
        interpreters=frozenset(tag.interpreter for tag in wheel.name.tags),
        platforms=tuple(sorted({tag.platform for tag in wheel.name.tags})),
        pure=all(tag.platform == "any" for tag in wheel.name.tags),
        generator=wheel.wheel_file.generator or None,
        metadata_version=wheel.metadata.metadata_version or None,
        requires_python=wheel.metadata.requires_python or None,
        scripts=tuple(_SCRIPT.findall(text.decode("utf-8", "replace"))),
        entries=tuple(
            EntryFacts(name=member.name, time=_time(member), mode=(member.mode & _PERMISSIONS) or None)
            for member in wheel.archive.members
            if member.type is not MemberType.DIRECTORY
        ),
        dist_info=wheel.dist_info,
        upload_time=upload_time,
        version=str(wheel.name.version),
        windows_text=b"\r\n" in _content(wheel, f"{wheel.dist_info}/WHEEL"),
        marks=_declared(flatten(read_marks(wheel, licences)), source),
        named_pythons=_named_pythons(wheel),
        repair=read_repair_marks(wheel),
        cibuildwheel=settings_for(wheel, sdist) if sdist else (),
        source=source,
        platform=read_platform(wheel),
    )


def settings_for(wheel: Wheel, sdist: Sdist) -> tuple[Option, ...]:
    """What a source tells cibuildwheel for a wheel of it."""
    identifier = build_identifier(wheel.name.tags)
    return read_cibuildwheel(sdist.texts.get("pyproject.toml", ""), identifier) if identifier else ()


def _content(wheel: Wheel, name: str) -> bytes:
    member = wheel.archive.find(name)
    return wheel.archive.read(member, limit_bytes=_CONTENT_BYTES) if member else b""


def _declared(marks: dict[str, str], source: SourceEvidence | None) -> Marks:
    if source and source.declares_python and REQUIRES_PYTHON in marks:
        marks[DECLARED_REQUIRES_PYTHON] = marks.pop(REQUIRES_PYTHON)
    return marks


def _source_evidence(sdist: Sdist) -> SourceEvidence:
    names = (member.name.partition("/")[2] for member in sdist.members if member.kind is MemberKind.FILE)
    return SourceEvidence(
        build_system=sdist.build_system,
        has_setup_py=sdist.has_setup_py,
        setup_py=sdist.texts.get("setup.py", ""),
        files=frozenset(name for name in names if name),
        names_licences=any(
            _OWN_LICENCES.search(text) for name, text in sdist.texts.items() if name != "PKG-INFO"
        ),
        universal=sdist.universal,
        declares_python="python_requires" in sdist.texts.get("setup.cfg", ""),
    )


def _named_pythons(wheel: Wheel) -> tuple[str, ...]:
    found = (_NAMES_PYTHON.search(member.name) for member in wheel.archive.members)
    return tuple(sorted({match[1] or f"{match[2]}.{match[3]}" for match in found if match}))


def _time(member: Member) -> datetime | None:
    """DOS times have no zone: what writes wheels writes UTC where SOURCE_DATE_EPOCH rules."""
    try:
        return datetime(*member.dos_time, tzinfo=UTC)
    except ValueError:
        return None


def _distinct(times: Iterable[datetime | None]) -> tuple[datetime, ...]:
    return tuple(sorted({time for time in times if time is not None}))
