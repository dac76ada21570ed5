"""A wheel's zip archive, read from its bytes: every byte of the file belongs to exactly one region.

The central directory is found the way that CPython's zipfile, and so pip, finds it; whatever another reader
could see differently becomes an anomaly or an error. Nothing is extracted.
"""

import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.wheel.anomaly import Anomaly
from wheelproof.wheel.content import BrokenContentError, stream_content, stream_file
from wheelproof.wheel.zipformat import CentralHeader, EndRecord, Flag, LocalHeader, Zip64End

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

    members: int = 100_000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of the archive.

    Attributes:
        name: decoded as CPython's zipfile does it: UTF-8 where the flag says so, else code page 437.
        header_offset: where the local header starts in the file.
        data_offset: where the data starts.
        compressed_bytes: the data's length, after zip64.
        size_bytes: the content's length, after zip64.
        descriptor: the layout of the data descriptor found behind the data, if any.
    """

    index: int
    name: str
    local: LocalHeader
    central: CentralHeader
    header_offset: int
    data_offset: int
    compressed_bytes: int
    size_bytes: int
    descriptor: Descriptor | None

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
    def type(self) -> MemberType:
        """What it is: a directory by its name, as every reader does it, the rest by its mode."""
        match stat.S_IFMT(self.mode):
            case stat.S_IFLNK:
                return MemberType.SYMLINK
            case 0 | stat.S_IFREG | stat.S_IFDIR:
                return MemberType.DIRECTORY if self.name.endswith("/") else MemberType.FILE
            case _:
                return MemberType.SPECIAL

    @property
    def dos_time(self) -> tuple[int, int, int, int, int, int]:
        """Year, month, day, hour, minute and second as stored; hostile entries hold impossible ones."""
        date, time = self.central.date, self.central.time
        return (
            (date >> 9) + 1980,
            date >> 5 & 0xF,
            date & 0x1F,
            time >> 11,
            time >> 5 & 0x3F,
            (time & 0x1F) * 2,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A zip archive's layout; its contents are read from ``path`` when asked for.

    Attributes:
        filename: what errors call it.
        members: in the central directory's order.
        regions: by offset; they cover the file from its first byte to its last without overlap.
        base: how far the stated offsets are off, non-zero where something was put before the archive.
    """

    path: Path
    filename: str
    size_bytes: int
    members: tuple[Member, ...]
    regions: tuple[Region, ...]
    base: int
    zip64: Zip64End | None
    end: EndRecord
    anomalies: tuple[Anomaly, ...]

    def find(self, name: str) -> Member | None:
        """The member of that name, the last of several, as CPython's zipfile and pip take it."""
        for member in reversed(self.members):
            if member.name == name:
                return member
        return None

    def region_at(self, offset: int) -> Region:
        """Whose byte this is; raises IndexError outside the file."""
        if not 0 <= offset < self.size_bytes:
            raise IndexError(offset)
        return self.regions[bisect_right(self.regions, offset, key=lambda region: region.offset) - 1]

    def raw(self, member: Member) -> Iterator[bytes]:
        """The member's data as stored, in chunks."""
        return stream_file(self.path, member.data_offset, member.compressed_bytes)

    def open(self, member: Member) -> Iterator[bytes]:
        """The member's content, in chunks, held to its stated size and CRC-32.

        The last chunks may have been given before an error is found: use what was read only after the end.

        Raises:
            MalformedError: encrypted, an unknown method, or the data is not what the headers promise.
        """
        if member.is_encrypted:
            raise MalformedError(f"{self._place(member)} is encrypted")
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
