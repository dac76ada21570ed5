"""Tar archives, walked as a stream within limits."""

import io
import stat
import tarfile
import time
from collections.abc import Iterator
from typing import IO, Any

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

_TAR_BLOCK = 512
_READ_BYTES = 20480
_HEADERS_BYTES = 1 << 15  # what stands before one member: long names, pax records
_GLOBAL_RECORDS = 256


class _Budget(io.RawIOBase):
    """Decompressed bytes, counted as tarfile asks for them.

    ``allow`` sets how many may come until it is called again: whatever tarfile keeps in memory while it looks
    for the next member (long names, pax records, sparse maps) is bounded by that.
    """

    def __init__(self, stream: io.BufferedIOBase, limits: ArchiveLimits) -> None:
        super().__init__()
        self._stream = stream
        self._limits = limits
        self._until_bytes = 0
        self._deadline = time.monotonic() + limits.reading_s
        self.total_bytes = 0

    def allow(self, count: int) -> None:
        self._until_bytes = self.total_bytes + count

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.total_bytes += len(data)
        if self.total_bytes > self._limits.unpacked_bytes:
            raise MalformedError(f"unpacks to more than {self._limits.unpacked_bytes} bytes", hint=TOO_LARGE)
        if self.total_bytes > self._until_bytes:
            raise MalformedError(f"has a header of more than {_HEADERS_BYTES} bytes", hint=BROKEN)
        if time.monotonic() > self._deadline:
            raise MalformedError(f"takes more than {self._limits.reading_s:g} s to read", hint=TOO_LARGE)
        return data


class _StrictInfo(tarfile.TarInfo):
    """A broken header is an error; tarfile alone takes it for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_StrictInfo":
        try:
            info = super().frombuf(buf, encoding, errors)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError):  # type: ignore[attr-defined]
            raise MalformedError("has a broken header", hint=BROKEN) from None
        if info.size < 0:  # tarfile would step backwards
            raise MalformedError("has a broken header", hint=BROKEN)
        return info


class TarArchive(SourceArchive):
    """A tar archive, read once from its start to its end.

    Args:
        stream: the archive, decompressed as it is read.
        form: how it was compressed.
        limits: what reading it may take.
    """

    def __init__(self, stream: io.BufferedIOBase, form: SdistFormat, limits: ArchiveLimits) -> None:
        super().__init__(form, limits)
        self._stream = stream

    def walk(self) -> Iterator[SourceMember]:
        """Give each member; what stands after the last one is looked at too."""
        budget = _Budget(self._stream, self.limits)
        budget.allow(_HEADERS_BYTES + _READ_BYTES)
        with reading():
            self._tar = tarfile.open(  # noqa: SIM115 - it owns nothing that needs closing
                fileobj=budget, mode="r|", bufsize=_READ_BYTES, tarinfo=_StrictInfo
            )
        count = 0
        while info := self._next():
            count += 1
            self.check_count(count)
            budget.allow(info.size + _TAR_BLOCK + _HEADERS_BYTES + _READ_BYTES)
            yield _member_of_tar(info)
            self.unpacked_bytes = budget.total_bytes
        self._drain(budget)
        self.unpacked_bytes = budget.total_bytes

    def open(self) -> IO[bytes]:
        """Open the file that ``walk`` gave last."""
        return self._tar.extractfile(self._info) or io.BytesIO()

    def _next(self) -> tarfile.TarInfo | None:
        with reading():
            info = self._tar.next()
            self._tar.members = []  # type: ignore[attr-defined]  # tarfile would keep them all
            if info is not None:
                self._check_info(info)
                self._info = info
            return info

    def _check_info(self, info: tarfile.TarInfo) -> None:
        if info.issparse():
            raise MalformedError("has a sparse member", hint=BROKEN)
        if not 0 <= info.size <= self.limits.unpacked_bytes:
            raise MalformedError(f"has a member of {info.size} bytes", hint=TOO_LARGE)
        if len(self._tar.pax_headers) > _GLOBAL_RECORDS:
            raise MalformedError("has too many global pax records", hint=BROKEN)

    def _drain(self, budget: _Budget) -> None:
        """Read what stands after the end: only zeros should, and the last checksum is at the very end."""
        rest: Any = self._tar.fileobj
        stray = 0
        while True:
            budget.allow(_READ_BYTES)
            with reading():
                data = rest.read(_READ_BYTES)
            if not data:
                break
            stray += len(data) - data.count(0)
        if stray:
            self.notes.append("bytes stand after the archive's end")


def _member_of_tar(info: tarfile.TarInfo) -> SourceMember:
    return SourceMember(
        name=clean_name(info.name),
        kind=_kind_of_tar(info),
        size_bytes=info.size,
        mode=stat.S_IMODE(info.mode),
        mtime=int(info.mtime),
        link=info.linkname if info.issym() or info.islnk() else None,
    )


def _kind_of_tar(info: tarfile.TarInfo) -> MemberKind:
    if info.isdir():
        return MemberKind.FOLDER
    if info.issym():
        return MemberKind.SYMLINK
    if info.islnk():
        return MemberKind.HARDLINK
    if info.isfifo():
        return MemberKind.FIFO
    return MemberKind.DEVICE if info.isdev() else MemberKind.FILE
