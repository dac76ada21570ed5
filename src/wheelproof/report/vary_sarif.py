"""The ``vary`` document as SARIF 2.1.0: a rule a variation, a result for each member that it changes."""

from collections.abc import Iterator
from itertools import islice

from wheelproof.core.untrusted import printable
from wheelproof.report.sarif_log import Hit, Rule, render_log
from wheelproof.report.summary import describe_left_out, sentence
from wheelproof.report.vary_document import DifferenceFacts, VaryReport
from wheelproof.report.vary_words import describe_field, evidence_of, kind_of, made_by

# What code scanning takes of one run.
_RESULTS = 5000


def render_vary_sarif(report: VaryReport) -> str:
    """One run; a source whose builds are all the same has no result."""
    found = _hits(report)
    hits = list(islice(found, _RESULTS))
    left_out = sum(1 for _ in found)
    said = [{"level": "warning", "message": {"text": describe_left_out(left_out, "results")}}]
    invocation = {
        "executionSuccessful": True,
        "endTimeUtc": report.created.isoformat(timespec="seconds").replace("+00:00", "Z"),
        **({"toolExecutionNotifications": said} if left_out else {}),
    }
    return render_log(report.tool, hits, invocation)


def _hits(report: VaryReport) -> Iterator[Hit]:
    file = report.wheel.filename if report.wheel else report.source.filename
    if report.failure:
        yield Hit(
            rule=Rule(id="vary-not-built", title="There is no wheel with nothing varied"),
            level="error",
            message=f"{printable(report.failure.phase)}: {printable(report.failure.reason, limit=1000)}",
            file=file,
        )
    for difference in report.differences:
        yield from _of_difference(report, difference, file)


def _of_difference(report: VaryReport, difference: DifferenceFacts, file: str) -> Iterator[Hit]:
    rule = _rule(report, difference)
    told = f"{printable(difference.headline, limit=600)} ({made_by(difference)})"
    mend = printable(difference.mend, limit=600)
    for member in difference.members:
        causes = "; ".join(f"{printable(use.id)}: {evidence_of(use.evidence)}" for use in member.causes[:5])
        yield Hit(
            rule=rule,
            level="note" if member.explained else "error",
            message=f"{told}: {kind_of(member)}. {f'{causes}. ' if causes else ''}{mend}",
            file=file,
            member=member.name,
        )
    for field in difference.fields:
        yield Hit(
            rule=rule,
            level="error",
            message=f"{told}: {describe_field(field)}. {mend}",
            file=file,
            identity=(field.field,),
        )
    if not difference.members and not difference.fields:
        yield Hit(
            rule=rule, level="error", message=f"{told}. {mend}", file=file, identity=difference.variations
        )


def _rule(report: VaryReport, difference: DifferenceFacts) -> Rule:
    if difference.kind in {"unstable", "undecided"} or not difference.variations:
        title = {
            "unstable": "Two builds with nothing varied differ",
            "undecided": "The wheel depends on one or several of some variations",
        }.get(difference.kind, "Two builds differ")
        return Rule(id=f"vary-{difference.kind}", title=title, help=difference.mend)
    name = difference.variations[0]
    titles = {item.id: item.title for item in report.variations}
    what = printable(titles.get(name, name))
    said = "ends without a wheel" if difference.kind == "fails" else "depends on it"
    return Rule(
        id=f"vary-{name}{'-fails' if difference.kind == 'fails' else ''}",
        title=f"{sentence(what)}: the build {said}",
        help=difference.mend,
    )
