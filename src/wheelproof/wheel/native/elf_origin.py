"""How an ELF file was made: notes, ``.comment``, strings of DWARF, names in the symbol table."""

from collections.abc import Iterator
from dataclasses import dataclass

from wheelproof.wheel.native.elf_tables import SHF_COMPRESSED, SYMTAB, Layout, SectionHeader
from wheelproof.wheel.native.facts import Origin
from wheelproof.wheel.native.strings import StringCount, inflate_section, scan_strings, sort_debug_strings
from wheelproof.wheel.native.window import (
    Limits,
    NameLog,
    Problems,
    StringTable,
    UnreadableError,
    Window,
    decode,
)

_ZLIB = 1
_NOTE_TYPE = 7
_BUILD_ID, _GOLD_VERSION, _PROPERTIES = 3, 4, 5
_FILE_SYMBOL = 4
_NOTES_BYTES = 1 << 20
_LINKERS = ("Linker:", "mold ", "gold ")
_DEBUG_NUMBERS = (".debug_line", ".debug_info", ".zdebug_line")
_DEBUG_TEXTS = (".debug_str", ".debug_line_str", ".debug_line", ".debug_info", ".zdebug_str", ".zdebug_line")
_X86_AND, _X86_ISA_NEEDED, _X86_ISA_USED = 0xC0000002, 0xC0008002, 0xC0010002
_AARCH64_AND = 0xC0000000
_X86_LEVELS = ("x86-64-baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4")
_FEATURES: dict[int, tuple[tuple[str, int], ...]] = {
    _X86_AND: (("IBT", 1), ("SHSTK", 2)),
    _AARCH64_AND: (("BTI", 1), ("PAC", 2)),
    _X86_ISA_NEEDED: tuple((f"needs {level}", 1 << bit) for bit, level in enumerate(_X86_LEVELS)),
    _X86_ISA_USED: tuple((f"uses {level}", 1 << bit) for bit, level in enumerate(_X86_LEVELS)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A section, and what is needed to read it."""

    window: Window
    layout: Layout
    section: SectionHeader

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, decompressed where it says that they are compressed."""
        offset, size = self.section.offset, self.section.file_bytes
        if self.section.name.startswith(".zdebug"):  # "ZLIB" and the size, the older convention of GNU
            return inflate_section(self.window, self.window.chunks(offset + 12, size - 12))
        if not self.section.flags & SHF_COMPRESSED:
            return self.window.chunks(offset, size)
        form = self.layout.struct("IIQQ", "III")
        method = form.unpack(self.window.read(offset, form.size))[0]
        if method != _ZLIB:
            raise UnreadableError(f"compressed by method {method}, of which only zlib is read")
        return inflate_section(self.window, self.window.chunks(offset + form.size, size - form.size))


class _Making:
    """Collects what sections tell of the making."""

    def __init__(self, limits: Limits) -> None:
        self.build_id = ""
        self._count = StringCount(limits.strings)
        self.compilers = NameLog(limits, 10)
        self.linkers = NameLog(limits, 10)
        self.producers = NameLog(limits, 10)
        self.paths = NameLog(limits, 10)
        self.sources = NameLog(limits, 10)
        self.features = NameLog(limits, 10)

    def read(self, place: _Place) -> None:
        """Take from a section what it tells, if it is one that does."""
        section = place.section
        if section.name == ".comment":
            self._read_comment(place)
        elif section.type == _NOTE_TYPE:
            self._read_notes(place)
        elif section.name in _DEBUG_TEXTS:
            strings = self._count.counted(scan_strings(place.chunks()))
            mixed = section.name in _DEBUG_NUMBERS
            sort_debug_strings(strings, self.producers, self.paths, among_numbers=mixed)
        elif section.type == SYMTAB:
            self._read_sources(place)

    def _read_comment(self, place: _Place) -> None:
        data = place.window.at_most(place.section.offset, min(place.section.file_bytes, _NOTES_BYTES))
        for line in data.split(b"\0"):
            text = decode(line)
            (self.linkers if text.startswith(_LINKERS) else self.compilers).add(text)

    def _read_notes(self, place: _Place) -> None:
        data = place.window.at_most(place.section.offset, min(place.section.file_bytes, _NOTES_BYTES))
        for owner, kind, content in _notes(place.layout, data):
            if owner != b"GNU\0":
                continue
            if kind == _BUILD_ID:
                self.build_id = content.hex()
            elif kind == _GOLD_VERSION:
                self.linkers.add(decode(content.rstrip(b"\0")))
            elif kind == _PROPERTIES:
                for feature in _features(place.layout, content):
                    self.features.add(feature)

    def _read_sources(self, place: _Place) -> None:
        layout, section = place.layout, place.section
        if section.link >= len(layout.sections):
            raise UnreadableError(f"its string table, section {section.link}, does not exist")
        names = layout.sections[section.link]
        table = StringTable(place.window, place.window.read(names.offset, names.file_bytes))
        form = layout.struct("IB19x", "I8xB3x")
        count = min(section.file_bytes // form.size, place.window.limits.entries)
        for name, info in form.iter_unpack(place.window.read(section.offset, count * form.size)):
            if info & 0xF == _FILE_SYMBOL and name:
                self.sources.add(table.text(name))
        self.sources.skip(section.file_bytes // form.size - count)


def read_origin(window: Window, layout: Layout, problems: Problems) -> Origin:
    """Read everything that tells of the making; what can't be read becomes a problem."""
    making = _Making(window.limits)
    for section in layout.sections:
        try:
            making.read(_Place(window=window, layout=layout, section=section))
        except UnreadableError as error:
            problems.note(f"{section.name}: {error}")
    return Origin(
        build_id=making.build_id,
        compilers=making.compilers.close(),
        linkers=making.linkers.close(),
        producers=making.producers.close(),
        debug_paths=making.paths.close(),
        source_names=making.sources.close(),
        cpu_features=making.features.close(),
    )


def _notes(layout: Layout, data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Owner, type and content of each note; names and contents are padded to four bytes."""
    form = layout.struct("III", "III")
    at = 0
    while at + form.size <= len(data):
        name_bytes, content_bytes, kind = form.unpack_from(data, at)
        name_at = at + form.size
        content_at = name_at + (name_bytes + 3 & ~3)
        yield data[name_at : name_at + name_bytes], kind, data[content_at : content_at + content_bytes]
        at = content_at + (content_bytes + 3 & ~3)


def _features(layout: Layout, content: bytes) -> Iterator[str]:
    """The properties of ``NT_GNU_PROPERTY_TYPE_0`` that name what the processor has to have."""
    form = layout.struct("II", "II")
    step = 8 if layout.wide else 4
    at = 0
    while at + form.size + 4 <= len(content):
        kind, size = form.unpack_from(content, at)
        (bits,) = layout.struct("I", "I").unpack_from(content, at + form.size)
        yield from (name for name, bit in _FEATURES.get(kind, ()) if bits & bit)
        at += form.size + (size + step - 1) // step * step
