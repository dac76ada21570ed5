"""The wheel of this very project, installed as a user would, away from its source tree."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT
from uv import find_uv_bin

from made_project import MadeProject
from wheelproof.container.definition import load_definitions

ROOT = Path(__file__).parents[2]
DEMO = MadeProject()


def run(*command: str | Path, folder: Path) -> str:
    """Run a command outside the repository, and without what could lead back into it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("away")


@pytest.fixture(scope="module")
def wheel(away: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", away / "dist", folder=ROOT)
    (path,) = (away / "dist").iterdir()
    return path


@pytest.fixture(scope="module")
def program(away: Path, wheel: Path) -> Path:
    """Installed from the wheel and the locked requirements into an environment of its own."""
    uv, python = Path(find_uv_bin()), away / "env" / "bin" / "python"
    install = (uv, "pip", "install", "--no-config", "--quiet", "--python", python)
    locked = ("--require-hashes", "--default-index", PYPI_SIMPLE_ENDPOINT, "-r", ROOT / "requirements.txt")
    run(uv, "venv", "--no-config", "--quiet", "--python", sys.executable, away / "env", folder=away)
    run(*install, *locked, folder=away)
    run(*install, "--no-deps", "--offline", wheel, folder=away)
    return away / "env" / "bin" / "wheelproof"


def test_what_the_wheel_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {name for name in names if name.startswith("wheelproof/_shipped/")}
    for folder in ("containers", "recipes"):
        here = {
            f"wheelproof/_shipped/{path.relative_to(ROOT)}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here
        assert here <= shipped
    assert "wheelproof/py.typed" in names
    assert "wheelproof/rebuild/inside/runner.py" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_it_runs_elsewhere(program: Path, away: Path) -> None:
    assert run(program, "--version", folder=away).startswith("wheelproof ")
    where = run(
        program.with_name("python"), "-c", "import wheelproof; print(wheelproof.__file__)", folder=away
    )
    assert Path(where.strip()).is_relative_to(away)


def test_images_and_recipes_came_along(program: Path, away: Path) -> None:
    listed = run(program, "image", "list", folder=away)
    assert [line.split()[0] for line in listed.splitlines()] == list(load_definitions())
    code = "from wheelproof.core.shipped import shipped_folder as at; print(at('recipes'), at('containers'))"
    folders = run(program.with_name("python"), "-c", code, folder=away).split()
    assert [Path(folder).is_relative_to(away) for folder in folders] == [True, True]


def test_it_inspects(program: Path, away: Path) -> None:
    path = away / DEMO.wheel_name
    path.write_bytes(DEMO.wheel())
    assert "generator         made" in run(program, "inspect", path, folder=away).splitlines()


def test_it_checks(program: Path, away: Path) -> None:
    """A whole check: the runner came along, the resolver is found, and the recipes are read."""
    (away / DEMO.sdist_name).write_bytes(DEMO.sdist())
    path = away / DEMO.wheel_name
    path.write_bytes(DEMO.wheel())
    said = run(program, "check", "-q", path, "--sdist", away / DEMO.sdist_name, folder=away)
    assert said.startswith(f"identical  {DEMO.wheel_name}\n")
