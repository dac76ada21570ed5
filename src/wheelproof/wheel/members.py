"""The members of an archive: columns of numbers, and a value for each member when it is asked for.

An archive may have tens of thousands of members, and two are compared at a time: a value of its own for each
header would take most of the memory.
"""

import stat
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import starmap
from typing import NamedTuple, overload

from wheelproof.wheel.content import OpenFile
from wheelproof.wheel.zipformat import CentralHeader, Flag, LocalHeader

SYSTEM_DOS = 0


class MemberType(StrEnum):
    """What an installer that obeys the archive would make of a member."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """The layout of a data descriptor: with its signature or without, 64-bit sizes or 32-bit."""

    signed: bool
    wide: bool
    length_bytes: int


class Member(NamedTuple):
    """One entry of the archive.

    Attributes:
        of: all members of the archive.
        place: its number in the central directory.
    """

    of: "Members"
    place: int

    @property
    def name(self) -> str:
        """Decoded as CPython's zipfile does it: UTF-8 where the flag says so, else code page 437."""
        return self.of.names[self.place]

    @property
    def central(self) -> CentralHeader:
        """The central header."""
        return self.of.central(self.place)

    @property
    def has_own_local(self) -> bool:
        """The local header does not just repeat the central one."""
        return bool(self.of.apart[self.place])

    @property
    def has_extra(self) -> bool:
        """One of its headers has extra fields, or may have."""
        return bool(self.of.apart[self.place] or self.of.extras[self.place])

    @property
    def has_comment(self) -> bool:
        """The central header has a comment."""
        return bool(self.of.comments[self.place])

    @property
    def local(self) -> LocalHeader:
        """The local header."""
        return self.of.local(self.place) if self.of.apart[self.place] else self.central.as_local()

    def has_headers_of(self, other: "Member") -> bool:
        """Whether both of its headers are the same bytes as another's, but for where they say it lies."""
        mine, theirs = self.of.alike(self.place), other.of.alike(other.place)
        if mine != theirs or self.has_own_local or other.has_own_local:
            return False
        return self.descriptor == other.descriptor

    @property
    def data_offset(self) -> int:
        """Where the data starts in the file."""
        return self.of.offsets[self.place] + self.of.local_lengths[self.place]

    @property
    def compressed_bytes(self) -> int:
        """The data's length, after zip64."""
        return self.of.compressed[self.place]

    @property
    def size_bytes(self) -> int:
        """The content's length, after zip64."""
        return self.of.sizes[self.place]

    @property
    def descriptor(self) -> Descriptor | None:
        """The layout of the data descriptor found behind the data, if any."""
        return self.of.layouts[self.of.descriptors[self.place]]

    @property
    def type(self) -> MemberType:
        """What it is: a directory by its name, as every reader does it, the rest by its mode."""
        return _TYPES[self.of.types[self.place]]

    @property
    def flags(self) -> int:
        """The general purpose bits of the central header."""
        return self.of.flags[self.place]

    @property
    def method(self) -> int:
        """The compression method's number."""
        return self.of.methods[self.place]

    @property
    def crc(self) -> int:
        """The CRC-32 that the central directory states."""
        return self.of.crcs[self.place]

    @property
    def is_encrypted(self) -> bool:
        """A reader would need a password."""
        return bool(self.of.flags[self.place] & (Flag.ENCRYPTED | Flag.STRONG_ENCRYPTION | Flag.MASKED))

    @property
    def system(self) -> int:
        """The system that the entry's attributes are meant for: 3 is Unix, 0 is DOS."""
        return self.of.systems[self.place]

    @property
    def mode(self) -> int:
        """The upper half of the external attributes: file type and permissions on Unix."""
        return self.of.attributes[self.place] >> 16

    @property
    def external_attributes(self) -> int:
        """The external attributes as the central header states them."""
        return self.of.attributes[self.place]

    @property
    def dos_time(self) -> tuple[int, int, int, int, int, int]:
        """Year, month, day, hour, minute and second as stored; hostile entries hold impossible ones."""
        central = self.central
        return read_dos_time(central.date, central.time)


def read_dos_time(date: int, time: int) -> tuple[int, int, int, int, int, int]:
    """A header's two numbers as year, month, day, hour, minute and second."""
    return (
        (date >> 9) + 1980,
        date >> 5 & 0xF,
        date & 0x1F,
        time >> 11,
        time >> 5 & 0x3F,
        (time & 0x1F) * 2,
    )


_TYPES = tuple(MemberType)


def member_type(name: str, external_attributes: int) -> MemberType:
    """What a member is, by its name and its mode."""
    match stat.S_IFMT(external_attributes >> 16):
        case stat.S_IFLNK:
            return MemberType.SYMLINK
        case 0 | stat.S_IFREG | stat.S_IFDIR:
            return MemberType.DIRECTORY if name.endswith("/") else MemberType.FILE
        case _:
            return MemberType.SPECIAL


class Members(Sequence[Member]):
    """Every member of an archive, in the central directory's order.

    The headers are read again from where they lie, the central ones in ``directory``, the local ones in
    ``file``; what is asked of every member stands in columns beside.

    Args:
        directory: the central directory's bytes.
        file: the archive.
    """

    def __init__(self, directory: bytes, file: OpenFile) -> None:
        self._directory = directory
        self._file = file
        self._last: tuple[int, CentralHeader | None] = -1, None
        self.names: list[str] = []
        # Where each central header starts in the directory, and at last where the directory ends.
        self.starts = array("I", [0])
        self.offsets = array("Q")
        self.compressed = array("Q")
        self.sizes = array("Q")
        self.flags = array("H")
        self.methods = array("H")
        self.crcs = array("I")
        self.systems = array("B")
        self.attributes = array("I")
        self.types = bytearray()
        # Which central headers have extra fields, and which a comment.
        self.extras = bytearray()
        self.comments = bytearray()
        self.local_lengths = array("I")
        # Which local headers say something else than the central ones.
        self.apart = bytearray()
        self.descriptors = bytearray()
        self.layouts: list[Descriptor | None] = [None]

    def add(self, header: CentralHeader, *, name: str, offset: int, compressed: int, size: int) -> None:
        """Add the next central header, with what its numbers mean after zip64."""
        # Interned, as the other wheel of a pair has most of the names too.
        self.names.append(sys.intern(name))
        self.starts.append(self.starts[-1] + header.length_bytes)
        self.offsets.append(offset)
        self.compressed.append(compressed)
        self.sizes.append(size)
        self.flags.append(header.flags)
        self.methods.append(header.method)
        self.crcs.append(header.crc)
        self.systems.append(header.version_made_by >> 8)
        self.attributes.append(header.external_attributes)
        self.types.append(_TYPES.index(member_type(name, header.external_attributes)))
        self.extras.append(bool(header.extra))
        self.comments.append(bool(header.comment))
        self.local_lengths.append(0)
        self.apart.append(0)
        self.descriptors.append(0)

    def add_local(self, place: int, *, length_bytes: int, apart: bool, descriptor: Descriptor | None) -> None:
        """Add what was found at a member's data: its local header, and what stands behind the data."""
        self.local_lengths[place] = length_bytes
        self.apart[place] = apart
        if descriptor not in self.layouts:
            self.layouts.append(descriptor)
        self.descriptors[place] = self.layouts.index(descriptor)

    def central(self, place: int) -> CentralHeader:
        """A central header, parsed anew unless it is the one that was asked for last."""
        last, header = self._last
        if header is not None and place == last:
            return header
        header = CentralHeader.parse_at(self._directory, self.starts[place])
        assert header is not None  # noqa: S101 - it was parsed before
        self._last = place, header
        return header

    def central_bytes(self, place: int) -> bytes:
        """A central header as it lies there, which is what its fields render to."""
        return self._directory[self.starts[place] : self.starts[place + 1]]

    def alike(self, place: int) -> tuple[bytes, bytes]:
        """A central header's bytes on both sides of the offset in it."""
        return CentralHeader.around_offset(self.central_bytes(place))

    def repeated(self, place: int) -> bytes:
        """The local header that just repeats a central one."""
        return CentralHeader.local_at(self._directory, self.starts[place])

    def local(self, place: int) -> LocalHeader:
        """A local header, read anew; raises MalformedError where the file no longer holds it."""
        return LocalHeader.parse(b"".join(self._file.stretch(self.offsets[place], self.local_lengths[place])))

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each name, the last of several, as CPython's zipfile and pip take it."""
        return {name: place for place, name in enumerate(self.names)}

    def ends(self, place: int) -> int:
        """Where a member ends in the file, its data descriptor included."""
        data = self.offsets[place] + self.local_lengths[place]
        descriptor = self.layouts[self.descriptors[place]]
        return data + self.compressed[place] + (descriptor.length_bytes if descriptor else 0)

    def by_offset(self) -> list[int]:
        """The places in the order in which the members lie in the file."""
        return sorted(range(len(self)), key=self.offsets.__getitem__)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Member]:
        return starmap(Member, ((self, place) for place in range(len(self.names))))

    @overload
    def __getitem__(self, place: int) -> Member: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Member]: ...

    def __getitem__(self, place: int | slice) -> Member | Sequence[Member]:
        if isinstance(place, slice):
            return [Member(self, at) for at in range(len(self.names))[place]]
        return Member(self, range(len(self.names))[place])
