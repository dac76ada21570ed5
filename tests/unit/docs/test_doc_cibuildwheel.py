import re

from doc_pages import page, rows, section
from wheelproof.infer.cibuildwheel import PASSED_OVER, READERS
from wheelproof.recipe.schema import Recipe

TEXT = page("docs/cibuildwheel.md")


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_option_that_is_read_is_described() -> None:
    told = [name for row in rows(section(TEXT, "What is taken")) for name in codes(row[0])]
    assert sorted(told) == sorted([*READERS, "manylinux-x86_64-image"])
    fields = {str(field.alias) for field in Recipe.model_fields.values()}
    for row in rows(section(TEXT, "What is taken")):
        assert codes(row[1])[0].partition(":")[0] in fields


def test_every_option_that_is_passed_over_is_told_with_its_reason() -> None:
    told = {name: row[1] for row in rows(section(TEXT, "What is passed over")) for name in codes(row[0])}
    assert told == dict(PASSED_OVER)
