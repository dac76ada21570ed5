"""The published JSON Schema is the models', every field is told, and both agree on what a recipe is."""

import json
import re
import typing
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from doc_pages import page
from wheelproof.core.errors import RecipeError
from wheelproof.recipe.fields import FIELDS, Field, find_field, names_in, part_at
from wheelproof.recipe.json_schema import MODELS, render_schema
from wheelproof.recipe.load import parse_recipe
from wheelproof.recipe.schema import RESERVED_ENVIRONMENT, Recipe, RecipeChange

SCHEMA: dict[str, Any] = json.loads(page("docs/recipe.schema.json"))
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
_CHECKED = {
    *("$ref", "anyOf", "const", "enum", "type", "pattern", "minLength", "minimum", "maximum", "items", "not"),
    *("minItems", "properties", "required", "additionalProperties", "propertyNames", "minProperties"),
}
_SAID = {"title", "description", "examples", "default"}


def holds(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value holds to a schema, for the keywords that ours uses."""
    assert set(schema) <= _CHECKED | _SAID, schema
    kind = schema.get("type")
    plain = not isinstance(value, bool)
    return (
        ("$ref" not in schema or holds(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]))
        and ("anyOf" not in schema or any(holds(value, option) for option in schema["anyOf"]))
        and ("const" not in schema or (value == schema["const"] and plain))
        and ("enum" not in schema or value in schema["enum"])
        and ("not" not in schema or not holds(value, schema["not"]))
        and (kind is None or (isinstance(value, _TYPES[kind]) and (plain or kind == "boolean")))
        and _content_holds(value, schema)
    )


def _content_holds(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, str):
        return bool(re.search(schema.get("pattern", ""), value)) and len(value) >= schema.get("minLength", 0)
    if isinstance(value, int):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if isinstance(value, list):
        items = schema.get("items", {})
        return len(value) >= schema.get("minItems", 0) and all(holds(item, items) for item in value)
    return not isinstance(value, dict) or _table_holds(value, schema)


def _table_holds(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    return (
        set(schema.get("required", ())) <= set(value)
        and len(value) >= schema.get("minProperties", 0)
        and all(holds(name, schema.get("propertyNames", {})) for name in value)
        and (others is not False or set(value) <= set(known))
        and all(holds(item, known.get(name, others)) for name, item in value.items())
    )


def is_recipe(document: object) -> bool:
    try:
        parse_recipe(yaml.safe_dump(document), place="x")
    except RecipeError:
        return False
    return True


def schema_holds(document: object) -> bool:
    return holds(document, {key: value for key, value in SCHEMA.items() if key not in {"$schema", "$defs"}})


def whole(field: Field) -> dict[str, Any]:
    """A recipe file that a field's example stands in."""
    file: dict[str, Any] = {"schema": 1, "project": "demo"}
    override: dict[str, Any] = {"set": {"umask": "0002"}, "reason": "because of the test"}
    example = yaml.safe_load(field.example)
    if field.part == "file":
        file |= example
    elif field.part == "override":
        override |= example
    elif field.part == "set":
        override["set"] = example
    elif field.part == "repair":
        override["set"] = {"repair": example}
    else:
        override["set"] = {"patches": [{"file": "a", "old": "b", "new": "c"} | example]}
    return {"overrides": [override]} | file


def test_the_file_is_what_the_models_say() -> None:
    assert page("docs/recipe.schema.json") == render_schema(), (
        "run: wheelproof recipe schema -o docs/recipe.schema.json"
    )
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "A recipe of wheelproof"


def test_every_field_is_told_once_and_has_a_description_in_the_schema() -> None:
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    for part, model in MODELS.items():
        names = {field.alias or name for name, field in model.model_fields.items()}
        assert set(names_in(part)) == names
        table = SCHEMA if part == "file" else SCHEMA["$defs"][model.__name__]
        assert table["additionalProperties"] is False
        assert {name for name, item in table["properties"].items() if item["description"]} == names
    assert set(Recipe.model_fields) == set(RecipeChange.model_fields)


def test_every_field_that_can_be_set_says_what_it_does() -> None:
    for field in FIELDS:
        assert field.what.endswith("."), field.name
        assert bool(field.build) == bool(field.verdict) == (field.part == "set"), field.name


def test_kinds_and_what_is_required_are_the_models() -> None:
    for field in FIELDS:
        model = MODELS[field.part]
        hints = typing.get_type_hints(model, include_extras=True)
        (name,) = [name for name, item in model.model_fields.items() if item.alias == field.name]
        assert (field.without == "required") == model.model_fields[name].is_required()
        shown = str(hints[name])
        kinds = {
            "dict": "table",
            "RecipeChange": "table",
            "RepairChange": "table",
            "tuple": "list",
            "bool": "boolean",
            "int": "integer",
        }
        found = [kind for sign, kind in {**kinds, "Literal[1]": "integer"}.items() if sign in shown]
        assert field.kind == (found[0] if found else "text"), field.name


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_example_is_a_recipe(field: Field) -> None:
    document = whole(field)
    assert is_recipe(document)
    assert schema_holds(document)


@pytest.mark.parametrize(
    "change",
    [
        {"pyhton": "3.9"},
        {"source_date_epoch": 1},
        {"umask": "22"},
        {"umask": None},
        {"python": 3.9},
        {"frontend": "pip"},
        {"source-date-epoch": "never"},
        {"source-date-epoch": 1 << 32},
        {"source-date-epoch": False},
        {"executable-bits": 1},
        {"executable-bits": "yes"},
        {"environment": {"A=B": "1"}},
        {"constraints": ["setuptools"]},
        {"exclude": [""]},
        {"patches": [{"file": "a", "old": "", "new": "b"}]},
        {"patches": [{"file": "a", "old": "b"}]},
        *({"environment": {name: "1"}} for name in sorted(RESERVED_ENVIRONMENT)),
        {},
    ],
    ids=str,
)
def test_what_is_no_recipe_is_none_to_the_schema(change: dict[str, object]) -> None:
    document = {"schema": 1, "project": "x", "overrides": [{"set": change, "reason": "because of a test"}]}
    assert not is_recipe(document)
    assert not schema_holds(document)


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 5)
    | st.sampled_from(["unset", "setup.py", "0022", "3.9", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["file", "old", "A"]), inner),
    max_leaves=4,
)


@given(st.sampled_from([field for field in FIELDS if field.part == "set"]), _VALUES)
def test_the_schema_refuses_no_recipe(field: Field, value: object) -> None:
    document = whole(field)
    document["overrides"][0]["set"] = {field.name: value}
    assert schema_holds(document) or not is_recipe(document)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("umask", "umask"),
        ("constraints.setuptools", "constraints"),
        ("environment.file", "environment"),
        ("source_date_epoch", "source-date-epoch"),
        ("overrides", "overrides"),
        ("overrides.0", "overrides"),
        ("overrides.0.set", "set"),
        ("overrides.3.reason", "reason"),
        ("overrides.0.set.umask", "umask"),
        ("overrides.0.set.patches.1", "patches"),
        ("overrides.0.set.patches.1.old", "old"),
    ],
)
def test_a_path_leads_to_its_field(path: str, name: str) -> None:
    found = find_field(path)
    assert found is not None
    assert found.name == name


@given(st.text())
def test_any_text_is_a_field_or_none(text: str) -> None:
    found = find_field(text)
    assert found is None or found in FIELDS


def test_a_path_leads_to_its_table() -> None:
    assert part_at(()) == "file"
    assert part_at(("overrides", 0)) == "override"
    assert part_at(("overrides", 0, "set")) == "set"
    assert part_at(("overrides", 0, "set", "patches", 1)) == "patch"
