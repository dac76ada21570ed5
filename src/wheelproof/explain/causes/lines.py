"""Text of a member: decoded, split into lines, and the lines that the two sides don't share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wheelproof.core.untrusted import printable

_SHOWN_CHARS = 100
_LINE_CHARS = 4000
_CHANGED_LINES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line without its end, cut where it is very long; ``number`` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChanges:
    """The lines that one side has more often than the other, the first few thousand of each."""

    published: tuple[Line, ...]
    rebuilt: tuple[Line, ...]

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
    left = published.decode("utf-8", "backslashreplace").split("\n")
    right = rebuilt.decode("utf-8", "backslashreplace").split("\n")
    start, end = common_ends(left, right)
    inner_left, inner_right = left[start : len(left) - end], right[start : len(right) - end]
    return LineChanges(
        published=_more_often(inner_left, Counter(inner_right), start + 1),
        rebuilt=_more_often(inner_right, Counter(inner_left), start + 1),
    )


def common_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many items are the same at the beginning, and of the rest at the end."""
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return start, end


def _more_often(lines: list[str], others: Counter[str], first: int) -> tuple[Line, ...]:
    found: list[Line] = []
    for number, text in enumerate(lines, start=first):
        if others[text] > 0:
            others[text] -= 1
        elif len(found) < _CHANGED_LINES:
            found.append(Line(number=number, text=text[:_LINE_CHARS]))
    return tuple(found)
