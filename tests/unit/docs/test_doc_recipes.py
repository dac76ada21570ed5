import typing

import pytest

from doc_pages import blocks, page, rows, section
from wheelproof.core.errors import RecipeError
from wheelproof.recipe.load import parse_recipe
from wheelproof.recipe.schema import (
    RESERVED_ENVIRONMENT,
    Document,
    Override,
    Recipe,
    RecipeChange,
    RecipeFile,
)

TEXT = page("docs/recipes.md")
EXAMPLES = blocks(TEXT, "yaml")


def fields(model: type[Document]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def kind(annotation: object) -> str:
    shown = str(annotation)
    if "dict" in shown or "RecipeChange" in shown:
        return "table"
    if "tuple" in shown:
        return "list"
    return "integer" if "int" in shown or "Literal[1]" in shown else "text"


@pytest.mark.parametrize(
    ("heading", "model"),
    [("The file", RecipeFile), ("An override", Override), ("What can be set", RecipeChange)],
)
def test_every_field_is_described_with_its_type_and_whether_it_is_required(
    heading: str, model: type[Document]
) -> None:
    table = {row[0].strip("`"): row for row in rows(section(TEXT, heading))}
    assert set(table) == fields(model)
    hints = typing.get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        row = table[field.alias or name]
        assert row[1] == kind(hints[name]), row
        assert (row[2] == "required") == field.is_required(), row


def test_what_can_be_set_is_the_whole_recipe_and_empty_where_nothing_infers_it() -> None:
    assert fields(RecipeChange) == fields(Recipe)
    empty = {row[0].strip("`") for row in rows(section(TEXT, "What can be set")) if row[2] == "empty"}
    assert empty == {"requires", "environment", "config-settings", "arguments"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_recipes(example: str) -> None:
    assert parse_recipe(example, place="docs/recipes.md").overrides


def test_the_reserved_variables_are_named() -> None:
    assert len(EXAMPLES) >= 3
    listed = ", ".join(f"`{name}`" for name in sorted(RESERVED_ENVIRONMENT)[:-1])
    assert f"{listed} and `{max(RESERVED_ENVIRONMENT)}`" in TEXT


def test_the_error_shown_is_the_error_given() -> None:
    broken = EXAMPLES[0].replace("constraints:", "pyhton:")
    with pytest.raises(RecipeError, match=r"overrides\.0\.set\.pyhton: Extra inputs are not permitted"):
        parse_recipe(broken, place="x")
    assert "overrides.0.set.pyhton: Extra inputs are not permitted" in TEXT
