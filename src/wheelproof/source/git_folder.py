"""The files of a minimal ``.git``: one commit without its history, its tags, and the index of its tree."""

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from wheelproof.source.git import FetchedCommit
from wheelproof.source.git_objects import ObjectKind, ObjectStore
from wheelproof.source.git_tree import EntryKind, GitTree
from wheelproof.source.stored import zlib_pieces, zlib_size

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
_CONFIG_SHA256 = _CONFIG.replace("version = 0", "version = 1") + "[extensions]\n\tobjectformat = sha256\n"
_PACKED_REFS = "# pack-refs with: peeled fully-peeled sorted \n"
_MODES = {
    EntryKind.FILE: 0o100644,
    EntryKind.EXECUTABLE: 0o100755,
    EntryKind.SYMLINK: 0o120000,
    EntryKind.SUBMODULE: 0o160000,
}
_LONGEST_NAME = 0xFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class GitFile:
    """A file of the folder: its path in it, its size, and what gives its content piece by piece."""

    path: str
    size_bytes: int
    content: Callable[[], Iterable[bytes]]


def git_files(fetched: FetchedCommit, tree: GitTree) -> Iterator[GitFile]:
    """The files of ``.git``; the same for the same commit and tags.

    Raises:
        MalformedError: an object is not what its id says.
    """
    objects = fetched.objects
    yield _text("HEAD", f"{fetched.commit}\n")
    yield _text("config", _CONFIG if objects.id_chars == 40 else _CONFIG_SHA256)
    if b"\nparent " in objects.read(fetched.commit, ObjectKind.COMMIT).partition(b"\n\n")[0]:
        yield _text("shallow", f"{fetched.commit}\n")
    yield _text("packed-refs", _PACKED_REFS + "".join(_refs(fetched)))
    yield _bytes("index", _index(tree, objects.hash_name))
    for kind, object_ids in _contents(fetched, tree):
        for object_id in sorted(set(object_ids)):
            yield _object(objects, object_id, kind)


def _refs(fetched: FetchedCommit) -> Iterator[str]:
    for tag in fetched.tags:
        yield f"{tag.object_id} {tag.name}\n"
        if tag.object_id != fetched.commit:
            yield f"^{fetched.commit}\n"


def _contents(fetched: FetchedCommit, tree: GitTree) -> Iterator[tuple[ObjectKind, Iterable[str]]]:
    yield ObjectKind.COMMIT, (fetched.commit,)
    yield ObjectKind.TAG, (tag.object_id for tag in fetched.tags if tag.object_id != fetched.commit)
    yield ObjectKind.TREE, tree.trees
    blobs = (entry.object_id for entry in tree.entries if entry.kind is not EntryKind.SUBMODULE)
    yield ObjectKind.BLOB, blobs


def _object(objects: ObjectStore, object_id: str, kind: ObjectKind) -> GitFile:
    size = objects.size(object_id, kind)
    header = f"{kind} {size}\0".encode()

    def content() -> Iterator[bytes]:
        yield header
        yield from objects.chunks(object_id, kind)

    return GitFile(
        path=f"objects/{object_id[:2]}/{object_id[2:]}",
        size_bytes=zlib_size(len(header) + size),
        content=lambda: zlib_pieces(content()),
    )


def _index(tree: GitTree, hash_name: str) -> bytes:
    """The index, version 2 (gitformat-index), of files whose state is not known: git looks at each anew."""
    body = b"".join(
        (
            b"DIRC",
            struct.pack(">LL", 2, len(tree.entries)),
            *(_index_entry(*item) for item in ((e.path, _MODES[e.kind], e.object_id) for e in tree.entries)),
        )
    )
    return body + hashlib.new(hash_name, body, usedforsecurity=False).digest()


def _index_entry(path: bytes, mode: int, object_id: str) -> bytes:
    head = struct.pack(">6L4L", 0, 0, 0, 0, 0, 0, mode, 0, 0, 0)
    entry = head + bytes.fromhex(object_id) + struct.pack(">H", min(len(path), _LONGEST_NAME)) + path
    return entry + bytes(8 - len(entry) % 8)


def _text(path: str, text: str) -> GitFile:
    return _bytes(path, text.encode())


def _bytes(path: str, data: bytes) -> GitFile:
    return GitFile(path=path, size_bytes=len(data), content=partial(tuple, (data,)))
