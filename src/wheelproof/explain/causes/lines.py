"""Text of a member: decoded, split into lines, and the lines that the two sides don't share."""

from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wheelproof.core.untrusted import printable

_SHOWN_CHARS = 100
_LINE_CHARS = 4000
_CHANGED_LINES = 2000
# Of a longer stretch between two contents' common ends, only so much is taken apart into lines.
_STRETCH_BYTES = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line without its end, cut where it is very long; ``number`` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChanges:
    """The lines that one side has more often than the other, the first few thousand of each.

    Attributes:
        complete: the stretch in which the sides differ was short enough to be looked at to its end.
    """

    published: tuple[Line, ...]
    rebuilt: tuple[Line, ...]
    complete: bool = True

    @property
    def replaced(self) -> tuple[tuple[Line, Line], ...]:
        """Line by line, where both sides have as many."""
        if len(self.published) != len(self.rebuilt):
            return ()
        return tuple(zip(self.published, self.rebuilt, strict=True))


def decode(data: bytes) -> str | None:
    """UTF-8 text; None where it is none, or holds a NUL as no text does."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_text(data: bytes) -> bool:
    """It is UTF-8 text; decoded piece by piece, for it may be long."""
    if b"\0" in data:
        return False
    decoder = getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(data), _STRETCH_BYTES):
            decoder.decode(data[at : at + _STRETCH_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def quoted(text: str) -> str:
    """A text of unknown origin in an evidence: printable, short, in quotes."""
    return f"'{printable(text, limit=_SHOWN_CHARS)}'"


def listed(texts: Sequence[str], shown: int = 4) -> str:
    """The first few texts of unknown origin, and how many more there are."""
    more = f" and {len(texts) - shown} more" if len(texts) > shown else ""
    return ", ".join(quoted(text) for text in texts[:shown]) + more


@lru_cache(maxsize=1)
def changed_lines(published: bytes, rebuilt: bytes) -> LineChanges:
    """The lines that differ, as multisets behind the common beginning and before the common end."""
    *stretches, complete = differing_stretch(published, rebuilt)
    left, right = (stretch.decode("utf-8", "backslashreplace").split("\n") for stretch in stretches)
    first = published.count(b"\n", 0, common_line_ends(published, rebuilt)[0]) + 1
    return LineChanges(
        published=_more_often(left, Counter(right), first),
        rebuilt=_more_often(right, Counter(left), first),
        complete=complete,
    )


def differing_stretch(published: bytes, rebuilt: bytes) -> tuple[bytes, bytes, bool]:
    """Both sides without the lines that they have in common at the beginning and at the end.

    A long stretch is cut behind one of its lines, and the last value is False.
    """
    start, end = common_line_ends(published, rebuilt)
    stretches = [data[start : len(data) - end] for data in (published, rebuilt)]
    cut = [
        stretch if len(stretch) <= _STRETCH_BYTES else stretch[: stretch.rfind(b"\n", 0, _STRETCH_BYTES) + 1]
        for stretch in stretches
    ]
    return cut[0], cut[1], cut == stretches


def common_line_ends(left: bytes, right: bytes) -> tuple[int, int]:
    """How many bytes of whole lines are the same at the beginning, and of the rest at the end."""
    start = left.rfind(b"\n", 0, first_difference(left, right)) + 1
    end = _common_end(left, right, min(len(left), len(right)) - start)
    at = left.find(b"\n", len(left) - end) if end else -1
    return start, len(left) - at - 1 if at >= 0 else 0


def first_line(published: bytes, rebuilt: bytes) -> tuple[int, str, str]:
    """The number of the first line that differs, and both of its texts, cut where they are very long."""
    start = published.rfind(b"\n", 0, first_difference(published, rebuilt)) + 1
    one, other = (
        data[start : start + _LINE_CHARS].partition(b"\n")[0].decode("utf-8", "backslashreplace")
        for data in (published, rebuilt)
    )
    return published.count(b"\n", 0, start) + 1, one, other


def first_difference(left: bytes, right: bytes) -> int:
    """Where two contents start to differ, by halving; the shorter one's length where one starts the other."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(left: bytes, right: bytes, most: int) -> int:
    """How many bytes are the same at the end, at most so many, by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if left[len(left) - middle : len(left) - low] == right[len(right) - middle : len(right) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _more_often(lines: list[str], others: Counter[str], first: int) -> tuple[Line, ...]:
    found: list[Line] = []
    for number, text in enumerate(lines, start=first):
        if others[text] > 0:
            others[text] -= 1
        elif len(found) < _CHANGED_LINES:
            found.append(Line(number=number, text=text[:_LINE_CHARS]))
    return tuple(found)
