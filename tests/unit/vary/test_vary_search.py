"""The search itself, with builds that are only dictionaries."""

import itertools
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from wheelproof.vary.search import FAILS, NOTHING, Found, Search, Varied

VARIATIONS = tuple(string.ascii_lowercase[:13])
Contents = Mapping[str, object] | None


@dataclass(kw_only=True)
class World:
    """Members and the sets of variations that change each; some change by themselves, some builds break."""

    triggers: Mapping[str, tuple[Varied, ...]] = field(default_factory=dict)
    unstable: frozenset[str] = frozenset()
    breaking: frozenset[str] = frozenset()
    clock: "itertools.count[int]" = field(default_factory=itertools.count)

    def make(self, varied: Varied) -> Contents:
        if varied & self.breaking:
            return None
        stable: dict[str, object] = {
            key: tuple(trigger <= varied for trigger in triggers) for key, triggers in self.triggers.items()
        }
        return stable | {key: next(self.clock) for key in self.unstable}

    def search(self, limit: int | None = None, repeat: int = 0) -> tuple[Found, "Search[Contents]"]:
        search = Search[Contents](
            make=self.make,
            differing=differing,
            fails=lambda build: build is None,
            limit=2 + len(VARIATIONS) if limit is None else limit,
        )
        return search.run(VARIATIONS, repeat=repeat), search


def differing(one: Contents, other: Contents) -> frozenset[str]:
    if one is None or other is None:
        return frozenset({FAILS}) if one is not other else frozenset()
    return frozenset(key for key in one if one[key] != other[key])


def each(*names: str) -> tuple[Varied, ...]:
    return tuple(frozenset(name) for name in names)


def blamed(found: Found, key: str) -> set[tuple[str, tuple[str, ...] | None]]:
    return {(blame.variation, blame.others) for blame in found.blames if key in blame.keys}


def test_where_nothing_changes_two_builds_are_enough() -> None:
    found, search = World(triggers={"m": ()}).search()
    assert found == Found(varied=VARIATIONS)
    assert [varied for varied, _ in search.made] == [NOTHING, frozenset(VARIATIONS)]


def test_one_fault_is_found_by_halving() -> None:
    for name in VARIATIONS:
        found, search = World(triggers={"m": each(name), "n": ()}).search()
        assert blamed(found, "m") == {(name, ())}
        assert not blamed(found, "n")
        assert (found.unstable, found.undecided) == (frozenset(), ())
        assert len(search.made) <= 3 + 4 + 1


def test_a_change_that_needs_two_variations_names_both() -> None:
    found, _ = World(triggers={"m": (frozenset("bf"),)}).search()
    assert blamed(found, "m") == {("f", ("b",))}


def test_a_member_that_changes_by_itself_is_blamed_on_nothing() -> None:
    found, search = World(triggers={"n": each("c")}, unstable=frozenset("m")).search()
    assert found.unstable == {"m"}
    assert blamed(found, "n") == {("c", ())}
    assert not blamed(found, "m")
    assert [varied for varied, _ in search.made].count(NOTHING) == 2


def test_a_member_that_changes_now_and_then_is_unstable_and_blamed_on_nothing() -> None:
    world = World(triggers={"n": each("c")})
    contents = iter([0, 1, *[0] * 20])
    made = world.make

    def make(varied: Varied) -> Contents:
        built = made(varied)
        assert built is not None
        return {**built, "m": next(contents)}

    search = Search[Contents](make=make, differing=differing, fails=lambda build: build is None, limit=15)
    found = search.run(VARIATIONS)
    assert found.unstable == {"m"}
    assert {blame.variation for blame in found.blames} == {"c"}


def test_a_variation_without_a_wheel_is_told_and_the_others_are_still_searched() -> None:
    found, search = World(triggers={"m": each("g")}, breaking=frozenset("c")).search()
    assert [blame.variation for blame in found.blames if FAILS in blame.keys] == ["c"]
    assert blamed(found, "m") == {("g", ())}
    assert found.varied == tuple(name for name in VARIATIONS if name != "c")
    assert len(search.made) <= 2 + len(VARIATIONS)


def test_where_nothing_varied_leaves_no_wheel_nothing_is_searched() -> None:
    search = Search[Contents](
        make=lambda _: None, differing=differing, fails=lambda build: build is None, limit=10
    )
    assert search.run(VARIATIONS) == Found(varied=())
    assert len(search.made) == 1


def test_what_no_build_was_left_for_is_undecided_and_not_blamed() -> None:
    found, search = World(triggers={"m": each("b"), "n": each("g")}).search(limit=4)
    (first, second) = found.undecided
    assert not found.blames
    assert first.variations + second.variations == VARIATIONS
    assert [set(first.keys), set(second.keys)] == [{"m"}, {"n"}]
    assert len(search.made) == 4


def test_where_every_build_breaks_none_is_made_beyond_the_limit() -> None:
    found, search = World(breaking=frozenset(VARIATIONS)).search(limit=3)
    assert found.undecided[0].keys == {FAILS}
    assert len(search.made) == 3


def test_nothing_is_varied_as_often_as_asked() -> None:
    _, search = World(triggers={"m": ()}).search(limit=20, repeat=3)
    assert [varied for varied, _ in search.made].count(NOTHING) == 4


SETS = st.frozensets(st.sampled_from(VARIATIONS), min_size=1, max_size=3)
WORLDS = st.builds(
    World,
    triggers=st.dictionaries(
        st.sampled_from([f"m{number}" for number in range(6)]), st.lists(SETS, max_size=3).map(tuple)
    ),
    unstable=st.frozensets(st.sampled_from(["u0", "u1"])),
    breaking=st.just(frozenset()),
)


@given(WORLDS)
def test_any_faults_are_found_in_so_many_builds(world: World) -> None:
    found, search = world.search()
    assert len(search.made) <= 2 + len(VARIATIONS)
    assert found.unstable == (world.unstable if found.unstable or found.blames else frozenset())
    for key, triggers in world.triggers.items():
        names = {blame.variation for blame in found.blames if key in blame.keys}
        # Each that changes it alone is named, and none that has no part in it.
        assert {name for trigger in triggers if len(trigger) == 1 for name in trigger} <= names
        assert names <= frozenset().union(*triggers)
        # A member that any set of them changes is blamed on something.
        assert bool(names) == bool(triggers)
        for blame in found.blames:
            if key in blame.keys and blame.others == ():
                assert frozenset({blame.variation}) in triggers
            if key in blame.keys and blame.others:
                assert any({blame.variation, *blame.others} <= trigger for trigger in triggers)


@given(WORLDS, st.frozensets(st.sampled_from(VARIATIONS), max_size=3), st.integers(1, 30))
def test_whatever_breaks_the_limit_holds_and_nothing_is_invented(
    world: World, breaking: frozenset[str], limit: int
) -> None:
    world.breaking = breaking
    found, search = world.search(limit)
    assert len(search.made) <= limit
    for blame in found.blames:
        if FAILS in blame.keys and not blame.others:
            assert blame.variation in breaking
        for key in blame.keys - {FAILS}:
            assert blame.variation in frozenset().union(*world.triggers[key])


@given(WORLDS)
def test_a_change_is_seen_between_builds_that_differ_by_one_variation(world: World) -> None:
    found, search = world.search()
    built = dict(search.made)
    for blame in found.blames:
        assert blame.after - blame.before == {blame.variation}
        assert blame.keys <= differing(built[blame.before], built[blame.after])
