"""A work tree held against a commit, without git: its configuration could make git run a program."""

import hashlib
import os
import stat
from pathlib import Path

from wheelproof.source.git_objects import ObjectStore
from wheelproof.source.git_tree import EntryKind, GitTree, TreeEntry

_CHUNK_BYTES = 1 << 20


def changed_files(folder: Path, objects: ObjectStore, tree: GitTree) -> tuple[bytes, ...]:
    """The paths of a commit's files that are not there, or hold other bytes; none where it is no work tree.

    What the commit does not have is not looked for. A checkout that changes line ends gives other bytes.
    """
    if not (folder / ".git").exists():
        return ()
    top = os.fsencode(folder)
    files = (entry for entry in tree.entries if entry.kind is not EntryKind.SUBMODULE)
    return tuple(
        entry.path
        for entry in files
        if not _same(os.path.join(top, entry.path), objects, entry)  # noqa: PTH118
    )


def _same(path: bytes, objects: ObjectStore, entry: TreeEntry) -> bool:
    try:
        state = os.lstat(path)
        if entry.kind is EntryKind.SYMLINK:
            return stat.S_ISLNK(state.st_mode) and os.readlink(path) == entry.link  # noqa: PTH115
        if not stat.S_ISREG(state.st_mode) or state.st_size != entry.size_bytes:
            return False
        header = f"blob {entry.size_bytes}\0".encode()
        found = hashlib.new(objects.hash_name, header, usedforsecurity=False)
        with open(path, "rb") as stream:  # noqa: PTH123
            while chunk := stream.read(_CHUNK_BYTES):
                found.update(chunk)
    except OSError:
        return False
    return found.hexdigest() == entry.object_id
