"""JUnit XML: one test case a wheel, for the test tab of a CI system.

There is no standard; this is the common subset of what Jenkins' and GitLab's readers take.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from xml.etree import ElementTree

from wheelproof.core.untrusted import printable
from wheelproof.report.document import Report, Result
from wheelproof.report.summary import (
    Outcome,
    count_verdicts,
    describe_left_out,
    describe_member,
    name_of,
    outcome_of,
)

_CASES = 5000
_LINES = 200
_LONGEST_S = 1e9
_TAGS = {Outcome.NOT_REACHED: "failure", Outcome.TOOL_FAILED: "error", Outcome.NOT_CHECKED: "skipped"}


def render_junit(report: Report) -> str:
    """A failure is a level that was not reached, an error the tool's own, and skipped what was not checked.

    Text is made printable first, which leaves no character that XML 1.0 (2.2) forbids.
    """
    shown = report.results[:_CASES]
    outcomes = Counter(outcome_of(result, report.required) for result in shown)
    totals = {
        "name": "wheelproof",
        "tests": str(len(shown)),
        "failures": str(outcomes[Outcome.NOT_REACHED]),
        "errors": str(outcomes[Outcome.TOOL_FAILED]),
        "skipped": str(outcomes[Outcome.NOT_CHECKED]),
        "time": f"{sum(map(_seconds, shown)):.3f}",
    }
    root = ElementTree.Element("testsuites", totals)
    stamp = report.created.isoformat(timespec="seconds")
    suite = ElementTree.SubElement(root, "testsuite", totals | {"timestamp": stamp})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("tool", report.tool), ("required", report.required.value)):
        ElementTree.SubElement(properties, "property", {"name": name, "value": printable(value)})
    for result in shown:
        suite.append(_case(report, result))
    if len(report.results) > _CASES:
        said = f"{count_verdicts(report)}; {describe_left_out(len(report.results) - _CASES, 'wheels')}"
        ElementTree.SubElement(suite, "system-out").text = said
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii")
    return text + "\n"


def _case(report: Report, result: Result) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        {
            "classname": f"wheelproof.{printable(result.target)}",
            "name": printable(name_of(result)),
            "time": f"{_seconds(result):.3f}",
        },
    )
    outcome = outcome_of(result, report.required)
    if outcome is not Outcome.REACHED:
        message = f"{result.verdict.value}: {printable(result.reason)}"
        attributes = {"message": message, "type": result.verdict.value}
        ElementTree.SubElement(case, _TAGS[outcome], attributes).text = _joined(_details(report, result))
    if result.findings or result.notes:
        ElementTree.SubElement(case, "system-out").text = _joined(_beside(result))
    return case


def _details(report: Report, result: Result) -> Iterator[str]:
    yield f"The level asked for is {report.required.value}."
    if result.failure:
        yield f"It ended in: {printable(result.failure.phase)}"
        yield from filter(None, (printable(result.failure.hint),))
        yield from (printable(line) for line in result.failure.log_end.splitlines())
    if result.comparison:
        for member in result.comparison.members:
            causes = "".join(f" [{printable(cause.id)}]" for cause in member.causes[:10])
            yield f"{printable(member.name)}: {describe_member(member)}{causes}"
        if result.comparison.members_left_out > 0:
            yield describe_left_out(result.comparison.members_left_out, "files")


def _beside(result: Result) -> Iterator[str]:
    for finding in result.findings:
        where = f" {printable(finding.member)}" if finding.member else ""
        what = f"{printable(finding.id)} ({printable(finding.side)})"
        yield f"finding {what}{where}: {printable(finding.detail)}"
    if result.findings_left_out > 0:
        yield describe_left_out(result.findings_left_out, "findings")
    for note in result.notes:
        yield f"note: {printable(note)}"


def _joined(lines: Iterator[str]) -> str:
    shown = list(islice(lines, _LINES))
    left_out = sum(1 for _ in lines)
    return "\n".join([*shown, describe_left_out(left_out, "lines")] if left_out else shown)


def _seconds(result: Result) -> float:
    """The whole check; ``backend`` is a part of ``build``."""
    counted = [value for name, value in result.durations_s.items() if name != "backend"]
    return sum(min(value, _LONGEST_S) for value in counted if isfinite(value) and value > 0)
