"""A source distribution as facts (PEP 625, 643, 517): its members, its metadata, how it wants to be built."""

import configparser
import contextlib
import email.parser
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.source.archive import open_archive
from wheelproof.source.build_system import BuildSystem, parse_build_system
from wheelproof.source.members import ArchiveLimits, MemberKind, SdistFormat, SourceArchive, SourceMember

_NOTES = 50
_LIMIT_BYTES = {
    "PKG-INFO": 4 << 20,
    "pyproject.toml": 512 << 10,
    "setup.cfg": 512 << 10,
    "setup.py": 512 << 10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageInfo:
    """What PKG-INFO says, each line as it stands; None where it is not there."""

    metadata_version: str | None
    name: str | None
    version: str | None
    requires_python: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdist:
    """What a source distribution is, without running or unpacking it.

    Attributes:
        filename: what it is called.
        format: told by its bytes.
        root: the one folder that everything is in.
        members: every member, in the archive's order, hostile ones included.
        packed_bytes: the archive's size.
        declared_bytes: what its members say that they hold.
        unpacked_bytes: what came out of it; for a zip, what its members say.
        newest_mtime: the latest time on a file, in seconds since 1970.
        package_info: PKG-INFO, where there is one.
        build_system: declared in pyproject.toml, or the defaults of PEP 517.
        texts: PKG-INFO, pyproject.toml, setup.cfg and setup.py, those that are there.
        universal: setup.cfg asks for a ``py2.py3`` wheel.
        notes: what is odd about it; safe to show.
    """

    filename: str
    format: SdistFormat
    root: str
    members: tuple[SourceMember, ...] = field(repr=False)
    packed_bytes: int
    declared_bytes: int
    unpacked_bytes: int
    newest_mtime: int | None
    package_info: PackageInfo | None
    build_system: BuildSystem
    has_setup_py: bool
    texts: Mapping[str, str] = field(repr=False)
    universal: bool
    notes: tuple[str, ...]


def read_sdist(path: Path, filename: str | None = None, *, limits: ArchiveLimits | None = None) -> Sdist:
    """Read a source distribution, once and in order; its content goes to no disk.

    Args:
        path: where it lies.
        filename: what it is called, where that is not the path's last part.
        limits: what reading it may take.

    Raises:
        MalformedError: it breaks its format or passes a limit, has no single top folder, or its
            pyproject.toml can't be used.
        OSError: it can't be read.
    """
    filename = filename or path.name
    try:
        with open_archive(path, limits or ArchiveLimits()) as archive:
            return _facts(archive, filename, path.stat().st_size)
    except MalformedError as error:
        raise MalformedError(f"{printable(filename)}: {error.message}", hint=error.hint) from error


def _facts(archive: SourceArchive, filename: str, packed_bytes: int) -> Sdist:
    walk = _Walk(notes=_Notes())
    for member in archive.walk():
        walk.see(member, archive)
    root = walk.only_root()
    package_info = _parse_package_info(walk.texts["PKG-INFO"]) if "PKG-INFO" in walk.texts else None
    notes = walk.notes
    _compare_names(filename, package_info, notes)
    for note in archive.notes:
        notes.add(note)
    return Sdist(
        filename=filename,
        format=archive.format,
        root=root,
        members=tuple(walk.members),
        packed_bytes=packed_bytes,
        declared_bytes=sum(member.size_bytes for member in walk.members),
        unpacked_bytes=archive.unpacked_bytes,
        newest_mtime=walk.newest_mtime,
        package_info=package_info,
        build_system=(
            parse_build_system(walk.texts["pyproject.toml"])
            if "pyproject.toml" in walk.texts
            else BuildSystem()
        ),
        has_setup_py=f"{root}/setup.py" in walk.seen,
        texts={name: text.decode(errors="replace") for name, text in walk.texts.items()},
        universal=_is_universal(walk.texts.get("setup.cfg", b""), notes),
        notes=notes.shown(),
    )


class _Notes:
    def __init__(self) -> None:
        self._kept: list[str] = []
        self._count = 0

    def add(self, note: str) -> None:
        self._count += 1
        if self._count <= _NOTES:
            self._kept.append(note)

    def shown(self) -> tuple[str, ...]:
        more = self._count - len(self._kept)
        return (*self._kept, f"and {more} more") if more else tuple(self._kept)


@dataclass(slots=True, kw_only=True)
class _Walk:
    notes: _Notes
    members: list[SourceMember] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    texts: dict[str, bytes] = field(default_factory=dict)
    newest_mtime: int | None = None

    def see(self, member: SourceMember, archive: SourceArchive) -> None:
        """Take one member in, with its content where that matters."""
        self.members.append(member)
        if reason := _hostility(member):
            self.notes.add(f"{printable(member.name, limit=120)!r} {reason}")
            return
        root, _, rest = member.name.partition("/")
        if not rest and member.kind is not MemberKind.FOLDER:
            raise MalformedError(
                f"{printable(member.name, limit=120)} is outside a top folder", hint=_WRONG_SHAPE
            )
        self.roots.add(root)
        if member.name in self.seen and member.kind is not MemberKind.FOLDER:
            self.notes.add(f"{printable(member.name, limit=120)!r} is there more than once")
        self.seen.add(member.name)
        if member.kind is MemberKind.FILE:
            self._see_file(member, rest, archive)
        elif rest == "pyproject.toml":
            raise MalformedError(f"{rest} is no file, but a {member.kind}", hint=_WRONG_SHAPE)

    def _see_file(self, member: SourceMember, rest: str, archive: SourceArchive) -> None:
        if member.mtime is not None:
            self.newest_mtime = max(member.mtime, self.newest_mtime or member.mtime)
        if rest not in _LIMIT_BYTES:
            return
        limit_bytes = _LIMIT_BYTES[rest]
        if member.size_bytes > limit_bytes:
            if rest == "setup.py":
                return  # it runs whatever its size; only inference does without it
            raise MalformedError(f"{rest} has more than {limit_bytes} bytes", hint=_WRONG_SHAPE)
        self.texts[rest] = archive.read(limit_bytes)

    def only_root(self) -> str:
        """Give the one top folder."""
        if len(self.roots) != 1:
            shown = ", ".join(printable(root, limit=60) for root in sorted(self.roots)[:3])
            raise MalformedError(
                f"has {len(self.roots)} top folders{f' ({shown})' if shown else ''}, not one",
                hint=_WRONG_SHAPE,
            )
        return next(iter(self.roots))


_WRONG_SHAPE = "A source distribution holds one folder, name-version (PEP 625): this is none."


def _leads_out(member: SourceMember) -> bool:
    if member.link is None:
        return False
    start = posixpath.dirname(member.name) if member.kind is MemberKind.SYMLINK else ""
    target = posixpath.normpath(posixpath.join(start, member.link))
    return target.split("/")[0] != member.name.split("/")[0]


# What no unpacking should obey; the first that holds is said.
_HOSTILE: tuple[tuple[str, Callable[[SourceMember], bool]], ...] = (
    ("has control characters in its name", lambda member: not _is_printable(member.name)),
    ("is an absolute path", lambda member: re.match(r"/|[A-Za-z]:", member.name) is not None),
    ("leads out of the archive", lambda member: ".." in member.name.split("/")),
    ("has a backslash in its name", lambda member: "\\" in member.name),
    ("is not a plain path", lambda member: not {"", "."}.isdisjoint(member.name.split("/"))),
    ("is a device", lambda member: member.kind is MemberKind.DEVICE),
    ("is a named pipe", lambda member: member.kind is MemberKind.FIFO),
    ("links out of its top folder", _leads_out),
)


def _hostility(member: SourceMember) -> str | None:
    return next((reason for reason, holds in _HOSTILE if holds(member)), None)


def _is_printable(text: str) -> bool:
    """Nothing in the text would be obeyed by a terminal."""
    return printable(text, limit=len(text)) == text


def _parse_package_info(text: bytes) -> PackageInfo:
    message = email.parser.HeaderParser().parsestr(text.decode(errors="replace"))

    def line(name: str) -> str | None:
        value = message.get(name)
        return None if value is None else str(value).strip()

    return PackageInfo(
        metadata_version=line("Metadata-Version"),
        name=line("Name"),
        version=line("Version"),
        requires_python=line("Requires-Python"),
    )


def _compare_names(filename: str, info: PackageInfo | None, notes: _Notes) -> None:
    if info is None:
        notes.add("PKG-INFO is missing")
        return
    with contextlib.suppress(InvalidSdistFilename, InvalidVersion):
        name, version = parse_sdist_filename(filename)
        if canonicalize_name(info.name or "") != name:
            notes.add(f"PKG-INFO names another project: {printable(info.name or 'none', limit=80)!r}")
        if Version(info.version or "") != version:
            notes.add(f"PKG-INFO names another version: {printable(info.version or 'none', limit=80)!r}")


def _is_universal(setup_cfg: bytes, notes: _Notes) -> bool:
    settings = configparser.RawConfigParser(strict=False)
    try:
        settings.read_string(setup_cfg.decode())
        return any(
            settings.getboolean(table, "universal", fallback=False) for table in ("bdist_wheel", "wheel")
        )
    except (configparser.Error, ValueError):
        notes.add("setup.cfg can't be read")
        return False
