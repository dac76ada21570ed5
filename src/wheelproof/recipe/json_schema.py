"""The JSON Schema of a recipe file, as ``docs/recipe.schema.json`` publishes it and editors use it."""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from wheelproof.recipe.fields import FIELDS, Part
from wheelproof.recipe.schema import (
    RESERVED_ENVIRONMENT,
    Document,
    Override,
    Patch,
    RecipeChange,
    RecipeFile,
    RepairChange,
)

MODELS: Mapping[Part, type[Document]] = {
    "file": RecipeFile,
    "override": Override,
    "set": RecipeChange,
    "patch": Patch,
    "repair": RepairChange,
}


def render_schema() -> str:
    """The schema (JSON Schema, draft 2020-12), made from the models and the text of each field.

    It has no form for version specifiers (PEP 440) and requirements (PEP 508): ``recipe check`` reads those.
    """
    schema = RecipeFile.model_json_schema(mode="validation")
    tables = {name: _described(name, schema["$defs"][model.__name__]) for name, model in _below().items()}
    document = {
        "$schema": GenerateJsonSchema.schema_dialect,
        **_described("file", {key: value for key, value in schema.items() if key != "$defs"}),
        "title": "A recipe of wheelproof",
        "$defs": {MODELS[name].__name__: table for name, table in tables.items()},
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _below() -> dict[Part, type[Document]]:
    return {name: model for name, model in MODELS.items() if model is not RecipeFile}


def _described(part: Part, table: dict[str, Any]) -> dict[str, Any]:
    """A model's schema with the text of each field, and without what the fields' names say already."""
    properties = {
        field.name: {
            **_plain(table["properties"][field.name]),
            "description": field.description,
            "examples": [yaml.safe_load(field.example)[field.name]],
        }
        for field in FIELDS
        if field.part == part
    }
    found = {
        **table,
        "description": (MODELS[part].__doc__ or "").partition("\n")[0],
        "properties": properties,
    }
    if part == "set":
        properties["environment"]["propertyNames"] = {
            "pattern": "^[^=]+$",
            "not": {"enum": sorted(RESERVED_ENVIRONMENT)},
        }
        found["minProperties"] = 1
    return found


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """A field's own schema: null stands for a field that is left out, and no file writes it."""
    kept = {key: item for key, item in value.items() if key != "title" and (key, item) != ("default", None)}
    options = [option for option in kept.pop("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **kept}
    return {**kept, **({"anyOf": options} if options else {})}
