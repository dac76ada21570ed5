"""Two wheels compared: their files, their members, their envelopes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wheelproof.compare.envelope import FieldDifference, compare_envelopes
from wheelproof.compare.pairing import Pair, PairState, pair_members
from wheelproof.wheel.facts import Wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two wheels have in common and what not.

    Attributes:
        published: the wheel as published.
        rebuilt: the wheel that should be the same.
        pairs: every member of either wheel.
        envelope: the fields around the contents that differ.
        differing: the places in ``pairs`` of those that are not the same, or install differently.
    """

    published: Wheel
    rebuilt: Wheel
    pairs: Sequence[Pair]
    envelope: tuple[FieldDifference, ...]
    differing: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        differing = tuple(place for place, pair in enumerate(self.pairs) if not pair.installs_the_same)
        object.__setattr__(self, "differing", differing)

    @property
    def identical(self) -> bool:
        """The files are the same, byte for byte."""
        return self.published.digest == self.rebuilt.digest

    @property
    def same_members(self) -> bool:
        """Every member is in both with the same bytes, and installs the same."""
        return not self.differing

    def differing_pairs(self) -> Iterator[Pair]:
        """The pairs that are not the same, or install differently."""
        return map(self.pairs.__getitem__, self.differing)

    def in_state(self, state: PairState) -> Iterator[Pair]:
        """The pairs that stand so."""
        pairs = self.pairs if state is PairState.SAME else self.differing_pairs()
        return (pair for pair in pairs if pair.state is state)


def compare_wheels(published: Wheel, rebuilt: Wheel) -> Comparison:
    """Compare two wheels that were read; nothing is normalised."""
    return Comparison(
        published=published,
        rebuilt=rebuilt,
        pairs=pair_members(published, rebuilt),
        envelope=compare_envelopes(published.archive, rebuilt.archive),
    )
