"""What a wheel for one platform says of its toolchain, and what inference makes of it."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made_evidence import candidate, evidence, moment, source
from native_builder import GCC_DEBIAN, GCC_RED_HAT, Elf
from wheel_builder import DIST_INFO, FILES, complete, put, zipped
from wheelproof.infer.evidence import Evidence, Publisher
from wheelproof.infer.platform import PlatformEvidence, read_platform
from wheelproof.infer.publisher import UNKNOWN
from wheelproof.infer.rules import infer
from wheelproof.wheel.facts import read_wheel

NAME = "demo-1.0-{}.whl"
TAG = "cp313-cp313-manylinux_2_17_x86_64.manylinux_2_28_x86_64"
IMAGE = "registry.example/manylinux_2_28_x86_64@sha256:" + "1" * 64


def read(folder: Path, files: dict[str, bytes], tag: str = TAG) -> PlatformEvidence | None:
    return read_platform(read_wheel(put(folder, zipped(complete({**FILES, **files})), NAME.format(tag))))


def elf(*comment: str, strings: bytes = b"") -> bytes:
    return Elf(comment=comment, sections={".rodata": strings} if strings else {}).build()


def test_a_wheel_for_any_platform_is_not_asked(tmp_path: Path) -> None:
    assert read(tmp_path, {"demo/x.so": elf(GCC_DEBIAN)}, "py3-none-any") is None


def test_the_compilers_tags_and_packages_are_read(tmp_path: Path) -> None:
    sbom = {"components": [{"purl": "pkg:rpm/almalinux/libgomp@8.5.0"}, {"purl": "pkg:pypi/demo@1"}]}
    found = read(
        tmp_path,
        {
            "demo/_x.so": elf(GCC_RED_HAT, "rustc version 1.83.0 (90b35a623 2024-11-26)"),
            "demo.libs/libgomp-1234.so": elf("GCC: (GNU) 8.5.0 20210514 (Red Hat 8.5.0-22)"),
            f"{DIST_INFO}/sboms/auditwheel.cdx.json": json.dumps(sbom).encode(),
        },
    )
    assert found == PlatformEvidence(
        tag="manylinux_2_17_x86_64.manylinux_2_28_x86_64",
        interpreters=("cp313-cp313",),
        files=1,
        compilers=("GCC 14.2.1 (Red Hat 14.2.1-11)",),
        rustc=("rustc version 1.83.0 (90b35a623 2024-11-26)",),
        distributions=("almalinux",),
    )


@pytest.mark.parametrize(
    ("tag", "interpreters", "later_too"),
    [
        ("cp313-cp313t-linux_x86_64", ("cp313-cp313t",), False),
        ("cp39-abi3-linux_x86_64", (), True),
        ("py3-none-linux_x86_64", (), True),
        ("cp27-cp27mu-linux_x86_64", ("cp27-cp27mu",), False),
        ("pp310-pypy310_pp73-linux_x86_64", (), False),
    ],
)
def test_the_tags_name_the_interpreters(
    tag: str, interpreters: tuple[str, ...], later_too: bool, tmp_path: Path
) -> None:
    found = read(tmp_path, {"demo/_x.so": elf(GCC_DEBIAN)}, tag)
    assert found is not None
    assert (found.interpreters, found.later_too) == (interpreters, later_too)


def test_a_wheel_that_was_not_compiled_has_no_files(tmp_path: Path) -> None:
    found = read(tmp_path, {"demo/table.bin": b"\x7fEL", "demo/empty.so": b""})
    assert found is not None
    assert found.files == 0
    assert [item.field for item in infer(about(found)) if item.field in {"image", "folder"}] == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(at=st.integers(0, 2000), data=st.binary(max_size=60), sbom=st.binary(max_size=60))
def test_whatever_the_files_hold_it_can_be_shown(at: int, data: bytes, sbom: bytes, tmp_path: Path) -> None:
    whole = elf(GCC_RED_HAT, "GCC: (\x1b[2J) 1", strings=b"/project/src/x.c\0")
    files = {
        "demo/_x.so": whole[:at] + data + whole[at + len(data) :],
        f"{DIST_INFO}/sboms/auditwheel.cdx.json": sbom,
    }
    found = read(tmp_path, files)
    assert found is not None
    assert "".join((*found.compilers, *found.rustc, *found.distributions)).isprintable()
    published = Publisher(image=IMAGE, evidence="it was pinned")
    assert all(item.evidence.isprintable() for item in infer(about(found, published)))


def about(
    platform: PlatformEvidence, publisher: Publisher | None = None, *files: str, python: str = "cp313"
) -> Evidence:
    return evidence(
        filename=NAME.format(TAG),
        pure=False,
        interpreters=frozenset({python}),
        upload_time=moment(2026, 8, 1),
        platform=platform,
        publisher=publisher or Publisher(),
        source=source(files=frozenset({"setup.py", *files})),
    )


def value_of(subject: Evidence, field: str) -> tuple[object, str] | None:
    found = {item.field: (item.value, item.evidence) for item in infer(subject)}
    return found.get(field)


PLATFORM = PlatformEvidence(tag=TAG, files=1, compilers=("GCC 14.2.1 (Red Hat 14.2.1-11)",))


def test_the_publishers_image_is_inferred_with_its_evidence() -> None:
    subject = about(PLATFORM, Publisher(image=IMAGE, evidence="it was pinned that day"))
    assert value_of(subject, "image") == (
        IMAGE,
        "it was pinned that day; compiled by GCC 14.2.1 (Red Hat 14.2.1-11)",
    )
    assert candidate(subject).recipe.image == IMAGE


def test_an_image_that_is_not_known_says_so() -> None:
    found = value_of(about(PLATFORM, Publisher(evidence="nothing was pinned by then")), "image")
    assert found is not None
    assert found[0] == UNKNOWN


def test_the_image_with_the_very_compiler_built_it() -> None:
    own = Publisher(image=IMAGE, evidence="pinned", own={"3.13": "own-cc"})
    assert candidate(about(PLATFORM, own)).recipe.image == "own-cc"
    other = about(PLATFORM, own, python="cp312")
    assert candidate(other).recipe.image == IMAGE


def test_a_wheel_of_which_no_table_knows_gets_the_usual_image() -> None:
    assert value_of(about(PLATFORM, Publisher()), "image") is None
    assert candidate(about(PLATFORM, Publisher())).recipe.image == "py3.13-cc"


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (("/project/src/_x.c", "/usr/include/_x.c"), "/project"),
        (("/project/python/src/_x.c",), "/project/python"),
        (("/tmp/pip-req-build-ab_1/src/_x.c",), "/tmp/pip-req-build-ab_1"),
        (("/a/src/_x.c", "/b/src/_x.c", "/b/_y.c"), "/b"),
        (("/project/build/temp/made.c",), "/project"),
        (("/project",), "/project"),
        (("/projects/made.c",), None),
        (("/usr/src/demo/src/_x.c",), None),
        (("/crates/demo/src/lib.rs",), None),
        (("/../src/_x.c",), None),
        ((), None),
    ],
)
def test_paths_of_sources_say_where_the_source_lay(paths: tuple[str, ...], folder: str | None) -> None:
    platform = PlatformEvidence(tag=TAG, files=1, paths=paths)
    found = value_of(about(platform, None, "src/_x.c", "_y.c", "src/lib.rs"), "folder")
    assert (found and found[0]) == folder
    if found is not None:
        assert candidate(about(platform, None, "src/_x.c", "_y.c")).recipe.folder == folder


def test_paths_are_found_in_data(tmp_path: Path) -> None:
    strings = b"file /project/src/_x.c: line\0build/temp/_y.c\0http://host.example/src/_x.c\0"
    found = read(tmp_path, {"demo/_x.so": elf(GCC_RED_HAT, strings=strings)})
    assert found is not None
    assert found.paths == ("/project/src/_x.c",)
