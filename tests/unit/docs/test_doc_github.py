"""The workflow that a maintainer pastes; tests/online/test_github_workflow.py runs its steps."""

import shlex
from typing import Any

import typer.main
import yaml

from doc_pages import blocks, page
from wheelproof.advise.run import advise
from wheelproof.cli.main import app

TEXT = page("docs/github.md")
(SOURCE,) = blocks(TEXT, "yaml")
STEPS: list[dict[str, Any]] = yaml.safe_load(SOURCE)["jobs"]["reproduce"]["steps"]


def test_every_command_and_option_of_a_step_exists() -> None:
    commands = typer.main.get_command(app)
    lines = [line.strip() for step in STEPS for line in step.get("run", "").splitlines()]
    asked = [shlex.split(line.partition(">")[0]) for line in lines if line.startswith("wheelproof ")]
    assert len(asked) >= 5
    for words in asked:
        found: Any = commands
        rest = words[1:]
        while rest and hasattr(found, "commands"):
            found = found.commands[rest.pop(0)]
        known = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known, words


def test_actions_are_named_by_major_tag_and_get_no_credentials() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(name.rpartition("@v")[2].isdigit() for name in used)
    (checkout,) = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"] == {"persist-credentials": False}
    assert "secrets." not in SOURCE


def test_our_own_advice_finds_nothing_in_it(tmp_path: Any) -> None:
    workflows = tmp_path / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "reproduce.yml").write_text(SOURCE)
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["flit_core==3.12.0"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "demo"\nversion = "1.0"\n'
    )
    assert [(given.advice.id, given.seen) for given in advise(tmp_path).given] == []
