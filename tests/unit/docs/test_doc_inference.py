from doc_pages import named, page, rows, section
from wheelproof.infer.rules import (
    _ADOPTION,
    DEFAULT_TIMES,
    GENERATORS,
    INTERPRETERS,
    NEEDED_ONLY,
    RULES,
)
from wheelproof.recipe.schema import Recipe

TEXT = page("docs/inference.md")


def paragraph(start: str) -> str:
    (found,) = [part for part in TEXT.split("\n\n") if part.startswith(start)]
    return " ".join(found.split())


def test_every_rule_is_described_in_order() -> None:
    table = section(TEXT, "The rules")
    assert named(table) == [rule.__name__ for rule in RULES]
    fields = {field.alias for field in Recipe.model_fields.values()}
    assert {row[1].strip("`") for row in rows(table)} <= fields


def test_every_writer_is_named() -> None:
    writers = paragraph("**Writers**")
    assert all(project in writers for _, project in GENERATORS)


def test_the_default_interpreters_are_named() -> None:
    python = paragraph("**The default Python**")
    versions = [version for version, _ in INTERPRETERS]
    assert f"the newest of {', '.join(versions[:-1])} and {versions[-1]} " in python
    assert f"out for {_ADOPTION.days} days" in python
    assert python.count(" is taken only where the wheel needs it") == 1
    assert f"{' and '.join(NEEDED_ONLY)} is taken only" in python


def test_the_backends_own_dates_are_given() -> None:
    dates = paragraph("**Dates")
    for project, date in DEFAULT_TIMES.items():
        assert project in dates
        assert str(date) in dates
