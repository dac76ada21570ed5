"""Bytes out of an archive, a chunk at a time, never more than was promised."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from wheelproof.core.errors import MalformedError
from wheelproof.wheel.zipformat import Method

CHUNK_BYTES = 1 << 18


class BrokenContentError(Exception):
    """A member's data is not what its header promises; the message goes on after the member's name."""


def stream_file(path: Path, offset: int, length_bytes: int) -> Iterator[bytes]:
    """A stretch of a file; raises MalformedError where the file ends before it."""
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        left = length_bytes
        while left:
            chunk = file.read(min(left, CHUNK_BYTES))
            if not chunk:
                raise MalformedError(f"{path.name} became shorter while it was read")
            left -= len(chunk)
            yield chunk


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
