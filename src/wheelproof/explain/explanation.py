"""What explains the difference of two wheels: for each member its causes, and whether they close it."""

from collections.abc import Sequence
from dataclasses import dataclass

from wheelproof.compare.pairing import Pair
from wheelproof.explain.causes.cause import Cause, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A cause with what it was recognised by."""

    cause: Cause
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberExplanation:
    """One member that is not the same on both sides.

    Attributes:
        pairs: all pairs of the comparison.
        place: which of them it is.
        closed: both sides are byte-equal after exactly the closing causes of ``recognised``, in their order.
        recognised: the causes; those that close come first. Where very many members are alike, the later
            ones come without what their causes were recognised by.
        left_out: the recipe leaves it out of the comparison.
    """

    pairs: Sequence[Pair]
    place: int
    closed: bool
    recognised: tuple[Recognised, ...]
    left_out: bool = False

    @property
    def pair(self) -> Pair:
        """As it was compared."""
        return self.pairs[self.place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every member that is not the same on both sides, and what else stands in the way of ``explained``.

    Attributes:
        members: one for each such pair, in the order of the comparison.
        obstacle: why the envelope can't be trusted, a sentence without a full stop; None where it can.
        unsought: of how many members that stay open no cause was sought, for there are too many.
    """

    members: tuple[MemberExplanation, ...]
    obstacle: str | None
    unsought: int = 0

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes of all members, each once, those that leave a difference open first."""
        found = {item.cause.id: item.cause for member in self.members for item in member.recognised}
        return tuple(sorted(found.values(), key=lambda cause: cause.closes))
