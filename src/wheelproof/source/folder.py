"""A folder of this machine as a ``.tar.gz`` whose bytes depend on what is in it, and on nothing around it."""

import os
import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from wheelproof.core.errors import MalformedError, UsageError
from wheelproof.core.untrusted import printable
from wheelproof.source.members import TOO_LARGE, ArchiveLimits
from wheelproof.source.stored import write_gzip
from wheelproof.source.tar_writer import TarMember, TarType, tar_pieces

_CHUNK_BYTES = 1 << 20
# What version control, environments and tools leave in a source tree, wherever it lies.
LEFT_OUT = frozenset(
    {".bzr", ".git", ".hg", ".svn", "_darcs"}
    | {".eggs", ".nox", ".tox", ".venv", "venv", "node_modules"}
    | {".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
)
# What builds leave, beside the project's own files; deeper, a package may be called so.
LEFT_OUT_AT_THE_TOP = frozenset({"build", "dist"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFolder:
    """What became of a folder.

    Attributes:
        time: the newest of its files' times, which all members have, in seconds since 1970.
        usual: the paths of what is left out of every source; not safe to show.
        odd: the paths of what is left out for being no file, or a link that leads out; not safe to show.
    """

    time: int
    usual: tuple[str, ...]
    odd: tuple[str, ...]


def write_folder(
    stream: IO[bytes], folder: Path, *, root: str, limits: ArchiveLimits | None = None
) -> PackedFolder:
    """Write a folder below one top folder.

    Members are sorted and have one time, the modes 0644 and 0755, and no owner. Folders of version control,
    environments, caches and earlier builds are left out, and so is what is neither a file nor a folder, and a
    symbolic link that leads out. No link is followed.

    Args:
        stream: where to.
        folder: what is read.
        root: the top folder's name.
        limits: how much it may be.

    Raises:
        MalformedError: it passes a limit.
        UsageError: something can't be read, or changes while it is read.
    """
    walk = _Walk(top=os.fsencode(folder), limits=limits or ArchiveLimits())
    try:
        members = [TarMember(path=b"", kind=TarType.FOLDER, mode=0o755), *walk.members(b"")]
        members.sort(key=lambda member: member.path)
        write_gzip(stream, tar_pieces(members, root.encode(), max(walk.newest, 0)))
    except OSError as error:
        raise UsageError(
            f"{printable(str(error.filename or folder))} can't be read: {error.strerror}",
            hint="Make the source tree readable.",
        ) from None
    usual, odd = (tuple(map(os.fsdecode, paths)) for paths in (walk.usual, walk.odd))
    return PackedFolder(time=max(walk.newest, 0), usual=usual, odd=odd)


@dataclass(slots=True, kw_only=True)
class _Walk:
    top: bytes
    limits: ArchiveLimits
    newest: int = 0
    count: int = 0
    size_bytes: int = 0
    usual: list[bytes] = field(default_factory=list)
    odd: list[bytes] = field(default_factory=list)

    def members(self, below: bytes) -> Iterator[TarMember]:
        with os.scandir(os.path.join(self.top, below)) as entries:  # noqa: PTH118 - names need not be text
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            path = below + entry.name
            member = self._member(entry, path)
            if member is None:
                continue
            self._count(member)
            yield member
            if member.kind is TarType.FOLDER:
                yield from self.members(path + b"/")

    def _member(self, entry: "os.DirEntry[bytes]", path: bytes) -> TarMember | None:
        """None where it is left out, and then that is booked."""
        state = entry.stat(follow_symlinks=False)
        if _is_usual(entry, path):
            self.usual.append(path)
            return None
        if stat.S_ISDIR(state.st_mode):
            return TarMember(path=path, kind=TarType.FOLDER, mode=0o755)
        link = os.readlink(entry.path) if stat.S_ISLNK(state.st_mode) else None  # noqa: PTH115 - as above
        if link is not None and not _leads_out(path, link):
            return TarMember(path=path, kind=TarType.LINK, mode=0o777, link=link)
        if not stat.S_ISREG(state.st_mode):
            self.odd.append(path)
            return None
        self.newest = max(self.newest, int(state.st_mtime))
        return TarMember(
            path=path,
            mode=0o755 if state.st_mode & 0o111 else 0o644,
            size=state.st_size,
            content=partial(_content, entry.path, state.st_size),
        )

    def _count(self, member: TarMember) -> None:
        self.count += 1
        self.size_bytes += member.size
        if self.count > self.limits.members:
            raise MalformedError(f"The folder has more than {self.limits.members} members", hint=TOO_LARGE)
        if self.size_bytes > self.limits.unpacked_bytes:
            raise MalformedError(
                f"The folder holds more than {self.limits.unpacked_bytes >> 20} MiB", hint=TOO_LARGE
            )


def _is_usual(entry: "os.DirEntry[bytes]", path: bytes) -> bool:
    """A folder that is never part of a source, or the file ``.git`` of a work tree or a submodule."""
    name = os.fsdecode(entry.name)
    if not entry.is_dir(follow_symlinks=False):
        return name == ".git" and entry.is_file(follow_symlinks=False)
    # A virtual environment has the file whatever it is called (PEP 405).
    environment = os.path.lexists(os.path.join(entry.path, b"pyvenv.cfg"))  # noqa: PTH118 - as above
    return environment or name in LEFT_OUT or (b"/" not in path and name in LEFT_OUT_AT_THE_TOP)


def _leads_out(path: bytes, link: bytes) -> bool:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    return target.startswith((b"/", b"../")) or target == b".."


def _content(path: bytes, size_bytes: int) -> Iterator[bytes]:
    """A regular file's bytes, as many as it had when it was listed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        left = size_bytes
        while left > 0 and (chunk := stream.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
        if left or stream.read(1):
            raise UsageError(
                f"{printable(os.fsdecode(path))} changed while it was read", hint="Run it again."
            )
