"""Bytes of an executable file by offset, and no more of them than its size warrants."""

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self, TypeVar

from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.wheel.native.facts import Names

_CHUNK_BYTES = 1 << 20
_READ_COST_BYTES = 256
_KEPT_CHARS = 500
_TEXT_BYTES = 1 << 16

T = TypeVar("T")
D = TypeVar("D")


class UnreadableError(Exception):
    """The file breaks its format; the message is a clause, safe to print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may ask for.

    Attributes:
        table_bytes: of a table that is read at once.
        sections: in one image.
        entries: of one table of symbols.
        names: distinct texts kept of one kind.
        names_chars: of all texts of one kind.
        strings: that are looked at in the data of one image, and again in its debug information.
        inflated_bytes: of one compressed section.
        spare_bytes: that may be read beyond four times the size of the file.
    """

    table_bytes: int = 96 << 20
    sections: int = 20_000
    entries: int = 500_000
    names: int = 100_000
    names_chars: int = 8 << 20
    strings: int = 2_000_000
    inflated_bytes: int = 32 << 20
    spare_bytes: int = 32 << 20


class _Budget:
    """How many bytes may still be read: it bounds the time that any file can take."""

    def __init__(self, total: int) -> None:
        self.left = total

    def spend(self, cost: int) -> None:
        self.left -= cost
        if self.left < 0:
            raise UnreadableError("its tables overlap more than an honest file's")


class Window:
    """A stretch of a seekable stream; offsets count from its start, and nothing outside is seen."""

    def __init__(self, stream: BinaryIO, size: int, limits: Limits) -> None:
        self.size = size
        self.limits = limits
        self._stream = stream
        self._start = 0
        self._budget = _Budget(4 * size + limits.spare_bytes)

    def part(self, offset: int, size: int) -> Self:
        """A window on a part of this one, on the same budget; raises UnreadableError where it reaches out."""
        self.check(offset, size)
        part = type(self).__new__(type(self))
        part.size, part.limits = size, self.limits
        part._stream, part._start, part._budget = self._stream, self._start + offset, self._budget
        return part

    def check(self, offset: int, length: int) -> None:
        """Raise UnreadableError where a stretch is not inside the window."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise UnreadableError(f"{length} bytes at {offset:#x} reach beyond its {self.size} bytes")

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; raises UnreadableError where they are not there or too many for one table."""
        if length > self.limits.table_bytes:
            raise UnreadableError(f"a table of {length} bytes is over the limit")
        return b"".join(self.chunks(offset, length, max(1, length)))

    def at_most(self, offset: int, length: int) -> bytes:
        """These bytes, as far as the window reaches."""
        return self.read(offset, max(0, min(length, self.size - offset)))

    def spend(self, cost: int) -> None:
        """Count work that was done on what was read; raises UnreadableError where it becomes too much."""
        self._budget.spend(cost)

    def chunks(self, offset: int, length: int, chunk_bytes: int = _CHUNK_BYTES) -> Iterator[bytes]:
        """A stretch, a chunk at a time, each but the last of the given size."""
        self.check(offset, length)
        self._budget.spend(length + _READ_COST_BYTES)
        for start in range(offset, offset + length, chunk_bytes):
            self._stream.seek(self._start + start)
            wanted = min(chunk_bytes, offset + length - start)
            chunk = self._stream.read(wanted)
            if len(chunk) != wanted:
                raise UnreadableError("the file became shorter while it was read")
            yield chunk

    def digest(self, offset: int, length: int) -> Digest:
        """The digest of a stretch."""
        state = hashlib.sha256()
        for chunk in self.chunks(offset, length):
            state.update(chunk)
        return Digest(state.hexdigest())


class NameLog:
    """Collects distinct texts up to the limits, or up to a share of them, and counts what goes beyond."""

    def __init__(self, limits: Limits, share: int = 1) -> None:
        self._kept: dict[str, None] = {}
        self._names_left = limits.names // share
        self._chars_left = limits.names_chars // share
        self._left_out = 0

    @property
    def full(self) -> bool:
        """A text that is not there yet may not find room."""
        return self._names_left == 0 or self._chars_left < 2 * _KEPT_CHARS

    def add(self, text: str) -> None:
        """Keep a text; a long one by its beginning and its digest."""
        if len(text) > _KEPT_CHARS:
            text = f"{text[:_KEPT_CHARS]}…{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        if not text or text in self._kept:
            return
        if self._names_left == 0 or self._chars_left < len(text):
            self._left_out += 1
            return
        self._kept[text] = None
        self._names_left -= 1
        self._chars_left -= len(text)

    def skip(self, count: int) -> None:
        """Count texts that were not even looked at."""
        self._left_out += max(0, count)

    def close(self) -> Names:
        """What was kept."""
        return Names(names=tuple(self._kept), left_out=self._left_out)


class Problems:
    """What went wrong on the way, so that the rest of a file is still read."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    def note(self, text: str) -> None:
        """Note a problem; it may hold text from the file."""
        self._found[printable(text)] = None

    def attempt(self, what: str, read: Callable[[], T], otherwise: D, logs: Iterable[NameLog] = ()) -> T | D:
        """Read a part, or note why it can't be read, count its logs as incomplete and go on."""
        try:
            return read()
        except (UnreadableError, struct.error) as error:
            self.note(f"{what}: {error}")
            for log in logs:
                log.skip(1)
            return otherwise

    def close(self) -> tuple[str, ...]:
        """The problems, of which a hostile file may have many."""
        found = tuple(self._found)
        return found if len(found) <= 20 else (*found[:20], f"and {len(found) - 20} more problems")


class StringTable:
    """Texts that end with a zero byte each, by their offset."""

    def __init__(self, window: Window, data: bytes) -> None:
        self._window = window
        self._data = data

    def text(self, offset: int) -> str:
        """One text; raises UnreadableError where the offset is outside of the table."""
        if not 0 <= offset < max(1, len(self._data)):
            raise UnreadableError(
                f"a name at {offset:#x} is outside a string table of {len(self._data)} bytes"
            )
        end = self._data.find(b"\0", offset, offset + _TEXT_BYTES)
        raw = self._data[offset : end if end >= 0 else offset + _TEXT_BYTES]
        self._window.spend(len(raw))
        return decode(raw)


def decode(text: bytes) -> str:
    """Text out of a file, every byte kept in some way."""
    return text.decode("utf-8", "backslashreplace")
