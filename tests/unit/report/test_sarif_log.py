"""SARIF: which results there are, by which rules, and where."""

import json
from typing import Any

import pytest

from sample_reports import made_comparison, made_failure, made_report, made_result
from sarif_shape import check_sarif
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report import sarif
from wheelproof.report.document import MemberFacts, PublishedFacts, Report
from wheelproof.report.sarif import render_sarif


def run_of(report: Report) -> dict[str, Any]:
    log = json.loads(render_sarif(report))
    check_sarif(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def told(run: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each result's rule, level and member."""
    places = [result["locations"][0].get("logicalLocations", [{}])[0] for result in run["results"]]
    return [
        (result["ruleId"], result["level"], place.get("fullyQualifiedName", ""))
        for result, place in zip(run["results"], places, strict=True)
    ]


def test_a_wheel_that_differs() -> None:
    run = run_of(made_report(made_result()))
    assert told(run) == [
        ("different", "error", ""),
        ("published-only-startup-file", "warning", "demo.pth"),
        ("generator-line", "note", "demo-1.0.dist-info/WHEEL"),
        ("unexplained-difference", "warning", "demo/__init__.py"),
        ("compiler-differs", "warning", "demo/_fast.so"),
        ("unexplained-difference", "warning", "demo.pth"),
    ]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["compiler-differs"]["fullDescription"]["text"] == "Other versions generate other code."
    assert rules["compiler-differs"]["help"]["text"] == "Build in the image of the release."
    assert (run["tool"]["driver"]["name"], run["tool"]["driver"]["version"]) == ("wheelproof", "0.1.0")
    assert run["invocations"][0]["endTimeUtc"] == "2026-01-02T12:00:00Z"


def test_a_wheel_that_reached_the_level_has_no_result() -> None:
    good = made_result(verdict=Verdict.IDENTICAL, findings=(), comparison=None)
    run = run_of(made_report(good))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("code", "level", "successful"),
    [
        (ExitCode.NOT_BUILT, "error", True),
        (ExitCode.NOT_CHECKED, "note", True),
        (ExitCode.FETCH, "warning", False),
    ],
)
def test_what_was_not_compared(code: ExitCode, level: str, successful: bool) -> None:
    run = run_of(made_report(made_failure(code)))
    assert [found[1] for found in told(run)] == [level]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is successful
    assert ("toolExecutionNotifications" in invocation) is not successful


def test_fingerprints_tell_results_apart_and_stay_from_run_to_run() -> None:
    first = [result["partialFingerprints"] for result in run_of(made_report(made_result()))["results"]]
    again = [result["partialFingerprints"] for result in run_of(made_report(made_result()))["results"]]
    assert first == again
    assert len({tuple(found.items()) for found in first}) == len(first)


def test_a_location_is_never_an_address_or_a_path() -> None:
    name = "http://index.example/../a b.whl"
    run = run_of(made_report(made_result(published=PublishedFacts(filename=name))))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "http%3A%2F%2Findex.example%2F..%2Fa%20b.whl"


def test_more_results_than_code_scanning_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_RESULTS", 10)
    members = tuple(MemberFacts(name=str(n), kind="changed") for n in range(20))
    comparison = made_comparison().model_copy(update={"members": members})
    run = run_of(made_report(made_result(comparison=comparison)))
    assert len(run["results"]) == 10
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == "12 more results left out"
