"""SARIF 2.1.0, for code scanning: findings, causes and unexplained differences as results with rule ids.

Each result lies in a wheel (``physicalLocation``) and, where it has one, in a member of it
(``logicalLocations``).
The specification is OASIS' "Static Analysis Results Interchange Format Version 2.1.0".
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import CauseFacts, MemberFacts, Report, Result
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
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    id: str
    title: str
    text: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    rule: _Rule
    level: str
    message: str
    wheel: str
    sha256: str | None
    member: str | None = None


def render_sarif(report: Report) -> str:
    """One run; a wheel that reached its level and has no finding has no result."""
    hits = [hit for result in report.results for hit in _hits(report, result)]
    shown, left_out = hits[:_RESULTS], max(0, len(hits) - _RESULTS)
    rules = list({hit.rule.id: hit.rule for hit in shown}.values())
    places = {rule.id: place for place, rule in enumerate(rules)}
    name, _, version = printable(report.tool).partition(" ")
    run: Json = {
        "tool": {
            "driver": {
                "name": name or "wheelproof",
                **({"version": version} if version else {}),
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, left_out)],
        "results": [_result(hit, places[hit.rule.id]) for hit in shown],
    }
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _hits(report: Report, result: Result) -> Iterator[_Hit]:
    wheel, sha256 = name_of(result), result.published.sha256
    outcome = outcome_of(result, report.required)
    if outcome is not Outcome.REACHED:
        yield _Hit(
            rule=_verdict_rule(result.verdict),
            level=_LEVELS[outcome],
            message=f"{result.verdict.value}: {printable(result.reason, limit=1000)}",
            wheel=wheel,
            sha256=sha256,
        )
    for finding in result.findings:
        side = printable(finding.side)
        yield _Hit(
            rule=_Rule(id=finding.id, title=finding.title),
            level="warning",
            message=f"{sentence(printable(finding.title))} ({side}): {printable(finding.detail)}",
            wheel=wheel,
            sha256=sha256,
            member=finding.member,
        )
    if result.comparison:
        causes = {cause.id: cause for cause in result.comparison.causes}
        for member in result.comparison.members:
            for rule, level, message in _member_hits(member, causes):
                yield _Hit(
                    rule=rule, level=level, message=message, wheel=wheel, sha256=sha256, member=member.name
                )


def _member_hits(member: MemberFacts, causes: dict[str, CauseFacts]) -> Iterator[tuple[_Rule, str, str]]:
    state = describe_member(member)
    settled = member.explained or member.left_out
    for use in member.causes:
        cause = causes.get(use.id)
        rule = (
            _Rule(id=cause.id, title=cause.title, text=cause.why, help=cause.mend)
            if cause
            else _Rule(id=use.id, title=use.id)
        )
        level = "note" if settled or (cause and cause.closes) else "warning"
        yield rule, level, f"{printable(sentence(rule.title))}: {printable(use.evidence)}. The file: {state}"
    if not member.causes:
        rule = _Rule(id=_UNEXPLAINED, title="A difference that no known cause explains")
        yield rule, "note" if settled else "warning", f"No known cause: {state}"


def _verdict_rule(verdict: Verdict) -> _Rule:
    return _Rule(id=verdict.value, title=f"The verdict is {verdict.value}", text=MEANINGS[verdict])


def _rule(rule: _Rule) -> Json:
    # Code scanning wants all three of every rule.
    title = printable(sentence(rule.title)) or "untitled"
    return {
        "id": _rule_id(rule),
        "shortDescription": {"text": title},
        "fullDescription": {"text": printable(rule.text, limit=1000) or title},
        "help": {"text": printable(rule.help, limit=1000) or title},
    }


def _rule_id(rule: _Rule) -> str:
    return printable(rule.id) or "unnamed"


def _result(hit: _Hit, rule_index: int) -> Json:
    # A reader that keeps results from run to run knows them again by this.
    identity = "\0".join((hit.rule.id, hit.wheel, hit.member or "")).encode("utf-8", "surrogatepass")
    location: Json = {"physicalLocation": {"artifactLocation": {"uri": _uri(hit.wheel)}}}
    if hit.member is not None:
        name = printable(hit.member)
        location["logicalLocations"] = [
            {"name": name.rpartition("/")[2] or name, "fullyQualifiedName": name, "kind": "resource"}
        ]
    found: Json = {
        "ruleId": _rule_id(hit.rule),
        "ruleIndex": rule_index,
        "level": hit.level,
        "message": {"text": hit.message},
        "locations": [location],
        "partialFingerprints": {"wheelproof/v1": hashlib.sha256(identity).hexdigest()},
    }
    if hit.sha256 is not None:
        found["properties"] = {"publishedSha256": printable(hit.sha256)}
    return found


def _uri(name: str) -> str:
    """A relative reference (RFC 3986, 4.2) whose first segment is never taken for a scheme or a folder."""
    return quote(printable(name), safe="") or "wheel"


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
