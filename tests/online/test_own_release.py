"""What wheelproof asks of others holds for itself: its own wheel is what its own sdist gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from running import run_program

ROOT = Path(__file__).resolve().parents[2]
EPOCH = "1790000000"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of this tree, and the wheel of it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
        check=True,
        capture_output=True,
    )
    return folder


def test_its_wheel_is_identical(dist: Path) -> None:
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    ended = run_program("check", wheel, "--sdist", sdist, "--format", "json", "--require", "identical")
    assert (ended.exit_code, ended.result["verdict"]) == (0, "identical")


def test_its_wheel_depends_on_nothing_that_is_varied(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    ended = run_program("vary", sdist, "--format", "json", "-q")
    assert (ended.exit_code, ended.report["outcome"]) == (0, "reproducible")
    assert len(ended.report["builds"]) == 2
