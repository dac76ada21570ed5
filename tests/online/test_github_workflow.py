"""The workflow of docs/github.md, run by its own steps on a project of our own, with the real index.

What GitHub does is done here by hand: the work tree, the variables' file, the summary's file, conditions on
files. Only actions are left out, and the name of wheelproof itself in the step that installs the tools:
what is run is the program that is being tested.
"""

import json
import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from doc_pages import blocks, page
from git_repository import WHEN, MadeRepository
from running import PROGRAM

(SOURCE,) = blocks(page("docs/github.md"), "yaml")
STEPS: list[dict[str, Any]] = yaml.safe_load(SOURCE)["jobs"]["reproduce"]["steps"]
INSTALL = "python -m pip install build wheelproof"
HONEST = {
    ".github/workflows/reproduce.yml": SOURCE,
    "pyproject.toml": '[build-system]\nrequires = ["flit_core==3.12.0"]\n'
    'build-backend = "flit_core.buildapi"\n[project]\nname = "demo"\nversion = "1.0"\n'
    'description = "A demonstration"\n',
    "demo/__init__.py": '"""A demonstration."""\n',
    ".gitignore": "dist/\nevidence/\nvary.json\n*.sarif\n",
}
# What it holds is another whenever it is built: the commit's time does not settle it.
CHANGING = HONEST | {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools==80.9.0"]\n'
    'build-backend = "setuptools.build_meta"\n',
    "setup.py": "import pathlib, uuid\nfrom setuptools import setup\n"
    'pathlib.Path("demo/token.py").write_text(f"TOKEN = {uuid.uuid4().hex!r}\\n")\n'
    'setup(name="demo", version="1.0", packages=["demo"])\n',
}


@dataclass(kw_only=True)
class Runner:
    """A machine that runs the steps of a job, as far as there are commands in them."""

    folder: Path
    work: Path
    variables: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    @classmethod
    def at(cls, place: Path, files: dict[str, str]) -> "Runner":
        repository = MadeRepository.at(place / "work")
        repository.commit(files)
        venv.create(place / "env", with_pip=True, symlinks=True)
        (place / "env" / "bin" / "wheelproof").symlink_to(PROGRAM)
        return cls(folder=place, work=repository.folder)

    def run(self) -> None:
        """Run every step whose condition holds; the first that fails is remembered."""
        for step in STEPS:
            name = str(step.get("name", step.get("uses")))
            if "run" in step and self._due(step.get("if", "success()")) and not self._step(step["run"]):
                self.failed = self.failed or name

    def _due(self, condition: str) -> bool:
        files = re.findall(r"hashFiles\('([^']+)'\) != ''", condition)
        always = "always()" in condition
        return (always or not self.failed) and all((self.work / name).is_file() for name in files)

    def _step(self, script: str) -> bool:
        script = script.replace(INSTALL, INSTALL.removesuffix(" wheelproof"))
        told = {name: self.folder / name for name in ("GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
        for path in told.values():
            path.touch()
        environment = {**os.environ, **self.variables, **{name: str(path) for name, path in told.items()}}
        environment["PATH"] = f"{self.folder / 'env' / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.variables |= dict(line.split("=", 1) for line in told["GITHUB_ENV"].read_text().splitlines())
        sys.stdout.write(f"{script}\n{done.stdout}{done.stderr}\n")
        return done.returncode == 0

    @property
    def summary(self) -> str:
        return (self.folder / "GITHUB_STEP_SUMMARY").read_text("utf-8")

    @property
    def result(self) -> dict[str, Any]:
        (found,) = json.loads((self.work / "evidence" / "report.json").read_text())["results"]
        return dict(found)


def test_only_the_name_of_wheelproof_is_taken_out() -> None:
    assert [step["run"].strip() for step in STEPS if "install" in step.get("run", "")] == [INSTALL]


def test_a_project_that_reproduces_passes_every_step(tmp_path: Path) -> None:
    runner = Runner.at(tmp_path, HONEST)
    runner.run()

    assert runner.failed == ""
    assert runner.variables == {"SOURCE_DATE_EPOCH": str(WHEN)}
    assert runner.result["verdict"] == "identical"
    assert runner.result["environment"]["variables"]["SOURCE_DATE_EPOCH"] == str(WHEN)
    assert "1 identical" in runner.summary
    for name in ("advise.sarif", "wheelproof.sarif"):
        assert json.loads((runner.work / name).read_text())["version"] == "2.1.0"
    names = {path.name for path in (runner.work / "evidence").iterdir()}
    assert {"pylock.toml", "report.html", "sbom.cdx.json"} <= names


def test_a_project_that_does_not_fails_in_its_rebuild_and_is_reported(tmp_path: Path) -> None:
    runner = Runner.at(tmp_path, CHANGING)
    runner.run()

    assert runner.failed == "Rebuild the wheel from the sdist"
    assert runner.result["verdict"] == "different"
    assert "1 different" in runner.summary
    assert "demo/token.py" in runner.summary
    (run,) = json.loads((runner.work / "wheelproof.sarif").read_text())["runs"]
    assert run["results"]


def test_what_advice_refuses_is_not_rebuilt_and_nothing_else_is_reported(tmp_path: Path) -> None:
    floating = HONEST["pyproject.toml"].replace("==3.12.0", "")
    runner = Runner.at(tmp_path, HONEST | {"pyproject.toml": floating})
    runner.run()

    assert runner.failed == "Say what will not reproduce"
    assert not (runner.work / "evidence").exists()
    assert runner.summary


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
