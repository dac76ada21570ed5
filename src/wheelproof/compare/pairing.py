"""The members of two wheels, paired by name and compared by their SHA-256 and by how they would install."""

import stat
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from wheelproof.core.identity import Digest
from wheelproof.wheel.archive import Member, MemberType
from wheelproof.wheel.facts import Wheel

_SYSTEM_UNIX = 3
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_SPECIAL = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX


class PairState(StrEnum):
    """How a member stands in the two wheels; ``same`` means the same bytes, whatever its mode."""

    SAME = "same"
    CHANGED = "changed"
    ONLY_PUBLISHED = "only-published"
    ONLY_REBUILT = "only-rebuilt"


class ModeDifference(StrEnum):
    """What the modes of a pair mean to an installer."""

    NONE = "none"
    HARMLESS = "installs the same"
    TYPE = "file type differs"
    EXECUTABLE = "executable bit differs"


class MemberSide(NamedTuple):
    """One side of a pair."""

    digest: Digest
    size_bytes: int
    mode: int
    type: MemberType


class Pair(NamedTuple):
    """One member in both wheels, or in one of them."""

    name: str
    state: PairState
    published: MemberSide | None
    rebuilt: MemberSide | None
    mode: ModeDifference = ModeDifference.NONE

    @property
    def installs_the_same(self) -> bool:
        """The same bytes land in the same kind of file, executable in both or in neither."""
        return self.state is PairState.SAME and self.mode in {ModeDifference.NONE, ModeDifference.HARMLESS}


def pair_members(published: Wheel, rebuilt: Wheel) -> tuple[Pair, ...]:
    """Pair by exact name, in the published order and then the rebuilt; members of one name pair in turn."""
    sides = (_by_name(published), _by_name(rebuilt))
    pairs: list[Pair] = []
    for name in dict.fromkeys((*sides[0], *sides[1])):
        pairs.extend(
            _pair(name, published, rebuilt, left, right)
            for left, right in zip_longest(sides[0].get(name, []), sides[1].get(name, []))
        )
    return tuple(pairs)


def _by_name(wheel: Wheel) -> dict[str, list[Member]]:
    found: defaultdict[str, list[Member]] = defaultdict(list)
    for member in wheel.archive.members:
        found[member.name].append(member)
    return dict(found)


def _pair(name: str, published: Wheel, rebuilt: Wheel, left: Member | None, right: Member | None) -> Pair:
    left_side = None if left is None else _side(published, left)
    right_side = None if right is None else _side(rebuilt, right)
    mode = ModeDifference.NONE
    if left_side is None:
        state = PairState.ONLY_REBUILT
    elif right_side is None:
        state = PairState.ONLY_PUBLISHED
    else:
        state = PairState.SAME if left_side.digest == right_side.digest else PairState.CHANGED
        right_side = left_side if right_side == left_side else right_side
    if left and right:
        mode = compare_modes(left, right)
    return Pair(name, state, left_side, right_side, mode)


def _side(wheel: Wheel, member: Member) -> MemberSide:
    return MemberSide(wheel.digest_of(member), member.size_bytes, member.mode, member.type)


def compare_modes(published: Member, rebuilt: Member) -> ModeDifference:
    """What the difference of two modes means to an installer.

    pip makes a file executable where its mode is that of a regular file with any executable bit; uv asks for
    the bit alone, and only of entries made on Unix. Both views must agree. Write and read bits, which
    installers set from their own umask, and the type bits that some writers leave out, install the same.
    """
    if published.type is not rebuilt.type:
        return ModeDifference.TYPE
    if published.mode == rebuilt.mode and published.system == rebuilt.system:
        return ModeDifference.NONE
    if published.type is not MemberType.DIRECTORY and tuple(_views(published)) != tuple(_views(rebuilt)):
        return ModeDifference.EXECUTABLE
    if published.mode & _SPECIAL != rebuilt.mode & _SPECIAL:
        return ModeDifference.EXECUTABLE
    return ModeDifference.NONE if published.mode == rebuilt.mode else ModeDifference.HARMLESS


def _views(member: Member) -> Iterator[bool]:
    executable = bool(member.mode & _EXECUTABLE)
    yield executable and stat.S_ISREG(member.mode)
    yield executable and member.system == _SYSTEM_UNIX
