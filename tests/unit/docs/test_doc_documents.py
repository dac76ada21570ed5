import tomllib

import pytest
from pydantic import BaseModel

from doc_pages import blocks, named, page, section
from wheelproof.core.errors import ExitCode
from wheelproof.rebuild.record import Phase
from wheelproof.recipe import lock
from wheelproof.report import document

LOCK, REPORT = page("docs/lock.md"), page("docs/report.md")

PARTS = [
    ("Report", document.Report),
    ("A run", document.RunFacts),
    ("A change", document.ChangeFacts),
    ("Result", document.Result),
    ("An attempt", document.AttemptFacts),
    ("Files", document.FileFacts),
    ("Files", document.PublishedFacts),
    ("A git source", document.GitFacts),
    ("Comparison", document.ComparisonFacts),
    ("A member", document.MemberFacts),
    ("A cause", document.CauseFacts),
    ("A view", document.MemberView),
    ("Details", document.MemberDetails),
    ("Replay", document.ReplayFacts),
    ("A finding", document.FindingFacts),
    ("Environment", document.EnvironmentFacts),
    ("The image", document.ImageFacts),
    ("The system", document.SystemFacts),
    ("A tool", document.ToolFacts),
    ("A requirement", document.RequirementFacts),
    ("A choice", document.ChoiceFacts),
    ("Toolchain", document.ToolchainFacts),
    ("Failure", document.FailureFacts),
]


def fields(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize(
    ("heading", "model", "elsewhere"),
    [
        ("tool.wheelproof", lock.Lock, {"requirements"}),
        ("A file", lock.LockedFile, set()),
        ("tool.wheelproof.image", lock.LockedImage, set()),
        ("tool.wheelproof.image.system", lock.LockedSystem, set()),
        ("tool.wheelproof.image.tools", lock.LockedTool, set()),
        ("tool.wheelproof.build", lock.LockedBuild, set()),
        ("Build requirements that have no wheel", lock.LockedRequirement, {"name", "version", "file"}),
    ],
)
def test_every_field_of_a_lock_is_described(
    heading: str, model: type[BaseModel], elsewhere: set[str]
) -> None:
    assert set(named(section(LOCK, heading))) == fields(model) - elsewhere


def test_the_rows_that_hold_tables_name_their_fields() -> None:
    for row, model in (
        ("| `choices`", lock.LockedChoice),
        ("| `steps`", lock.LockedStep),
        ("| `git`", lock.LockedGit),
        ("| `publisher`", lock.LockedPublisher),
    ):
        (line,) = [line for line in LOCK.splitlines() if line.startswith(row)]
        assert all(f"`{name}`" in line for name in fields(model))


@pytest.mark.parametrize(("heading", "model"), PARTS)
def test_every_field_of_a_report_is_described(heading: str, model: type[BaseModel]) -> None:
    assert set(named(section(REPORT, heading))) == fields(model)


def test_a_use_of_a_cause_is_described_where_it_stands() -> None:
    (line,) = [line for line in REPORT.splitlines() if line.startswith("| `causes` | What was")]
    assert all(f"`{name}`" in line for name in fields(document.CauseUse))


def test_what_only_a_source_has_is_described() -> None:
    (name,) = fields(document.SourceFacts) - fields(document.FileFacts)
    assert f"`source` has `{name}` besides" in section(REPORT, "A git source")


def test_every_part_of_a_report_is_held_by_the_tests_above() -> None:
    parts = {part for part in document.Part.__subclasses__() if part.__module__ == document.__name__}
    assert {model for _, model in PARTS} | {document.CauseUse} == parts


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"at most {document.LIST_LIMIT} entries" in REPORT
    assert f"the last {document.LOG_LIMIT_BYTES >> 10} KiB" in REPORT


def test_the_phases_are_named_in_order() -> None:
    (line,) = [line for line in REPORT.splitlines() if line.startswith("| `phase`")]
    assert [part for part in line.split("`") if part in set(Phase)] == list(Phase)


def test_the_examples_are_parts_of_real_documents() -> None:
    (example,) = blocks(LOCK, "toml")
    table = tomllib.loads(example)["tool"]["wheelproof"]
    assert lock.LockedFile.model_validate(table["published"]).filename == "six-1.17.0-py2.py3-none-any.whl"
    assert set(table) <= fields(lock.Lock)
    (example,) = blocks(REPORT, "json")
    report = document.Report.model_validate_json(example)
    assert document.exit_code(report) is ExitCode.REACHED
