"""Real extension modules of the index: what is read from them, and how two releases differ."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from wheelproof.compare.native import compare_native
from wheelproof.compare.native_text import describe
from wheelproof.compare.toolchain import name_toolchain
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.wheel.native.facts import Format, Image, NativeFacts, SectionKind
from wheelproof.wheel.native.read import read_native

LINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"


class Wheels:
    """Wheels of MarkupSafe by version and platform."""

    def __init__(self, http: Http, folder: Path) -> None:
        self._http = http
        self._index = SimpleIndex(http)
        self._cache = Cache(folder)

    def module(self, version: str, platform: str) -> bytes:
        """The one extension module of a wheel for CPython 3.13."""
        filename = f"MarkupSafe-{version}-cp313-cp313-{platform}.whl"
        file = self._index.project("markupsafe").find(filename)
        artifact = download(file, http=self._http, cache=self._cache)
        with zipfile.ZipFile(artifact.path) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith((".so", ".pyd")))
            return archive.read(name)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wheels]:
    with Http() as http:
        yield Wheels(http, tmp_path_factory.mktemp("cache"))


def facts_of(data: bytes) -> NativeFacts:
    facts = read_native(BytesIO(data))
    assert facts
    assert not facts.unread
    return facts


def image_of(data: bytes) -> Image:
    (image,) = facts_of(data).images
    assert image.problems == ()
    return image


def test_a_linux_module(wheels: Wheels) -> None:
    data = wheels.module("3.0.2", LINUX)
    image = image_of(data)
    assert (image.architecture, image.type) == ("x86-64, 64-bit little-endian", "shared object")
    assert image.linkage.libraries.names == ("libpthread.so.0", "libc.so.6")
    assert {"PyModule_Create2", "PyUnicode_New", "memcpy@GLIBC_2.14"} <= set(image.linkage.imports.names)
    assert image.linkage.exports.names == ("_init", "_fini", "PyInit__speedups")
    assert image.origin.build_id == "34260577af42e213356eb75fe2fe830838b78497"
    assert name_toolchain(image.origin) == ("GCC 10.2.1 (Red Hat 10.2.1-11)",)
    (producer,) = image.origin.producers.names
    assert producer.startswith("GNU C17 10.2.1 20210130 (Red Hat 10.2.1-11) -mtune=generic")
    assert "/project" in image.origin.debug_paths.names
    covered = sum(section.size_bytes for section in image.sections if section.digest)
    assert covered == len(data)


def test_two_releases(wheels: Wheels) -> None:
    published, rebuilt = (facts_of(wheels.module(version, LINUX)) for version in ("3.0.2", "3.0.1"))
    difference = compare_native(published, rebuilt)
    (image,) = difference.images
    assert (image.imports.only_published, image.imports.only_rebuilt) == ((), ("PyUnicode_Type",))
    assert not image.exports
    lines = describe(difference, 60).lines
    assert lines[0] == (
        "compiler equal: GCC 10.2.1 (Red Hat 10.2.1-11), imports differ (0 only published, 1 only rebuilt), "
        "exports equal, code sections differ"
    )
    assert any(line.startswith("-build id ") for line in lines)


def test_a_windows_module(wheels: Wheels) -> None:
    data = wheels.module("3.0.2", "win_amd64")
    assert facts_of(data).format is Format.PE
    image = image_of(data)
    assert (image.architecture, image.type) == ("x86-64", "DLL")
    assert "python313.dll!PyModule_Create2" in image.linkage.imports.names
    assert image.linkage.exports.names == ("PyInit__speedups",)
    assert any(name.startswith("MSVC tool ") for name in image.origin.compilers.names)
    assert image.origin.timestamp == 1729264067


def test_a_macos_module(wheels: Wheels) -> None:
    image = image_of(wheels.module("3.0.2", "macosx_11_0_arm64"))
    assert (image.architecture, image.type) == ("arm64", "bundle")
    assert image.linkage.libraries.names == ("/usr/lib/libSystem.B.dylib",)
    assert "_PyModule_Create2" in image.linkage.imports.names
    assert image.linkage.exports.names == ("_PyInit__speedups",)
    assert image.origin.linkers.names == ("ld 1053.12.0",)
    assert {SectionKind.CODE, SectionKind.SIGNATURE} <= {section.kind for section in image.sections}


@pytest.mark.parametrize("platform", [LINUX, "win_amd64", "macosx_11_0_arm64"])
def test_a_module_that_is_cut_off_anywhere(wheels: Wheels, platform: str) -> None:
    data = wheels.module("3.0.2", platform)
    for size in (*range(0, 2000, 7), *range(2000, len(data), 997)):
        facts = read_native(BytesIO(data[:size]))
        assert facts is None or bool(facts.unread) != bool(facts.images)
