import json
from pathlib import Path

from made_project import MadeProject
from running import run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import Digest

DEMO = MadeProject()


def test_a_wheel(tmp_path: Path) -> None:
    path = tmp_path / DEMO.wheel_name
    path.write_bytes(DEMO.wheel())
    facts = json.loads(run_inside("inspect", path, "--format", "json").out)
    assert facts["sha256"] == Digest.of_bytes(DEMO.wheel()).hex
    assert (facts["members"], facts["generator"], facts["findings"]) == ("5", "made", [])
    assert facts["times"] == ["2024-05-06 07:08:10"]
    inferred = {item["field"]: item["value"] for item in facts["inferred"]}
    assert inferred["source-date-epoch"] == "1714979290"
    lines = run_inside("inspect", path).out.splitlines()
    assert "generator         made" in lines
    assert "findings          none" in lines
    epoch = "source-date-epoch 1714979290 (inferred): 2024-05-06 07:08:10 UTC: every entry has it"
    assert f"{'':<18}{epoch}" in lines


def test_a_wheel_with_findings(tmp_path: Path) -> None:
    path = tmp_path / DEMO.wheel_name
    path.write_bytes(DEMO.wheel({f"{DEMO.dist_info}/RECORD": b"a\x1b[2J,,\n"}))
    ended = run_inside("inspect", path)
    assert ended.exit_code == ExitCode.REACHED
    assert "record-missing-member  a\\x1b[2J" in ended.out
    assert "\x1b" not in ended.out
    assert "\x1b" not in run_inside("inspect", path, "--format", "json").out


def test_an_sdist(tmp_path: Path) -> None:
    path = tmp_path / DEMO.sdist_name
    path.write_bytes(DEMO.sdist())
    facts = json.loads(run_inside("inspect", path, "--format", "json").out)
    assert (facts["root"], facts["build-backend"]) == ("demo-1.0", "backend")
    assert (facts["backend-path"], facts["build-requires"], facts["setup.py"]) == (["."], [], "no")
    lines = run_inside("inspect", path).out.splitlines()
    assert "build-backend     backend" in lines
    assert "build-requires    none" in lines
