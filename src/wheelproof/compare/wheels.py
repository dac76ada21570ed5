"""Two wheels compared: their files, their members, their envelopes."""

from dataclasses import dataclass

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
    """

    published: Wheel
    rebuilt: Wheel
    pairs: tuple[Pair, ...]
    envelope: tuple[FieldDifference, ...]

    @property
    def identical(self) -> bool:
        """The files are the same, byte for byte."""
        return self.published.digest == self.rebuilt.digest

    @property
    def same_members(self) -> bool:
        """Every member is in both with the same bytes, and installs the same."""
        return all(pair.installs_the_same for pair in self.pairs)

    def in_state(self, state: PairState) -> tuple[Pair, ...]:
        """The pairs that stand so."""
        return tuple(pair for pair in self.pairs if pair.state is state)


def compare_wheels(published: Wheel, rebuilt: Wheel) -> Comparison:
    """Compare two wheels that were read; nothing is normalised."""
    return Comparison(
        published=published,
        rebuilt=rebuilt,
        pairs=pair_members(published, rebuilt),
        envelope=compare_envelopes(published.archive, rebuilt.archive),
    )
