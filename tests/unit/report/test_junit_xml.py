"""JUnit XML: which wheel fails, which is skipped, and which the tool could not judge."""

from xml.etree import ElementTree

import pytest

from sample_reports import made_comparison, made_failure, made_report, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report import junit
from wheelproof.report.document import MemberFacts, Result
from wheelproof.report.junit import render_junit

GOOD = made_result(verdict=Verdict.IDENTICAL, findings=(), notes=())


def case_of(result: Result, required: Verdict = Verdict.EXPLAINED) -> ElementTree.Element:
    (case,) = ElementTree.fromstring(render_junit(made_report(result, required=required))).iter("testcase")
    return case


@pytest.mark.parametrize(
    ("result", "tags"),
    [
        (GOOD, []),
        (made_result(findings=(), notes=()), ["failure"]),
        (made_failure(ExitCode.NOT_BUILT), ["failure"]),
        (made_failure(ExitCode.MALFORMED), ["failure"]),
        (made_failure(ExitCode.NOT_CHECKED), ["skipped"]),
        (made_failure(ExitCode.RECIPE), ["error"]),
        (made_failure(ExitCode.FETCH), ["error"]),
        (made_failure(ExitCode.ENGINE), ["error"]),
    ],
)
def test_outcomes(result: Result, tags: list[str]) -> None:
    assert [item.tag for item in case_of(result)] == tags


def test_a_failure_is_what_did_not_reach_the_level_asked_for() -> None:
    result = made_result(verdict=Verdict.SAME_CONTENT, findings=(), notes=())
    assert list(case_of(result)) == []
    (failure,) = case_of(result, Verdict.IDENTICAL)
    assert (failure.tag, failure.get("type")) == ("failure", "same-content")


def test_a_failure_names_the_files_and_the_causes() -> None:
    failure, beside = case_of(made_result())
    assert "demo/__init__.py: changed (400 against 380 bytes)" in (failure.text or "")
    assert "demo/_fast.so: changed (20,000 against 21,000 bytes) [compiler-differs]" in (failure.text or "")
    assert "finding published-only-startup-file (published) demo.pth" in (beside.text or "")


def test_counts_and_times() -> None:
    report = made_report(
        GOOD, made_result(), made_failure(ExitCode.FETCH), made_failure(ExitCode.NOT_CHECKED)
    )
    suite = ElementTree.fromstring(render_junit(report)).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "15.000"}
    assert [case.get("time") for case in suite.iter("testcase")] == ["3.750"] * 4


def test_long_lists_are_cut_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    members = tuple(MemberFacts(name=str(n), kind="changed") for n in range(300))
    comparison = made_comparison().model_copy(update={"members": members})
    failure, _ = case_of(made_result(comparison=comparison))
    assert (failure.text or "").endswith("101 more lines left out")
    monkeypatch.setattr(junit, "_CASES", 2)
    suites = ElementTree.fromstring(render_junit(made_report(GOOD, GOOD, GOOD)))
    assert len(list(suites.iter("testcase"))) == 2
    assert suites.findtext("testsuite/system-out") == "3 wheels: 3 identical; 1 more wheels left out"
