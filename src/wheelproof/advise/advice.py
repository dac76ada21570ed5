"""What a piece of advice is: a rule that looks at facts, and what it says of each thing that it saw."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelproof.advise.built import BuiltWheel
    from wheelproof.advise.project import Project


class Severity(StrEnum):
    """How sure it is that two builds give two wheels."""

    BREAKS = "breaks"
    MAY = "may"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was seen; texts are the project's own and not safe to print.

    Attributes:
        file: the path in the project, or the wheel's member; empty where it is the whole wheel.
        line: its number from 1, or None.
        key: the key of a document, such as ``build-system.requires``; empty where a line says enough.
    """

    file: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place} {self.key}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that a rule saw.

    Attributes:
        place: where.
        what: what was seen, a sentence without its full stop; not safe to print.
        mend: the edit that mends it, a sentence; not safe to print.
    """

    place: Place
    what: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is told of every piece of advice.

    Attributes:
        id: kebab-case; never changes once released.
        severity: whether wheels will differ, or can.
        title: a few words, without a full stop.
        why: why it matters, a sentence.
        link: where to read more: an address, or the id of a cause.
    """

    id: str
    severity: Severity
    title: str
    why: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAdvice(Advice):
    """Advice on a source tree or an sdist; ``look`` is a pure function that is silent where it can't know."""

    look: "Callable[[Project], Iterator[Seen]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelAdvice(Advice):
    """Advice on a wheel; ``look`` is a pure function that is silent where it can't know."""

    look: "Callable[[BuiltWheel], Iterator[Seen]]"
