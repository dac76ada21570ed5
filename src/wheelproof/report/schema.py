"""The JSON Schemas of the documents, as ``docs/report.schema.json`` and ``docs/vary.schema.json`` hold."""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from wheelproof.report.document import Report


def render_schema(model: type[BaseModel] = Report) -> str:
    """The schema (JSON Schema, draft 2020-12), made from the models.

    It holds for every document of its ``schema_version``, older and newer ones too: a field with a default
    may be absent, and fields that it does not know are allowed.
    """
    schema = model.model_json_schema(mode="validation")
    document = {"$schema": GenerateJsonSchema.schema_dialect, **_opened(schema)}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _opened(value: Any) -> Any:
    """The schema with room for new fields: the models forbid what they don't know, and a reader must not."""
    if isinstance(value, dict):
        return {
            key: _opened(item)
            for key, item in value.items()
            if (key, item) != ("additionalProperties", False)
        }
    return [_opened(item) for item in value] if isinstance(value, list) else value
