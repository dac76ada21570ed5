"""Whatever the document of ``vary`` holds, every form of it can be rendered, is bounded and safe to show."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from test_render_any import ANY, check_markdown, unseen

from doc_pages import page
from html_page import parse_page
from running import run_inside
from sample_reports import hostile_documents, made_vary
from sarif_shape import check_sarif
from wheelproof.core.errors import ExitCode
from wheelproof.report.document import MemberFacts, MemberView
from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import parse_any
from wheelproof.report.schema import render_schema
from wheelproof.report.vary_document import VaryReport, vary_exit_code
from wheelproof.report.vary_markdown import LIMIT_BYTES
from wheelproof.report.vary_render import render_vary
from wheelproof.report.vary_words import evidence_of, view_of


@ANY
@given(hostile_documents())
def test_html(report: VaryReport) -> None:
    text = render_vary(report, ReportFormat.HTML)
    assert text.isascii()
    assert unseen(parse_page(text).text, "\t") == []


@ANY
@given(hostile_documents())
def test_markdown(report: VaryReport) -> None:
    text = render_vary(report, ReportFormat.MARKDOWN)
    check_markdown(text.replace("## wheelproof vary", "", 1).replace("\n### ", "\n"))
    assert len(text.encode()) <= LIMIT_BYTES


@ANY
@given(hostile_documents())
def test_junit(report: VaryReport) -> None:
    suites = ElementTree.fromstring(render_vary(report, ReportFormat.JUNIT))
    assert len(suites.findall("testsuite/testcase")) == 1 + len(report.variations)
    assert unseen("".join(suites.itertext())) == []
    assert unseen("".join(value for item in suites.iter() for value in item.attrib.values())) == []


@ANY
@given(hostile_documents())
def test_sarif(report: VaryReport) -> None:
    text = render_vary(report, ReportFormat.SARIF)
    assert text.isascii()
    check_sarif(json.loads(text))


@ANY
@given(hostile_documents())
def test_text(report: VaryReport) -> None:
    assert unseen(render_vary(report, ReportFormat.TEXT), "\t") == []


@ANY
@given(hostile_documents())
def test_json(report: VaryReport) -> None:
    text = render_vary(report, ReportFormat.JSON)
    text.encode()
    assert json.loads(text)["kind"] == "vary"


def test_all_is_well_in_one_line() -> None:
    report = made_vary(
        outcome="reproducible", reason="2 builds gave the same wheel", differences=(), variations=(), notes=()
    )
    text = render_vary(report, ReportFormat.TEXT)
    assert text == "reproducible  demo-1.0-py3-none-any.whl  2 builds gave the same wheel\n"


def test_the_text_says_what_depends_on_what_and_what_to_do() -> None:
    lines = [line.strip() for line in render_vary(made_vary(), ReportFormat.TEXT).splitlines()]
    assert lines[0] == "differs  demo-1.0-py3-none-any.whl"
    for line in (
        "varied    build-path",
        "demo/__init__.py, demo/_fast.so depend on the build path",
        "| -import evil",
        "archive   mode of demo.py: 100644 before, 100660 after, and 2 more",
        "mend      Write paths relative to the project.",
        "fails     locale",
        "log       UnicodeDecodeError: ascii",
        "unstable  nothing varied",
        "note      time was not varied: there is no library",
        "note      Left out of the source: .git",
    ):
        assert line in lines
    # A member that is closed, such as a RECORD that follows, is not told beside one that is open.
    assert not any("demo-1.0.dist-info/WHEEL" in line for line in lines)


def test_the_page_names_each_variation_and_difference() -> None:
    page_ = parse_page(render_vary(made_vary(), ReportFormat.HTML))
    for text in ("build-path", "demo/_fast.so", "import evil", "100660", "UnicodeDecodeError", "nothing"):
        assert text in page_.text
    assert len(page_.all("details", "member")) == 4


def test_junit_has_a_case_for_each_variation_and_one_for_none() -> None:
    suites = ElementTree.fromstring(render_vary(made_vary(), ReportFormat.JUNIT))
    found = {case.get("name"): [child.tag for child in case] for case in suites.iter("testcase")}
    assert found == {
        "nothing varied": ["failure"],
        "build-path": ["failure"],
        "locale": ["failure"],
        "umask": [],
        "time": ["skipped"],
    }
    assert suites.get("failures") == "3"


def test_sarif_has_a_rule_for_each_variation_that_matters() -> None:
    (run,) = json.loads(render_vary(made_vary(), ReportFormat.SARIF))["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {
        "vary-build-path",
        "vary-locale-fails",
        "vary-unstable",
    }
    levels = {
        item["locations"][0].get("logicalLocations", [{"name": "archive"}])[0]["name"]: item["level"]
        for item in run["results"]
        if item["ruleId"] == "vary-build-path"
    }
    assert levels["WHEEL"] == "note"
    assert levels["_fast.so"] == levels["archive"] == "error"


def test_evidence_is_told_in_words_of_before_and_after_and_quotations_stay() -> None:
    assert evidence_of("'as published' published, 'x' rebuilt") == "'as published' before, 'x' after"


def test_a_native_view_is_told_in_the_same_words_and_its_own_lines_stay() -> None:
    lines = ("section .text: 1 bytes published, 2 rebuilt", "-published", "+rebuilt")
    member = MemberFacts(name="a.so", kind="changed", view=MemberView(kind="native", lines=lines))
    shown = view_of(member)
    assert shown is not None
    assert shown.lines == ("section .text: 1 bytes before, 2 after", "-published", "+rebuilt")
    text = MemberFacts(name="a", kind="changed", view=MemberView(kind="unified", lines=(" as published",)))
    assert view_of(text) == text.view


@pytest.mark.parametrize("form", ReportFormat)
def test_a_stored_document_is_rendered_as_it_was_printed(tmp_path: Path, form: ReportFormat) -> None:
    stored = tmp_path / "vary.json"
    stored.write_text(json.dumps(json.loads(made_vary().model_dump_json()), sort_keys=True), "utf-8")
    ended = run_inside("report", "render", stored, "--format", form)
    assert (ended.exit_code, ended.out) == (0, render_vary(made_vary(), form))


def test_a_document_comes_out_of_its_json_as_it_was() -> None:
    assert parse_any(render_vary(made_vary(), ReportFormat.JSON).encode(), "x") == made_vary()


def test_what_is_no_document_of_this_version_is_a_usage_error(tmp_path: Path) -> None:
    stored = tmp_path / "vary.json"
    stored.write_text('{"kind": "vary", "schema_version": 2}')
    ended = run_inside("report", "render", stored)
    assert ended.exit_code == ExitCode.USAGE
    assert "is no report of this version" in ended.err


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("reproducible", ExitCode.REACHED),
        ("differs", ExitCode.NOT_REACHED),
        ("fails", ExitCode.NOT_BUILT),
        ("not-built", ExitCode.NOT_BUILT),
    ],
)
def test_exit_codes(outcome: str, code: ExitCode) -> None:
    assert vary_exit_code(made_vary(outcome=outcome)) is code


def test_the_schema_is_what_the_models_say() -> None:
    assert page("docs/vary.schema.json") == render_schema(VaryReport), (
        "run: wheelproof report schema --of vary -o docs/vary.schema.json"
    )
    ended = run_inside("report", "schema", "--of", "vary")
    assert ended.out == page("docs/vary.schema.json")
