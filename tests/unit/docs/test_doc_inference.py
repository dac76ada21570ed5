import json
import re
from importlib import resources

from doc_pages import named, page, rows, section
from wheelproof.infer.knowledge import default_time
from wheelproof.infer.proposals import _HASH_SEEDS, PROPOSERS
from wheelproof.infer.rules import (
    _ADOPTION,
    _WHEEL_BESIDE,
    GENERATORS,
    INTERPRETERS,
    LEGACY_BACKEND_RELEASED,
    NEEDED_ONLY,
    OLDER_PYTHON,
    POETRY_CORE_RELEASED,
    RULES,
)
from wheelproof.pipeline.session import Settings
from wheelproof.recipe.schema import Recipe

TEXT = page("docs/inference.md")
FIELDS = {field.alias for field in Recipe.model_fields.values()}
MEASURED = json.loads(resources.files("wheelproof.infer").joinpath("backends.json").read_text("utf-8"))


def paragraph(start: str) -> str:
    (found,) = [part for part in TEXT.split("\n\n") if part.startswith(start)]
    return " ".join(found.split())


def codes(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def row_of(heading: str, name: str) -> str:
    (found,) = [row for row in rows(section(TEXT, heading)) if row[0] == f"`{name}`"]
    return found[2]


def test_every_rule_is_described_in_order() -> None:
    table = section(TEXT, "The rules")
    assert named(table) == [rule.__name__ for rule in RULES]
    for row in rows(table):
        assert codes(row[1])
        assert codes(row[1]) <= FIELDS


def test_every_proposer_is_described_in_order() -> None:
    table = section(TEXT, "The search")
    assert named(table) == [proposer.__name__ for proposer in PROPOSERS]
    for row in rows(table):
        assert codes(row[1])
        assert codes(row[1]) <= FIELDS
    assert f"`PYTHONHASHSEED` {_HASH_SEEDS[0]} to {_HASH_SEEDS[-1]}" in row_of("The search", "other_order")


def test_the_bound_of_the_search_is_given() -> None:
    assert f"A check tries {Settings().attempts} recipes at the most" in section(TEXT, "The search")


def test_every_writer_is_named() -> None:
    writers = paragraph("**Writers**")
    assert all(project in writers for _, project in GENERATORS)
    assert str(POETRY_CORE_RELEASED) in writers


def test_the_default_interpreters_are_named() -> None:
    python = paragraph("**The default Python**")
    versions = [version for version, _ in INTERPRETERS]
    assert f"the newest of {', '.join(versions[:-1])} and {versions[-1]} " in python
    assert f"out for {_ADOPTION.days} days" in python
    assert python.count(" is taken only where the wheel needs it") == 1
    assert f"{' and '.join(NEEDED_ONLY)} is taken only" in python


def test_the_versions_in_the_rules_are_the_codes() -> None:
    assert str(LEGACY_BACKEND_RELEASED) in row_of("The rules", "frontend")
    told = row_of("The rules", "setuptools_version")
    assert f"does not run on Python {INTERPRETERS[0][0]}," in told
    assert f"is Python {OLDER_PYTHON}." in told
    assert f"beside wheel {_WHEEL_BESIDE}," in " ".join(section(TEXT, "Marks").split())


def test_every_mark_that_was_measured_is_described() -> None:
    described = {code for row in rows(section(TEXT, "Marks")) for code in codes(row[0])}
    found = {
        mark.partition(":")[0]
        for pythons in MEASURED["projects"].values()
        for runs in pythons.values()
        for run in runs
        for mark in run.get("marks", {})
    }
    assert found
    assert found <= described


def test_what_was_measured_is_listed_with_the_dates() -> None:
    table = [row for row in rows(section(TEXT, "Marks")) if codes(row[0]) & set(MEASURED["projects"])]
    assert table == [
        [f"`{project}`", ", ".join(pythons), str(default_time(project) or "none")]
        for project, pythons in MEASURED["projects"].items()
    ]
