import json
from pathlib import Path

import pytest

import sdist_builder
from advice_given import PUBLISH, SETUPTOOLS, put_wheel, workflow
from made_project import Moment
from running import run_inside
from sarif_shape import check_sarif
from wheelproof.core.errors import ExitCode

LATER: Moment = (2024, 5, 6, 8, 0, 0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that breaks one rule and may break another."""
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / PUBLISH).write_text(workflow("run: python -m build"))
    (tmp_path / "pyproject.toml").write_text(SETUPTOOLS.replace("==80.9.0", ""))
    return tmp_path


def test_nothing_to_advise(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SETUPTOOLS)
    ended = run_inside("advise", tmp_path, "--strict")
    assert (ended.out, ended.err, ended.exit_code) == ("Nothing to advise\n", "", ExitCode.REACHED)


def test_advice_on_a_folder(project: Path) -> None:
    ended = run_inside("advise", project)
    assert ended.exit_code == ExitCode.NOT_REACHED
    lines = ended.out.splitlines()
    assert lines[0] == f"breaks  source-date-epoch-unset  {PUBLISH}:6 jobs.release"
    assert lines[1] == "  seen  build builds wheels with setuptools, and SOURCE_DATE_EPOCH is not set."
    assert "may     build-requirements-unpinned  pyproject.toml:2 build-system.requires" in lines
    assert "  more  wheelproof explain wheel-generator" in lines
    assert lines[-1] == "1 breaks (wheels will differ), 1 may (wheels can differ)"


def test_what_may_break_ends_with_one_where_that_is_asked_for(project: Path) -> None:
    (project / PUBLISH).unlink()
    assert run_inside("advise", project).exit_code == ExitCode.REACHED
    assert run_inside("advise", project, "--strict").exit_code == ExitCode.NOT_REACHED


def test_advice_as_a_document(project: Path) -> None:
    document = json.loads(run_inside("advise", project, "--format", "json").out)
    assert (document["version"], document["kind"], document["breaks"], document["may"]) == (1, "folder", 1, 1)
    first, second = document["advice"]
    assert (first["id"], first["severity"], first["file"], first["line"]) == (
        "source-date-epoch-unset",
        "breaks",
        PUBLISH,
        6,
    )
    assert (first["cause"], second["cause"], second["link"]) == (None, "wheel-generator", None)
    assert "GITHUB_ENV" in first["mend"]


def test_advice_as_markdown(project: Path) -> None:
    text = run_inside("advise", project, "--format", "markdown").out
    assert "### breaks: SOURCE_DATE_EPOCH is not set where wheels are built\n" in text
    assert "- **More**: `wheelproof explain wheel-generator` (`build-requirements-unpinned`)\n" in text


def test_advice_as_sarif(project: Path, tmp_path: Path) -> None:
    log = json.loads(run_inside("advise", project, "--format", "sarif").out)
    first, second = log["runs"][0]["results"]
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (PUBLISH, 6)
    assert (first["level"], second["level"]) == ("error", "warning")
    wheel = put_wheel(tmp_path, {"demo/a b.py": ""}, moments={"demo/a b.py": LATER})
    log = json.loads(run_inside("advise", wheel, "--format", "sarif").out)
    check_sarif(log)
    assert len(log["runs"][0]["results"]) == 1


def test_advice_on_an_sdist(tmp_path: Path) -> None:
    path = tmp_path / sdist_builder.FILENAME
    tree = {
        **sdist_builder.tree(),
        "pyproject.toml": f'{SETUPTOOLS}[project]\nname = "demo"\nreadme = "R.md"\n',
    }
    path.write_bytes(sdist_builder.tar_gz(sdist_builder.members(tree)))
    ended = run_inside("advise", path)
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert ended.out.startswith("breaks  named-file-missing  pyproject.toml:6 project.readme\n")


def test_advice_on_a_wheel_and_its_sdist(tmp_path: Path) -> None:
    sdist = tmp_path / sdist_builder.FILENAME
    sdist.write_bytes(sdist_builder.tar_gz(sdist_builder.members(sdist_builder.tree())))
    wheel = put_wheel(tmp_path, {"demo/compat.py": "x"})
    assert run_inside("advise", wheel).out == "Nothing to advise\n"
    ended = run_inside("advise", wheel, "--sdist", sdist)
    assert ended.exit_code == ExitCode.REACHED
    assert ended.out.startswith("may     wheel-member-not-in-sdist  demo/compat.py\n")


@pytest.mark.parametrize("form", ["text", "json", "markdown", "sarif"])
def test_hostile_text_is_made_printable(tmp_path: Path, form: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        SETUPTOOLS + '[tool.cibuildwheel]\nmanylinux-x86_64-image = "a/\\u001b[2J<b>`x`"\n'
    )
    ended = run_inside("advise", tmp_path, "--format", form)
    assert "x1b" in ended.out
    assert "\x1b" not in ended.out
    assert form != "markdown" or "<b>" not in ended.out


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (None, ExitCode.USAGE),
        ("empty", ExitCode.USAGE),
        ("x.txt", ExitCode.MALFORMED),
        ("demo-1.0-py3-none-any.whl", ExitCode.MALFORMED),
        ("toml", ExitCode.MALFORMED),
    ],
)
def test_what_is_no_project(tmp_path: Path, made: str | None, code: ExitCode) -> None:
    path = tmp_path / (made or "missing")
    if made in {"empty", "toml"}:
        path.mkdir()
        if made == "toml":
            (path / "pyproject.toml").write_text("[")
    elif made:
        path.write_text("x")
    ended = run_inside("advise", path)
    assert (ended.out, ended.exit_code) == ("", code)
    assert ended.err.startswith("wheelproof: ")


def test_an_sdist_beside_what_is_no_wheel(project: Path) -> None:
    ended = run_inside("advise", project, "--sdist", project / "x.tar.gz")
    assert (ended.exit_code, ended.out) == (ExitCode.USAGE, "")
