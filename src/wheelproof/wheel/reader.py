"""From a file to an :class:`~wheelproof.wheel.archive.Archive`: find every record."""

import sys
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import NoReturn

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.wheel.archive import TOO_LARGE, Archive, Limits
from wheelproof.wheel.content import OpenFile
from wheelproof.wheel.members import Descriptor, Member, Members
from wheelproof.wheel.oddities import find_oddities
from wheelproof.wheel.sizes import Sizes, resolve_central
from wheelproof.wheel.zipformat import (
    END_BYTES,
    END_SIGNATURE,
    LOCAL_BYTES,
    SENTINEL_16,
    SENTINEL_32,
    ZIP64_END_BYTES,
    ZIP64_LOCATOR_BYTES,
    ZIP64_LOCATOR_SIGNATURE,
    CentralHeader,
    EndRecord,
    Flag,
    LocalHeader,
    Zip64End,
    render_descriptor,
)

_ZIP64_TAIL_BYTES = ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES
_LONGEST_TAIL_BYTES = END_BYTES + SENTINEL_16
_LONGEST_DESCRIPTOR_BYTES = 24
_NO_LOCAL_HEADER = "member {} has no local header where the central directory says"


def read_archive(path: Path, limits: Limits | None = None, *, filename: str | None = None) -> Archive:
    """Read a zip archive's layout without its contents (APPNOTE 6.3.10).

    Args:
        path: where it lies.
        limits: what it may ask for.
        filename: what errors call it, where the path has another name.

    Raises:
        MalformedError: the file is no zip archive, is cut off, contradicts itself, spans disks, its members
            overlap, or it asks for more than the limits.
        OSError: the file can't be read.
    """
    return _Reader(OpenFile(path), filename or path.name, limits or Limits()).read()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    """Where the central directory lies, and the records behind it."""

    start: int
    length_bytes: int
    entries: int
    base: int
    zip64: Zip64End | None
    end: EndRecord
    end_offset: int


class _Reader:
    def __init__(self, file: OpenFile, filename: str, limits: Limits) -> None:
        self._file = file
        self._filename = filename
        self._limits = limits
        self._size = file.size_bytes

    def read(self) -> Archive:
        directory = self._directory()
        archive = Archive(
            file=self._file,
            filename=self._filename,
            members=self._members(directory),
            base=directory.base,
            directory_offset=directory.start,
            zip64=directory.zip64,
            end_offset=directory.end_offset,
            end=directory.end,
        )
        return replace(archive, anomalies=find_oddities(archive, directory.entries))

    def _fail(self, problem: str, *, hint: str = "Download it again, or tell whoever made it.") -> NoReturn:
        raise MalformedError(f"{printable(self._filename)}: {problem}", hint=hint)

    # The end records.

    def _directory(self) -> _Directory:
        end_offset, end = self._end_record()
        zip64 = self._zip64_end(end_offset, end)
        records_start = end_offset if zip64 is None else end_offset - _ZIP64_TAIL_BYTES
        source = zip64 or end
        if source.disk or source.directory_disk or source.entries_here != source.entries:
            self._fail("the archive spans several disks")
        start = records_start - source.directory_bytes
        base = start - source.directory_offset
        if start < 0 or base < 0:
            self._fail("the central directory is not where the end record says")
        if zip64 and zip64.position + base != records_start:
            self._fail("the zip64 locator points elsewhere than to the zip64 end record")
        if source.directory_bytes > self._limits.directory_bytes:
            self._fail(
                f"the central directory has more than {self._limits.directory_bytes} bytes", hint=TOO_LARGE
            )
        return _Directory(
            start=start,
            length_bytes=source.directory_bytes,
            entries=source.entries,
            base=base,
            zip64=zip64,
            end=end,
            end_offset=end_offset,
        )

    def _end_record(self) -> tuple[int, EndRecord]:
        tail_start = max(0, self._size - _LONGEST_TAIL_BYTES)
        tail = self._file.read(tail_start, self._size - tail_start)
        at = len(tail) - END_BYTES
        if at < 0 or tail[at : at + 4] != END_SIGNATURE or tail[-2:] != b"\0\0":
            at = tail.rfind(END_SIGNATURE)
        if at < 0:
            self._fail("it is no zip archive, or its end is missing")
        end = EndRecord.parse_at(tail, at)
        if end is None:
            self._fail("the end record is cut off")
        return tail_start + at, end

    def _zip64_end(self, end_offset: int, end: EndRecord) -> Zip64End | None:
        if end_offset < _ZIP64_TAIL_BYTES:
            return None
        tail = self._file.read(end_offset - _ZIP64_TAIL_BYTES, _ZIP64_TAIL_BYTES)
        if tail[ZIP64_END_BYTES : ZIP64_END_BYTES + 4] != ZIP64_LOCATOR_SIGNATURE:
            return None
        zip64 = Zip64End.parse(tail)
        if zip64 is None or zip64.record_bytes != ZIP64_END_BYTES - 12:
            self._fail("the zip64 end record is not in front of its locator")
        if zip64.locator_disk or zip64.disks != 1:
            self._fail("the archive spans several disks")
        pairs = (
            (end.disk, zip64.disk, SENTINEL_16),
            (end.directory_disk, zip64.directory_disk, SENTINEL_16),
            (end.entries_here, zip64.entries_here, SENTINEL_16),
            (end.entries, zip64.entries, SENTINEL_16),
            (end.directory_bytes, zip64.directory_bytes, SENTINEL_32),
            (end.directory_offset, zip64.directory_offset, SENTINEL_32),
        )
        if any(short not in {long, sentinel} for short, long, sentinel in pairs):
            self._fail("its two end records contradict each other")
        return zip64

    # The members.

    def _members(self, directory: _Directory) -> Members:
        data = self._file.read(directory.start, directory.length_bytes)
        members = Members(data, self._file)
        names_bytes = at = 0
        while at < len(data):
            header = CentralHeader.parse_at(data, at)
            if header is None:
                self._fail("the central directory is broken")
            if len(members) == self._limits.members:
                self._fail(f"it has more than {self._limits.members} members", hint=TOO_LARGE)
            if len(header.name) > self._limits.name_bytes:
                self._fail(
                    f"the name of member {len(members)} has more than {self._limits.name_bytes} bytes",
                    hint=TOO_LARGE,
                )
            name, sizes = self._resolve(len(members), header)
            names_bytes += sys.getsizeof(name)
            if names_bytes > self._limits.names_bytes:
                self._fail(
                    f"the names of its members take more than {self._limits.names_bytes} bytes",
                    hint=TOO_LARGE,
                )
            offset = sizes.offset + directory.base
            if offset + LOCAL_BYTES > directory.start:
                self._fail(_NO_LOCAL_HEADER.format(printable(name)))
            members.add(header, name=name, offset=offset, compressed=sizes.compressed, size=sizes.size)
            at += header.length_bytes
        self._check_sizes(members)
        self._find_local_headers(members, directory.start)
        return members

    def _resolve(self, place: int, header: CentralHeader) -> tuple[str, Sizes]:
        try:
            name = header.name.decode("utf-8" if header.flags & Flag.UTF8 else "cp437")
        except UnicodeDecodeError:
            self._fail(f"the name of member {place} is not the UTF-8 that its flags promise")
        sizes = resolve_central(header)
        if sizes is None:
            self._fail(f"member {printable(name)} has a broken zip64 field")
        if sizes.disk:
            self._fail("the archive spans several disks")
        return name, sizes

    def _find_local_headers(self, members: Members, end: int) -> None:
        order = members.by_offset()
        boundaries = chain((members.offsets[place] for place in order[1:]), (end,))
        local_bytes = 0
        for place, boundary in zip(order, boundaries, strict=False):
            offset = members.offsets[place]
            length, apart = self._local_header(members, place, boundary)
            local_bytes += length
            if local_bytes > self._limits.directory_bytes:
                self._fail(
                    f"the local headers have more than {self._limits.directory_bytes} bytes", hint=TOO_LARGE
                )
            data_end = offset + length + members.compressed[place]
            if data_end > boundary:
                self._fail(f"member {printable(members.names[place])} overlaps what comes after it")
            members.add_local(
                place,
                length_bytes=length,
                apart=apart,
                descriptor=self._descriptor(members[place], data_end, boundary),
            )

    def _check_sizes(self, members: Members) -> None:
        total, limits = sum(members.sizes), self._limits
        if members and max(members.sizes) > limits.member_bytes:
            self._fail(f"a member claims {max(members.sizes)} bytes, the limit is {limits.member_bytes}")
        if total > limits.total_bytes:
            self._fail(f"its members claim {total} bytes, the limit is {limits.total_bytes}")
        if total > limits.ratio_from_bytes and total > limits.ratio * self._size:
            self._fail(
                f"its {self._size} bytes claim to hold {total}, more than {limits.ratio} times as much"
            )

    def _local_header(self, members: Members, place: int, boundary: int) -> tuple[int, bool]:
        """How long the local header is, and whether it says something else than the central one."""
        offset, repeated = members.offsets[place], members.repeated(place)
        there = self._file.read(offset, min(boundary - offset, len(repeated)))
        if there == repeated:
            return len(repeated), False
        following = LocalHeader.following_bytes(there[:LOCAL_BYTES])
        if following is None or offset + LOCAL_BYTES + following > boundary:
            self._fail(_NO_LOCAL_HEADER.format(printable(members.names[place])))
        return LOCAL_BYTES + following, True

    def _descriptor(self, member: Member, start: int, boundary: int) -> Descriptor | None:
        """Which layout stands behind the data: what fills the room to the boundary, else the longest."""
        if not member.flags & Flag.DESCRIPTOR:
            return None
        compressed, size = member.compressed_bytes, member.size_bytes
        there = self._file.read(start, min(_LONGEST_DESCRIPTOR_BYTES, boundary - start))
        fitting = []
        for signed in (True, False):
            for wide in (True, False):
                if not wide and max(compressed, size) > SENTINEL_32:
                    continue
                expected = render_descriptor(
                    signed=signed, wide=wide, crc=member.crc, compressed=compressed, size=size
                )
                if there.startswith(expected):
                    fitting.append(Descriptor(signed=signed, wide=wide, length_bytes=len(expected)))
        room = boundary - start
        fitting.sort(key=lambda layout: (layout.length_bytes == room, layout.length_bytes))
        return fitting[-1] if fitting else None
