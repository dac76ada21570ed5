"""Real releases on the real index: what is promised of them, and what their locks hold."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from made_project import BACKEND, NO_REQUIRES, MadeProject
from running import Ended, run_inside, run_program
from wheelproof.core.errors import ExitCode
from wheelproof.recipe.lock import Lock, load_lock, requirement_files

# A release, the backend that its lock names, and the least that its check gives.
RELEASES = {
    "six-1.17.0-py2.py3-none-any.whl": ("setuptools.build_meta:__legacy__", "same-content"),
    "attrs-26.1.0-py3-none-any.whl": ("hatchling.build", "identical"),
    "packaging-26.3-py3-none-any.whl": ("flit_core.buildapi", "identical"),
    "fastapi-0.165.0-py3-none-any.whl": ("pdm.backend", "identical"),
    "litellm-1.91.5-py3-none-any.whl": ("uv_build", "identical"),
    "hatchling-1.33.0-py3-none-any.whl": ("hatchling.ouroboros", "identical"),
    "futures-3.4.0-py2-none-any.whl": ("setup.py", "same-content"),
}
NEEDY = MadeProject(name="needy")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("online") / "evidence"


@pytest.fixture(scope="module")
def checked(folder: Path) -> Ended:
    """All of them in one run, from an empty cache."""
    return run_program(
        "check", *RELEASES, "--format", "json", "-o", folder,
        environment={"WHEELPROOF_CACHE": folder.parent / "cache"},
    )  # fmt: skip


def result_of(checked: Ended, filename: str) -> dict[str, Any]:
    (found,) = [item for item in checked.results if item["published"]["filename"] == filename]
    return found


def requirements_of(result: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["version"] for item in result["environment"]["requirements"]}


@pytest.mark.parametrize("filename", RELEASES)
def test_promised_verdict(checked: Ended, filename: str) -> None:
    backend, verdict = RELEASES[filename]
    result = result_of(checked, filename)
    assert (result["verdict"], result["environment"]["backend"]) == (verdict, backend)
    assert result["environment"]["image"]["pin_met"]
    assert [choice for choice in result["environment"]["choices"] if choice["origin"] == "recipe"] == []


def test_the_run_reaches_its_level(checked: Ended) -> None:
    assert checked.exit_code == ExitCode.REACHED
    assert len(checked.results) == len(RELEASES)


@pytest.mark.parametrize("filename", RELEASES)
def test_locked_as_of_the_upload(checked: Ended, folder: Path, filename: str) -> None:
    """Nothing that a build uses was published after the wheel."""
    lock: Lock = load_lock(folder / filename.removesuffix(".whl") / "pylock.toml")
    uploaded = lock.published.upload_time
    assert uploaded is not None
    assert lock.as_of == uploaded.replace(microsecond=0)
    times = [file.upload_time for file in requirement_files(lock.requirements)]
    assert all(time is not None and time <= lock.as_of for time in times)
    assert "://" not in (folder / filename.removesuffix(".whl") / "pylock.toml").read_text("utf-8")


def test_the_setuptools_of_the_day(checked: Ended) -> None:
    """Both from the Generator line and from the upload time; legacy builds get what Python 2 can run."""
    found = {name: requirements_of(result_of(checked, name)) for name in RELEASES}
    assert found["six-1.17.0-py2.py3-none-any.whl"] == {"setuptools": "75.6.0"}
    assert found["futures-3.4.0-py2-none-any.whl"] == {"setuptools": "44.1.1", "wheel": "0.37.1"}


def test_a_requirement_that_exists_only_as_an_sdist(tmp_path: Path) -> None:
    sdist = NEEDY.sdist(
        backend=f'import docopt\nassert docopt.__version__ == "0.6.2"\n{BACKEND}',
        pyproject=NO_REQUIRES.replace("[]", '["docopt == 0.6.2"]'),
    )
    (tmp_path / NEEDY.wheel_name).write_bytes(NEEDY.wheel())
    (tmp_path / NEEDY.sdist_name).write_bytes(sdist)
    path = tmp_path / "pylock.toml"
    files = (tmp_path / NEEDY.wheel_name, "--sdist", tmp_path / NEEDY.sdist_name)
    ended = run_inside("lock", *files, "-q", "-o", path)
    assert ended.exit_code == ExitCode.REACHED, ended.err
    (package,) = tomllib.loads(path.read_text("utf-8"))["packages"]
    assert package["sdist"]["name"] == "docopt-0.6.2.tar.gz"
    assert package["sdist"]["upload-time"] < datetime.fromisoformat("2015-01-01T00:00:00Z")
    assert "setuptools" in {inner["name"] for inner in package["tool"]["wheelproof"]["requires"]}
    ended = run_inside("check", "--locked", path, "--offline", "--format", "json")
    assert ended.result["verdict"] == "identical"
    assert ended.exit_code == ExitCode.REACHED
