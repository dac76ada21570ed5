"""The members of two wheels, paired by name and compared by their SHA-256 and by how they would install."""

import stat
from array import array
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, zip_longest
from typing import NamedTuple, overload

from wheelproof.core.identity import Digest
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import Member, Members, MemberType

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
    """One side of a pair: the member at a place of a wheel."""

    wheel: Wheel
    place: int

    @property
    def member(self) -> Member:
        """The member itself."""
        return Member(self.wheel.archive.members, self.place)

    @property
    def digest(self) -> Digest:
        """Of its content."""
        return self.wheel.digest_of(self.member)

    @property
    def size_bytes(self) -> int:
        """Of its content."""
        return self.member.size_bytes

    @property
    def mode(self) -> int:
        """File type and permissions, as the archive states them."""
        return self.member.mode

    @property
    def type(self) -> MemberType:
        """What an installer would make of it."""
        return self.member.type


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


_STATES, _MODES = tuple(PairState), tuple(ModeDifference)
_NOWHERE = -1


class Pairs(Sequence[Pair]):
    """The pairs of two wheels: columns of numbers, and a value for each pair when it is asked for.

    Args:
        published: one wheel.
        rebuilt: the other.
    """

    def __init__(self, published: Wheel, rebuilt: Wheel) -> None:
        self._published = published
        self._rebuilt = rebuilt
        self._left = array("l")
        self._right = array("l")
        self._states = bytearray()
        self._modes = bytearray()

    def add(self, left: int | None, right: int | None) -> None:
        """Pair the members at these places; None where a wheel has none."""
        mode = ModeDifference.NONE
        if left is None or right is None:
            state = PairState.ONLY_REBUILT if left is None else PairState.ONLY_PUBLISHED
        else:
            same = self._published.raw_digest(left) == self._rebuilt.raw_digest(right)
            state = PairState.SAME if same else PairState.CHANGED
            published, rebuilt = self._published.archive.members, self._rebuilt.archive.members
            mode = compare_modes(Member(published, left), Member(rebuilt, right))
        self._left.append(_NOWHERE if left is None else left)
        self._right.append(_NOWHERE if right is None else right)
        self._states.append(_STATES.index(state))
        self._modes.append(_MODES.index(mode))

    def __len__(self) -> int:
        return len(self._left)

    @overload
    def __getitem__(self, place: int) -> Pair: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Pair]: ...

    def __getitem__(self, place: int | slice) -> Pair | Sequence[Pair]:
        if isinstance(place, slice):
            return [self[at] for at in range(len(self))[place]]
        left, right = self._left[place], self._right[place]
        published = None if left == _NOWHERE else MemberSide(self._published, left)
        rebuilt = None if right == _NOWHERE else MemberSide(self._rebuilt, right)
        wheel, at = published or MemberSide(self._rebuilt, right)
        name = wheel.archive.members.names[at]
        return Pair(name, _STATES[self._states[place]], published, rebuilt, _MODES[self._modes[place]])


def pair_members(published: Wheel, rebuilt: Wheel) -> Pairs:
    """Pair by exact name, in the published order and then the rebuilt; members of one name pair in turn."""
    members = (published.archive.members, rebuilt.archive.members)
    repeated = tuple(map(_repeated, members))
    alone = (name for name in members[1].places if name not in members[0].places)
    pairs = Pairs(published, rebuilt)
    for name in chain(members[0].places, alone):
        places = (_places_of(name, side.places, twice) for side, twice in zip(members, repeated, strict=True))
        for left, right in zip_longest(*places):
            pairs.add(left, right)
    return pairs


def _repeated(members: Members) -> dict[str, list[int]]:
    """The places of each name that stands more than once."""
    last = members.places
    if len(last) == len(members):
        return {}
    found: dict[str, list[int]] = {
        name: [] for place, name in enumerate(members.names) if last[name] != place
    }
    for place, name in enumerate(members.names):
        if name in found:
            found[name].append(place)
    return found


def _places_of(name: str, last: Mapping[str, int], repeated: Mapping[str, Sequence[int]]) -> Sequence[int]:
    return repeated.get(name) or ((last[name],) if name in last else ())


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
