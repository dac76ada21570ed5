"""What an ELF file gives to the dynamic linker, read as the linker reads it: by segments, not by sections.

System V gABI, chapter 5; symbol versions by the Linux Standard Base, chapter 10; GNU's hash table for the
number of symbols.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from wheelproof.wheel.native.elf_tables import DYNSYM, PT_DYNAMIC, Layout
from wheelproof.wheel.native.facts import Linkage, Names
from wheelproof.wheel.native.window import NameLog, Problems, StringTable, UnreadableError, Window

_NEEDED, _HASH, _STRTAB, _SYMTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 1, 4, 5, 6, 10, 14, 15, 29
_GNU_HASH, _VERSYM, _VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = (
    0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF,
)  # fmt: skip
_PLTRELSZ, _RELA, _RELASZ, _REL, _RELSZ, _PLTREL, _JMPREL = 2, 7, 8, 17, 18, 20, 23
_LOCAL_BINDING = 0
_UNDEFINED = 0
_HIDDEN_VERSION = 0x7FFF
_MOST_ENTRIES = 4096

_SOME = Names(left_out=1)
_UNREAD = Linkage(libraries=_SOME, imports=_SOME, exports=_SOME, required_versions=_SOME)

Versions = dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dynamic:
    """The dynamic table: the values by tag, in order, and the string table they point into."""

    values: dict[int, tuple[int, ...]]
    strings: StringTable

    def first(self, tag: int) -> int | None:
        return self.values.get(tag, (None,))[0]

    def texts(self, tag: int, problems: Problems) -> Iterator[str]:
        for value in self.values.get(tag, ()):
            yield problems.attempt("dynamic strings", partial(self.strings.text, value), "?")


def read_linkage(window: Window, layout: Layout, problems: Problems) -> Linkage:
    """Read the dynamic table and the symbols it names; what can't be read becomes a problem."""
    segment = next((segment for segment in layout.segments if segment.type == PT_DYNAMIC), None)
    if segment is None:
        return _UNREAD if problems.close() else Linkage()
    dynamic = problems.attempt(
        "dynamic table", lambda: _read_dynamic(window, layout, segment.offset, segment.file_bytes), None
    )
    if dynamic is None:
        return _UNREAD
    _check_sections(layout, segment.offset, problems)
    required, libraries = NameLog(window.limits, 10), NameLog(window.limits, 10)
    for name in dynamic.texts(_NEEDED, problems):
        libraries.add(name)
    versions: Versions = {}
    problems.attempt(
        "symbol versions",
        lambda: _read_versions(window, layout, dynamic, versions, required),
        None,
        [required],
    )
    imports, exports = NameLog(window.limits), NameLog(window.limits)
    problems.attempt(
        "dynamic symbols",
        lambda: _read_symbols(window, layout, dynamic, versions, (imports, exports)),
        None,
        [imports, exports],
    )
    return Linkage(
        identity=next(dynamic.texts(_SONAME, problems), ""),
        libraries=libraries.close(),
        search_paths=(
            *(f"RPATH {path}" for path in dynamic.texts(_RPATH, problems)),
            *(f"RUNPATH {path}" for path in dynamic.texts(_RUNPATH, problems)),
        ),
        imports=imports.close(),
        exports=exports.close(),
        required_versions=required.close(),
    )


def _read_dynamic(window: Window, layout: Layout, offset: int, size: int) -> _Dynamic:
    form = layout.struct("QQ", "II")
    values: dict[int, tuple[int, ...]] = {}
    for place, (tag, value) in enumerate(form.iter_unpack(window.read(offset, size - size % form.size))):
        if tag == 0:
            break
        if place > _MOST_ENTRIES:
            raise UnreadableError(f"has more than {_MOST_ENTRIES} entries")
        values[tag] = (*values.get(tag, ()), value)
    table, size = values.get(_STRTAB, (0,))[0], values.get(_STRSZ, (0,))[0]
    strings = StringTable(window, window.read(layout.offset_of(table), size) if table and size else b"")
    return _Dynamic(values=values, strings=strings)


def _check_sections(layout: Layout, offset: int, problems: Problems) -> None:
    """Tools read sections and the dynamic linker does not: say where the two tell different stories."""
    for section in layout.sections:
        if section.name == ".dynamic" and section.offset != offset:
            problems.note("the .dynamic section is not the table that the dynamic linker reads")


def _read_versions(
    window: Window, layout: Layout, dynamic: _Dynamic, versions: Versions, required: NameLog
) -> None:
    need, defined = dynamic.first(_VERNEED), dynamic.first(_VERDEF)
    if need is not None:
        count = min(dynamic.first(_VERNEEDNUM) or 0, _MOST_ENTRIES)
        _read_needed(window, layout, dynamic, (layout.offset_of(need), count), versions, required)
    if defined is not None:
        count = min(dynamic.first(_VERDEFNUM) or 0, _MOST_ENTRIES)
        _read_defined(window, layout, dynamic, (layout.offset_of(defined), count), versions)


def _read_needed(
    window: Window,
    layout: Layout,
    dynamic: _Dynamic,
    place: tuple[int, int],
    versions: Versions,
    required: NameLog,
) -> None:
    outer, inner = layout.struct("HHIII", "HHIII"), layout.struct("IHHII", "IHHII")
    at, count = place
    for _ in range(count):
        _, auxiliaries, file, first, following = outer.unpack(window.read(at, outer.size))
        library = dynamic.strings.text(file)
        auxiliary = at + first
        for _ in range(auxiliaries):
            _, _, index, name, step = inner.unpack(window.read(auxiliary, inner.size))
            versions[index & _HIDDEN_VERSION] = dynamic.strings.text(name)
            required.add(f"{library} {versions[index & _HIDDEN_VERSION]}")
            auxiliary += step
            if not step:
                break
        if not following:
            break
        at += following


def _read_defined(
    window: Window, layout: Layout, dynamic: _Dynamic, place: tuple[int, int], versions: Versions
) -> None:
    outer, inner = layout.struct("HHHHIII", "HHHHIII"), layout.struct("II", "II")
    at, count = place
    for _ in range(count):
        _, flags, index, _, _, first, following = outer.unpack(window.read(at, outer.size))
        name, _ = inner.unpack(window.read(at + first, inner.size))
        if not flags & 1:  # VER_FLG_BASE names the file, no version
            versions[index & _HIDDEN_VERSION] = dynamic.strings.text(name)
        if not following:
            break
        at += following


def _read_symbols(
    window: Window, layout: Layout, dynamic: _Dynamic, versions: Versions, logs: tuple[NameLog, NameLog]
) -> None:
    table = dynamic.first(_SYMTAB)
    if table is None:
        return
    form = layout.struct("IBBHQQ", "IIIBBH")
    total = _count_symbols(window, layout, dynamic, table)
    count = min(total, window.limits.entries)
    rows = form.iter_unpack(window.read(layout.offset_of(table), count * form.size))
    indexes = _version_indexes(window, layout, dynamic, count)
    imports, exports = logs
    for place, row in enumerate(rows):
        name, info, section = (row[0], row[1], row[3]) if layout.wide else (row[0], row[3], row[5])
        if not name or info >> 4 == _LOCAL_BINDING:
            continue
        version = versions.get(indexes[place] & _HIDDEN_VERSION, "") if place < len(indexes) else ""
        log = imports if section == _UNDEFINED else exports
        if log.full:
            log.skip(1)
        else:
            log.add(dynamic.strings.text(name) + (version and f"@{version}"))
    exports.skip(total - count)


def _version_indexes(window: Window, layout: Layout, dynamic: _Dynamic, count: int) -> tuple[int, ...]:
    address = dynamic.first(_VERSYM)
    if address is None:
        return ()
    form = layout.struct("H", "H")
    raw = window.read(layout.offset_of(address), count * form.size)
    return tuple(index for (index,) in form.iter_unpack(raw))


def _count_symbols(window: Window, layout: Layout, dynamic: _Dynamic, table: int) -> int:
    """The number of dynamic symbols, which no header states: the most that any table shows."""
    size = layout.struct("IBBHQQ", "IIIBBH").size
    counts: list[int] = [
        section.size // size
        for section in layout.sections
        if section.type == DYNSYM and section.address == table
    ]
    if (address := dynamic.first(_HASH)) is not None:
        form = layout.struct("II", "II")
        _, chains = form.unpack(window.read(layout.offset_of(address), form.size))
        counts.append(int(chains))
    if (address := dynamic.first(_GNU_HASH)) is not None:
        counts.append(_count_gnu(window, layout, layout.offset_of(address)))
    if layout.machine != "MIPS":  # whose 64-bit relocations have a layout of their own
        counts.extend(_relocated(window, layout, dynamic))
    if not counts:
        raise UnreadableError("nothing says how many there are")
    return max(counts)


def _relocated(window: Window, layout: Layout, dynamic: _Dynamic) -> Iterator[int]:
    """One more than the highest symbol of each relocation table: the linker resolves these at least."""
    for start, size, kind in (
        (dynamic.first(_RELA), dynamic.first(_RELASZ), _RELA),
        (dynamic.first(_REL), dynamic.first(_RELSZ), _REL),
        (dynamic.first(_JMPREL), dynamic.first(_PLTRELSZ), dynamic.first(_PLTREL)),
    ):
        if not start or not size:
            continue
        form = layout.struct("8xQ8x", "4xI4x") if kind == _RELA else layout.struct("8xQ", "4xI")
        raw = window.read(layout.offset_of(start), size - size % form.size)
        info = max((number for (number,) in form.iter_unpack(raw)), default=0)
        yield (info >> (32 if layout.wide else 8)) + 1


def _count_gnu(window: Window, layout: Layout, offset: int) -> int:
    """Walk to the end of the last chain of a GNU hash table."""
    form, word = layout.struct("IIII", "IIII"), layout.struct("I", "I")
    buckets, first, bloom, _ = form.unpack(window.read(offset, form.size))
    at = offset + form.size + bloom * (8 if layout.wide else 4)
    last = max((index for (index,) in word.iter_unpack(window.read(at, buckets * word.size))), default=0)
    if last < first:
        return int(first)
    chain = at + (buckets + last - first) * word.size
    end = window.at_most(chain, window.limits.entries * word.size)
    for place, (value,) in enumerate(word.iter_unpack(end[: len(end) - len(end) % word.size])):
        if value & 1:
            return int(last) + place + 1
    raise UnreadableError("the GNU hash table has no end")
