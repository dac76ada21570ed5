"""What ``wheelproof vary`` refuses before it asks an engine for anything."""

from pathlib import Path

import pytest

from made_project import NO_REQUIRES, MadeProject
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode, UsageError
from wheelproof.vary.settle import VaryOptions, chosen_variations
from wheelproof.vary.variation import BY_ID


def vary(*arguments: str | Path) -> Ended:
    return run_inside("vary", "--quiet", *arguments)


@pytest.mark.parametrize("option", ["--variations", "--except"])
def test_a_variation_that_there_is_not(tmp_path: Path, option: str) -> None:
    ended = vary(tmp_path, option, "umask,weather\x1b")
    assert (ended.exit_code, ended.out) == (ExitCode.USAGE, "")
    assert "There is no variation 'weather" in ended.err
    assert "\x1b" not in ended.err
    assert all(name in ended.err for name in BY_ID)


def test_nothing_left_to_vary(tmp_path: Path) -> None:
    ended = vary(tmp_path, "--variations", "umask", "--except", "umask, home")
    assert ended.exit_code == ExitCode.USAGE
    assert "No variation is left" in ended.err


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("absent", None, "There is nothing at"),
        (MadeProject().wheel_name, b"PK", "is a wheel"),
        ("empty", "folder", "no pyproject.toml and no setup.py"),
    ],
)
def test_what_is_no_source(tmp_path: Path, name: str, content: bytes | str | None, why: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    ended = vary(path)
    assert ended.exit_code == ExitCode.USAGE
    assert why in ended.err


def test_an_sdist_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0.tar.gz").write_bytes(b"no archive")
    assert vary(tmp_path / "demo-1.0.tar.gz").exit_code == ExitCode.MALFORMED


@pytest.mark.parametrize("setting", ["flag", "=value", "twice=1"])
def test_a_setting_that_is_none(tmp_path: Path, setting: str) -> None:
    (tmp_path / "pyproject.toml").write_text(NO_REQUIRES)
    ended = vary(tmp_path, "-C", "twice=0", "-C", setting)
    assert ended.exit_code == ExitCode.USAGE
    assert "is no setting of its own" in ended.err


def test_variations_come_in_their_own_order_each_once() -> None:
    chosen = chosen_variations(VaryOptions(variations=("user", "umask", "user", "home"), excepted=("home",)))
    assert chosen == ("umask", "user")
    assert chosen_variations(VaryOptions()) == tuple(BY_ID)
    with pytest.raises(UsageError):
        chosen_variations(VaryOptions(excepted=tuple(BY_ID)))
