"""The ``vary`` document as JUnit XML: one test case a variation, and one for nothing varied."""

from collections.abc import Iterator
from itertools import islice
from math import isfinite
from xml.etree import ElementTree

from wheelproof.core.untrusted import printable
from wheelproof.report.vary_document import DifferenceFacts, VariationFacts, VaryReport
from wheelproof.report.vary_words import describe_field, kind_of, name_of, not_varied

_CASES = 200
_LINES = 200
_LONGEST_S = 1e9
_NOTHING = "nothing varied"


def render_vary_junit(report: VaryReport) -> str:
    """A failure is a variation that changes the wheel or leaves none, and skipped what was not varied."""
    cases = [_nothing(report), *(_case(report, item) for item in report.variations[:_CASES])]
    totals = {
        "name": "wheelproof vary",
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{_seconds(report.duration_s):.3f}",
    }
    root = ElementTree.Element("testsuites", totals)
    stamp = report.created.isoformat(timespec="seconds")
    suite = ElementTree.SubElement(root, "testsuite", totals | {"timestamp": stamp})
    suite.extend(cases)
    said = [*map(printable, report.notes), *not_varied(report)]
    if said:
        ElementTree.SubElement(suite, "system-out").text = _joined(iter(said))
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii")
    return text + "\n"


def _nothing(report: VaryReport) -> ElementTree.Element:
    found = [item for item in report.differences if item.kind == "unstable"]
    case = _new(report, _NOTHING)
    if report.failure:
        message = f"not-built: {printable(report.failure.reason)}"
        log = map(printable, report.failure.log_end.splitlines())
        _fail(case, "not-built", message, log)
    elif found:
        _fail(case, "unstable", printable(found[0].headline), _lines(found))
    return case


def _case(report: VaryReport, item: VariationFacts) -> ElementTree.Element:
    case = _new(report, item.id)
    found = [other for other in report.differences if item.id in (*other.variations, *other.others)]
    if item.outcome == "not-varied":
        ElementTree.SubElement(case, "skipped", {"message": printable(item.reason)})
    elif item.outcome != "same":
        message = printable(found[0].headline) if found else item.outcome
        _fail(case, item.outcome, message, _lines(found))
    return case


def _new(report: VaryReport, name: str) -> ElementTree.Element:
    attributes = {"classname": f"wheelproof.vary.{name_of(report)}", "name": printable(name), "time": "0.000"}
    return ElementTree.Element("testcase", attributes)


def _fail(case: ElementTree.Element, kind: str, message: str, lines: Iterator[str]) -> None:
    ElementTree.SubElement(case, "failure", {"message": message, "type": kind}).text = _joined(lines)


def _lines(found: list[DifferenceFacts]) -> Iterator[str]:
    for difference in found:
        yield printable(difference.headline)
        yield printable(difference.evidence)
        yield f"Mend: {printable(difference.mend, limit=1000)}"
        for member in difference.members:
            causes = "".join(f" [{printable(use.id)}]" for use in member.causes[:10])
            yield f"{printable(member.name)}: {kind_of(member)}{causes}"
        yield from map(describe_field, difference.fields)
        yield from map(printable, difference.log_end.splitlines())


def _joined(lines: Iterator[str]) -> str:
    shown = list(islice(lines, _LINES))
    left_out = sum(1 for _ in lines)
    return "\n".join([*shown, f"{left_out:,} more lines left out"] if left_out else shown)


def _seconds(value: float) -> float:
    return min(value, _LONGEST_S) if isfinite(value) and value > 0 else 0.0
