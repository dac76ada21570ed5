"""A wheel's zip archive, read from its bytes: every byte of the file belongs to exactly one region.

The central directory is found the way that CPython's zipfile, and so pip, finds it; whatever another reader
could see differently becomes an anomaly or an error. Nothing is extracted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from itertools import pairwise
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
from wheelproof.wheel.members import Member, Members
from wheelproof.wheel.zipformat import (
    END_BYTES,
    ZIP64_END_BYTES,
    ZIP64_LOCATOR_BYTES,
    EndRecord,
    Zip64End,
)

# What to do about a wheel that asks for more than any that is known.
TOO_LARGE = "No wheel is known that comes near this limit (docs/verdicts.md): look at what is in it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may ask for before it is refused.

    Attributes:
        members: how many entries; more than 65,535 need zip64.
        directory_bytes: the central directory, and the local headers together, each.
        name_bytes: one name, as the central directory has it; no path is longer on Linux.
        names_bytes: all decoded names in memory, where a character takes one to four bytes.
        member_bytes: one member's content.
        total_bytes: all contents together.
        ratio: contents over file size, once the contents pass ``ratio_from_bytes``.
        ratio_from_bytes: below this any ratio passes.
    """

    members: int = 65_535
    directory_bytes: int = 8 << 20
    name_bytes: int = 4096
    names_bytes: int = 8 << 20
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


def _promises(member: Member) -> tuple[int, int, int, int]:
    of, place = member
    return of.methods[place], of.crcs[place], of.sizes[place], of.compressed[place]


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
    members: Members
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
        at, members = 0, self.members
        for place in members.by_offset():
            offset = members.offsets[place]
            if offset > at:
                yield Region(RegionKind.OUTSIDE, at, offset - at)
            at = members.ends(place)
        records = members.starts[-1]
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

    def _known_regions(self) -> Iterator[Region]:
        members = self.members
        for place in members.by_offset():
            offset, header = members.offsets[place], members.local_lengths[place]
            data, compressed = offset + header, members.compressed[place]
            yield Region(RegionKind.LOCAL_HEADER, offset, header, place)
            yield Region(RegionKind.DATA, data, compressed, place)
            if descriptor := members.layouts[members.descriptors[place]]:
                yield Region(RegionKind.DESCRIPTOR, data + compressed, descriptor.length_bytes, place)
        for place, (start, end) in enumerate(pairwise(members.starts)):
            yield Region(RegionKind.CENTRAL_HEADER, self.directory_offset + start, end - start, place)
        at = self.directory_offset + members.starts[-1]
        if self.zip64:
            yield Region(RegionKind.ZIP64_END, at, ZIP64_END_BYTES)
            yield Region(RegionKind.ZIP64_LOCATOR, at + ZIP64_END_BYTES, ZIP64_LOCATOR_BYTES)
        yield Region(RegionKind.END, self.end_offset, END_BYTES + len(self.end.comment))

    def find(self, name: str) -> Member | None:
        """The member of that name, the last of several, as CPython's zipfile and pip take it."""
        place = self.members.places.get(name)
        return None if place is None else Member(self.members, place)

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
