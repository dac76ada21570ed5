"""From members that differ to causes: which close the difference, proved, and which are only named.

A member is closed where both sides are byte-equal after the closing causes that apply to it, in the order of
the registry, and nothing else closes one. A closing cause applies where what it removes differs between the
sides. What is left open is given to the naming causes.
"""

from collections.abc import Mapping
from dataclasses import replace

from wheelproof.compare.hidden import find_hidden_bytes
from wheelproof.compare.pairing import ModeDifference, Pair, PairState
from wheelproof.compare.wheels import Comparison
from wheelproof.core.identity import Digest
from wheelproof.explain.causes.cause import Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.kinds import kind_of
from wheelproof.explain.causes.members import license_place
from wheelproof.explain.causes.registry import closing_for, lone_for, naming_for
from wheelproof.explain.causes.unknown import FILE_LIST, UNKNOWN
from wheelproof.explain.contents import Contents
from wheelproof.explain.explanation import Explanation, MemberExplanation, Recognised
from wheelproof.explain.obstacle import find_obstacle_to_explaining
from wheelproof.explain.relaxation import NONE, Relaxation
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import MemberType

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
    moved = _pair_moved_licenses(comparison)
    members: list[MemberExplanation] = []
    left_open = 0
    for pair in comparison.pairs:
        if not pair.installs_the_same:
            member = _explain_pair(contents, pair, moved.get(pair), naming=left_open < NAMED_MEMBERS)
            if not member.closed and relaxation.leaves_out(pair, comparison.published.dist_info):
                member = replace(member, left_out=True)
            left_open += not (member.closed or member.left_out)
            members.append(member)
    obstacle = find_obstacle_to_explaining(comparison)
    if obstacle is None and left_open == 0:
        obstacle = find_hidden_bytes(comparison)
    return Explanation(members=tuple(members), obstacle=obstacle, unsought=max(0, left_open - NAMED_MEMBERS))


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
) -> MemberExplanation:
    published, rebuilt = contents.published(pair), contents.rebuilt(pair)
    if moved_to is not None:
        other = (contents.published(moved_to), contents.rebuilt(moved_to))
        published, rebuilt = published or other[0], rebuilt or other[1]
    closed, recognised = _explain_either(published, rebuilt, naming=naming)
    same_file = pair.mode in {ModeDifference.NONE, ModeDifference.HARMLESS} and _are_files(pair)
    return MemberExplanation(pair=pair, closed=closed and same_file, recognised=recognised)


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


def _pair_moved_licenses(comparison: Comparison) -> dict[Pair, Pair]:
    """Licence files in one wheel each with the same name, content and mode; both ways, one to one."""
    found: dict[Pair, Pair] = {}
    waiting: dict[object, list[Pair]] = {}
    for pair in comparison.in_state(PairState.ONLY_PUBLISHED):
        if (key := _license_key(pair, comparison.published)) is not None:
            waiting.setdefault(key, []).append(pair)
    for pair in comparison.in_state(PairState.ONLY_REBUILT):
        key = _license_key(pair, comparison.rebuilt)
        if key is not None and (others := waiting.get(key)):
            other = others.pop(0)
            found[other], found[pair] = pair, other
    return found


def _license_key(pair: Pair, wheel: Wheel) -> object | None:
    side = pair.published or pair.rebuilt
    place = license_place(pair.name, wheel.dist_info)
    if side is None or place is None or kind_of(pair.name, wheel.dist_info) is not Kind.LICENSE:
        return None
    return place[1], side.digest, side.mode & 0o7111, side.type


def _are_files(pair: Pair) -> bool:
    """No link and no device, and a folder's entry in one wheel at most."""
    types = [side.type for side in (pair.published, pair.rebuilt) if side is not None]
    return types == [MemberType.DIRECTORY] or all(one is MemberType.FILE for one in types)
