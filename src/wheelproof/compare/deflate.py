"""A deflate stream walked block by block (RFC 1951), to tell whether it hides bytes that yield no content.

Many streams hold the same content, so a stream by an encoder that is not at hand can't be written again. It
is taken from the published file instead, once this walk found nothing in it but content. That a stream
inflates to the right bytes and ends where it should is checked elsewhere, with zlib.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

_REFILL_BYTES = 8
_CODE_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_LENGTH_EXTRA = (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0)
_LENGTH_BASE = (*accumulate((1 << bits for bits in _LENGTH_EXTRA[:-2]), initial=3), 258)
_DISTANCE_EXTRA = (0, 0, *(bits for bits in range(14) for _ in range(2)))
_END_ENTRY = 1 << 20
# A block that is not stored should not be longer than storing it would have been, give or take its header.
_STORED_OVERHEAD_BITS = 64
_EMPTY_BLOCKS_AT_END = 4
_STORED, _DYNAMIC = 0, 2


class HiddenBytesError(Exception):
    """The stream holds something that no known encoder writes; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block: stored (0), fixed (1) or dynamic (2), how many bits it takes and bytes it yields."""

    kind: int
    final: bool
    bits: int
    content_bytes: int


def check_stream(raw: Iterator[bytes]) -> None:
    """Refuse a stream with blocks that carry no content, or too little for their length.

    Known encoders write empty blocks only at the end: a few flush markers, which are empty stored blocks
    (uv leaves two), and one last block, stored or fixed. They pad with zero bits, and don't let a block with
    codes of its own grow past what storing its bytes would take.

    Raises:
        HiddenBytesError: the stream is not like that, or can't be walked.
    """
    reader = _Bits(raw)
    empty = 0
    for block in _walk(reader):
        if block.content_bytes:
            if empty:
                raise HiddenBytesError("an empty block stands between others")
            if block.kind == _DYNAMIC and block.bits > 8 * block.content_bytes + _STORED_OVERHEAD_BITS:
                raise HiddenBytesError("a block is longer than its content")
        else:
            empty += 1
            if block.kind != _STORED and (block.kind == _DYNAMIC or not block.final):
                raise HiddenBytesError("an empty block of a kind that no encoder writes")
            if empty > _EMPTY_BLOCKS_AT_END:
                raise HiddenBytesError("more than a few empty blocks")
    reader.align()
    if not reader.at_end():
        raise HiddenBytesError("bytes follow the last block")


def _walk(reader: "_Bits") -> Iterator[Block]:
    final = False
    while not final:
        start = reader.position()
        final = bool(reader.take(1))
        kind = reader.take(2)
        match kind:
            case 0:
                content = _stored(reader)
            case 1:
                content = _symbols(reader, _FIXED_LITERALS, _FIXED_DISTANCES)
            case 2:
                content = _symbols(reader, *_dynamic_tables(reader))
            case _:
                raise HiddenBytesError("a block is of no known kind")
        yield Block(kind=kind, final=final, bits=reader.position() - start, content_bytes=content)


class _Bits:
    """Bits of a byte stream, the lowest first."""

    def __init__(self, raw: Iterator[bytes]) -> None:
        self._raw = raw
        self._data = b""
        self._at = 0
        self._read_bits = 0
        self.hold = 0
        self.count = 0

    def fill(self) -> None:
        """Have at least 57 bits at hand, unless the stream ends before; what is missing reads as zero."""
        while self.count < 57:
            piece = self._data[self._at : self._at + _REFILL_BYTES]
            if not piece:
                self._data, self._at = next(self._raw, b""), 0
                if not self._data:
                    return
                continue
            self._at += len(piece)
            self.hold |= int.from_bytes(piece, "little") << self.count
            self.count += 8 * len(piece)
            self._read_bits += 8 * len(piece)

    def take(self, bits: int) -> int:
        """The next bits as a number."""
        if self.count < bits:
            self.fill()
        if self.count < bits:
            raise HiddenBytesError("the stream ends inside a block")
        value = self.hold & ((1 << bits) - 1)
        self.hold >>= bits
        self.count -= bits
        return value

    def align(self) -> None:
        """Skip to the next whole byte; the bits between must be zero."""
        if self.take(self.count % 8):
            raise HiddenBytesError("padding bits are set")

    def skip(self, length_bytes: int) -> None:
        """Skip whole bytes, from a byte's edge."""
        while length_bytes:
            if not self.count:
                if self._at == len(self._data):
                    self._data, self._at = next(self._raw, b""), 0
                    if not self._data:
                        raise HiddenBytesError("the stream ends inside a block")
                step = min(length_bytes, len(self._data) - self._at)
                self._at += step
                self._read_bits += 8 * step
            else:
                step = min(length_bytes, self.count // 8)
                self.take(8 * step)
            length_bytes -= step

    def position(self) -> int:
        """How many bits were taken."""
        return self._read_bits - self.count

    def at_end(self) -> bool:
        """Nothing is left."""
        self.fill()
        return not self.count


def _stored(reader: _Bits) -> int:
    reader.align()
    length, complement = reader.take(16), reader.take(16)
    if length ^ complement != 0xFFFF:
        raise HiddenBytesError("a stored block's length contradicts itself")
    reader.skip(length)
    return length


def _symbols(reader: _Bits, literals: list[int], distances: list[int]) -> int:
    """Walk a block's symbols to its end; the bytes that they yield.

    A literal's entry holds the length of its code (four bits), a length's entry also the number of its extra
    bits (four bits) and its base above; a distance's entry holds the lengths of code and extra bits together.
    """
    literal_mask, distance_mask = len(literals) - 1, len(distances) - 1
    content = 0
    hold, count = reader.hold, reader.count
    while True:
        if count < 48:
            reader.hold, reader.count = hold, count
            reader.fill()
            hold, count = reader.hold, reader.count
        entry = literals[hold & literal_mask]
        bits = entry & 15
        if entry < 16:
            content += 1
        elif entry < _END_ENTRY:
            hold >>= bits
            count -= bits
            bits = entry >> 4 & 15
            content += (entry >> 8) + (hold & ((1 << bits) - 1))
            hold >>= bits
            count -= bits
            bits = distances[hold & distance_mask]
        hold >>= bits
        count -= bits
        if count < 0 or not bits:
            raise HiddenBytesError("the stream ends inside a block, or its code is broken")
        if entry >= _END_ENTRY:
            reader.hold, reader.count = hold, count
            return content


def _dynamic_tables(reader: _Bits) -> tuple[list[int], list[int]]:
    literal_count = reader.take(5) + 257
    distance_count = reader.take(5) + 1
    length_count = reader.take(4) + 4
    code_lengths = [0] * 19
    for symbol in _CODE_LENGTH_ORDER[:length_count]:
        code_lengths[symbol] = reader.take(3)
    table = _table(code_lengths, [symbol << 4 for symbol in range(19)])
    mask = len(table) - 1
    lengths: list[int] = []
    while len(lengths) < literal_count + distance_count:
        reader.fill()
        entry = table[reader.hold & mask]
        reader.take(entry & 15)
        match entry >> 4:
            case 16:
                lengths += lengths[-1:] * (3 + reader.take(2))
            case 17:
                lengths += [0] * (3 + reader.take(3))
            case 18:
                lengths += [0] * (11 + reader.take(7))
            case length:
                lengths.append(length)
        if not entry & 15:
            raise HiddenBytesError("a block's code is broken")
    return _literal_table(lengths[:literal_count]), _distance_table(lengths[literal_count:])


def _literal_table(lengths: list[int]) -> list[int]:
    return _table(lengths, _LITERAL_ENTRIES)


def _distance_table(lengths: list[int]) -> list[int]:
    return _table(lengths, _DISTANCE_ENTRIES)


def _table(lengths: list[int], entries: list[int]) -> list[int]:
    """A table from the next bits to the entry of the code that they start with, plus the code's length."""
    longest = max(lengths, default=0)
    table = [0] * (1 << longest)
    code = previous = 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(lengths) if length):
        code <<= length - previous
        previous = length
        if code >> length:
            raise HiddenBytesError("a block's code is broken")
        start = int(f"{code:0{length}b}"[::-1], 2)
        table[start :: 1 << length] = [entries[symbol] + length] * (1 << (longest - length))
        code += 1
    return table


_LITERAL_ENTRIES = [0] * 256 + [_END_ENTRY]
_LITERAL_ENTRIES += [base << 8 | extra << 4 for base, extra in zip(_LENGTH_BASE, _LENGTH_EXTRA, strict=True)]
_LITERAL_ENTRIES += [0, 0]  # two symbols that have a code and never occur
_DISTANCE_ENTRIES = [*_DISTANCE_EXTRA, 0, 0]
_FIXED_LITERALS = _literal_table([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)
_FIXED_DISTANCES = _distance_table([5] * 32)
