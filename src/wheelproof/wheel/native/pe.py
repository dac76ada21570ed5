"""A PE file as an image (Microsoft's PE and COFF specification)."""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from wheelproof.wheel.native.coverage import digest_section, read_outside, read_tables
from wheelproof.wheel.native.facts import Image, Linkage, Origin, Section, SectionKind
from wheelproof.wheel.native.strings import read_strings
from wheelproof.wheel.native.window import NameLog, Problems, UnreadableError, Window, decode

_MACHINES = {0x14C: "x86, 32-bit", 0x8664: "x86-64", 0xAA64: "AArch64", 0x1C4: "ARM", 0x1C0: "ARM"}
_DLL = 0x2000
_PE32_PLUS = 0x20B
_EXPORT, _IMPORT, _CERTIFICATES, _DEBUG, _DELAYED = 0, 1, 4, 6, 13
_CODEVIEW = 2
_CODE, _INITIALISED, _EXECUTE, _READ, _WRITE = 0x20, 0x40, 0x20000000, 0x40000000, 0x80000000
_NAME_BYTES = 1024
_LIBRARIES = 4096
_MOST_SECTIONS = 96
_STUB_BYTES = 4096
_DANS = int.from_bytes(b"DanS", "little")
_SECTION_ROW = struct.Struct("<8sIIIIIIHHI")


class _Coff(NamedTuple):
    machine: int
    sections: int
    timestamp: int
    symbols_at: int
    symbols: int
    optional_bytes: int
    characteristics: int


class _Row(NamedTuple):
    """A section header."""

    name: bytes
    memory_bytes: int
    address: int
    size: int
    offset: int
    relocations_at: int
    lines_at: int
    relocations: int
    lines: int
    flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The headers of a PE file.

    Attributes:
        directories: address and size of each data directory.
    """

    window: Window
    coff: _Coff
    coff_at: int
    optional: bytes
    wide: bool
    directories: tuple[tuple[int, int], ...]
    rows: tuple[_Row, ...]
    rows_at: int

    def directory(self, index: int) -> tuple[int, int]:
        return self.directories[index] if index < len(self.directories) else (0, 0)

    def offset_of(self, address: int) -> int:
        """Where a relative virtual address lies in the file."""
        for row in self.rows:
            if 0 <= address - row.address < row.size:
                return row.offset + address - row.address
        raise UnreadableError(f"address {address:#x} is in no section")

    def at(self, address: int, length: int) -> bytes:
        return self.window.read(self.offset_of(address), length)

    def text(self, address: int) -> str:
        return decode(self.window.at_most(self.offset_of(address), _NAME_BYTES).split(b"\0", 1)[0])


def is_pe(head: bytes) -> bool:
    """The first bytes are those of a PE file: ``MZ``, and the signature where the DOS header says."""
    if not head.startswith(b"MZ") or len(head) < 0x40:
        return False
    at = int.from_bytes(head[0x3C:0x40], "little")
    return head[at : at + 4] == b"PE\0\0"


def read_pe(window: Window) -> Image:
    """Read a PE file.

    Raises:
        UnreadableError: not even its headers can be read.
    """
    problems = Problems()
    layout = _read_layout(window)
    headers = read_tables(
        window, problems, (("headers", 0, layout.rows_at + len(layout.rows) * _SECTION_ROW.size),)
    )
    sections = tuple(_section(layout, problems, row) for row in layout.rows)
    certificates = _certificates(layout, problems)
    return Image(
        architecture=_MACHINES.get(layout.coff.machine, f"machine {layout.coff.machine:#x}"),
        type="DLL" if layout.coff.characteristics & _DLL else "executable",
        header=_header_values(layout),
        sections=(
            *headers,
            *sections,
            *certificates,
            *read_outside(window, problems, (*headers, *sections, *certificates)),
        ),
        linkage=_read_linkage(layout, problems),
        origin=_read_origin(layout, problems),
        strings=read_strings(window, problems, sections, wide=True),
        problems=problems.close(),
    )


def _read_layout(window: Window) -> _Layout:
    coff_at = int.from_bytes(window.read(0x3C, 4), "little") + 4
    coff = _Coff._make(struct.unpack("<HHIIIHH", window.read(coff_at, 20)))
    if coff.sections > _MOST_SECTIONS:
        raise UnreadableError(f"it has {coff.sections} sections, of which Windows loads {_MOST_SECTIONS}")
    optional = window.read(coff_at + 20, coff.optional_bytes)
    if len(optional) < 96:
        raise UnreadableError(f"an optional header of {len(optional)} bytes is too short")
    wide = int.from_bytes(optional[:2], "little") == _PE32_PLUS
    table = optional[112 if wide else 96 :]
    count = min(int.from_bytes(optional[108:112] if wide else optional[92:96], "little"), len(table) // 8)
    rows_at = coff_at + 20 + coff.optional_bytes
    return _Layout(
        window=window,
        coff=coff,
        coff_at=coff_at,
        optional=optional,
        wide=wide,
        directories=tuple(struct.iter_unpack("<II", table[: count * 8])),
        rows=tuple(
            _Row._make(row)
            for row in _SECTION_ROW.iter_unpack(window.read(rows_at, coff.sections * _SECTION_ROW.size))
        ),
        rows_at=rows_at,
    )


def _header_values(layout: _Layout) -> tuple[tuple[str, str], ...]:
    checksum, subsystem, behaviour = struct.unpack_from("<IHH", layout.optional, 64)
    return (
        ("linker version", f"{layout.optional[2]}.{layout.optional[3]}"),
        ("characteristics", f"{layout.coff.characteristics:#x}"),
        ("DLL characteristics", f"{behaviour:#x}"),
        ("subsystem", str(subsystem)),
        ("checksum", f"{checksum:#x}"),
    )


def _section(layout: _Layout, problems: Problems, row: _Row) -> Section:
    name = decode(row.name.rstrip(b"\0"))
    return Section(
        name=name,
        kind=_kind(name, row.flags),
        flags="".join(
            letter for letter, bit in (("r", _READ), ("w", _WRITE), ("x", _EXECUTE)) if row.flags & bit
        ),
        address=row.address,
        offset=row.offset,
        size_bytes=row.size or row.memory_bytes,
        digest=digest_section(layout.window, problems, name, row.offset, row.size) if row.size else None,
    )


def _kind(name: str, flags: int) -> SectionKind:
    match name:
        case ".pdata" | ".xdata" | ".eh_frame":
            return SectionKind.UNWIND
        case ".reloc" | ".idata" | ".edata":
            return SectionKind.LINKING
    if name.startswith((".debug", "/")):  # MinGW's long names point into the string table
        return SectionKind.DEBUG
    if flags & (_CODE | _EXECUTE):
        return SectionKind.CODE
    if flags & _INITIALISED:
        return SectionKind.DATA if flags & _WRITE else SectionKind.READ_ONLY
    return SectionKind.OTHER


def _certificates(layout: _Layout, problems: Problems) -> tuple[Section, ...]:
    table = ("certificates", *layout.directory(_CERTIFICATES))
    return read_tables(layout.window, problems, (table,), SectionKind.SIGNATURE)


def _read_linkage(layout: _Layout, problems: Problems) -> Linkage:
    libraries, imports, exports = (NameLog(layout.window.limits) for _ in range(3))
    for what, index in (("imports", _IMPORT), ("delayed imports", _DELAYED)):
        read = partial(_read_imports, layout, index, libraries, imports)
        problems.attempt(what, read, None, [libraries, imports])
    identity = problems.attempt("exports", lambda: _read_exports(layout, exports), "", [exports])
    return Linkage(
        identity=identity, libraries=libraries.close(), imports=imports.close(), exports=exports.close()
    )


def _read_imports(layout: _Layout, index: int, libraries: NameLog, imports: NameLog) -> None:
    address, size = layout.directory(index)
    if not address:
        return
    step = 20 if index == _IMPORT else 32
    for place in range(min(size // step + 1, _LIBRARIES)):
        words = struct.unpack(f"<{step // 4}I", layout.at(address + place * step, step))
        names, library = (words[0] or words[4], words[3]) if index == _IMPORT else (words[4], words[1])
        if not library:
            return
        name = layout.text(library)
        libraries.add(name)
        for symbol in _thunks(layout, names):
            imports.add(f"{name}!{symbol}")


def _thunks(layout: _Layout, address: int) -> Iterator[str]:
    size, by_ordinal = (8, 1 << 63) if layout.wide else (4, 1 << 31)
    for place in range(layout.window.limits.entries):
        value = int.from_bytes(layout.at(address + place * size, size), "little")
        if not value:
            return
        yield f"#{value & 0xFFFF}" if value & by_ordinal else layout.text((value & 0x7FFFFFFF) + 2)


def _read_exports(layout: _Layout, exports: NameLog) -> str:
    address, size = layout.directory(_EXPORT)
    if not size:
        return ""
    library, _, functions, names, _, names_at = struct.unpack("<12xIIIIII4x", layout.at(address, 40))
    count = min(names, layout.window.limits.entries)
    for (name,) in struct.iter_unpack("<I", layout.at(names_at, count * 4) if count else b""):
        exports.add(layout.text(name))
    exports.skip(max(functions, names) - count)
    return layout.text(library)


def _read_origin(layout: _Layout, problems: Problems) -> Origin:
    compilers, linkers, paths = (NameLog(layout.window.limits, 10) for _ in range(3))
    linkers.add(f"linker {layout.optional[2]}.{layout.optional[3]}")
    for tool in problems.attempt("Rich header", lambda: tuple(_rich_tools(layout)), ()):
        compilers.add(tool)
    build_id = problems.attempt("debug directory", lambda: _read_codeview(layout, paths), "")
    return Origin(
        build_id=build_id,
        timestamp=layout.coff.timestamp,
        compilers=compilers.close(),
        linkers=linkers.close(),
        debug_paths=paths.close(),
    )


def _rich_tools(layout: _Layout) -> Iterator[str]:
    """The tools that Microsoft's linker lists before the PE header, under a key that follows ``Rich``."""
    stub = layout.window.at_most(0x40, min(layout.coff_at - 0x44, _STUB_BYTES))
    end = stub.find(b"Rich")
    if end < 0 or len(stub) < end + 8:
        return
    (key,) = struct.unpack_from("<I", stub, end + 4)
    words = [word ^ key for (word,) in struct.iter_unpack("<I", stub[: end - end % 4])]
    start = next((place for place, word in enumerate(words) if word == _DANS), None)
    if start is None:
        return
    for tool in words[start + 4 :: 2]:
        yield f"MSVC tool {tool >> 16:#x} build {tool & 0xFFFF}"


def _read_codeview(layout: _Layout, paths: NameLog) -> str:
    address, size = layout.directory(_DEBUG)
    found = ""
    for place in range(min(size // 28, 64)):
        kind, length, _, offset = struct.unpack("<12xIIII", layout.at(address + place * 28, 28))
        if kind != _CODEVIEW:
            continue
        record = layout.window.at_most(offset, min(length, 24 + _NAME_BYTES))
        if record[:4] != b"RSDS" or len(record) < 24:
            continue
        age = int.from_bytes(record[20:24], "little")
        found = f"{uuid.UUID(bytes_le=record[4:20])} age {age}"
        paths.add(decode(record[24:].split(b"\0", 1)[0]))
    return found
