"""The records of a zip archive, each read from bytes and written back to the same bytes (APPNOTE 6.3.10).

Numbers are kept as they stand in the record; what they mean once zip64 has its say is for
:mod:`wheelproof.wheel.archive`. The records are named tuples, as an archive may have tens of thousands.
"""

import struct
from enum import IntEnum
from typing import NamedTuple, Self

LOCAL_SIGNATURE = b"PK\x03\x04"
CENTRAL_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
ZIP64_END_SIGNATURE = b"PK\x06\x06"
ZIP64_LOCATOR_SIGNATURE = b"PK\x06\x07"
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"

SENTINEL_16 = 0xFFFF
SENTINEL_32 = 0xFFFFFFFF

_LOCAL = struct.Struct("<5H3L2H")
_CENTRAL = struct.Struct("<6H3L5H2L")
_END = struct.Struct("<4H2LH")
_ZIP64_END = struct.Struct("<Q2H2L4Q")
_ZIP64_LOCATOR = struct.Struct("<LQL")
_EXTRA = struct.Struct("<2H")
# Where a central header states how long its name, extra fields and comment are.
_LENGTHS = slice(9, 12)
_LENGTHS_AT = 28
_NAME_LENGTH = struct.Struct("<H")
_NO_EXTRA = bytes(2)

LOCAL_BYTES = 4 + _LOCAL.size
CENTRAL_BYTES = 4 + _CENTRAL.size
END_BYTES = 4 + _END.size
ZIP64_END_BYTES = 4 + _ZIP64_END.size
ZIP64_LOCATOR_BYTES = 4 + _ZIP64_LOCATOR.size


class Method(IntEnum):
    """The compression methods that wheels use and that are read here (APPNOTE 4.4.5)."""

    STORED = 0
    DEFLATED = 8


class Flag(IntEnum):
    """General purpose bits that decide how a member is read (APPNOTE 4.4.4)."""

    ENCRYPTED = 1 << 0
    DESCRIPTOR = 1 << 3
    PATCHED = 1 << 5
    STRONG_ENCRYPTION = 1 << 6
    UTF8 = 1 << 11
    MASKED = 1 << 13


class ExtraId(IntEnum):
    """Extra fields whose every byte is understood (APPNOTE 4.5 and 4.6, Info-ZIP's ``extrafld.txt``)."""

    ZIP64 = 0x0001
    UNIX_TIMES = 0x5455
    INFOZIP_UNIX_OLD = 0x5855
    UNICODE_PATH = 0x7075
    INFOZIP_UNIX = 0x7875


class ExtraField(NamedTuple):
    """One extra field: its header id and what follows its size."""

    id: int
    data: bytes


def parse_extra(extra: bytes) -> tuple[ExtraField, ...] | None:
    """Split an extra area into its fields; None where the fields don't fill it exactly."""
    fields = []
    at = 0
    while at < len(extra):
        if at + _EXTRA.size > len(extra):
            return None
        identity, size = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if at + size > len(extra):
            return None
        fields.append(ExtraField(identity, extra[at : at + size]))
        at += size
    return tuple(fields)


class LocalHeader(NamedTuple):
    """A local file header (APPNOTE 4.3.7)."""

    version_needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    name: bytes
    extra: bytes

    @staticmethod
    def following_bytes(fixed: bytes) -> int | None:
        """How many bytes of name and extra follow the fixed part; None where it is no local header."""
        if len(fixed) < LOCAL_BYTES or not fixed.startswith(LOCAL_SIGNATURE):
            return None
        name, extra = struct.unpack_from("<2H", fixed, LOCAL_BYTES - 4)
        return int(name) + int(extra)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a whole header, as long as :meth:`following_bytes` says."""
        *numbers, name, _ = _LOCAL.unpack_from(data, 4)
        return cls._make((*numbers, data[LOCAL_BYTES : LOCAL_BYTES + name], data[LOCAL_BYTES + name :]))

    @property
    def length_bytes(self) -> int:
        """How long the header is in the archive."""
        return LOCAL_BYTES + len(self.name) + len(self.extra)

    def render(self) -> bytes:
        """The header's bytes."""
        *numbers, name, extra = self
        return LOCAL_SIGNATURE + _LOCAL.pack(*numbers, len(name), len(extra)) + name + extra


class CentralHeader(NamedTuple):
    """A central directory header (APPNOTE 4.3.12)."""

    version_made_by: int
    version_needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    disk: int
    internal_attributes: int
    external_attributes: int
    offset: int
    name: bytes
    extra: bytes
    comment: bytes

    @classmethod
    def parse_at(cls, data: bytes, at: int) -> Self | None:
        """Read the header at an offset; None where there is none or it is cut off."""
        if data[at : at + 4] != CENTRAL_SIGNATURE or at + CENTRAL_BYTES > len(data):
            return None
        numbers = _CENTRAL.unpack_from(data, at + 4)
        name, extra, comment = numbers[_LENGTHS]
        name_start = at + CENTRAL_BYTES
        extra_start = name_start + name
        comment_start = extra_start + extra
        end = comment_start + comment
        if end > len(data):
            return None
        texts = data[name_start:extra_start], data[extra_start:comment_start], data[comment_start:end]
        return tuple.__new__(cls, numbers[: _LENGTHS.start] + numbers[_LENGTHS.stop :] + texts)

    @staticmethod
    def local_at(data: bytes, at: int) -> bytes:
        """The local header, as it lies in a file, that says the same as the central one at an offset."""
        name = at + CENTRAL_BYTES
        (length,) = _NAME_LENGTH.unpack_from(data, at + _LENGTHS_AT)
        # From the version needed to the length of the name, both headers are alike.
        alike = data[at + 6 : at + _LENGTHS_AT + 2]
        return LOCAL_SIGNATURE + alike + _NO_EXTRA + data[name : name + length]

    @staticmethod
    def around_offset(data: bytes) -> tuple[bytes, bytes]:
        """The bytes of a header on both sides of the offset in it."""
        return data[: CENTRAL_BYTES - 4], data[CENTRAL_BYTES:]

    def as_local(self) -> LocalHeader:
        """The local header that says the same, with no extra fields."""
        return LocalHeader._make((*self[1:9], self.name, b""))

    @property
    def length_bytes(self) -> int:
        """How long the header is in the archive."""
        return CENTRAL_BYTES + len(self.name) + len(self.extra) + len(self.comment)

    def render(self) -> bytes:
        """The header's bytes."""
        *numbers, name, extra, comment = self
        numbers[_LENGTHS.start : _LENGTHS.start] = len(name), len(extra), len(comment)
        return CENTRAL_SIGNATURE + _CENTRAL.pack(*numbers) + name + extra + comment


class EndRecord(NamedTuple):
    """The end of central directory record (APPNOTE 4.3.16)."""

    disk: int
    directory_disk: int
    entries_here: int
    entries: int
    directory_bytes: int
    directory_offset: int
    comment: bytes

    @classmethod
    def parse_at(cls, data: bytes, at: int) -> Self | None:
        """Read the record at an offset; None where it is cut off."""
        if at + END_BYTES > len(data):
            return None
        *numbers, length = _END.unpack_from(data, at + 4)
        if at + END_BYTES + length > len(data):
            return None
        return cls._make((*numbers, data[at + END_BYTES : at + END_BYTES + length]))

    def render(self) -> bytes:
        """The record's bytes."""
        *numbers, comment = self
        return END_SIGNATURE + _END.pack(*numbers, len(comment)) + comment


class Zip64End(NamedTuple):
    """The zip64 end of central directory record and its locator (APPNOTE 4.3.14 and 4.3.15).

    Attributes:
        position: where the locator says that the record lies.
    """

    record_bytes: int
    version_made_by: int
    version_needed: int
    disk: int
    directory_disk: int
    entries_here: int
    entries: int
    directory_bytes: int
    directory_offset: int
    locator_disk: int
    position: int
    disks: int

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """Read the record and the locator right behind it; None where either is not there."""
        if len(data) != ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES:
            return None
        if not data.startswith(ZIP64_END_SIGNATURE):
            return None
        if data[ZIP64_END_BYTES : ZIP64_END_BYTES + 4] != ZIP64_LOCATOR_SIGNATURE:
            return None
        return cls(*_ZIP64_END.unpack_from(data, 4), *_ZIP64_LOCATOR.unpack_from(data, ZIP64_END_BYTES + 4))

    def render_record(self) -> bytes:
        """The record's bytes."""
        return ZIP64_END_SIGNATURE + _ZIP64_END.pack(*self[:-3])

    def render_locator(self) -> bytes:
        """The locator's bytes."""
        return ZIP64_LOCATOR_SIGNATURE + _ZIP64_LOCATOR.pack(*self[-3:])


def render_descriptor(*, signed: bool, wide: bool, crc: int, compressed: int, size: int) -> bytes:
    """A data descriptor (APPNOTE 4.3.9), with or without its signature, of 32 or 64 bits (``wide``)."""
    numbers = struct.pack("<L2Q" if wide else "<3L", crc, compressed, size)
    return (DESCRIPTOR_SIGNATURE if signed else b"") + numbers
