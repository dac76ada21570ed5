"""``wheelproof report``: a stored report in any form, and what is none ends in one sentence."""

import io
import json
import sys
from pathlib import Path

import pytest

from doc_pages import page
from running import run_inside
from sample_reports import made_report, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import parse_report, render_report

STORED = made_report(made_result()).model_dump_json()


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(STORED, "utf-8")
    return path


@pytest.mark.parametrize("form", ReportFormat)
def test_every_form_on_standard_output_and_in_a_file(
    stored: Path, tmp_path: Path, form: ReportFormat
) -> None:
    rendered = render_report(made_report(made_result()), form)
    assert rendered.endswith("\n")
    printed = run_inside("report", "render", stored, "--format", form)
    assert (printed.exit_code, printed.out, printed.err) == (0, rendered, "")
    written = run_inside("report", "render", stored, "--format", form, "-o", tmp_path / "out")
    assert (written.exit_code, written.out) == (0, "")
    assert (tmp_path / "out").read_text("utf-8") == rendered


def test_a_report_comes_out_of_its_json_as_it_was() -> None:
    report = made_report(made_result())
    assert parse_report(render_report(report, ReportFormat.JSON).encode(), "x") == report


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STORED.encode())))
    assert "different" in run_inside("report", "render", "-").out


def document(**changes: object) -> bytes:
    return json.dumps(json.loads(STORED) | changes).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the document: Invalid JSON: EOF while parsing"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON: recursion limit exceeded"),
        (b"[]", "Input should be an object"),
        (b'{"tool": "\\ud800"}', "Invalid JSON"),
        (b"{}", "tool: Field required; created: Field required"),
        (document(schema_version=2), "schema_version: Input should be 1"),
        (document(surprise=1), "surprise: Extra inputs are not permitted"),
        (document(**{"a\x1b[31m": 1}), r"a\x1b[31m: Extra inputs are not permitted"),
        (document(required="different"), "required: different is no level"),
        (document(results=[{}]), "results.0.target: Field required"),
        (document(created="noon"), "created: Input should be a valid datetime"),
    ],
)
def test_what_is_no_report(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "foreign.json"
    path.write_bytes(data)
    ended = run_inside("report", "render", path)
    assert (ended.exit_code, ended.out) == (ExitCode.USAGE, "")
    sentence, hint = ended.err.splitlines()
    assert sentence.startswith("wheelproof: ")
    assert "foreign.json is no report of this version: " in sentence
    assert why in sentence
    assert hint.startswith("Render what `wheelproof check --format json` printed")
    assert len(ended.err) < 5000


def test_what_is_too_large(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelproof.report.render.REPORT_LIMIT_BYTES", 100)
    ended = run_inside("report", "render", stored)
    assert ended.exit_code == ExitCode.USAGE
    assert "report.json is too large for a report." in ended.err


def test_what_cannot_be_read_or_written(stored: Path, tmp_path: Path) -> None:
    absent = run_inside("report", "render", tmp_path / "absent.json")
    assert absent.exit_code == ExitCode.USAGE
    assert "absent.json can't be read: No such file or directory." in absent.err
    unwritable = run_inside("report", "render", stored, "-o", tmp_path)
    assert unwritable.exit_code == ExitCode.USAGE
    assert "can't be written: Is a directory." in unwritable.err


def test_the_schema_is_printed(tmp_path: Path) -> None:
    assert run_inside("report", "schema").out == page("docs/report.schema.json")
    run_inside("report", "schema", "-o", tmp_path / "schema.json")
    assert (tmp_path / "schema.json").read_text("utf-8") == page("docs/report.schema.json")
