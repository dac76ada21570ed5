"""The published schema is the models', and what is printed holds to it."""

import json
from typing import Any

from doc_pages import page
from sample_reports import made_failure, made_report, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.report.document import Report
from wheelproof.report.schema import render_schema

SCHEMA: dict[str, Any] = json.loads(page("docs/report.schema.json"))


def test_the_file_is_what_the_models_say() -> None:
    assert page("docs/report.schema.json") == render_schema(), (
        "run: wheelproof report schema -o docs/report.schema.json"
    )


def test_a_report_holds_to_it() -> None:
    report = made_report(made_result(), made_failure(ExitCode.NOT_BUILT))
    assert mistakes(json.loads(report.model_dump_json()), SCHEMA) == []


def test_a_field_that_is_not_known_is_allowed_and_one_that_is_missing_is_not() -> None:
    document = json.loads(made_report().model_dump_json())
    assert mistakes(document | {"new": 1}, SCHEMA) == []
    assert mistakes({"results": []}, SCHEMA) == [
        "tool is missing",
        "created is missing",
        "required is missing",
    ]
    assert mistakes(document | {"required": "perfect"}, SCHEMA) == ["perfect is none of the values"]
    assert mistakes(document | {"schema_version": 2}, SCHEMA) == ["2 is not 1"]


def test_every_part_is_described() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == Report.__name__
    assert all(part.get("description") for part in SCHEMA["$defs"].values())


_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def mistakes(value: Any, schema: dict[str, Any]) -> list[str]:
    """What of a value does not hold to a schema, for the keywords that ours uses."""
    if "$ref" in schema:
        return mistakes(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        found = [mistakes(value, option) for option in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{value} is none of the values"]
    if "const" in schema and value != schema["const"]:
        return [f"{value} is not {schema['const']}"]
    if "type" in schema and not isinstance(value, _TYPES[schema["type"]]):
        return [f"{value!r} is no {schema['type']}"]
    return _inside(value, schema)


def _inside(value: Any, schema: dict[str, Any]) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in mistakes(item, schema.get("items", {}))]
    if not isinstance(value, dict):
        return []
    absent = [f"{name} is missing" for name in schema.get("required", []) if name not in value]
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    return absent + [text for name, item in value.items() for text in mistakes(item, known.get(name, others))]
