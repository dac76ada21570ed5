"""A folder's own entry is explained where it changes nothing that is installed, and nowhere else."""

import stat
from pathlib import Path

import pytest

from wheel_builder import complete, entries_of, put, raw_zip
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.compare import compare_files

FOLDER = stat.S_IFDIR | 0o755


def wheel(name: str | None = None, *, mode: int = FOLDER, content: bytes = b"") -> bytes:
    entries = entries_of(complete())
    if name is not None:
        (entry,) = entries_of({name: content})
        entry.mode, entry.method = mode, 0
        entries.insert(0, entry)
    return raw_zip(entries)


def verdict(folder: Path, published: bytes, rebuilt: bytes) -> Verdict:
    sides = put(folder / "published", published), put(folder / "rebuilt", rebuilt)
    (result,) = compare_files(*sides, required=Verdict.EXPLAINED).results
    return result.verdict


def test_either_wheel_may_list_a_folder_of_both(tmp_path: Path) -> None:
    assert verdict(tmp_path / "a", wheel("demo/"), wheel()) is Verdict.EXPLAINED
    assert verdict(tmp_path / "b", wheel(), wheel("demo/")) is Verdict.EXPLAINED


@pytest.mark.parametrize("mode", [stat.S_IFDIR | 0o777, stat.S_IFDIR | 0o500])
def test_its_permissions_are_not_installed(tmp_path: Path, mode: int) -> None:
    assert verdict(tmp_path, wheel("demo/", mode=mode), wheel()) is Verdict.EXPLAINED


@pytest.mark.parametrize(
    "name", ["dem/", "demo/more/", "Demo/", "more/", "demo.pth/", "/", "../demo/", "demo//"]
)
def test_a_folder_of_one_wheel_stays_open(tmp_path: Path, name: str) -> None:
    assert verdict(tmp_path / "a", wheel(name), wheel()) is Verdict.DIFFERENT
    assert verdict(tmp_path / "b", wheel(), wheel(name)) is Verdict.DIFFERENT


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o600, stat.S_IFCHR | 0o600])
def test_what_is_no_folder_stays_open(tmp_path: Path, mode: int) -> None:
    assert verdict(tmp_path, wheel("demo/", mode=mode), wheel()) is Verdict.DIFFERENT


def test_one_with_content_stays_open(tmp_path: Path) -> None:
    assert verdict(tmp_path, wheel("demo/", content=b"import os\n"), wheel()) is Verdict.DIFFERENT
