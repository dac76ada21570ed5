import json
from pathlib import Path

import made_locks
from running import run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.recipe.lock import render_lock


def test_a_lock_alone_gives_the_sbom_on_standard_output_or_in_a_file(tmp_path: Path) -> None:
    lock, file = tmp_path / "pylock.toml", tmp_path / "sbom.cdx.json"
    lock.write_text(render_lock(made_locks.lock()))

    printed = run_inside("sbom", lock)
    written = run_inside("sbom", lock, "-o", file)

    assert printed.exit_code == written.exit_code == ExitCode.REACHED
    assert written.out == ""
    assert json.loads(printed.out) == json.loads(file.read_text())
    assert json.loads(printed.out)["metadata"]["component"]["name"] == "demo"


def test_what_is_no_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("lock-version = 1")
    ended = run_inside("sbom", tmp_path / "lock")
    assert ended.exit_code == ExitCode.RECIPE
    assert ended.out == ""


def test_an_sbom_is_of_one_wheel(tmp_path: Path) -> None:
    for targets in (["demo==1", "other==1"], ["--all", "demo==1"]):
        ended = run_inside("check", *targets, "--sbom", tmp_path / "sbom.json")
        assert ended.exit_code == ExitCode.USAGE
        assert "one wheel's build" in ended.err
        assert "-o" in ended.err
    assert not (tmp_path / "sbom.json").exists()
