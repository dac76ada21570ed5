"""Bytes out of an archive, a chunk at a time, never more than was promised."""

import io
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path

from wheelproof.core.errors import MalformedError
from wheelproof.wheel.zipformat import Method

CHUNK_BYTES = 1 << 18


class BrokenContentError(Exception):
    """A member's data is not what its header promises; the message goes on after the member's name."""


class OpenFile:
    """A file that stays open as long as somebody holds it: what is read is of one and the same file.

    Args:
        path: where it lies.

    Raises:
        OSError: it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._stream = path.open("rb", buffering=0)
        weakref.finalize(self, self._stream.close)
        self.size_bytes = self._stream.seek(0, io.SEEK_END)

    def read(self, offset: int, length_bytes: int) -> bytes:
        """Some bytes at an offset, fewer at the file's end."""
        self._stream.seek(offset)
        data = self._stream.read(length_bytes)
        while len(data) < length_bytes and (more := self._stream.read(length_bytes - len(data))):
            data += more
        return data

    def stretch(self, offset: int, length_bytes: int) -> Iterator[bytes]:
        """A stretch in chunks; raises MalformedError where the file ends before it."""
        end = offset + length_bytes
        while offset < end:
            chunk = self.read(offset, min(end - offset, CHUNK_BYTES))
            if not chunk:
                raise MalformedError(f"{self.name} became shorter while it was read")
            offset += len(chunk)
            yield chunk


def small_content(raw: bytes, *, method: int, size_bytes: int, crc: int) -> bytes | None:
    """A small member's content at once; None where anything is not as promised, to be read in chunks."""
    content = raw
    if method == Method.DEFLATED:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = stream.decompress(raw, size_bytes + 1)
        except zlib.error:
            return None
        if not stream.eof or stream.unused_data:
            return None
    elif method != Method.STORED:
        return None
    return content if len(content) == size_bytes and zlib.crc32(content) == crc else None


def stream_content(raw: Iterator[bytes], *, method: int, size_bytes: int, crc: int) -> Iterator[bytes]:
    """The content behind a member's data, held to the size and the CRC-32 that its header states.

    Args:
        raw: the data as stored.
        method: stored or deflated.
        size_bytes: what the header promises.
        crc: what the header promises.

    Raises:
        BrokenContentError: any promise is broken, bytes follow the stream, or the method is another.
    """
    match method:
        case Method.STORED:
            content = raw
        case Method.DEFLATED:
            content = inflate(raw)
        case _:
            raise BrokenContentError(
                f"is compressed by method {method}; wheels hold stored or deflated members"
            )
    return _held(content, size_bytes, crc)


def _held(content: Iterator[bytes], size_bytes: int, crc: int) -> Iterator[bytes]:
    seen, actual = 0, 0
    for chunk in content:
        seen += len(chunk)
        if seen > size_bytes:
            raise BrokenContentError(f"has more than the {size_bytes} bytes that its header states")
        actual = zlib.crc32(chunk, actual)
        yield chunk
    if seen != size_bytes:
        raise BrokenContentError(f"has {seen} bytes, its header states {size_bytes}")
    if actual != crc:
        raise BrokenContentError(f"has CRC-32 {actual:08x}, its header states {crc:08x}")


def inflate(raw: Iterator[bytes]) -> Iterator[bytes]:
    """What a deflate stream holds; the stream must end exactly where the data does (RFC 1951)."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in raw:
            if stream.eof:
                raise BrokenContentError("has bytes behind its compressed data")
            yield stream.decompress(chunk, CHUNK_BYTES)
            while stream.unconsumed_tail:
                yield stream.decompress(stream.unconsumed_tail, CHUNK_BYTES)
        while not stream.eof and (rest := stream.decompress(b"", CHUNK_BYTES)):
            yield rest
    except zlib.error as error:
        raise BrokenContentError(f"can't be decompressed ({error})") from None
    if not stream.eof:
        raise BrokenContentError("can't be decompressed (its data ends too early)")
    if stream.unused_data:
        raise BrokenContentError("has bytes behind its compressed data")
