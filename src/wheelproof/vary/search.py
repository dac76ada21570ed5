"""Which variation changes what, in few builds: no engine, no wheel, only builds that can be told apart.

Variations stand in an order, and a build is known by the set of those that it varies. Between nothing varied
and everything, the builds that vary the first one, the first two and so on differ by one variation each.
Where two of them are the same, so is all between them; where they differ, the one in the middle is built.
So each change is seen between two builds that differ by one variation, and no more than two builds and one
for each variation are made, the one that varies nothing a second time among them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Generic, TypeVar

Build = TypeVar("Build")
Varied = frozenset[str]
Keys = frozenset[str]
NOTHING: Varied = frozenset()
# Of the one build that ends without a wheel and of the other that has one.
FAILS = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """What one variation changes, seen between two builds that differ by it alone.

    Attributes:
        variation: its id.
        keys: what changes.
        before: what the one build varies.
        after: what the other one varies: the variation besides.
        others: variations without which it does not change these; there can be more. None where that was
            not asked, for the builds were used up.
    """

    variation: str
    keys: Keys
    before: Varied
    after: Varied
    others: tuple[str, ...] | None = ()

    @property
    def concerned(self) -> Varied:
        """The variations that what changes can depend on."""
        return frozenset({self.variation}) if self.others == () else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """What changes between two builds that differ by several variations; it is not known by which."""

    variations: tuple[str, ...]
    keys: Keys
    before: Varied
    after: Varied


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search came to.

    Attributes:
        varied: the variations that were varied and with which there was a wheel.
        blames: what each of them changes.
        unstable: what differs where the same is varied.
        undecided: what was not brought down to one variation.
    """

    varied: tuple[str, ...]
    blames: tuple[Blame, ...] = ()
    unstable: Keys = frozenset()
    undecided: tuple[Undecided, ...] = ()


class _SpentError(Exception):
    """No more builds may be made."""


@dataclass(slots=True, kw_only=True)
class Search(Generic[Build]):
    """A search, and the builds that it made.

    Attributes:
        make: builds with some variations varied.
        differing: what is not the same in two builds; ``FAILS`` alone where one of them left no wheel.
        fails: whether a build left no wheel.
        limit: how many builds may be made.
        made: the builds, in order, each with what it varies.
    """

    make: Callable[[Varied], Build]
    differing: Callable[[Build, Build], Keys]
    fails: Callable[[Build], bool]
    limit: int
    made: list[tuple[Varied, Build]] = field(default_factory=list)
    _known: dict[Varied, Build] = field(default_factory=dict)
    _unstable: set[str] = field(default_factory=set)

    def run(self, variations: Sequence[str], *, repeat: int = 0) -> Found:
        """Find what changes what.

        Args:
            variations: their ids.
            repeat: how often at least nothing is varied again; once where anything differs.
        """
        order = tuple(variations)
        if self.fails(self._at(NOTHING)):
            return Found(varied=())
        try:
            order, seen = self._working(order)
        except _SpentError:
            keys = frozenset({FAILS})
            left = Undecided(variations=order, keys=keys, before=NOTHING, after=frozenset(order))
            return Found(varied=(), undecided=(left,))
        keys = self._changes(NOTHING, frozenset(order))
        repeated = [self._repeat(NOTHING) for _ in range(max(repeat, 1) if keys else repeat)]
        undecided: list[Undecided] = []
        if keys and not all(repeated):
            undecided.append(Undecided(variations=order, keys=keys, before=NOTHING, after=frozenset(order)))
        elif keys:
            changes, undecided = self._walk(order, NOTHING)
            seen += changes
        blames = [exact for blame in seen for exact in self._exactly(blame, order, seen)]
        self._settle(blames, undecided, order)
        return self._found(order, blames, undecided)

    def _at(self, varied: Varied) -> Build:
        if varied not in self._known:
            self._known[varied] = self._make(varied)
        return self._known[varied]

    def _make(self, varied: Varied) -> Build:
        if len(self.made) >= self.limit:
            raise _SpentError
        build = self.make(varied)
        self.made.append((varied, build))
        return build

    def _repeat(self, varied: Varied) -> bool:
        """Vary the same again: what differs then is unstable. False where no build is left for it."""
        try:
            self._unstable |= self.differing(self._at(varied), self._make(varied)) - {FAILS}
        except _SpentError:
            return False
        return True

    def _changes(self, before: Varied, after: Varied) -> Keys:
        return self.differing(self._at(before), self._at(after)) - self._unstable

    def _working(self, order: tuple[str, ...]) -> tuple[tuple[str, ...], list[Blame]]:
        """The variations with all of which there is a wheel, and those that leave none."""
        broken: list[Blame] = []
        while order and self.fails(self._at(frozenset(order))):
            low, high = 0, len(order)
            while high - low > 1:
                middle = (low + high) // 2
                if self.fails(self._at(frozenset(order[:middle]))):
                    high = middle
                else:
                    low = middle
            broken.append(_blame(order[low], frozenset({FAILS}), frozenset(order[:low])))
            order = (*order[:low], *order[high:])
        return order, broken

    def _walk(self, order: tuple[str, ...], fixed: Varied) -> tuple[list[Blame], list[Undecided]]:
        """The changes between varying ``fixed`` and varying ``order`` besides, each by what makes it."""
        blames: list[Blame] = []
        undecided: list[Undecided] = []
        waiting = [(0, len(order))]
        while waiting:
            low, high = waiting.pop()
            before, after = fixed | frozenset(order[:low]), fixed | frozenset(order[:high])
            keys = self._changes(before, after)
            if not keys:
                continue
            if high - low == 1:
                blames.append(_blame(order[low], keys, before))
                continue
            middle = (low + high) // 2
            try:
                self._at(fixed | frozenset(order[:middle]))
            except _SpentError:
                left = Undecided(variations=order[low:high], keys=keys, before=before, after=after)
                undecided.append(left)
                continue
            waiting += [(middle, high), (low, middle)]
        return blames, undecided

    def _exactly(self, blame: Blame, order: tuple[str, ...], seen: Sequence[Blame]) -> Iterator[Blame]:
        """A change that was seen with others varied, seen with nothing else varied where that makes it."""
        if blame.others is not None:
            yield blame
            return
        single = frozenset({blame.variation})
        try:
            direct = self._changes(NOTHING, single)
        except _SpentError:
            yield blame
            return
        if direct:
            yield replace(blame, keys=direct, before=NOTHING, after=single, others=())
        rest = blame.keys - direct
        if rest and self._repeat(blame.after):
            rest -= self._unstable
        if rest:
            yield from self._with_others(replace(blame, keys=rest), order, seen)

    def _with_others(self, blame: Blame, order: tuple[str, ...], seen: Sequence[Blame]) -> Iterator[Blame]:
        """A change that the variation alone does not make: with which of those before it, it does."""
        earlier = tuple(name for name in order if name in blame.before)
        partners, _ = self._walk(earlier, frozenset({blame.variation}))
        left = blame.keys
        for partner in partners:
            own: Keys = frozenset().union(*(one.keys for one in seen if one.variation == partner.variation))
            keys = (partner.keys & left) - own
            if keys:
                left -= keys
                yield replace(blame, keys=keys, others=(partner.variation,))
        if left:
            yield replace(blame, keys=left)

    def _settle(self, blames: list[Blame], undecided: list[Undecided], order: tuple[str, ...]) -> None:
        """Hold all builds against what was found: what differs for no reason is unstable, or undecided."""
        for (one, first), (other, second) in combinations(tuple(self.made), 2):
            keys = self.differing(first, second) - {FAILS}
            for key in sorted(keys - self._unstable):
                depends = _depends(key, blames, undecided)
                if one & depends != other & depends or key in self._unstable:
                    continue
                if one == other:
                    self._unstable.add(key)
                    continue
                if self._repeat(one) and key in self._unstable:
                    continue
                apart = tuple(name for name in order if name in one ^ other)
                left = Undecided(variations=apart, keys=frozenset({key}), before=one, after=other)
                undecided.append(left)

    def _found(self, order: tuple[str, ...], blames: list[Blame], undecided: list[Undecided]) -> Found:
        stable = [replace(blame, keys=blame.keys - self._unstable) for blame in blames]
        open_ones = [replace(left, keys=left.keys - self._unstable) for left in undecided]
        return Found(
            varied=order,
            blames=tuple(blame for blame in stable if blame.keys),
            unstable=frozenset(self._unstable),
            undecided=tuple(left for left in open_ones if left.keys),
        )


def _blame(variation: str, keys: Keys, before: Varied) -> Blame:
    others = None if before else ()
    return Blame(variation=variation, keys=keys, before=before, after=before | {variation}, others=others)


def _depends(key: str, blames: Sequence[Blame], undecided: Sequence[Undecided]) -> Varied:
    """The variations that a key can depend on, by what was found."""
    sets = [blame.concerned for blame in blames if key in blame.keys]
    sets += [left.before | left.after for left in undecided if key in left.keys]
    return frozenset().union(*sets)
