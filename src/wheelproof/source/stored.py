"""Gzip and zlib streams that store and do not compress: the same bytes from any version of any library."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

_BLOCK_BYTES = 0xFFFF
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_ZLIB_HEADER = b"\x78\x01"


def write_gzip(stream: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write pieces as one gzip member (RFC 1952) without a name or a time."""
    check, size = 0, 0
    stream.write(_GZIP_HEADER)

    def counted() -> Iterator[bytes]:
        nonlocal check, size
        for piece in pieces:
            check, size = zlib.crc32(piece, check), size + len(piece)
            yield piece

    for block in _blocks(counted()):
        stream.write(block)
    stream.write(struct.pack("<LL", check, size & 0xFFFFFFFF))


def zlib_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces as a zlib stream (RFC 1950)."""
    check = 1

    def counted() -> Iterator[bytes]:
        nonlocal check
        for piece in pieces:
            check = zlib.adler32(piece, check)
            yield piece

    yield _ZLIB_HEADER
    yield from _blocks(counted())
    yield struct.pack(">L", check)


def zlib_size(size_bytes: int) -> int:
    """How long the zlib stream of so many bytes is."""
    blocks = max(1, -(-size_bytes // _BLOCK_BYTES))
    return len(_ZLIB_HEADER) + 5 * blocks + size_bytes + 4


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Stored blocks (RFC 1951, 3.2.4), all but the last of them full."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > _BLOCK_BYTES:
            yield _block(bytes(held[:_BLOCK_BYTES]), last=False)
            del held[:_BLOCK_BYTES]
    yield _block(bytes(held), last=True)


def _block(data: bytes, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, len(data), len(data) ^ 0xFFFF) + data
