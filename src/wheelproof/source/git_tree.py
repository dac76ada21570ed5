"""The tree of a commit: every file of it by its path, and nothing that git itself would not check out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.source.git_objects import ObjectKind, ObjectStore
from wheelproof.source.members import TOO_LARGE, ArchiveLimits

# 11 octal digits, as a tar's header holds them.
_LATEST = 0o77777777777
_PATH_BYTES = 4096
_LINK_BYTES = 4096
_HOSTILE = "No checkout of this commit is safe: look at the repository."
_TREE_LINE = re.compile(rb"tree ([0-9a-f]+)\n")
_COMMITTER = re.compile(rb"^committer [^\n]*> (-?[0-9]{1,18}) [+-][0-9]{4}$", re.MULTILINE)


class EntryKind(StrEnum):
    """What an entry of a tree is."""

    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One entry, below all folders; a folder is known by what is in it.

    Attributes:
        path: from the top, with slashes; bytes, for git knows no encoding.
        object_id: of the content; of a submodule's commit.
        size_bytes: of the content; 0 for a submodule.
        link: where a symlink leads.
    """

    path: bytes
    kind: EntryKind
    object_id: str
    size_bytes: int
    link: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTree:
    """The tree of a commit.

    Attributes:
        commit: the commit's full id.
        time: when it was committed, in seconds since 1970; 0 for an earlier time.
        entries: sorted by path.
        trees: the ids of the trees that it consists of, sorted.
    """

    commit: str
    time: int
    entries: tuple[TreeEntry, ...]
    trees: tuple[str, ...]

    @property
    def submodules(self) -> tuple[TreeEntry, ...]:
        """The entries that are commits of other repositories."""
        return tuple(entry for entry in self.entries if entry.kind is EntryKind.SUBMODULE)


def read_tree(objects: ObjectStore, commit: str, *, limits: ArchiveLimits | None = None) -> GitTree:
    """Read a commit and its trees, and judge every name in them.

    Raises:
        MalformedError: an object is missing, damaged or breaks git's format, a name leads out of the tree or
            stands twice, or a limit is passed.
    """
    limits = limits or ArchiveLimits()
    text = objects.read(commit, ObjectKind.COMMIT)
    head, committer = _TREE_LINE.match(text), _COMMITTER.search(text.partition(b"\n\n")[0])
    if not head or not committer:
        raise MalformedError(f"The commit {commit} breaks git's format", hint=_HOSTILE)
    walk = _Walk(objects=objects, limits=limits)
    entries = sorted(walk.entries(head[1].decode()), key=lambda entry: entry.path)
    return GitTree(
        commit=commit,
        time=min(max(int(committer[1]), 0), _LATEST),
        entries=tuple(entries),
        trees=tuple(sorted(walk.trees)),
    )


class _Walk:
    """A walk over trees; it counts, for a few small trees can hold one another a billion times."""

    def __init__(self, *, objects: ObjectStore, limits: ArchiveLimits) -> None:
        self._objects = objects
        self._limits = limits
        self._count = 0
        self._bytes = 0
        self.trees: set[str] = set()

    def entries(self, tree: str) -> Iterator[TreeEntry]:
        waiting = [(b"", tree)]
        while waiting:
            folder, tree = waiting.pop()
            self.trees.add(tree)
            names: set[bytes] = set()
            for mode, name, object_id in self._lines(tree):
                path = folder + name
                self._check(path, name, names)
                if mode == 0o040000:
                    waiting.append((path + b"/", object_id))
                else:
                    yield self._entry(mode, path, object_id)

    def _check(self, path: bytes, name: bytes, names: set[bytes]) -> None:
        self._count += 1
        if self._count > self._limits.members:
            raise MalformedError(f"The commit has more than {self._limits.members} members", hint=TOO_LARGE)
        if reason := _hostility(name):
            raise MalformedError(f"{_shown(path)} {reason}", hint=_HOSTILE)
        if len(path) > _PATH_BYTES:
            raise MalformedError(f"The commit has a path of {len(path)} bytes", hint=TOO_LARGE)
        if name in names:
            raise MalformedError(f"{_shown(path)} stands twice in its folder", hint=_HOSTILE)
        names.add(name)

    def _lines(self, tree: str) -> Iterator[tuple[int, bytes, str]]:
        """The lines of a tree object: ``mode SP name NUL id``."""
        data = self._objects.read(tree, ObjectKind.TREE)
        raw_bytes = self._objects.id_chars // 2
        line = re.compile(rb"([0-7]{5,6}) ([^\0]*)\0(.{%d})" % raw_bytes, re.DOTALL)
        at = 0
        while at < len(data):
            found = line.match(data, at)
            if not found:
                raise MalformedError(f"The tree {tree} breaks git's format", hint=_HOSTILE)
            yield int(found[1], 8), found[2], found[3].hex()
            at = found.end()

    def _entry(self, mode: int, path: bytes, object_id: str) -> TreeEntry:
        kind = _KINDS.get(mode)
        if kind is None:
            raise MalformedError(
                f"{_shown(path)} has the mode {mode:o}, which git does not write", hint=_HOSTILE
            )
        size = 0 if kind is EntryKind.SUBMODULE else self._objects.size(object_id, ObjectKind.BLOB)
        self._bytes += size
        if self._bytes > self._limits.unpacked_bytes:
            raise MalformedError(
                f"The commit unpacks to more than {self._limits.unpacked_bytes} bytes", hint=TOO_LARGE
            )
        link = b""
        if kind is EntryKind.SYMLINK:
            if not 0 < size <= _LINK_BYTES:
                raise MalformedError(f"{_shown(path)} is a link of {size} bytes", hint=_HOSTILE)
            link = self._objects.read(object_id, ObjectKind.BLOB)
            if b"\0" in link:
                raise MalformedError(f"{_shown(path)} is a link that no system can make", hint=_HOSTILE)
        return TreeEntry(path=path, kind=kind, object_id=object_id, size_bytes=size, link=link)


_KINDS = {
    0o100644: EntryKind.FILE,
    0o100664: EntryKind.FILE,  # as early versions of git wrote it
    0o100755: EntryKind.EXECUTABLE,
    0o120000: EntryKind.SYMLINK,
    0o160000: EntryKind.SUBMODULE,
}


def _hostility(name: bytes) -> str | None:
    if name in {b"", b".", b".."} or b"/" in name:
        return "leads out of its folder"
    # Names that some file system takes for .git, as git's own checks have them.
    plain = name.lower().rstrip(b" .").partition(b":")[0]
    if plain in {b".git", b"git~1"}:
        return "is a name that git keeps for itself"
    return None


def _shown(path: bytes) -> str:
    return repr(printable(path.decode("utf-8", "backslashreplace"), limit=120))
