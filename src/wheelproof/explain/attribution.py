"""From members that differ to causes: which close the difference, proved, and which are only named.

A member is closed where both sides are byte-equal after the closing causes that apply to it, in the order of
the registry, and nothing else closes one. A closing cause applies where what it removes differs between the
sides. What is left open is given to the naming causes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from wheelproof.compare.hidden import find_hidden_bytes
from wheelproof.compare.pairing import ModeDifference, Pair, PairState
from wheelproof.compare.wheels import Comparison
from wheelproof.core.identity import Digest
from wheelproof.explain.causes.cause import Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.kinds import kind_of
from wheelproof.explain.causes.lines import changed_lines
from wheelproof.explain.causes.members import license_place
from wheelproof.explain.causes.registry import closing_for, lone_for, naming_for
from wheelproof.explain.causes.unknown import FILE_LIST, UNKNOWN
from wheelproof.explain.contents import Contents
from wheelproof.explain.explanation import Explanation, MemberExplanation, Recognised
from wheelproof.explain.obstacle import find_obstacle_to_explaining
from wheelproof.explain.relaxation import NONE, Relaxation
from wheelproof.explain.runnable import starts_with_python
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import MemberType
from wheelproof.wheel.repair import vendored_name

_SHOWN_CAUSES = 8
# Of so many members that stay open the causes are sought; a wheel with more differs as a whole.
NAMED_MEMBERS = 2000


def explain(
    comparison: Comparison,
    source: Mapping[Digest, str] | None = None,
    relaxation: Relaxation = NONE,
) -> Explanation:
    """Find the causes of every member that is not the same on both sides.

    Args:
        comparison: of two wheels.
        source: the files of the source by digest, where it is at hand.
        relaxation: which members a recipe leaves out.

    Raises:
        MalformedError: a content can't be read.
        OSError: a file can't be read.
    """
    if comparison.same_members:
        return Explanation(members=(), obstacle=None)
    contents = Contents(comparison.published, comparison.rebuilt, source)
    moved = _pair_moved(comparison)
    members: list[MemberExplanation] = []
    shortened = _Shortened()
    left_open = 0
    for place in comparison.differing:
        pair = comparison.pairs[place]
        other = comparison.pairs[moved[place]] if place in moved else None
        closed, recognised = _explain_pair(contents, pair, other, naming=left_open < NAMED_MEMBERS)
        left_out = not closed and relaxation.leaves_out(pair, comparison.published.dist_info)
        left_open += not (closed or left_out)
        members.append(
            MemberExplanation(
                pairs=comparison.pairs,
                place=place,
                closed=closed,
                recognised=shortened.take(pair, recognised, closed, left_out),
                left_out=left_out,
            )
        )
    obstacle = find_obstacle_to_explaining(comparison)
    if obstacle is None and left_open == 0:
        obstacle = find_hidden_bytes(comparison)
    return Explanation(members=tuple(members), obstacle=obstacle, unsought=max(0, left_open - NAMED_MEMBERS))


class _Shortened:
    """Keeps what causes were recognised by for the first members that stand alike: a report lists no more."""

    def __init__(self) -> None:
        self._kept: Counter[tuple[object, ...]] = Counter()
        self._without: dict[tuple[str, ...], tuple[Recognised, ...]] = {}

    def take(self, pair: Pair, recognised: tuple[Recognised, ...], *stands: bool) -> tuple[Recognised, ...]:
        kind = pair.state, starts_with_python(pair.name), *stands
        self._kept[kind] += 1
        if self._kept[kind] <= NAMED_MEMBERS:
            return recognised
        causes = tuple(item.cause.id for item in recognised)
        if causes not in self._without:
            self._without[causes] = tuple(replace(item, evidence=Evidence(text="")) for item in recognised)
        return self._without[causes]


def explain_sides(
    published: MemberSide, rebuilt: MemberSide, *, naming: bool = True
) -> tuple[bool, tuple[Recognised, ...]]:
    """Whether closing causes make two contents equal, and every cause that was recognised.

    Args:
        published: one side.
        rebuilt: the other.
        naming: seek the causes of what stays open, too.
    """
    if published.data is None or rebuilt.data is None:
        return False, _name(published, rebuilt) if naming else ()
    closing: list[Recognised] = []
    for cause in closing_for(published):
        if published.data == rebuilt.data or not cause.concerns(rebuilt):
            continue
        found = cause.evidence(published, rebuilt)
        if found is None:
            continue
        left, right = cause.normalise(published), cause.normalise(rebuilt)
        if (left, right) != (published.data, rebuilt.data):
            closing.append(Recognised(cause=cause, evidence=Evidence(text=found)))
            published, rebuilt = replace(published, data=left), replace(rebuilt, data=right)
    if published.data == rebuilt.data:
        return True, tuple(closing)
    return False, (*closing, *_name(published, rebuilt)) if naming else ()


def _explain_pair(
    contents: Contents, pair: Pair, moved_to: Pair | None, *, naming: bool
) -> tuple[bool, tuple[Recognised, ...]]:
    changed_lines.cache_clear()  # it holds the contents of the member before
    published, rebuilt = contents.published(pair), contents.rebuilt(pair)
    if moved_to is not None:
        other = (contents.published(moved_to), contents.rebuilt(moved_to))
        published, rebuilt = published or other[0], rebuilt or other[1]
    closed, recognised = _explain_either(published, rebuilt, naming=naming)
    # Others load a library by its name: under another name it is another one, whatever it holds.
    closed = closed and (moved_to is None or vendored_name(pair.name) is None)
    same_file = pair.mode in {ModeDifference.NONE, ModeDifference.HARMLESS} and _are_files(pair)
    return closed and same_file, recognised


def _explain_either(
    published: MemberSide | None, rebuilt: MemberSide | None, *, naming: bool
) -> tuple[bool, tuple[Recognised, ...]]:
    if published is None or rebuilt is None:
        lone = published or rebuilt
        assert lone is not None  # noqa: S101 - a pair has a side
        return _explain_lone(lone, naming=naming)
    if published.digest == rebuilt.digest:
        return _explain_equal(published, rebuilt)
    return explain_sides(published, rebuilt, naming=naming)


def _explain_equal(published: MemberSide, rebuilt: MemberSide) -> tuple[bool, tuple[Recognised, ...]]:
    """The same bytes in another place, or with another mode."""
    for cause in closing_for(published):
        text = cause.evidence(published, rebuilt) if cause.family is Family.MEMBERS else None
        if text is not None:
            return True, (Recognised(cause=cause, evidence=Evidence(text=text)),)
    return False, tuple(
        Recognised(cause=cause, evidence=found)
        for cause in naming_for(published)
        if cause.family is Family.MEMBERS and (found := cause.recognise(published, rebuilt))
    )


def _name(published: MemberSide, rebuilt: MemberSide) -> tuple[Recognised, ...]:
    found: list[Recognised] = []
    readable = published.data is not None and rebuilt.data is not None
    for cause in naming_for(published):
        if cause is UNKNOWN or not (readable or cause.streams) or not cause.concerns(rebuilt):
            continue
        if evidence := cause.recognise(published, rebuilt):
            found.append(Recognised(cause=cause, evidence=evidence))
    return tuple(found[:_SHOWN_CAUSES]) or _recognised(UNKNOWN, published, rebuilt)


def _recognised(cause: Naming, published: MemberSide, rebuilt: MemberSide) -> tuple[Recognised, ...]:
    evidence = cause.recognise(published, rebuilt)
    return (Recognised(cause=cause, evidence=evidence),) if evidence else ()


def _explain_lone(side: MemberSide, *, naming: bool) -> tuple[bool, tuple[Recognised, ...]]:
    """By the first cause that is recognised: the later ones are the more general."""
    for cause in lone_for(side):
        if (naming or cause.closes) and (evidence := cause.recognise(side)):
            return cause.closes, (Recognised(cause=cause, evidence=evidence),)
    assert not naming, f"{FILE_LIST.id} is recognised on every member"  # noqa: S101
    return False, ()


def _pair_moved(comparison: Comparison) -> dict[int, int]:
    """Places of what stands in each wheel under another name, one to one, both ways.

    A licence file has the same name, content and mode in another place; a library that auditwheel took in has
    the same name but for the hash in it.
    """
    found: dict[int, int] = {}
    waiting: dict[bytes, list[int]] = {}
    for place, pair in _alone(comparison, PairState.ONLY_PUBLISHED):
        if (key := _moved_key(pair, comparison.published)) is not None:
            waiting.setdefault(key, []).append(place)
    for place, pair in _alone(comparison, PairState.ONLY_REBUILT):
        key = _moved_key(pair, comparison.rebuilt)
        if key is not None and (others := waiting.get(key)):
            other = others.pop(0)
            found[other], found[place] = place, other
    return found


def _alone(comparison: Comparison, state: PairState) -> Iterator[tuple[int, Pair]]:
    for place in comparison.differing:
        if (pair := comparison.pairs[place]).state is state:
            yield place, pair


def _moved_key(pair: Pair, wheel: Wheel) -> bytes | None:
    name = vendored_name(pair.name)
    if name is None:
        return _license_key(pair, wheel)
    return f"{pair.name.partition('/')[0]}/{name}".encode("utf-8", "surrogatepass")


def _license_key(pair: Pair, wheel: Wheel) -> bytes | None:
    side = pair.published or pair.rebuilt
    place = license_place(pair.name, wheel.dist_info)
    if side is None or place is None or kind_of(pair.name, wheel.dist_info) is not Kind.LICENSE:
        return None
    # One value, as there may be many.
    return side.digest.raw + f"{side.mode & 0o7111} {side.type} {place[1]}".encode("utf-8", "surrogatepass")


def _are_files(pair: Pair) -> bool:
    """No link and no device, and a folder's entry in one wheel at most."""
    types = [side.type for side in (pair.published, pair.rebuilt) if side is not None]
    return types == [MemberType.DIRECTORY] or all(one is MemberType.FILE for one in types)
