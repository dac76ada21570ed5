"""SARIF 2.1.0, for code scanning: findings, causes and unexplained differences as results with rule ids.

Each result lies in a wheel (``physicalLocation``) and, where it has one, in a member of it
(``logicalLocations``).
"""

from collections.abc import Iterator

from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import CauseFacts, MemberFacts, Report, Result
from wheelproof.report.sarif_log import Hit, Json, Rule, render_log
from wheelproof.report.summary import (
    MEANINGS,
    Outcome,
    describe_left_out,
    describe_member,
    name_of,
    outcome_of,
    sentence,
)

# What code scanning takes of one run.
_RESULTS = 5000
_UNEXPLAINED = "unexplained-difference"
_LEVELS = {Outcome.NOT_REACHED: "error", Outcome.TOOL_FAILED: "warning", Outcome.NOT_CHECKED: "note"}


def render_sarif(report: Report) -> str:
    """One run; a wheel that reached its level and has no finding has no result."""
    hits = [hit for result in report.results for hit in _hits(report, result)]
    shown, left_out = hits[:_RESULTS], max(0, len(hits) - _RESULTS)
    return render_log(report.tool, shown, _invocation(report, left_out))


def _hits(report: Report, result: Result) -> Iterator[Hit]:
    wheel, sha256 = name_of(result), result.published.sha256
    outcome = outcome_of(result, report.required)
    if outcome is not Outcome.REACHED:
        yield Hit(
            rule=_verdict_rule(result.verdict),
            level=_LEVELS[outcome],
            message=f"{result.verdict.value}: {printable(result.reason, limit=1000)}",
            file=wheel,
            sha256=sha256,
        )
    for finding in result.findings:
        side = printable(finding.side)
        yield Hit(
            rule=Rule(id=finding.id, title=sentence(finding.title)),
            level="warning",
            message=f"{sentence(printable(finding.title))} ({side}): {printable(finding.detail)}",
            file=wheel,
            sha256=sha256,
            member=finding.member,
        )
    if result.comparison:
        causes = {cause.id: cause for cause in result.comparison.causes}
        for member in result.comparison.members:
            for rule, level, message in _member_hits(member, causes):
                yield Hit(
                    rule=rule, level=level, message=message, file=wheel, sha256=sha256, member=member.name
                )


def _member_hits(member: MemberFacts, causes: dict[str, CauseFacts]) -> Iterator[tuple[Rule, str, str]]:
    state = describe_member(member)
    settled = member.explained or member.left_out
    for use in member.causes:
        cause = causes.get(use.id)
        rule = (
            Rule(id=cause.id, title=sentence(cause.title), text=cause.why, help=cause.mend)
            if cause
            else Rule(id=use.id, title=sentence(use.id))
        )
        level = "note" if settled or (cause and cause.closes) else "warning"
        yield rule, level, f"{printable(sentence(rule.title))}: {printable(use.evidence)}. The file: {state}"
    if not member.causes:
        rule = Rule(id=_UNEXPLAINED, title="A difference that no known cause explains")
        yield rule, "note" if settled else "warning", f"No known cause: {state}"


def _verdict_rule(verdict: Verdict) -> Rule:
    return Rule(id=verdict.value, title=f"The verdict is {verdict.value}", text=MEANINGS[verdict])


def _invocation(report: Report, left_out: int) -> Json:
    outcomes = [(result, outcome_of(result, report.required)) for result in report.results]
    failed = [result for result, outcome in outcomes if outcome is Outcome.TOOL_FAILED]
    said = [
        {"level": "error", "message": {"text": f"{printable(name_of(item))}: {printable(item.reason)}"}}
        for item in failed[:100]
    ]
    if left_out:
        said.append({"level": "warning", "message": {"text": describe_left_out(left_out, "results")}})
    return {
        "executionSuccessful": not failed,
        "endTimeUtc": report.created.isoformat(timespec="seconds").replace("+00:00", "Z"),
        **({"toolExecutionNotifications": said} if said else {}),
    }
