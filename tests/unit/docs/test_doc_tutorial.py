import re
import shlex

import pytest
import typer.main

from doc_pages import blocks, page
from wheelproof.cli.main import app

PAGES = (
    "docs/tutorial.md",
    "docs/recipes.md",
    "docs/batch.md",
    "docs/lock.md",
    "docs/sbom.md",
    "docs/github.md",
    "docs/inference.md",
    "docs/images.md",
    "CONTRIBUTING.md",
)
TUTORIAL = page("docs/tutorial.md")


def commands(text: str) -> list[str]:
    """What the reader is told to run, in blocks and in lines."""
    shown = [line for block in (*blocks(text, "console"), *blocks(text, "sh")) for line in block.splitlines()]
    typed = [line.removeprefix("$ ") for line in shown if line.startswith(("$ wheelproof ", "wheelproof "))]
    return typed + re.findall(r"`(wheelproof [^`]+)`", text)


@pytest.mark.parametrize(
    "command", [pytest.param(command, id=command) for name in PAGES for command in commands(page(name))]
)
def test_commands_and_options_exist(command: str) -> None:
    words = shlex.split(command.split("|", maxsplit=1)[0])[1:]
    found = typer.main.get_command(app)
    while words and hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


def test_the_recipe_is_the_one_that_the_reference_begins_with() -> None:
    (recipe,) = blocks(TUTORIAL, "yaml")
    assert recipe == blocks(page("docs/recipes.md"), "yaml")[0]
