"""A commit's tree as a ``.tar.gz`` whose bytes depend on the commit alone.

It is written here header by header and stored, not compressed: what tarfile and zlib write differs from one
version to the next.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

from wheelproof.source.git import FetchedCommit
from wheelproof.source.git_folder import git_files
from wheelproof.source.git_objects import ObjectKind
from wheelproof.source.git_tree import EntryKind, GitTree
from wheelproof.source.stored import write_gzip

_BLOCK = 512
_NAME_BYTES = 100
_FILE, _LINK, _FOLDER, _PAX = b"0", b"2", b"5", b"x"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    path: bytes
    kind: bytes = _FILE
    mode: int = 0o644
    size: int = 0
    link: bytes = b""
    content: Callable[[], Iterable[bytes]] = tuple


def write_archive(
    stream: IO[bytes], fetched: FetchedCommit, tree: GitTree, *, root: str, git_folder: bool
) -> None:
    """Write a tree below one top folder.

    Members are sorted and have the commit's time, the modes 0644 and 0755, and no owner. Contents are those
    of the commit's blobs: no attribute of git is applied. Submodules are empty folders.

    Args:
        stream: where to.
        fetched: the objects.
        tree: what they add up to.
        root: the top folder's name.
        git_folder: a minimal ``.git`` comes along.

    Raises:
        MalformedError: an object is not what its id says.
    """
    members = [*_tree_members(fetched, tree), *(_git_members(fetched, tree) if git_folder else ())]
    members.sort(key=lambda member: member.path)
    write_gzip(stream, _tar(members, root.encode(), tree.time))


def _tree_members(fetched: FetchedCommit, tree: GitTree) -> Iterator[_Member]:
    yield _Member(path=b"", kind=_FOLDER, mode=0o755)
    for entry in tree.entries:
        match entry.kind:
            case EntryKind.SYMLINK:
                yield _Member(path=entry.path, kind=_LINK, mode=0o777, link=entry.link)
            case EntryKind.SUBMODULE:
                yield _Member(path=entry.path, kind=_FOLDER, mode=0o755)
            case EntryKind.FILE | EntryKind.EXECUTABLE:
                yield _Member(
                    path=entry.path,
                    mode=0o755 if entry.kind is EntryKind.EXECUTABLE else 0o644,
                    size=entry.size_bytes,
                    content=partial(fetched.objects.chunks, entry.object_id, ObjectKind.BLOB),
                )


def _git_members(fetched: FetchedCommit, tree: GitTree) -> Iterator[_Member]:
    yield _Member(path=b".git/refs", kind=_FOLDER, mode=0o755)  # without it, git sees no repository
    for file in git_files(fetched, tree):
        yield _Member(path=f".git/{file.path}".encode(), size=file.size_bytes, content=file.content)


def _tar(members: Iterable[_Member], root: bytes, time: int) -> Iterator[bytes]:
    for member in members:
        path = root + b"/" + member.path
        if member.kind == _FOLDER:
            path = path.rstrip(b"/") + b"/"
        records = _pax({b"path": path, b"linkpath": member.link})
        if records:
            yield _header(_Member(path=b"", kind=_PAX, size=len(records)), b"pax", time)
            yield _padded(records)
        yield _header(member, path, time)
        yield from member.content()
        yield bytes(-member.size % _BLOCK)
    yield bytes(2 * _BLOCK)


def _pax(values: dict[bytes, bytes]) -> bytes:
    """Extended records (POSIX pax) for what a plain header can't hold."""
    records = {key: value for key, value in values.items() if len(value) > _NAME_BYTES or not value.isascii()}
    try:
        b"".join(records.values()).decode()
    except UnicodeDecodeError:
        records = {b"hdrcharset": b"BINARY", **records}
    return b"".join(_record(key, value) for key, value in records.items())


def _record(key: bytes, value: bytes) -> bytes:
    """``length key=value`` and a line feed, where the length counts its own digits too."""
    rest = b" " + key + b"=" + value + b"\n"
    size = len(rest)
    while size != len(rest) + len(str(size)):
        size = len(rest) + len(str(size))
    return str(size).encode() + rest


def _header(member: _Member, path: bytes, time: int) -> bytes:
    """A header of POSIX ustar."""
    fields = (
        path[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0"),
        *(b"%07o\0" % number for number in (member.mode, 0, 0)),
        *(b"%011o\0" % number for number in (member.size, time)),
        b" " * 8,
        member.kind,
        member.link[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0"),
        b"ustar\x0000",
    )
    header = b"".join(fields).ljust(_BLOCK, b"\0")
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _BLOCK)
