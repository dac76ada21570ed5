"""Git's objects, read from the files that git keeps them in: each is what its id says, or it is refused."""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path

from wheelproof.core.errors import MalformedError
from wheelproof.source.members import TOO_LARGE

_HEADER = re.compile(rb"(blob|tree|commit|tag) (0|[1-9][0-9]{0,18})\0")
_HEADER_BYTES = 64
_CHUNK_BYTES = 1 << 16
# What is read into memory: trees, commits, tags and links.
_WHOLE_BYTES = 32 << 20
_REPAIR = "Run in the repository: git fsck"


class ObjectKind(StrEnum):
    """The kinds of objects."""

    BLOB = "blob"
    TREE = "tree"
    COMMIT = "commit"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Objects as single files (``ab/cdef…``).

    Attributes:
        folder: where they lie.
        id_chars: the hexadecimal digits of an id: 40 for SHA-1, 64 for SHA-256.
    """

    folder: Path
    id_chars: int

    @property
    def hash_name(self) -> str:
        """The name of the hash that ids are made with."""
        return "sha1" if self.id_chars == 40 else "sha256"

    def size(self, object_id: str, kind: ObjectKind) -> int:
        """What an object says that it holds, in bytes; raises as ``chunks`` does."""
        return self._open(object_id, kind)[0]

    def read(self, object_id: str, kind: ObjectKind) -> bytes:
        """An object's content, in memory; raises as ``chunks`` does, and where it is very large."""
        size, content = self._open(object_id, kind)
        if size > _WHOLE_BYTES:
            raise MalformedError(
                f"The {kind} {object_id} is larger than {_WHOLE_BYTES} bytes", hint=TOO_LARGE
            )
        return b"".join(content)

    def chunks(self, object_id: str, kind: ObjectKind) -> Iterator[bytes]:
        """An object's content, piece by piece; whether it is what its id says is known after the last.

        Raises:
            MalformedError: it is not there, is of another kind, or is not what its id says.
        """
        return self._open(object_id, kind)[1]

    def _open(self, object_id: str, kind: ObjectKind) -> tuple[int, Iterator[bytes]]:
        pieces = self._inflated(object_id)
        first = next(pieces)
        header = _HEADER.match(first)
        if not header:
            raise _damaged(object_id)
        if header[1].decode() != kind:
            raise MalformedError(
                f"The object {object_id} is a {header[1].decode()}, not a {kind}", hint=_REPAIR
            )
        size = int(header[2])
        return size, self._judged(object_id, header[0], size, chain((first[header.end() :],), pieces))

    def _judged(self, object_id: str, header: bytes, size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        state = hashlib.new(self.hash_name, header, usedforsecurity=False)
        left = size
        for piece in pieces:
            left -= len(piece)
            if left < 0:
                raise _damaged(object_id)
            state.update(piece)
            yield piece
        if left or state.hexdigest() != object_id:
            raise _damaged(object_id)

    def _inflated(self, object_id: str) -> Iterator[bytes]:
        """The file's bytes, inflated; the first piece holds the header."""
        try:
            with (self.folder / object_id[:2] / object_id[2:]).open("rb") as stream:
                inflater = zlib.decompressobj()
                yield inflater.decompress(stream.read(_CHUNK_BYTES), _HEADER_BYTES)
                while not inflater.eof:
                    data = inflater.unconsumed_tail or stream.read(_CHUNK_BYTES)
                    if not data:
                        raise _damaged(object_id)
                    yield inflater.decompress(data, _CHUNK_BYTES)
        except (zlib.error, OSError):
            raise _damaged(object_id) from None


def _damaged(object_id: str) -> MalformedError:
    return MalformedError(f"The object {object_id} is not there, or is damaged", hint=_REPAIR)
