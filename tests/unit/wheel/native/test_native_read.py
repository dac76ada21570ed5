"""What is read from honest executable files, and that nothing upsets the readers."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native_builder import GCC_DEBIAN, Elf, build_macho, build_pe, build_universal
from wheelproof.wheel.native.facts import Format, Image, NativeFacts, Section, SectionKind
from wheelproof.wheel.native.read import read_native
from wheelproof.wheel.native.window import Limits

FILES = {
    "ELF": Elf(sections={".debug_str": b"GNU C17 14.2.0 -O2\0/project/demo\0"}).build(),
    "narrow ELF": Elf(wide=False, order=">").build(),
    "PE": build_pe(),
    "narrow PE": build_pe(wide=False),
    "Mach-O": build_macho(),
    "universal Mach-O": build_universal(
        [(0x1000007, build_macho(cpu=0x1000007)), (0x100000C, build_macho())]
    ),
}


def facts_of(data: bytes, limits: Limits | None = None) -> NativeFacts:
    facts = read_native(BytesIO(data), limits)
    assert facts is not None
    return facts


def image_of(data: bytes, limits: Limits | None = None) -> Image:
    facts = facts_of(data, limits)
    assert not facts.unread
    (image,) = facts.images
    return image


def section(image: Image, name: str) -> Section:
    (found,) = [section for section in image.sections if section.name == name]
    return found


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
def test_elf_of_each_class_and_byte_order(wide: bool, order: str) -> None:
    elf = Elf(wide=wide, order=order, soname="demo.so", rpath="$ORIGIN/../demo.libs", runpath="/opt/lib")
    image = image_of(elf.build())
    assert image.problems == ()
    assert image.type == "shared object"
    assert (
        image.architecture == f"x86-64, {64 if wide else 32}-bit {'little' if order == '<' else 'big'}-endian"
    )
    assert image.linkage.identity == "demo.so"
    assert image.linkage.libraries.names == ("libc.so.6",)
    assert image.linkage.search_paths == ("RPATH $ORIGIN/../demo.libs", "RUNPATH /opt/lib")
    assert image.linkage.imports.names == ("memcpy@GLIBC_2.14", "PyModule_Create2")
    assert image.linkage.exports.names == ("PyInit_demo",)
    assert image.linkage.required_versions.names == ("libc.so.6 GLIBC_2.14",)
    assert image.origin.build_id == "11" * 20
    assert image.origin.compilers.names == (GCC_DEBIAN,)
    assert image.origin.source_names.names == ("demo.c",)
    assert image.strings.names == ("hello from demo",)


def test_every_byte_of_an_elf_file_is_in_some_section() -> None:
    data = Elf(padding=64).build()
    image = image_of(data + b"appended")
    counted = sum(section.size_bytes for section in image.sections if section.digest)
    assert counted == len(data) + len(b"appended")
    assert section(image, "(bytes outside sections)").kind is SectionKind.OUTSIDE
    kinds = {name: section(image, name).kind for name in (".text", ".rodata", ".data", ".dynsym", ".comment")}
    assert kinds == {
        ".text": SectionKind.CODE,
        ".rodata": SectionKind.READ_ONLY,
        ".data": SectionKind.DATA,
        ".dynsym": SectionKind.SYMBOLS,
        ".comment": SectionKind.NOTES,
    }


def test_producers_and_paths_of_debug_sections() -> None:
    texts = b"GNU C17 14.2.0 -mtune=generic -O2\0/project/build\0demo.c\0/usr/include\0"
    image = image_of(Elf(sections={".debug_str": texts}).build())
    assert image.origin.producers.names == ("GNU C17 14.2.0 -mtune=generic -O2",)
    assert image.origin.debug_paths.names == ("/project/build", "/usr/include")


def test_numbers_that_look_like_a_path_are_none() -> None:
    texts = b"/+;?T?\0/usr/include/x86_64-linux-gnu/c++/14\0"
    image = image_of(Elf(sections={".debug_info": texts}).build())
    assert image.origin.debug_paths.names == ("/usr/include/x86_64-linux-gnu/c++/14",)


@pytest.mark.parametrize(("wide", "head"), [(True, 24), (False, 12)])
def test_a_compressed_debug_section(wide: bool, head: int) -> None:
    texts = b"/project/build\0" * 1000
    packed = (1).to_bytes(4, "little").ljust(head, b"\0") + zlib.compress(texts)
    elf = Elf(wide=wide, sections={".debug_str": packed}, flags={".debug_str": 0x800})
    assert image_of(elf.build()).origin.debug_paths.names == ("/project/build",)
    cut = image_of(elf.build(), Limits(inflated_bytes=5000))
    assert any("more than 5000 bytes" in problem for problem in cut.problems)


def test_the_dynamic_linkers_view_counts() -> None:
    data = bytearray(Elf().build())
    place = section(image_of(bytes(data)), ".dynamic")
    moved = data + data[place.offset : place.offset + place.size_bytes]
    # The second program header's offset, address and size: the linker now reads the copy.
    for at in (64 + 56 + 8, 64 + 56 + 16):
        moved[at : at + 8] = len(data).to_bytes(8, "little")
    image = image_of(bytes(moved))
    assert image.linkage.libraries.names == ("libc.so.6",)
    assert any("not the table that the dynamic linker reads" in problem for problem in image.problems)


def test_names_over_a_limit_are_counted() -> None:
    data = Elf(exports=[f"name_{number}" for number in range(50)]).build()
    exports = image_of(data, Limits(names=20)).linkage.exports
    assert (len(exports.names), exports.left_out, exports.complete) == (20, 30, False)


@pytest.mark.parametrize("wide", [True, False])
def test_pe(wide: bool) -> None:
    imports = {"python3.dll": ("PyModule_Create2",), "KERNEL32.dll": ("WinExec", "Sleep")}
    data = "https://evil.example".encode("utf-16-le")
    image = image_of(build_pe(wide=wide, imports=imports, data=data, timestamp=1729264067))
    assert image.problems == ()
    assert image.type == "DLL"
    assert image.linkage.identity == "demo.pyd"
    assert image.linkage.libraries.names == ("python3.dll", "KERNEL32.dll")
    assert image.linkage.imports.names == (
        "python3.dll!PyModule_Create2",
        "KERNEL32.dll!WinExec",
        "KERNEL32.dll!Sleep",
    )
    assert image.linkage.exports.names == ("PyInit_demo",)
    assert image.origin.timestamp == 1729264067
    assert image.origin.build_id == "22222222-2222-2222-2222-222222222222 age 1"
    assert image.origin.debug_paths.names == ("C:\\build\\demo.pdb",)
    assert image.origin.linkers.names == ("linker 14.41",)
    assert "https://evil.example" in image.strings.names


def test_macho() -> None:
    image = image_of(build_macho(rpaths=["@loader_path/../demo.dylibs"]))
    assert image.problems == ()
    assert (image.architecture, image.type) == ("arm64", "bundle")
    assert image.linkage.libraries.names == ("/usr/lib/libSystem.B.dylib",)
    assert image.linkage.search_paths == ("RPATH @loader_path/../demo.dylibs",)
    assert image.linkage.imports.names == ("_PyModule_Create2",)
    assert image.linkage.exports.names == ("_PyInit_demo",)
    assert image.origin.build_id == "33333333-3333-3333-3333-333333333333"
    assert image.origin.linkers.names == ("ld 1053.0.0",)
    assert ("SDK", "14.5.0") in image.header
    assert section(image, "__TEXT,__text").kind is SectionKind.CODE


def test_universal_macho() -> None:
    images = facts_of(FILES["universal Mach-O"]).images
    assert [image.architecture for image in images] == ["x86-64", "arm64"]
    broken = build_universal([(7, b"not Mach-O"), (0x100000C, build_macho())])
    first, second = facts_of(broken).images
    assert (first.architecture, first.type) == ("x86", "unreadable")
    assert first.problems == ("no Mach-O file is where the universal header says",)
    assert second.problems == ()


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ is how this text begins" * 9, b"\xca\xfe\xba\xbe\0\0\0\x34 a Java class", b"#!/bin/sh\n"],
)
def test_what_is_no_executable_file(data: bytes) -> None:
    assert read_native(BytesIO(data)) is None


def test_a_header_that_is_cut_off() -> None:
    facts = facts_of(FILES["ELF"][:40])
    assert (facts.format, facts.images) == (Format.ELF, ())
    assert facts.unread == "can't be read as ELF: 48 bytes at 0x10 reach beyond its 40 bytes"


def test_tables_that_overlap_without_end() -> None:
    """Thousands of sections of the whole file each: the budget ends the reading, and the reader says so."""
    sections = {f".debug_{number}": b"x" for number in range(3000)}
    data = bytearray(Elf(sections=sections).build()) + bytes(1 << 20)
    table, count = int.from_bytes(data[40:48], "little"), int.from_bytes(data[60:62], "little")
    for at in range(table + 64, table + 64 * count, 64):
        data[at + 24 : at + 40] = (0).to_bytes(8, "little") + len(data).to_bytes(8, "little")
    image = image_of(bytes(data))
    assert any("overlap" in problem for problem in image.problems)
    assert len(image.problems) <= 21


@settings(deadline=None, max_examples=300)
@given(data=st.data(), name=st.sampled_from(sorted(FILES)))
def test_any_mutation_gives_facts(data: st.DataObject, name: str) -> None:
    file = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(file) - 1))
        width = data.draw(st.sampled_from([1, 2, 4, 8]))
        value = data.draw(st.one_of(st.binary(min_size=width, max_size=width), st.just(b"\xff" * width)))
        file[at : at + width] = value
    cut = data.draw(st.integers(0, len(file)) | st.just(len(file)))
    check_sound(bytes(file[:cut]))


@settings(deadline=None)
@given(magic=st.sampled_from([data[:64] for data in FILES.values()]), rest=st.binary(max_size=4000))
def test_any_bytes_after_a_magic_give_facts(magic: bytes, rest: bytes) -> None:
    check_sound(magic[:20] + rest)


def check_sound(data: bytes) -> None:
    facts = read_native(BytesIO(data))
    if facts is None:
        return
    assert facts.size_bytes == len(data)
    assert bool(facts.unread) != bool(facts.images)
    assert facts.unread.isprintable()
    for image in facts.images:
        assert all(problem.isprintable() for problem in image.problems)
        assert image.linkage.imports.left_out >= 0


def test_symbols_that_cant_be_read_are_not_called_absent() -> None:
    """A table that points nowhere: the names are incomplete, and the reader says so."""
    data = bytearray(FILES["ELF"])
    segment = 64 + 56
    data[segment + 8 : segment + 16] = (1 << 40).to_bytes(8, "little")
    linkage = image_of(bytes(data)).linkage
    assert not linkage.imports.complete
    assert not linkage.exports.complete
    macho = bytearray(FILES["Mach-O"])
    at = macho.index(b"\x02\0\0\0\x18\0\0\0")
    macho[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    assert not image_of(bytes(macho)).linkage.imports.complete


def test_names_that_overlap_in_a_large_string_table() -> None:
    """A hundred thousand symbols whose names are one long text, each from another place on."""
    count = 100_000
    symbols = bytes(24) + b"".join(
        (at + 1).to_bytes(4, "little") + b"\x12\0\1\0" + bytes(16) for at in range(count)
    )
    strings = b"\0" + b"a" * (count + 70_000) + b"\0"
    image = image_of(Elf(sections={".dynsym": symbols, ".dynstr": strings}).build())
    assert not image.linkage.exports.complete
    assert sum(map(len, image.linkage.exports.names)) <= Limits().names_chars


def test_a_bomb_in_a_debug_section() -> None:
    packed = (1).to_bytes(4, "little").ljust(24, b"\0") + zlib.compress(bytes(8 << 20), 9)
    sections = {".debug_str": packed, ".debug_line_str": packed}
    data = Elf(sections=sections, flags=dict.fromkeys(sections, 0x800)).build()
    image = image_of(data, Limits(inflated_bytes=1 << 20))
    assert sum("decompressed" in problem for problem in image.problems) == len(sections)


def test_more_sections_than_any_honest_file() -> None:
    pe = bytearray(FILES["PE"])
    at = int.from_bytes(pe[0x3C:0x40], "little") + 6
    pe[at : at + 2] = b"\xff\xff"
    assert "of which Windows loads 96" in facts_of(bytes(pe)).unread
    elf = image_of(FILES["ELF"], Limits(sections=5))
    assert any("over the limit" in problem for problem in elf.problems)
    assert elf.linkage.libraries.names == ("libc.so.6",)
    assert not elf.linkage.imports.complete


@pytest.mark.parametrize("wide", [True, False])
def test_symbols_that_only_relocations_reach(wide: bool) -> None:
    """A section header that hides the last symbols from tools does not hide them from the linker."""
    elf = Elf(wide=wide, imports=["PyModule_Create2", "system@GLIBC_2.2.5"], relocated=[1, 2])
    data = bytearray(elf.build())
    image = image_of(bytes(data))
    table = section(image, "(section headers)")
    row = 64 if wide else 40
    sizes, width = (32, 8) if wide else (20, 4)
    symbols = section(image, ".dynsym")
    for at in range(table.offset, table.offset + table.size_bytes, row):
        if int.from_bytes(data[at + sizes - width : at + sizes], "little") == symbols.offset:
            data[at + sizes : at + sizes + width] = bytes(width)
    assert image_of(bytes(data)).linkage.imports.names == ("PyModule_Create2", "system@GLIBC_2.2.5")


def test_more_strings_than_are_looked_at() -> None:
    texts = b"".join(b"/path/%04d\0" % number for number in range(2000))
    data = Elf(sections={".rodata": texts, ".debug_str": texts, ".debug_line": texts}).build()
    image = image_of(data, Limits(strings=1000))
    assert (len(image.strings.names), image.strings.complete) == (1000, False)
    assert len(image.origin.debug_paths.names) == 1000
    assert {problem.partition(":")[0] for problem in image.problems} == {
        ".rodata",
        ".debug_str",
        ".debug_line",
    }
