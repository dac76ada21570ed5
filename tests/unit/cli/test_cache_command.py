import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wheelproof.cli.cache import app, parse_age, parse_size
from wheelproof.core.errors import UsageError
from wheelproof.fetch.cache import Cache


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cache:
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path))
    cache = Cache()
    os.utime(cache.path_of(cache.add_bytes(b"x" * 2500)), (1, 1))
    return cache


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_show(cache: Cache) -> None:
    assert str(cache.root) in run("show")
    assert "2.5 kB" in run("show")
    shown = json.loads(run("show", "--format", "json"))
    assert (shown["root"], shown["files"], shown["files_bytes"]) == (str(cache.root), 1, 2500)


def test_trim(cache: Cache) -> None:
    assert json.loads(run("trim", "--max-size", "2500", "--format", "json"))["removed"] == 0
    assert "Removed 1 entries (2.5 kB)" in run("trim", "--older-than", "30d")
    assert json.loads(run("show", "--format", "json"))["files"] == 0


@pytest.mark.usefixtures("cache")
def test_trim_says_what_stays() -> None:
    Cache().add_bytes(b"in use")
    assert "1 entries stay" in run("trim", "--max-size", "0")


@pytest.mark.usefixtures("cache")
def test_trim_of_nothing_in_particular() -> None:
    with pytest.raises(UsageError) as caught:
        run("trim")
    assert "--max-size" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("10", 10),
        ("10B", 10),
        ("5kB", 5000),
        ("500MB", 5 * 10**8),
        ("2 gb", 2 * 10**9),
        ("1T", 10**12),
    ],
)
def test_sizes(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("5m", 300), ("12h", 43200), ("30d", 2592000)])
def test_ages(text: str, expected: int) -> None:
    assert parse_age(text) == expected


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5GB", "1PB", "9" * 20, "1 2"])
def test_what_is_neither(text: str) -> None:
    for parse in (parse_size, parse_age):
        with pytest.raises(UsageError):
            parse(text)
