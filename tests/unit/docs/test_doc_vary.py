import re

import pytest
from pydantic import BaseModel

from doc_pages import ROOT, blocks, named, page, rows, section
from running import run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.rebuild.clock import CLOCK
from wheelproof.report import vary_document
from wheelproof.report.vary_document import vary_exit_code
from wheelproof.report.vary_markdown import LIMIT_BYTES
from wheelproof.source.folder import LEFT_OUT_AT_THE_TOP
from wheelproof.vary.variation import BY_ID, DAYS, VARIATIONS

TEXT = page("docs/vary.md")
PARTS: list[tuple[str, type[BaseModel]]] = [
    ("Vary", vary_document.VaryReport),
    ("A variation", vary_document.VariationFacts),
    ("A difference", vary_document.DifferenceFacts),
    ("A field of the archive", vary_document.FieldFacts),
    ("A build", vary_document.VariedBuildFacts),
]


def test_every_variation_is_described_as_the_report_has_it() -> None:
    found = [row[:4] for row in rows(section(TEXT, "The variations"))]
    assert found == [[f"`{item.id}`", item.title, item.plain, item.varied] for item in VARIATIONS]


@pytest.mark.parametrize(("heading", "model"), PARTS)
def test_every_field_of_the_document_is_described(heading: str, model: type[BaseModel]) -> None:
    assert set(named(section(TEXT, heading))) == set(model.model_fields)


def test_every_part_of_the_document_is_held_by_the_test_above() -> None:
    own = {
        part
        for part in vars(vary_document).values()
        if isinstance(part, type) and part.__module__ == vary_document.__name__
    }
    assert own == {model for _, model in PARTS}


def test_the_exit_codes_are_those_of_the_outcomes() -> None:
    outcomes = vary_document.VaryReport.model_fields["outcome"].annotation
    for code, said in rows(section(TEXT, "Exit codes")):
        for outcome in re.findall(r"`([a-z-]+)`", said):
            report = vary_document.VaryReport.model_construct(outcome=outcome)
            assert vary_exit_code(report) == ExitCode(int(code))
    told = set(re.findall(r"`([a-z-]+)`", section(TEXT, "Exit codes").partition("The others")[0]))
    assert told == set(getattr(outcomes, "__args__", ()))


def test_options_that_are_named_are_there() -> None:
    help_text = run_inside("vary", "--help").out
    for option in set(re.findall(r"`?(--[a-z-]+|-C)\b", TEXT)) - {
        "--of",
        "--remap-path-prefix",
        "--strip-debug",
    }:
        assert option in help_text, option


def test_variations_that_commands_name_are_there() -> None:
    commands = "\n".join(blocks(TEXT, "console"))
    for names in re.findall(r"--(?:except|variations) ([a-z,-]+)", commands):
        assert set(names.split(",")) <= set(BY_ID)


def test_bounds_are_those_of_the_code() -> None:
    assert f"{LIMIT_BYTES:,} bytes" in section(TEXT, "Forms")
    assert f"{DAYS} days later" in section(TEXT, "The clock")
    assert all(f"`{name}`" in section(TEXT, "What is built") for name in LEFT_OUT_AT_THE_TOP)


def test_the_library_of_the_clock_is_the_one_that_is_named() -> None:
    version = CLOCK.filename.split("-")[1]
    assert f"`libfaketime` {version}" in page("docs/dependencies.md")


def test_the_table_was_written_by_the_target_that_says_so() -> None:
    measured = section(TEXT, "Measured")
    assert "make bench-vary" in measured
    assert "<!-- measured: make bench-vary -->" in TEXT
    assert "bench_vary.py" in (ROOT / "Makefile").read_text()
    assert len(rows(measured)) >= 14
