"""The tables of an ELF file: its header, segments and sections (System V gABI, chapters 4 and 5)."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from wheelproof.wheel.native.facts import SectionKind
from wheelproof.wheel.native.window import Problems, StringTable, UnreadableError, Window

MAGIC = b"\x7fELF"
NOBITS = 8
SHF_WRITE, SHF_ALLOC, SHF_EXECUTE, SHF_COMPRESSED = 1, 2, 4, 0x800
SYMTAB, DYNSYM = 2, 11
PT_LOAD, PT_DYNAMIC = 1, 2
_NOTE = 7
_MORE_SECTIONS = 0xFFFF
_TYPES = {1: "object file", 2: "executable", 3: "shared object", 4: "core dump"}
_MACHINES = {
    3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC64", 22: "S390", 40: "ARM", 62: "x86-64",
    183: "AArch64", 243: "RISC-V", 258: "LoongArch", 0xF7: "BPF",
}  # fmt: skip
_BY_TYPE = {
    _NOTE: SectionKind.NOTES,
    **dict.fromkeys((SYMTAB, 3, DYNSYM, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF), SectionKind.SYMBOLS),
    **dict.fromkeys((4, 5, 6, 9, 0x13, 0x6FFFFFF6), SectionKind.LINKING),
}
_BY_NAME = (
    (SectionKind.DEBUG, (".debug", ".zdebug", ".gnu_debug", ".stab", ".gdb_index")),
    (SectionKind.NOTES, (".comment", ".note", ".gnu.build.attributes", ".GCC.command.line", ".annobin")),
    (SectionKind.UNWIND, (".eh_frame", ".gcc_except_table", ".ARM.exidx", ".ARM.extab")),
    (SectionKind.LINKING, (".got", ".plt", ".interp", ".dynamic", ".rel.", ".rela.")),
)

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A program header."""

    type: int
    offset: int
    address: int
    file_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionHeader:
    """A section header, with its name."""

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    entry_bytes: int

    @property
    def file_bytes(self) -> int:
        """The room that it takes in the file."""
        return 0 if self.type == NOBITS else self.size

    @property
    def kind(self) -> SectionKind:
        """What it is for, by its name where that is telling, else by type and flags."""
        if named := next((kind for kind, prefixes in _BY_NAME if self.name.startswith(prefixes)), None):
            return named
        if typed := _BY_TYPE.get(self.type):
            return typed
        if not self.flags & SHF_ALLOC:
            return SectionKind.OTHER
        if self.flags & SHF_EXECUTE:
            return SectionKind.CODE
        return SectionKind.DATA if self.flags & SHF_WRITE else SectionKind.READ_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An ELF file's frame.

    Attributes:
        wide: it is a 64-bit file.
        order: the byte order as :mod:`struct` writes it.
        tables: offset and size of the headers themselves, by name.
    """

    wide: bool
    order: str
    type: str
    machine: str
    entry: int
    flags: int
    abi: int
    segments: tuple[Segment, ...]
    sections: tuple[SectionHeader, ...]
    tables: tuple[tuple[str, int, int], ...]

    def struct(self, wide: str, narrow: str) -> struct.Struct:
        """The layout of a record in this file."""
        return struct.Struct(self.order + (wide if self.wide else narrow))

    def offset_of(self, address: int) -> int:
        """Where an address lies in the file, by the segments, as the dynamic linker sees it.

        Raises:
            UnreadableError: no segment maps it from the file.
        """
        for segment in self.segments:
            if segment.type == PT_LOAD and 0 <= address - segment.address < segment.file_bytes:
                return segment.offset + address - segment.address
        raise UnreadableError(f"address {address:#x} is in no segment of the file")


class _Header(NamedTuple):
    """The numbers of the ELF header, in the order of the file."""

    type: int
    machine: int
    version: int
    entry: int
    segments_at: int
    sections_at: int
    flags: int
    header_bytes: int
    segment_bytes: int
    segment_count: int
    section_bytes: int
    section_count: int
    names_index: int


def read_layout(window: Window, problems: Problems) -> Layout:
    """Read header, segments and sections.

    Raises:
        UnreadableError: the header is damaged or of an unknown shape.
    """
    ident = window.read(0, 16)
    if ident[4] not in {1, 2} or ident[5] not in {1, 2}:
        raise UnreadableError(f"class {ident[4]} and byte order {ident[5]} are unknown")
    wide, order = ident[4] == 2, "<" if ident[5] == 1 else ">"
    form = struct.Struct(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"))
    header = _Header._make(form.unpack(window.read(16, form.size)))
    raw = problems.attempt(
        "section headers", lambda: _raw_sections(window, header, wide=wide, order=order), ()
    )
    names = problems.attempt("section names", lambda: _names(window, header, raw), b"")
    table = StringTable(window, names)
    segments = problems.attempt(
        "program headers", lambda: _segments(window, header, wide=wide, order=order), ()
    )
    return Layout(
        wide=wide,
        order=order,
        type=_TYPES.get(header.type, f"type {header.type}"),
        machine=_MACHINES.get(header.machine, f"machine {header.machine}"),
        entry=header.entry,
        flags=header.flags,
        abi=ident[7],
        segments=segments,
        sections=tuple(_section(row, table, problems) for row in raw),
        tables=(
            ("ELF header", 0, 16 + form.size),
            ("program headers", header.segments_at, header.segment_bytes * len(segments)),
            ("section headers", header.sections_at, header.section_bytes * len(raw)),
        ),
    )


def _raw_sections(window: Window, header: _Header, *, wide: bool, order: str) -> Rows:
    if not header.sections_at:
        return ()
    form = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    if header.section_bytes != form.size:
        raise UnreadableError(f"each is said to have {header.section_bytes} bytes instead of {form.size}")
    first = form.unpack(window.read(header.sections_at, form.size))
    count = header.section_count or first[5]
    if count > window.limits.sections:
        raise UnreadableError(f"there are {count}, over the limit")
    return tuple(form.iter_unpack(window.read(header.sections_at, count * form.size)))


def _names(window: Window, header: _Header, raw: Rows) -> bytes:
    if not raw:
        return b""
    index = raw[0][6] if header.names_index == _MORE_SECTIONS else header.names_index
    if index >= len(raw):
        raise UnreadableError(f"section {index} does not exist")
    return window.read(raw[index][4], raw[index][5])


def _section(row: tuple[int, ...], names: StringTable, problems: Problems) -> SectionHeader:
    return SectionHeader(
        name=problems.attempt("section names", lambda: names.text(row[0]), "?"),
        type=row[1],
        flags=row[2],
        address=row[3],
        offset=row[4],
        size=row[5],
        link=row[6],
        entry_bytes=row[9],
    )


def _segments(window: Window, header: _Header, *, wide: bool, order: str) -> tuple[Segment, ...]:
    if not header.segments_at:
        return ()
    form = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
    if header.segment_bytes != form.size:
        raise UnreadableError(f"each is said to have {header.segment_bytes} bytes instead of {form.size}")
    rows = form.iter_unpack(window.read(header.segments_at, header.segment_count * form.size))
    if wide:
        return tuple(Segment(type=row[0], offset=row[2], address=row[3], file_bytes=row[5]) for row in rows)
    return tuple(Segment(type=row[0], offset=row[1], address=row[2], file_bytes=row[4]) for row in rows)
