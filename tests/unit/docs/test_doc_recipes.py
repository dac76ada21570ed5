"""The page about recipes tells what the program's own text tells, and shows what the program prints."""

from pathlib import Path

import pytest

from doc_pages import blocks, page, rows, section
from running import run_inside
from wheelproof.core.errors import ExitCode, RecipeError
from wheelproof.pipeline.recipe_check import check_recipes
from wheelproof.recipe.fields import FIELDS, Part
from wheelproof.recipe.load import parse_recipe
from wheelproof.recipe.schema import RESERVED_ENVIRONMENT

TEXT = page("docs/recipes.md")
EXAMPLES = blocks(TEXT, "yaml")
CONSOLE = blocks(TEXT, "console")


def shown(command: str) -> str:
    """What the page shows below a command."""
    for block in CONSOLE:
        for part in f"\n{block}".split("\n$ ")[1:]:
            line, _, output = part.partition("\n")
            if line == command:
                return output.removesuffix("\n")
    raise AssertionError(f"{command} is not shown")


@pytest.mark.parametrize(
    ("heading", "part"),
    [("The file", "file"), ("An override", "override"), ("What can be set", "set"), ("A patch", "patch")],
)
def test_every_field_is_told_in_the_words_of_the_program(heading: str, part: Part) -> None:
    table = [[f"`{item.name}`", item.kind, item.without, item.what] for item in FIELDS if item.part == part]
    assert rows(section(TEXT, heading)) == table


def test_what_caps_the_verdict_is_named() -> None:
    text = section(TEXT, "What caps the verdict")
    capping = {item.name for item in FIELDS if item.verdict.startswith("At best `explained`")}
    assert capping == {"patches", "before", "exclude"}
    assert all(f"`{name}`" in text for name in capping)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_recipes_without_a_mistake(example: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(example.replace("<64 hexadecimal digits>", "0" * 64))
    assert check_recipes([path]).mistakes == ()
    assert parse_recipe(example, place="docs/recipes.md").overrides


def test_every_field_that_caps_the_verdict_stands_in_an_example() -> None:
    overrides = [item for example in EXAMPLES for item in parse_recipe(example, place="x").overrides]
    told = {name for item in overrides for name in item.set.model_dump(by_alias=True, exclude_unset=True)}
    assert {"patches", "before", "exclude", "executable-bits"} <= told


def test_the_reserved_variables_are_named() -> None:
    listed = ", ".join(f"`{name}`" for name in sorted(RESERVED_ENVIRONMENT)[:-1])
    assert f"{listed} and `{max(RESERVED_ENVIRONMENT)}`" in TEXT


def test_the_error_shown_is_the_error_given() -> None:
    said = r"overrides\.0\.set\.pyhton: there is no such field; did you mean python\?"
    with pytest.raises(RecipeError, match=said):
        parse_recipe(EXAMPLES[1].replace("umask:", "pyhton:"), place="x")
    assert said.replace("\\", "") in TEXT


def test_the_field_that_is_explained_is_explained_so() -> None:
    assert (
        run_inside("recipe", "explain", "patches").out.splitlines()
        == shown("wheelproof recipe explain patches").splitlines()
    )


def test_the_file_that_is_to_be_filled_in_lacks_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("recipes/six/six.yaml")
    path.parent.mkdir(parents=True)
    path.write_text(shown("cat recipes/six/six.yaml") + "\n")
    ended = run_inside("recipe", "check")
    assert ended.exit_code == ExitCode.RECIPE
    assert ended.out.splitlines() == shown("wheelproof recipe check").splitlines()


def test_the_values_that_are_shown_are_those_of_every_field() -> None:
    text = " ".join(shown("wheelproof recipe show six==1.17.0 -q").split())
    assert all(f" {item.name}" in text for item in FIELDS if item.part == "set")
