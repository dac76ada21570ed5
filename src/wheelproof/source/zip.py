"""Zip archives, walked by their central directory within limits (APPNOTE 6.3.10)."""

import calendar
import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO

from wheelproof.core.errors import MalformedError
from wheelproof.source.members import (
    BROKEN,
    TOO_LARGE,
    ArchiveLimits,
    MemberKind,
    SdistFormat,
    SourceArchive,
    SourceMember,
    clean_name,
    reading,
)

_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
_ENTRY_BYTES = 46
_COMMENT_BYTES = 0xFFFF
_LINK_BYTES = 4096


class ZipArchive(SourceArchive):
    """A zip archive; of its content only what is asked for is decompressed.

    Args:
        stream: the archive.
        limits: what reading it may take.
    """

    def __init__(self, stream: BinaryIO, limits: ArchiveLimits) -> None:
        super().__init__(SdistFormat.ZIP, limits)
        self._stream = stream

    def walk(self) -> Iterator[SourceMember]:
        """Give each member, in the central directory's order."""
        self._check_end()
        with reading():
            self._archive = zipfile.ZipFile(self._stream)
        for info in self._archive.infolist():
            self.unpacked_bytes += info.file_size
            if self.unpacked_bytes > self.limits.unpacked_bytes:
                raise MalformedError(
                    f"unpacks to more than {self.limits.unpacked_bytes} bytes", hint=TOO_LARGE
                )
            self._info = info
            yield self._member(info)

    def open(self) -> IO[bytes]:
        """Open the file that ``walk`` gave last."""
        return self._archive.open(self._info)

    def _member(self, info: zipfile.ZipInfo) -> SourceMember:
        attributes = info.external_attr >> 16
        kind = _KIND_OF_ZIP.get(stat.S_IFMT(attributes), MemberKind.FILE)
        with reading():  # of a member without a name, zipfile can't tell
            if info.is_dir():
                kind = MemberKind.FOLDER
        link = None
        if kind is MemberKind.SYMLINK:
            link = self.read(_LINK_BYTES).decode(errors="replace")
        return SourceMember(
            name=clean_name(info.filename),
            kind=kind,
            size_bytes=info.file_size,
            mode=stat.S_IMODE(attributes),
            mtime=_time_of_zip(info),
            link=link,
        )

    def _check_end(self) -> None:
        """Count the entries before zipfile makes an object of each (APPNOTE 4.3.16)."""
        size = self._stream.seek(0, io.SEEK_END)
        start = self._stream.seek(max(0, size - _ZIP_END_BYTES - _COMMENT_BYTES))
        tail = self._stream.read()
        at = len(tail) - _ZIP_END_BYTES
        if not tail.startswith(_ZIP_END, max(at, 0)):
            at = tail.rfind(_ZIP_END)
        if at < 0 or len(tail) - at < _ZIP_END_BYTES:
            raise MalformedError("has no end record: it is cut off", hint=BROKEN)
        if at >= _ZIP64_LOCATOR_BYTES and tail.startswith(_ZIP64_LOCATOR, at - _ZIP64_LOCATOR_BYTES):
            raise MalformedError("is a Zip64 archive", hint=TOO_LARGE)
        directory_bytes: int = struct.unpack_from("<L", tail, at + 12)[0]
        if directory_bytes > start + at:
            raise MalformedError("has a directory larger than itself", hint=BROKEN)
        self.check_count(struct.unpack_from("<H", tail, at + 10)[0])
        # zipfile believes the directory's size, not the count.
        self.check_count(directory_bytes // _ENTRY_BYTES)


_KIND_OF_ZIP = {
    stat.S_IFDIR: MemberKind.FOLDER,
    stat.S_IFLNK: MemberKind.SYMLINK,
    stat.S_IFIFO: MemberKind.FIFO,
    stat.S_IFCHR: MemberKind.DEVICE,
    stat.S_IFBLK: MemberKind.DEVICE,
}


def _time_of_zip(info: zipfile.ZipInfo) -> int | None:
    try:
        return calendar.timegm((*info.date_time, 0, 0, 0))
    except (ValueError, OverflowError):
        return None
