"""Whatever a report holds, every form of it can be rendered, is bounded, and is safe to show."""

import json
import re
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings

from html_page import parse_page
from sample_reports import HOSTILE, hostile_reports, made_report, made_result
from sarif_shape import check_sarif
from wheelproof.report.document import Report
from wheelproof.report.formats import ReportFormat
from wheelproof.report.markdown import LIMIT_BYTES, RUN_LIMIT_BYTES
from wheelproof.report.render import parse_report, render_report

ANY = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
_MARKDOWN_TAGS = re.compile(r"</?(?:details|summary|code|sub)>|<details open>")
_FENCED = re.compile(r"^(`{3,})(?:diff|text)\n.*?^\1$\n?", re.MULTILINE | re.DOTALL)


def unseen(text: str, allowed: str = "") -> list[str]:
    """The characters that a terminal obeys or that nobody sees."""
    bad = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")
    return [char for char in text if unicodedata.category(char) in bad and char not in "\n" + allowed]


@ANY
@given(hostile_reports())
def test_html(report: Report) -> None:
    text = render_report(report, ReportFormat.HTML)
    assert text.isascii()
    page = parse_page(text)
    assert unseen(page.text, "\t") == []


@ANY
@given(hostile_reports())
def test_markdown(report: Report) -> None:
    text = render_report(report, ReportFormat.MARKDOWN)
    check_markdown(text)
    assert len(text.encode()) <= (RUN_LIMIT_BYTES if report.run else LIMIT_BYTES)


def check_markdown(text: str) -> None:
    assert unseen(text, "\t\N{ZERO WIDTH SPACE}\N{VARIATION SELECTOR-16}") == []
    prose = _MARKDOWN_TAGS.sub("", _FENCED.sub("", text))
    # What could begin a tag, a link, an image, a mention, a reference, code or an address.
    assert not re.search(r"[<>@\[\]~$]|&(?!#\d)|!\[|https?://|www\.|(?<!&)#\d", prose), prose
    assert set(re.findall(r"`[^`]*`", prose)) <= {
        f"`{level}`" for level in ("identical", "same-content", "explained")
    }
    columns = 0
    for line in prose.splitlines():
        columns = columns or line.count("|")
        assert line.count("|") == (columns if line.startswith("|") else 0)
        columns = columns if line.startswith("|") else 0


@ANY
@given(hostile_reports())
def test_junit(report: Report) -> None:
    text = render_report(report, ReportFormat.JUNIT)
    suites = ElementTree.fromstring(text)
    assert len(suites.findall("testsuite/testcase")) == len(report.results)
    assert unseen("".join(suites.itertext())) == []
    assert unseen("".join(value for item in suites.iter() for value in item.attrib.values())) == []


@ANY
@given(hostile_reports())
def test_sarif(report: Report) -> None:
    text = render_report(report, ReportFormat.SARIF)
    assert text.isascii()
    check_sarif(json.loads(text))


@ANY
@given(hostile_reports())
def test_text(report: Report) -> None:
    assert unseen(render_report(report, ReportFormat.TEXT), "\t") == []


@ANY
@given(hostile_reports())
def test_json(report: Report) -> None:
    text = render_report(report, ReportFormat.JSON)
    text.encode()
    json.loads(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_json_comes_back(text: str) -> None:
    rendered = render_report(filled(text), ReportFormat.JSON).encode()
    expected = filled(text.replace("\ud800", "\\ud800"))
    assert parse_report(rendered, "x") == expected


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", [form for form in ReportFormat if form is not ReportFormat.JSON])
def test_each_hostile_text_everywhere(text: str, form: ReportFormat) -> None:
    rendered = render_report(filled(text), form)
    assert "\x00" not in rendered
    assert "<script>alert" not in rendered or form in (
        ReportFormat.TEXT,
        ReportFormat.SARIF,
        ReportFormat.MARKDOWN,
    )
    if form is ReportFormat.HTML:
        parse_page(rendered)
    if form is ReportFormat.MARKDOWN:
        check_markdown(rendered)


def filled(text: str) -> Report:
    """The report that has everything, with one text at every place that takes any."""

    def fill(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: fill(item, name) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return tuple(fill(item, key) for item in value)
        fixed = ("verdict", "required", "kind")
        return text if isinstance(value, str) and key not in fixed else value

    return Report.model_validate(fill(made_report(made_result()).model_dump()))
