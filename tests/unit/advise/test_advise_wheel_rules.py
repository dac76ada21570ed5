from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sdist_builder
from advice_given import put_wheel, said
from made_project import Moment
from wheel_builder import DIST_INFO, FILENAME
from wheelproof.advise.built import BuiltWheel, read_built
from wheelproof.wheel.content import CHUNK_BYTES

FILES = {"demo/__init__.py": "x = 1\n", "demo/data.json": "{}\n"}
LATER = (2024, 5, 6, 8, 0, 0)
FIRST: Moment = (1980, 1, 1, 0, 0, 0)
FLIT: Moment = (2016, 1, 1, 0, 0, 0)
GENERATED = tuple(f"{DIST_INFO}/{name}" for name in ("METADATA", "WHEEL", "RECORD"))


def test_entries_of_several_times(tmp_path: Path) -> None:
    built = read_built(put_wheel(tmp_path, FILES, moments={"demo/__init__.py": LATER}))
    assert said("wheel-times-differ", built) == [
        f"{FILENAME}: The entries have 2 times, from 2024-05-06 07:08:10 to 2024-05-06 08:00:00"
    ]


def test_entries_of_one_time(tmp_path: Path) -> None:
    assert said("wheel-times-differ", read_built(put_wheel(tmp_path, FILES))) == []


def test_times_of_files_beside_a_fixed_one_of_what_was_generated(tmp_path: Path) -> None:
    moments = dict.fromkeys(GENERATED, FLIT)
    assert said("wheel-times-differ", read_built(put_wheel(tmp_path, FILES, moments=moments))) == []
    moments = dict.fromkeys(GENERATED, FLIT) | dict.fromkeys(FILES, FIRST)
    assert said("wheel-times-differ", read_built(put_wheel(tmp_path, FILES, moments=moments))) == []


def test_modes_that_others_may_write(tmp_path: Path) -> None:
    built = read_built(put_wheel(tmp_path, FILES, modes={"demo/data.json": 0o664}))
    assert said("wheel-modes-writable", built) == [
        "demo/data.json: The group or others may write demo/data.json"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"modes": {f"{DIST_INFO}/RECORD": 0o664}},
        {"modes": {"demo/data.json": 0o755}},
        {"modes": {"demo/data.json": 0o666}, "filename": "demo-1.0-cp312-cp312-win_amd64.whl"},
    ],
)
def test_modes_that_are_usual(tmp_path: Path, changes: dict[str, dict[str, int]]) -> None:
    assert said("wheel-modes-writable", read_built(put_wheel(tmp_path, FILES, **changes))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("generator", "fires"),
    [
        ("maturin (1.12.4)", True),
        ("maturin (0.14.7)", True),
        ("maturin (1.13.0)", False),
        ("maturin (1.11.5)", False),
        ("bdist_wheel (0.26.0)", True),
        ("bdist_wheel (0.27.0)", False),
        ("setuptools (80.9.0)", False),
        ("made", False),
    ],
)
def test_a_generator_that_is_unstable(tmp_path: Path, generator: str, fires: bool) -> None:
    found = said("wheel-backend-unstable", read_built(put_wheel(tmp_path, FILES, generator=generator)))
    assert bool(found) is fires


@pytest.mark.parametrize(
    ("generator", "names", "fires"),
    [
        ("bdist_wheel (0.29.0)", ("demo/b.py", "demo/a.py"), True),
        ("bdist_wheel (0.29.0)", ("demo/a.py", "demo/b.py"), False),
        ("bdist_wheel (0.29.0)", ("demo/b.py", "a.py"), False),
        ("bdist_wheel (0.30.0)", ("demo/b.py", "demo/a.py"), False),
        ("poetry-core 1.4.2", ("demo/b.py", "demo/a.py"), True),
    ],
)
def test_a_record_that_is_not_sorted(
    tmp_path: Path, generator: str, names: tuple[str, ...], fires: bool
) -> None:
    built = read_built(put_wheel(tmp_path, dict.fromkeys(names, ""), generator=generator))
    found = said("wheel-record-unsorted", built)
    assert [text.split(": ")[0] for text in found] == ([f"{DIST_INFO}/RECORD:2"] if fires else [])


def test_a_pure_wheel_from_windows(tmp_path: Path) -> None:
    built = read_built(put_wheel(tmp_path, FILES, newline="\r\n"))
    assert len(said("wheel-built-on-windows", built)) == 1
    assert said("wheel-built-on-windows", read_built(put_wheel(tmp_path, FILES))) == []


@pytest.mark.parametrize(
    "name",
    [
        b"/x/.mesonpy-k2j_3h4d/src",
        b"/tmp/pip-req-build-0a1b2c3d/x.c",
        b"/tmp/ccFeAlMk.o",
        b"build-via-sdist-abcd_123/",
    ],
)
def test_native_code_with_a_random_name(tmp_path: Path, name: bytes) -> None:
    code = b"\x7fELF" + b"\0" * (1 << 20) + name + b"\0"
    built = read_built(put_wheel(tmp_path, {"demo/fast.so": code}))
    (found,) = said("wheel-random-name", built)
    assert found.startswith("demo/fast.so: It holds the random name ")


@pytest.mark.parametrize(
    "name", [b"/project/.mesonpy/src", b"/tmp/ccsolver.cpp", b"build-via-sdist", b"pip-install-guide"]
)
def test_native_code_with_a_name_that_is_not_random(tmp_path: Path, name: bytes) -> None:
    built = read_built(
        put_wheel(tmp_path, {"demo/fast.so": b"\x7fELF" + name + b"\0", "demo/x.py": "/tmp/ccFeAlMk.o"})
    )
    assert said("wheel-random-name", built) == []


def test_a_random_name_across_two_chunks(tmp_path: Path) -> None:
    name = b"/.mesonpy-k2j_3h4d/"
    code = b"\0" * (CHUNK_BYTES - len(name) // 2) + name + b"\0" * CHUNK_BYTES
    assert said("wheel-random-name", read_built(put_wheel(tmp_path, {"demo/fast.so": code})))


def with_sdist(folder: Path, wheel: dict[str, str], sdist: dict[str, str]) -> BuiltWheel:
    path = folder / sdist_builder.FILENAME
    path.write_bytes(sdist_builder.tar_gz(sdist_builder.members({**sdist_builder.tree(), **sdist})))
    return read_built(put_wheel(folder, wheel), path)


@pytest.mark.parametrize(
    "name", ["demo/compat.py", "demo/py.typed", f"{DIST_INFO}/licenses/LICENSE", "demo-1.0.data/data/x.txt"]
)
def test_a_member_that_the_sdist_lacks(tmp_path: Path, name: str) -> None:
    built = with_sdist(tmp_path, {**FILES, name: ""}, {**FILES, "demo/empty.py": ""})
    assert said("wheel-member-not-in-sdist", built) == [
        f"{name}: The sdist has neither the name nor the content of {name}"
    ]


@pytest.mark.parametrize(
    ("wheel", "sdist"),
    [
        ("demo/compat.py", {"src/demo/compat.py": "other"}),
        ("demo/compat.py", {"lib/renamed.py": "same"}),
        ("demo/compat.py", {"demo/compat.py.in": "other"}),
        ("demo-1.0.data/data/x.txt", {"x.txt": "other"}),
        ("demo/fast.so", {}),
        ("demo.libs/libx.so.1", {}),
        ("demo-1.0-py3.11-nspkg.pth", {}),
        (f"{DIST_INFO}/top_level.txt", {}),
    ],
)
def test_a_member_that_the_sdist_has_or_a_tool_makes(
    tmp_path: Path, wheel: str, sdist: dict[str, str]
) -> None:
    assert said("wheel-member-not-in-sdist", with_sdist(tmp_path, {wheel: "same"}, sdist)) == []


def test_a_wheel_without_an_sdist_is_held_against_none(tmp_path: Path) -> None:
    built = read_built(put_wheel(tmp_path, FILES))
    assert built.missing is None
    assert said("wheel-member-not-in-sdist", built) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(max_size=40), st.lists(st.text("ab/.", min_size=1, max_size=8), max_size=4, unique=True))
def test_any_generator_and_names(tmp_path: Path, generator: str, names: list[str]) -> None:
    files = {f"d/{name}.py": "" for name in names}
    built = read_built(put_wheel(tmp_path, files, generator=generator.replace("\n", "").replace("\r", "")))
    for identity in ("wheel-backend-unstable", "wheel-record-unsorted", "wheel-times-differ"):
        said(identity, built)
