"""Executable files for tests, written in a few lines: ELF, PE and Mach-O with the facts that a test wants."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_PAGE = 0x1000
_TYPES = {".dynsym": 11, ".dynstr": 3, ".strtab": 3, ".shstrtab": 3, ".symtab": 2, ".dynamic": 6}
GCC_RED_HAT = "GCC: (GNU) 14.2.1 20250110 (Red Hat 14.2.1-11)"
GCC_DEBIAN = "GCC: (Debian 14.2.0-19) 14.2.0"


@dataclass(kw_only=True)
class Elf:
    """What an ELF file shall say; ``sections`` adds or replaces sections by name."""

    wide: bool = True
    order: str = "<"
    machine: int = 62
    comment: Sequence[str] = (GCC_DEBIAN,)
    needed: Sequence[str] = ("libc.so.6",)
    soname: str = ""
    rpath: str = ""
    runpath: str = ""
    imports: Sequence[str] = ("memcpy@GLIBC_2.14", "PyModule_Create2")
    exports: Sequence[str] = ("PyInit_demo",)
    build_id: bytes = b"\x11" * 20
    sources: Sequence[str] = ("demo.c",)
    sections: Mapping[str, bytes] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)
    padding: int = 0
    relocated: Sequence[int] = ()

    def build(self) -> bytes:
        """The file."""
        return _ElfWriter(self).write()


class _Strings:
    """A string table."""

    def __init__(self) -> None:
        self.data = b"\0"

    def add(self, text: str) -> int:
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return at


class _ElfWriter:
    """Writes an ELF file whose addresses are its offsets."""

    def __init__(self, elf: Elf) -> None:
        self.elf = elf
        self.header_bytes, self.phdr_bytes, self.shdr_bytes = (64, 56, 64) if elf.wide else (52, 32, 40)
        self.dynstr = _Strings()

    def pack(self, wide: str, narrow: str, *numbers: int) -> bytes:
        return struct.pack(self.elf.order + (wide if self.elf.wide else narrow), *numbers)

    def symbol(self, name: int, info: int, section: int) -> bytes:
        if self.elf.wide:
            return self.pack("IBBHQQ", "", name, info, 0, section, 0, 0)
        return self.pack("", "IIIBBH", name, 0, 0, info, 0, section)

    def relocation(self, number: int) -> bytes:
        return self.pack("QQq", "IIi", 0, number << 32 if self.elf.wide else number << 8, 0)

    def write(self) -> bytes:
        elf = self.elf
        sections: dict[str, bytes] = {
            ".note.gnu.build-id": self.note(3, elf.build_id) if elf.build_id else b"",
            **self.dynamic_sections(),
            ".text": b"\xc3" * 64,
            ".rodata": b"\0hello from demo\0",
            ".data": b"\1\2\3\4",
            ".comment": b"".join(text.encode() + b"\0" for text in elf.comment),
            **self.symbol_sections(),
            **elf.sections,
        }
        names = _Strings()
        kept = {name: data for name, data in sections.items() if data}
        indexes = {name: names.add(name) for name in (*kept, ".shstrtab")}
        kept[".shstrtab"] = names.data
        return self.lay_out(kept, indexes)

    def note(self, kind: int, content: bytes) -> bytes:
        return struct.pack(f"{self.elf.order}III", 4, len(content), kind) + b"GNU\0" + content

    def dynamic_sections(self) -> dict[str, bytes]:
        """Everything dynamic but the table, whose addresses are known later; its size is kept free."""
        elf = self.elf
        versions = sorted({name.partition("@")[2] for name in elf.imports} - {""})
        self.tags = [
            *((1, self.dynstr.add(name)) for name in elf.needed),
            *(
                (tag, self.dynstr.add(text))
                for tag, text in ((14, elf.soname), (15, elf.rpath), (29, elf.runpath))
                if text
            ),
        ]
        symbols, indexes = self.symbol(0, 0, 0), [0]
        for name in elf.imports:
            bare, _, version = name.partition("@")
            symbols += self.symbol(self.dynstr.add(bare), 0x12, 0)
            indexes.append(versions.index(version) + 2 if version else 1)
        for name in elf.exports:
            symbols += self.symbol(self.dynstr.add(name), 0x12, 1)
            indexes.append(1)
        need = b""
        if versions:
            need = struct.pack(f"{elf.order}HHIII", 1, len(versions), self.dynstr.add(elf.needed[0]), 16, 0)
            for place, version in enumerate(versions):
                following = 16 if place + 1 < len(versions) else 0
                need += struct.pack(f"{elf.order}IHHII", 0, 0, place + 2, self.dynstr.add(version), following)
        entry = 16 if elf.wide else 8
        return {
            ".dynsym": symbols,
            ".gnu.version": struct.pack(f"{elf.order}{len(indexes)}H", *indexes),
            ".gnu.version_r": need,
            ".rela.dyn": b"".join(self.relocation(number) for number in elf.relocated),
            ".dynstr": self.dynstr.data,
            ".dynamic": bytes(entry * (len(self.tags) + 9)),
        }

    def symbol_sections(self) -> dict[str, bytes]:
        if not self.elf.sources:
            return {}
        names = _Strings()
        table = self.symbol(0, 0, 0)
        for name in self.elf.sources:
            table += self.symbol(names.add(name), 4, 0xFFF1)
        return {".symtab": table, ".strtab": names.data}

    def lay_out(self, sections: dict[str, bytes], indexes: dict[str, int]) -> bytes:
        elf = self.elf
        at = self.header_bytes + 2 * self.phdr_bytes + elf.padding
        places: dict[str, int] = {}
        for name, data in sections.items():
            at = (at + 15) // 16 * 16
            places[name] = at
            at += len(data)
        if ".dynamic" in sections:
            sections[".dynamic"] = self.dynamic(sections, places).ljust(len(sections[".dynamic"]), b"\0")
        table_at = (at + 15) // 16 * 16
        order = list(sections)
        rows = self.pack("IIQQQQIIQQ", "IIIIIIIIII", *[0] * 10)
        for name, data in sections.items():
            link = {".symtab": ".strtab", ".dynsym": ".dynstr"}.get(name, "")
            mapped = name not in {".comment", ".symtab", ".strtab", ".shstrtab"} and not name.startswith(
                ".debug"
            )
            flags = elf.flags.get(name, (2 if mapped else 0) | {".text": 4, ".data": 1}.get(name, 0))
            kind = 7 if name.startswith(".note") else _TYPES.get(name, 1)
            address = places[name] if mapped else 0
            number = order.index(link) + 1 if link in order else 0
            rows += self.pack(
                "IIQQQQIIQQ", "IIIIIIIIII",
                indexes[name], kind, flags, address, places[name], len(data), number, 0, 16, 0,
            )  # fmt: skip
        out = bytearray(table_at) + rows
        out[: self.header_bytes] = self.header(table_at, len(order) + 1)
        out[self.header_bytes : self.header_bytes + 2 * self.phdr_bytes] = self.segments(
            table_at, places.get(".dynamic", 0), len(sections.get(".dynamic", b""))
        )
        for name, data in sections.items():
            out[places[name] : places[name] + len(data)] = data
        return bytes(out)

    def header(self, sections_at: int, count: int) -> bytes:
        ident = b"\x7fELF" + bytes((1 + self.elf.wide, 1 if self.elf.order == "<" else 2, 1)) + bytes(9)
        return ident + self.pack(
            "HHIQQQIHHHHHH", "HHIIIIIHHHHHH",
            3, self.elf.machine, 1, 0, self.header_bytes, sections_at, 0,
            self.header_bytes, self.phdr_bytes, 2, self.shdr_bytes, count, count - 1,
        )  # fmt: skip

    def segments(self, size: int, dynamic_at: int, dynamic_bytes: int) -> bytes:
        rows = b""
        for kind, at, length in ((1, 0, size), (2, dynamic_at, dynamic_bytes)):
            if self.elf.wide:
                rows += self.pack("IIQQQQQQ", "", kind, 5, at, at, at, length, length, 16)
            else:
                rows += self.pack("", "IIIIIIII", kind, at, at, at, length, length, 5, 16)
        return rows

    def dynamic(self, sections: dict[str, bytes], places: dict[str, int]) -> bytes:
        tags = [*self.tags, (5, places[".dynstr"]), (10, len(sections[".dynstr"])), (6, places[".dynsym"])]
        tags.append((0x6FFFFFF0, places[".gnu.version"]))
        if ".gnu.version_r" in sections:
            tags += [(0x6FFFFFFE, places[".gnu.version_r"]), (0x6FFFFFFF, 1)]
        if ".rela.dyn" in sections:
            tags += [(7, places[".rela.dyn"]), (8, len(sections[".rela.dyn"]))]
        return b"".join(self.pack("QQ", "II", tag, value) for tag, value in tags)


def build_pe(
    *,
    timestamp: int = 1,
    imports: Mapping[str, Sequence[str]] | None = None,
    exports: Sequence[str] = ("PyInit_demo",),
    pdb: str = "C:\\build\\demo.pdb",
    data: bytes = b"\0" * 16,
    wide: bool = True,
) -> bytes:
    """A DLL with one code and one data section, the second of which holds every table."""
    section = _PeData(0x2000, wide=wide)
    directories = dict.fromkeys(range(16), (0, 0))
    directories[1] = section.add_imports(
        {"python3.dll": ("PyModule_Create2",)} if imports is None else imports
    )
    directories[0] = section.add_exports(exports)
    directories[6] = section.add_debug(pdb)
    section.add(data)
    optional = struct.pack("<HBB", 0x20B if wide else 0x10B, 14, 41).ljust(108 if wide else 92, b"\0")
    optional += struct.pack("<I", 16) + b"".join(struct.pack("<II", *directories[at]) for at in range(16))
    coff = struct.pack("<HHIIIHH", 0x8664 if wide else 0x14C, 2, timestamp, 0, 0, len(optional), 0x2022)
    raw = bytes(section.data).ljust(_PAGE, b"\0")
    rows = struct.pack("<8sIIIIIIHHI", b".text", 16, 0x1000, 0x200, 0x400, 0, 0, 0, 0, 0x60000020)
    rows += struct.pack("<8sIIIIIIHHI", b".rdata", len(raw), 0x2000, len(raw), 0x600, 0, 0, 0, 0, 0x40000040)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    head = head.ljust(0x80, b"\0") + b"PE\0\0" + coff + optional + rows
    return head.ljust(0x400, b"\0") + (b"\xc3" * 16).ljust(0x200, b"\0") + raw


class _PeData:
    """A section's data, addressed as it will be mapped, in a file where it lies at 0x600."""

    def __init__(self, address: int, *, wide: bool) -> None:
        self.data = bytearray()
        self.address = address
        self.wide = wide

    def add(self, data: bytes) -> int:
        at = self.address + len(self.data)
        self.data += data + bytes(-len(data) % 4)
        return at

    def add_imports(self, imports: Mapping[str, Sequence[str]]) -> tuple[int, int]:
        rows = b""
        for library, names in imports.items():
            hints = [self.add(b"\0\0" + name.encode() + b"\0") for name in names]
            thunks = self.add(b"".join(struct.pack("<Q" if self.wide else "<I", at) for at in (*hints, 0)))
            rows += struct.pack("<IIIII", thunks, 0, 0, self.add(library.encode() + b"\0"), thunks)
        return self.add(rows + bytes(20)), len(rows) + 20

    def add_exports(self, names: Sequence[str]) -> tuple[int, int]:
        places = [self.add(name.encode() + b"\0") for name in names]
        table = self.add(struct.pack(f"<{len(places)}I", *places))
        library = self.add(b"demo.pyd\0")
        row = struct.pack("<IIIIIIIIII", 0, 0, 0, library, 1, len(names), len(names), table, table, table)
        return self.add(row), 40

    def add_debug(self, pdb: str) -> tuple[int, int]:
        record = b"RSDS" + b"\x22" * 16 + struct.pack("<I", 1) + pdb.encode() + b"\0"
        at = self.add(record)
        offset = at - self.address + 0x600
        return self.add(struct.pack("<IIIIIII", 0, 0, 0, 2, len(record), at, offset)), 28


def build_macho(
    *,
    cpu: int = 0x100000C,
    uuid: bytes = b"\x33" * 16,
    dylibs: Sequence[str] = ("/usr/lib/libSystem.B.dylib",),
    rpaths: Sequence[str] = (),
    imports: Sequence[str] = ("_PyModule_Create2",),
    exports: Sequence[str] = ("_PyInit_demo",),
    text: bytes = b"\xc0\x03\x5f\xd6" * 4,
    sdk: int = 14 << 16 | 5 << 8,
) -> bytes:
    """A 64-bit bundle with one section."""
    names = _Strings()
    symbols = b"".join(struct.pack("<IBBHQ", names.add(name), 0x01, 0, 0, 0) for name in imports)
    symbols += b"".join(struct.pack("<IBBHQ", names.add(name), 0x0F, 1, 0, 0x400) for name in exports)
    at = 0x400 + len(text)
    section = struct.pack(
        "<16s16sQQIIIIIIII", b"__text", b"__TEXT", 0x400, len(text), 0x400, 2, 0, 0, 0x80000400, 0, 0, 0
    )
    segment = struct.pack("<16sQQQQIIII", b"__TEXT", 0, _PAGE, 0, at, 5, 5, 1, 0) + section
    commands = [
        _command(0x19, segment),
        _command(
            0x2, struct.pack("<IIII", at, len(imports) + len(exports), at + len(symbols), len(names.data))
        ),
        _command(0x1B, uuid),
        _command(0x32, struct.pack("<IIIIII", 1, 11 << 16, sdk, 1, 3, 1053 << 16)),
        *(_command(0xC, struct.pack("<IIII", 24, 0, 0, 0) + name.encode() + b"\0") for name in dylibs),
        *(_command(0x8000001C, struct.pack("<I", 12) + path.encode() + b"\0") for path in rpaths),
    ]
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, 0, 8, len(commands), sum(map(len, commands)), 0x85, 0)
    return (head + b"".join(commands)).ljust(0x400, b"\0") + text + symbols + names.data


def _command(kind: int, content: bytes) -> bytes:
    content += bytes(-len(content) % 8)
    return struct.pack("<II", kind, len(content) + 8) + content


def build_universal(images: Iterable[tuple[int, bytes]]) -> bytes:
    """A universal Mach-O file of images by processor."""
    images = list(images)
    at, rows, body = _PAGE, b"", b""
    for cpu, image in images:
        rows += struct.pack(">IIIII", cpu, 0, at + len(body), len(image), 12)
        body += image.ljust((len(image) + _PAGE - 1) // _PAGE * _PAGE, b"\0")
    return (struct.pack(">II", 0xCAFEBABE, len(images)) + rows).ljust(at, b"\0") + body


def build_native(spec: Mapping[str, Any]) -> bytes:
    """A file from the arguments of a builder as JSON has them; bytes are text, or hexadecimal for ids."""
    values = {name: value for name, value in spec.items() if name != "format"}
    for name in ("build_id", "uuid"):
        if name in values:
            values[name] = bytes.fromhex(values[name])
    for name in ("text", "data"):
        if name in values:
            values[name] = values[name].encode()
    if "sections" in values:
        values["sections"] = {name: text.encode() for name, text in values["sections"].items()}
    match spec["format"]:
        case "ELF":
            return Elf(**values).build()
        case "PE":
            return build_pe(**values)
        case "Mach-O":
            return build_macho(**values)
    raise ValueError(spec["format"])
