"""``check dist/*.whl --sdist dist/*.tar.gz`` before an upload: local files, and no index at all."""

from pathlib import Path

import pytest

from made_project import BACKEND, MadeProject, sdist_of
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.cache import Cache

PYTHON = "3.13"
IMAGE = "debian-trixie-py3.13-cc"
NATIVE = MadeProject(name="native")
WHEEL = "native-1.0-cp313-cp313-linux_x86_64.whl"
# Compiles one file, and packs it with what the project has.
COMPILING = (
    BACKEND.replace("build_wheel(", "pack(")
    + """

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import subprocess
    import sysconfig
    include = "-I" + sysconfig.get_paths()["include"]
    command = ["cc", "-shared", "-fPIC", "-O2", include, "fast.c", "-o", "wheel/native/_fast.so"]
    subprocess.run(command, check=True)
    name = pack(wheel_directory)
    Path(wheel_directory, name).rename(Path(wheel_directory, "WHEEL-NAME"))
    return "WHEEL-NAME"
""".replace("WHEEL-NAME", WHEEL)
)
FAST = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
"""


def native_sdist() -> bytes:
    members = NATIVE.members()
    tags = f"{NATIVE.dist_info}/WHEEL"
    members[tags] = members[tags].replace(b"py3-none-any", b"cp313-cp313-linux_x86_64")
    files = {f"wheel/{name}": content for name, content in members.items()}
    files |= {
        "PKG-INFO": b"Metadata-Version: 2.1\nName: native\nVersion: 1.0\n",
        "pyproject.toml": b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": COMPILING.encode(),
        "fast.c": FAST.encode(),
    }
    return sdist_of("native-1.0", files)


@pytest.fixture
def dist(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what was built; there is no index at all."""
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder


def check(dist: Path, *options: str | Path) -> Ended:
    (sdist,) = dist.glob("*.tar.gz")
    return run_inside(
        "check", *sorted(dist.glob("*.whl")), "--sdist", sdist, "--offline", "--format", "json", *options
    )


def test_a_wheel_with_compiled_code_is_rebuilt_from_the_sdist_beside_it(dist: Path, tmp_path: Path) -> None:
    (dist / NATIVE.sdist_name).write_bytes(native_sdist())
    (dist / WHEEL).write_bytes(NATIVE.wheel())
    folder = tmp_path / "evidence"
    first = check(dist, "--image", IMAGE, "-o", folder)
    assert first.exit_code == ExitCode.NOT_REACHED
    rebuilt = (folder / "rebuilt" / WHEEL).read_bytes()

    (dist / WHEEL).write_bytes(rebuilt)
    ended = check(dist)
    assert ended.exit_code == ExitCode.REACHED, ended.out
    assert ended.result["verdict"] == "identical"
    image = ended.result["environment"]["image"]
    assert (image["name"], image["python"]) == (IMAGE, PYTHON)
    compiler = image["tools"]["cc"]
    assert compiler["package"] in image["packages"]
    assert "no index vouches for them" in ended.result["notes"][0]


def test_several_wheels_of_one_sdist_are_each_rebuilt(dist: Path) -> None:
    (dist / NATIVE.sdist_name).write_bytes(NATIVE.sdist())
    (dist / NATIVE.wheel_name).write_bytes(NATIVE.wheel())
    (dist / NATIVE.wheel_name.replace("1.0-", "1.0-1-")).write_bytes(NATIVE.wheel())
    ended = check(dist, "--require", "identical")
    assert [result["verdict"] for result in ended.results] == ["identical", "identical"], ended.out


def test_a_release_that_was_left_in_the_folder_is_named(dist: Path) -> None:
    other = MadeProject(name="native", version="0.9")
    (dist / NATIVE.sdist_name).write_bytes(NATIVE.sdist())
    for project in (NATIVE, other):
        (dist / project.wheel_name).write_bytes(project.wheel())
    ended = check(dist)
    assert (ended.exit_code, ended.out) == (ExitCode.USAGE, "")
    assert "native-1.0.tar.gz is of native 1.0, and the wheel of native 0.9" in ended.err
