"""The walk over a deflate stream: honest encoders pass, hidden bytes don't, and nothing crashes it."""

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheel_builder import deflated
from wheelproof.compare.deflate import HiddenBytesError, check_stream

TEXT = b"".join(b"value_%d = %d\n" % (number, number * 7919 % 1009) for number in range(4000))
SYNC = b"\0\0\0\xff\xff"
EMPTY_LAST = b"\3\0"


def flushed(content: bytes, mode: int = zlib.Z_SYNC_FLUSH) -> bytes:
    """A stream that is not yet ended, cut at a byte's edge."""
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    return stream.compress(content) + stream.flush(mode)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize(
    "strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY]
)
@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("memory", [1, 8, 9])
def test_zlib_passes(level: int, memory: int, strategy: int) -> None:
    noise = random.Random(1).randbytes(30_000)
    for content in (b"", b"x", TEXT, noise, noise + TEXT):
        check_stream(iter([deflated(content, level, memory, strategy)]))


@settings(deadline=None)
@given(content=st.binary(max_size=4000), repeat=st.integers(1, 20), size=st.integers(1, 50))
def test_any_content_in_any_pieces_passes(content: bytes, repeat: int, size: int) -> None:
    check_stream(iter(pieces(deflated(content * repeat), size)))


def test_flush_markers_pass_at_the_end_only() -> None:
    check_stream(iter([flushed(TEXT) + EMPTY_LAST]))
    check_stream(iter([flushed(TEXT) + SYNC + EMPTY_LAST]))
    check_stream(iter([flushed(TEXT) + b"\1\0\0\xff\xff"]))
    with pytest.raises(HiddenBytesError, match="between others"):
        check_stream(iter([flushed(TEXT) + deflated(TEXT)]))


def bits(*fields: tuple[int, int]) -> bytes:
    """Pack numbers of some bits each, the lowest first."""
    number = at = 0
    for value, width in fields:
        number |= value << at
        at += width
    return number.to_bytes((at + 7) // 8, "little")


HIDING = {
    "many markers": (flushed(TEXT) + SYNC * 9 + EMPTY_LAST, "more than a few"),
    "marker first": (SYNC + deflated(TEXT), "between others"),
    "padding before a stored block": (bits((0, 3), (1, 5)) + b"\1\0\xfe\xffx" + EMPTY_LAST, "padding"),
    "padding at the end": (EMPTY_LAST[:1] + b"\x80", "padding"),
    "empty fixed block": (bits((0, 1), (1, 2), (0, 7), (1, 1), (1, 2), (0, 7)), "no encoder writes"),
    "bytes behind": (deflated(TEXT) + b"x", "bytes follow"),
    "cut": (deflated(TEXT)[:-5], "ends inside"),
    "empty": (b"", "ends inside"),
    "reserved kind": (b"\7", "no known kind"),
    "stored length": (b"\1\1\0\0\0x", "contradicts"),
    "stored cut": (b"\1\5\0\xfa\xffx", "ends inside"),
}


@pytest.mark.parametrize(("stream", "words"), HIDING.values(), ids=HIDING)
def test_hidden_bytes_are_refused(stream: bytes, words: str) -> None:
    with pytest.raises(HiddenBytesError, match=words):
        check_stream(iter([stream]))


def test_tables_that_cost_more_than_their_content_are_refused() -> None:
    # 257 literal codes and one distance code, their lengths spelled out one by one, for a single byte.
    header = [(1, 1), (2, 2), (0, 5), (0, 5), (15, 4)]
    length_codes = [(int(place in {3, 17}), 3) for place in range(19)]
    codes = [(0, 1)] * 97 + [(1, 1)] + [(0, 1)] * 158 + [(1, 1), (0, 1)]
    stream = bits(*header, *length_codes, *codes, (0, 1), (1, 1))
    assert zlib.decompress(stream, -15) == b"a"
    with pytest.raises(HiddenBytesError, match="longer than its content"):
        check_stream(iter([stream]))


@settings(deadline=None)
@given(data=st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"\x05" + tail))
def test_any_bytes_pass_or_are_refused(data: bytes) -> None:
    refused = False
    try:
        check_stream(iter([data]))
    except HiddenBytesError:
        refused = True
    stream = zlib.decompressobj(-15)
    try:
        stream.decompress(data)
    except zlib.error:
        return
    assert refused or (stream.eof and not stream.unused_data)
