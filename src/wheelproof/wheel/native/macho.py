"""Mach-O files, thin and universal, as images (Apple's ``mach-o/loader.h``, ``fat.h`` and ``nlist.h``)."""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from wheelproof.core.untrusted import printable
from wheelproof.wheel.native.coverage import digest_section, read_outside, read_tables
from wheelproof.wheel.native.facts import Image, Linkage, Origin, Section, SectionKind
from wheelproof.wheel.native.strings import read_strings
from wheelproof.wheel.native.window import (
    Limits,
    NameLog,
    Problems,
    StringTable,
    UnreadableError,
    Window,
    decode,
)

_THIN = {
    b"\xfe\xed\xfa\xce": (">", False),
    b"\xce\xfa\xed\xfe": ("<", False),
    b"\xfe\xed\xfa\xcf": (">", True),
    b"\xcf\xfa\xed\xfe": ("<", True),
}
_FAT = {b"\xca\xfe\xba\xbe": struct.Struct(">IIIII"), b"\xca\xfe\xba\xbf": struct.Struct(">IIQQII")}
_MOST_IMAGES = 30  # a Java class begins like a universal file, and has a version from 45 on in this place
_CPUS = {7: "x86", 0x1000007: "x86-64", 12: "ARM", 0x100000C: "arm64", 0x200000C: "arm64_32", 18: "PowerPC"}
_TYPES = {1: "object file", 2: "executable", 6: "dylib", 8: "bundle", 10: "debug symbols"}
_SEGMENT, _SYMTAB, _ID_DYLIB, _SEGMENT_64, _UUID = 0x1, 0x2, 0xD, 0x19, 0x1B
_CODE_SIGNATURE, _MIN_MACOS, _SOURCE_VERSION, _BUILD_VERSION, _RPATH = 0x1D, 0x24, 0x2A, 0x32, 0x8000001C
_LOADS = {0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023}
_LINKEDIT_DATA = {
    _CODE_SIGNATURE: "code signature", 0x1E: "split info", 0x26: "function starts", 0x29: "data in code",
    0x2B: "code signing requirements", 0x2E: "linker hints", 0x80000033: "exports trie",
    0x80000034: "chained fixups",
}  # fmt: skip
_PLATFORMS = {1: "macOS", 2: "iOS", 3: "tvOS", 4: "watchOS", 6: "Mac Catalyst", 7: "iOS simulator"}
_TOOLS = {1: "clang", 2: "swift", 3: "ld", 4: "lld"}
_STAB, _EXTERNAL, _TYPE_MASK = 0xE0, 0x01, 0x0E
_STAB_PATHS = {0x64, 0x66}
_ZERO_FILL = {1, 12, 18}
_COMMANDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """A load command: its number and its whole bytes."""

    kind: int
    data: bytes


class _Collected:
    """What the load commands of one image tell."""

    def __init__(self, limits: Limits) -> None:
        self.sections: list[Section] = []
        self.tables: list[tuple[SectionKind, str, int, int]] = []
        self.header: list[tuple[str, str]] = []
        self.identity = ""
        self.uuid = ""
        self.libraries = NameLog(limits, 10)
        self.compilers = NameLog(limits, 10)
        self.linkers = NameLog(limits, 10)
        self.paths = NameLog(limits, 10)
        self.rpaths = NameLog(limits, 10)
        self.imports = NameLog(limits)
        self.exports = NameLog(limits)


def is_macho(head: bytes) -> bool:
    """The first bytes are those of a Mach-O file, thin or universal."""
    if head[:4] in _FAT:
        return len(head) >= 8 and 0 < int.from_bytes(head[4:8], "big") <= _MOST_IMAGES
    return head[:4] in _THIN


def read_macho(window: Window) -> tuple[Image, ...]:
    """Read every image of a Mach-O file; one that can't be read keeps its place, with the problem.

    Raises:
        UnreadableError: not even the headers can be read.
    """
    form = _FAT.get(window.read(0, 4))
    if form is None:
        return (_read_image(window),)
    count = int.from_bytes(window.read(4, 4), "big")
    rows = form.iter_unpack(window.read(8, count * form.size))
    return tuple(_read_part(window, cpu, offset, size) for cpu, _, offset, size, *_ in rows)


def _read_part(window: Window, cpu: int, offset: int, size: int) -> Image:
    try:
        part = window.part(offset, size)
        if part.at_most(0, 4) not in _THIN:
            raise UnreadableError("no Mach-O file is where the universal header says")
        return _read_image(part)
    except UnreadableError as error:
        return Image(architecture=_name_cpu(cpu), type="unreadable", problems=(printable(str(error)),))


def _name_cpu(cpu: int) -> str:
    return _CPUS.get(cpu, f"processor {cpu:#x}")


def _read_image(window: Window) -> Image:
    order, wide = _THIN[window.read(0, 4)]
    cpu, subtype, kind, count, size, flags = struct.unpack(f"{order}IIIIII", window.read(4, 24))
    problems = Problems()
    start = 32 if wide else 28
    reader = _Reader(window, order, wide=wide, problems=problems)
    try:
        for command in _commands(window.read(start, size), count, order):
            reader.take(command)
    except (UnreadableError, struct.error) as error:
        problems.note(f"load commands: {error}")
    found = reader.found
    tables = ((SectionKind.HEADERS, "header and load commands", 0, start + size), *found.tables)
    headers = (read_tables(window, problems, ((name, at, length),), use) for use, name, at, length in tables)
    known = (*chain.from_iterable(headers), *found.sections)
    return Image(
        architecture=_name_cpu(cpu),
        type=_TYPES.get(kind, f"type {kind}"),
        header=(("flags", f"{flags:#x}"), ("processor subtype", f"{subtype:#x}"), *found.header),
        sections=(*known, *read_outside(window, problems, known)),
        linkage=Linkage(
            identity=found.identity,
            libraries=found.libraries.close(),
            search_paths=tuple(f"RPATH {path}" for path in found.rpaths.close().names),
            imports=found.imports.close(),
            exports=found.exports.close(),
        ),
        origin=Origin(
            build_id=found.uuid,
            compilers=found.compilers.close(),
            linkers=found.linkers.close(),
            debug_paths=found.paths.close(),
        ),
        strings=read_strings(window, problems, found.sections),
        problems=problems.close(),
    )


def _commands(data: bytes, count: int, order: str) -> Iterator[_Command]:
    at = 0
    for _ in range(min(count, _COMMANDS)):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if size < 8 or at + size > len(data):
            raise UnreadableError(f"one of {size} bytes at {at:#x} does not fit")
        yield _Command(kind=kind, data=data[at : at + size])
        at += size


class _Reader:
    """Takes the load commands of one image in turn."""

    def __init__(self, window: Window, order: str, *, wide: bool, problems: Problems) -> None:
        self.found = _Collected(window.limits)
        self._window = window
        self._order = order
        self._wide = wide
        self._problems = problems

    def take(self, command: _Command) -> None:
        """Read one command; raises UnreadableError or struct.error where it is damaged."""
        kind, found = command.kind, self.found
        if kind in {_SEGMENT, _SEGMENT_64}:
            self._take_segment(command)
        elif kind == _SYMTAB:
            self._problems.attempt(
                "symbols", lambda: self._take_symbols(command), None, [found.imports, found.exports]
            )
        elif kind in _LOADS:
            found.libraries.add(self._text(command))
        elif kind == _ID_DYLIB:
            found.identity = self._text(command)
        elif kind == _RPATH:
            found.rpaths.add(self._text(command))
        elif kind == _UUID:
            found.uuid = str(uuid.UUID(bytes=command.data[8:24].ljust(16, b"\0")))
        elif kind in _LINKEDIT_DATA:
            offset, size = self._numbers("8xII", command)
            place = SectionKind.SIGNATURE if kind == _CODE_SIGNATURE else SectionKind.LINKING
            found.tables.append((place, _LINKEDIT_DATA[kind], offset, size))
        else:
            self._take_version(command)

    def _take_version(self, command: _Command) -> None:
        found = self.found
        if command.kind == _MIN_MACOS:
            version, sdk = self._numbers("8xII", command)
            found.header += [("minimum macOS", _dotted(version)), ("SDK", _dotted(sdk))]
        elif command.kind == _BUILD_VERSION:
            platform, version, sdk, tools = self._numbers("8xIIII", command)
            name = _PLATFORMS.get(platform, f"platform {platform}")
            found.header += [(f"minimum {name}", _dotted(version)), ("SDK", _dotted(sdk))]
            for place in range(min(tools, (len(command.data) - 24) // 8)):
                tool, number = self._numbers(f"{24 + place * 8}xII", command)
                log = found.linkers if tool in {3, 4} else found.compilers
                log.add(f"{_TOOLS.get(tool, f'tool {tool}')} {_dotted(number)}")
        elif command.kind == _SOURCE_VERSION:
            found.header.append(("source version", str(self._numbers("8xQ", command)[0])))

    def _numbers(self, form: str, command: _Command) -> tuple[int, ...]:
        return struct.unpack_from(self._order + form, command.data)

    def _text(self, command: _Command) -> str:
        (at,) = self._numbers("8xI", command)
        return StringTable(self._window, command.data).text(at)

    def _take_segment(self, command: _Command) -> None:
        if self._wide:
            segment, form = struct.Struct(f"{self._order}8x16sQQQQIIII"), f"{self._order}16s16sQQIIIIIIII"
        else:
            segment, form = struct.Struct(f"{self._order}8x16sIIIIIIII"), f"{self._order}16s16sIIIIIIIII"
        *_, protection, count, _ = segment.unpack_from(command.data)
        row = struct.Struct(form)
        count = min(count, (len(command.data) - segment.size) // row.size)
        for place in range(count):
            fields = row.unpack_from(command.data, segment.size + place * row.size)
            self._add_section(fields, protection)

    def _add_section(self, fields: tuple[bytes | int, ...], protection: int) -> None:
        section, segment, *numbers = fields
        if not isinstance(section, bytes) or not isinstance(segment, bytes):
            raise UnreadableError("a section has no name")
        if len(self.found.sections) >= self._window.limits.sections:
            raise UnreadableError("there are more sections than the limit")
        address, size, offset, *_ = (int(number) for number in numbers)
        flags = int(numbers[6])
        name = f"{decode(segment.rstrip(bytes(1)))},{decode(section.rstrip(bytes(1)))}"
        in_file = flags & 0xFF not in _ZERO_FILL
        self.found.sections.append(
            Section(
                name=name,
                kind=_kind(name, flags, writable=bool(protection & 2)),
                flags="".join(letter for letter, bit in (("r", 1), ("w", 2), ("x", 4)) if protection & bit),
                address=address,
                offset=offset,
                size_bytes=size,
                digest=digest_section(self._window, self._problems, name, offset, size) if in_file else None,
            )
        )

    def _take_symbols(self, command: _Command) -> None:
        at, total, names_at, names_bytes = self._numbers("8xIIII", command)
        form = struct.Struct(self._order + ("IBBHQ" if self._wide else "IBBHI"))
        count = min(total, self._window.limits.entries)
        self.found.tables += [
            (SectionKind.SYMBOLS, "symbols", at, total * form.size),
            (SectionKind.SYMBOLS, "symbol names", names_at, names_bytes),
        ]
        names = StringTable(self._window, self._window.read(names_at, names_bytes))
        for name, kind, _, _, value in form.iter_unpack(self._window.read(at, count * form.size)):
            if kind & _STAB:
                if kind in _STAB_PATHS and (path := names.text(name)).startswith("/"):
                    self.found.paths.add(path)
            elif kind & _EXTERNAL:
                imported = not kind & _TYPE_MASK and not value
                log = self.found.imports if imported else self.found.exports
                if log.full:
                    log.skip(1)
                else:
                    log.add(names.text(name))
        self.found.exports.skip(total - count)


def _dotted(number: int) -> str:
    """A version packed as ``xxxx.yy.zz``."""
    return f"{number >> 16}.{number >> 8 & 0xFF}.{number & 0xFF}"


def _kind(name: str, flags: int, *, writable: bool) -> SectionKind:
    if name.startswith("__DWARF"):
        return SectionKind.DEBUG
    if name.endswith((",__unwind_info", ",__eh_frame", ",__gcc_except_tab")):
        return SectionKind.UNWIND
    if name.endswith((",__stubs", ",__stub_helper", ",__got", ",__la_symbol_ptr", ",__nl_symbol_ptr")):
        return SectionKind.LINKING
    if flags & 0x80000400:
        return SectionKind.CODE
    return SectionKind.DATA if writable else SectionKind.READ_ONLY
