"""A wheel's zip archive, read from its bytes: every byte of the file belongs to exactly one region.

The central directory is found the way that CPython's zipfile, and so pip, finds it; whatever another reader
could see differently becomes an anomaly or an error. Nothing is extracted.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from typing import NamedTuple

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.wheel.anomaly import Anomaly
from wheelproof.wheel.content import (
    CHUNK_BYTES,
    BrokenContentError,
    OpenFile,
    small_content,
    stream_content,
)
from wheelproof.wheel.zipformat import (
    END_BYTES,
    LOCAL_BYTES,
    ZIP64_END_BYTES,
    ZIP64_LOCATOR_BYTES,
    CentralHeader,
    EndRecord,
    Flag,
    LocalHeader,
    Zip64End,
)

SYSTEM_DOS = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may ask for before it is refused.

    Attributes:
        members: how many entries.
        directory_bytes: the central directory, and the local headers together, each.
        member_bytes: one member's content.
        total_bytes: all contents together.
        ratio: contents over file size, once the contents pass ``ratio_from_bytes``.
        ratio_from_bytes: below this any ratio passes.
    """

    members: int = 50_000
    directory_bytes: int = 64 << 20
    member_bytes: int = 4 << 30
    total_bytes: int = 8 << 30
    ratio: int = 200
    ratio_from_bytes: int = 256 << 20


class RegionKind(StrEnum):
    """What a stretch of the file is."""

    LOCAL_HEADER = "local header"
    DATA = "data"
    DESCRIPTOR = "data descriptor"
    CENTRAL_HEADER = "central header"
    ZIP64_END = "zip64 end record"
    ZIP64_LOCATOR = "zip64 locator"
    END = "end record"
    OUTSIDE = "outside every member and record"


class Region(NamedTuple):
    """A stretch of the file; ``member`` is the place in the central directory of whose it is."""

    kind: RegionKind
    offset: int
    length_bytes: int
    member: int | None = None


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
        place: its number in the central directory.
        name: decoded as CPython's zipfile does it: UTF-8 where the flag says so, else code page 437.
        central: the central header.
        local_apart: the local header, where it does not just repeat the central one.
        header_offset: where the local header starts in the file.
        compressed_bytes: the data's length, after zip64.
        size_bytes: the content's length, after zip64.
        descriptor: the layout of the data descriptor found behind the data, if any.
        type: what it is: a directory by its name, as every reader does it, the rest by its mode.
    """

    place: int
    name: str
    central: CentralHeader
    local_apart: LocalHeader | None
    header_offset: int
    compressed_bytes: int
    size_bytes: int
    descriptor: Descriptor | None
    type: MemberType

    @property
    def local(self) -> LocalHeader:
        """The local header."""
        return self.local_apart or self.central.as_local()

    @property
    def local_length_bytes(self) -> int:
        """How long the local header is."""
        if self.local_apart is None:
            return LOCAL_BYTES + len(self.central.name)
        return self.local_apart.length_bytes

    @property
    def data_offset(self) -> int:
        """Where the data starts in the file."""
        return self.header_offset + self.local_length_bytes

    @property
    def method(self) -> int:
        """The compression method's number."""
        return self.central.method

    @property
    def crc(self) -> int:
        """The CRC-32 that the central directory states."""
        return self.central.crc

    @property
    def is_encrypted(self) -> bool:
        """A reader would need a password."""
        return bool(self.central.flags & (Flag.ENCRYPTED | Flag.STRONG_ENCRYPTION | Flag.MASKED))

    @property
    def system(self) -> int:
        """The system that the entry's attributes are meant for: 3 is Unix, 0 is DOS."""
        return self.central.version_made_by >> 8

    @property
    def mode(self) -> int:
        """The upper half of the external attributes: file type and permissions on Unix."""
        return self.central.external_attributes >> 16

    @property
    def dos_time(self) -> tuple[int, int, int, int, int, int]:
        """Year, month, day, hour, minute and second as stored; hostile entries hold impossible ones."""
        return read_dos_time(self.central.date, self.central.time)


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


def _promises(member: Member) -> tuple[int, int, int, int]:
    return member.method, member.crc, member.size_bytes, member.compressed_bytes


def member_type(name: str, external_attributes: int) -> MemberType:
    """What a member is, by its name and its mode."""
    match stat.S_IFMT(external_attributes >> 16):
        case stat.S_IFLNK:
            return MemberType.SYMLINK
        case 0 | stat.S_IFREG | stat.S_IFDIR:
            return MemberType.DIRECTORY if name.endswith("/") else MemberType.FILE
        case _:
            return MemberType.SPECIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A zip archive's layout; its contents are read from ``file`` when asked for.

    Attributes:
        file: the archive itself.
        filename: what errors call it.
        members: in the central directory's order.
        base: how far the stated offsets are off, non-zero where something was put before the archive.
        directory_offset: where the central directory starts in the file.
        zip64: the zip64 end record, where there is one.
        end_offset: where the end record starts in the file.
        end: the end record.
        anomalies: what is odd about the layout, the headers and the names.
    """

    file: OpenFile
    filename: str
    members: tuple[Member, ...]
    base: int
    directory_offset: int
    zip64: Zip64End | None
    end_offset: int
    end: EndRecord
    anomalies: tuple[Anomaly, ...] = ()

    @property
    def size_bytes(self) -> int:
        """The file's size."""
        return self.file.size_bytes

    @property
    def regions(self) -> Iterator[Region]:
        """Stretches by offset, which cover the file from its first byte to its last without overlap."""
        return merge(
            (region for region in self._known_regions() if region.length_bytes),
            self.outside,
            key=lambda region: region.offset,
        )

    @property
    def outside(self) -> Iterator[Region]:
        """The stretches that belong to no member and no record."""
        at = 0
        for member in self._by_offset():
            if member.header_offset > at:
                yield Region(RegionKind.OUTSIDE, at, member.header_offset - at)
            at = member.data_offset + member.compressed_bytes
            if member.descriptor:
                at += member.descriptor.length_bytes
        records = sum(member.central.length_bytes for member in self.members)
        if self.zip64:
            records += ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES
        end = self.end_offset + END_BYTES + len(self.end.comment)
        for start, stop in (
            (at, self.directory_offset),
            (self.directory_offset + records, self.end_offset),
            (end, self.size_bytes),
        ):
            if start < stop:
                yield Region(RegionKind.OUTSIDE, start, stop - start)

    def _by_offset(self) -> list[Member]:
        return sorted(self.members, key=lambda member: member.header_offset)

    def _known_regions(self) -> Iterator[Region]:
        for member in self._by_offset():
            header, place = member.local_length_bytes, member.place
            data = member.header_offset + header
            yield Region(RegionKind.LOCAL_HEADER, member.header_offset, header, place)
            yield Region(RegionKind.DATA, data, member.compressed_bytes, place)
            if member.descriptor:
                behind = data + member.compressed_bytes
                yield Region(RegionKind.DESCRIPTOR, behind, member.descriptor.length_bytes, place)
        at = self.directory_offset
        for member in self.members:
            length = member.central.length_bytes
            yield Region(RegionKind.CENTRAL_HEADER, at, length, member.place)
            at += length
        if self.zip64:
            yield Region(RegionKind.ZIP64_END, at, ZIP64_END_BYTES)
            yield Region(RegionKind.ZIP64_LOCATOR, at + ZIP64_END_BYTES, ZIP64_LOCATOR_BYTES)
        yield Region(RegionKind.END, self.end_offset, END_BYTES + len(self.end.comment))

    def find(self, name: str) -> Member | None:
        """The member of that name, the last of several, as CPython's zipfile and pip take it."""
        for member in reversed(self.members):
            if member.name == name:
                return member
        return None

    def region_at(self, offset: int) -> Region:
        """Whose byte this is; raises IndexError outside the file."""
        for region in self.regions:
            if region.offset <= offset < region.offset + region.length_bytes:
                return region
        raise IndexError(offset)

    def raw(self, member: Member) -> Iterator[bytes]:
        """The member's data as stored, in chunks."""
        return self.file.stretch(member.data_offset, member.compressed_bytes)

    def has_data_of(self, member: Member, archive: "Archive", other: Member) -> bool:
        """The same data by the same method with the same promises: whoever reads one reads the other."""
        if _promises(member) != _promises(other) or member.is_encrypted or other.is_encrypted:
            return False
        offset, other_offset, left = member.data_offset, other.data_offset, member.compressed_bytes
        while left > 0:
            length = min(left, CHUNK_BYTES)
            data = self.file.read(offset, length)
            if len(data) < length or data != archive.file.read(other_offset, length):
                return False
            offset, other_offset, left = offset + length, other_offset + length, left - length
        return True

    def open(self, member: Member) -> Iterator[bytes]:
        """The member's content, in chunks, held to its stated size and CRC-32.

        The last chunks may have been given before an error is found: use what was read only after the end.

        Raises:
            MalformedError: encrypted, an unknown method, or the data is not what the headers promise.
        """
        if member.is_encrypted:
            raise MalformedError(f"{self._place(member)} is encrypted")
        if max(member.size_bytes, member.compressed_bytes) <= CHUNK_BYTES:
            raw = self.file.read(member.data_offset, member.compressed_bytes)
            content = small_content(raw, method=member.method, size_bytes=member.size_bytes, crc=member.crc)
            if content is not None and len(raw) == member.compressed_bytes:
                yield content
                return
        try:
            yield from stream_content(
                self.raw(member), method=member.method, size_bytes=member.size_bytes, crc=member.crc
            )
        except BrokenContentError as error:
            raise MalformedError(f"{self._place(member)} {error}") from None

    def read(self, member: Member, *, limit_bytes: int) -> bytes:
        """The member's whole content; raises MalformedError as :meth:`open`, or where it passes the limit."""
        if member.size_bytes > limit_bytes:
            raise MalformedError(
                f"{self._place(member)} has {member.size_bytes} bytes, the limit is {limit_bytes}"
            )
        return b"".join(self.open(member))

    def _place(self, member: Member) -> str:
        return f"{printable(self.filename)}: member {printable(member.name)}"
