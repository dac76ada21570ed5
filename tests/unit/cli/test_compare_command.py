"""``wheelproof compare`` and ``wheelproof explain``, as a user sees them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from golden_pairs import load_pair
from running import run_inside
from wheel_builder import FILENAME, complete, put, zipped
from wheelproof.core.errors import ExitCode
from wheelproof.explain.causes.registry import CAUSES


def test_two_files_that_are_the_same(tmp_path: Path) -> None:
    left, right = put(tmp_path / "a", zipped(complete())), put(tmp_path / "b", zipped(complete()))
    ended = run_inside("compare", left, right, "--require", "identical")
    assert ended.exit_code == ExitCode.REACHED
    assert ended.out.startswith(f"identical  {FILENAME}\n")


@pytest.mark.parametrize(
    ("required", "code"),
    [
        ("explained", ExitCode.REACHED),
        ("same-content", ExitCode.NOT_REACHED),
        ("identical", ExitCode.NOT_REACHED),
    ],
)
def test_levels(tmp_path: Path, required: str, code: ExitCode) -> None:
    left, right = load_pair("wheel-generator").put(tmp_path)
    ended = run_inside("compare", left, right, "--require", required)
    assert ended.exit_code == code
    assert ended.out.startswith("explained  ")
    assert "wheel-generator on 1 member: the wheel was packed by another version" in " ".join(
        ended.out.split()
    )


def test_changed_lines_are_shown(tmp_path: Path) -> None:
    ended = run_inside("compare", *load_pair("python-code").put(tmp_path))
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert "changed         demo/code.py" in ended.out
    assert "python-code: " in ended.out
    assert "| -    os.system('true')\n" in ended.out
    assert len(ended.out.splitlines()) < 40


def test_json(tmp_path: Path) -> None:
    ended = run_inside("compare", *load_pair("record-follows").put(tmp_path), "--format", "json")
    (result,) = json.loads(ended.out)["results"]
    assert (result["verdict"], result["environment"], result["target"]) == ("explained", None, FILENAME)
    assert [cause["id"] for cause in result["comparison"]["causes"]] == ["wheel-generator", "record-follows"]
    assert all(member["explained"] for member in result["comparison"]["members"])
    assert all(member["view"]["lines"] for member in result["comparison"]["members"])


def test_what_is_no_wheel(tmp_path: Path) -> None:
    wheel, other = put(tmp_path / "a", zipped(complete())), put(tmp_path / "b", b"no archive")
    for pair in ((wheel, other), (other, wheel)):
        assert run_inside("compare", *pair).exit_code == ExitCode.MALFORMED
    assert run_inside("compare", wheel, tmp_path / "absent.whl").exit_code == ExitCode.USAGE
    assert run_inside("compare", wheel, tmp_path).exit_code == ExitCode.USAGE


def test_neither_engine_nor_network_is_imported(tmp_path: Path) -> None:
    left, right = load_pair("python-code").put(tmp_path)
    code = (
        "import sys\nfrom wheelproof.cli.main import main\n"
        f"sys.argv = ['wheelproof', 'compare', {str(left)!r}, {str(right)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert not {'docker', 'requests', 'urllib3', 'pypi_simple'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_every_cause_is_listed_and_told() -> None:
    lines = run_inside("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == [cause.id for cause in CAUSES]
    for cause in CAUSES:
        told = " ".join(run_inside("explain", cause.id).out.split())
        for text in (cause.title, cause.why, cause.tools, cause.mend, cause.link):
            assert " ".join(text.split()) in told
        assert ("closes: it keeps the meaning" in told) == cause.closes


def test_an_unknown_cause() -> None:
    ended = run_inside("explain", "wheel-generatr")
    assert ended.exit_code == ExitCode.USAGE
    assert "Did you mean wheel-generator" in ended.err
    rude = run_inside("explain", "\x1b[2J" + "x" * 5000)
    assert rude.exit_code == ExitCode.USAGE
    assert "\x1b" not in rude.err
    assert "wheelproof explain" in rude.err
