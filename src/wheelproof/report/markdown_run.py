"""The head of a run over a list in Markdown: what it adds up to, what changed, and what is not well."""

from collections.abc import Iterator

from wheelproof.report.document import Report, Result, RunFacts
from wheelproof.report.markdown_text import MARKS, code, prose, within
from wheelproof.report.statistics import (
    Statistics,
    describe_run,
    headline_of,
    or_better,
    share,
    statistics_of,
)
from wheelproof.report.summary import (
    describe_left_out,
    name_of,
    not_reached,
    open_causes,
    outcome_of,
    sentence,
)

_WHEELS_BYTES = 200_000
_CHANGES = 50
_CAUSES = 30
_PHASES = 30


def run_head(report: Report, run: RunFacts) -> list[str]:
    """What a run adds up to, and each wheel that does not reach the level, with its reason; bounded."""
    added = statistics_of(report)
    projects = f"{added.projects:,} {'project' if added.projects == 1 else 'projects'}"
    return [
        f"## wheelproof: {headline_of(added, report.required)}",
        "",
        f"{projects}. {sentence(describe_run(run))}.",
        "",
        *_verdicts(added),
        *_levels(added),
        *_changes(run),
        *_not_well(report),
        *_phases(added),
        *_causes(added),
    ]


def _verdicts(added: Statistics) -> Iterator[str]:
    yield from ("| verdict | wheels | share |", "|---|---:|---:|")
    for verdict, count in added.verdicts:
        yield f"| {verdict.value} | {count:,} | {share(count, added.wheels)} |"
    yield ""


def _levels(added: Statistics) -> Iterator[str]:
    yield from ("| level | wheels | share | projects | share |", "|---|---:|---:|---:|---:|")
    for count in added.levels:
        wheels = f"{count.wheels:,} | {share(count.wheels, added.wheels)}"
        projects = f"{count.projects:,} | {share(count.projects, added.projects)}"
        yield f"| {or_better(count.level)} | {wheels} | {projects} |"


def _changes(run: RunFacts) -> Iterator[str]:
    if run.changes:
        yield from ("", "### What changed since before", "")
    for change in run.changes[:_CHANGES]:
        yield f"- {code(change.name)}: was {change.before.value}, is {change.now.value}"
    yield from _cut(max(0, run.changes_left_out) + max(0, len(run.changes) - _CHANGES), "changes")


def _not_well(report: Report) -> Iterator[str]:
    bad = not_reached(report)
    if bad:
        yield from ("", f"### Not {or_better(report.required)}: {len(bad):,}", "")
        yield from ("| | wheel | verdict | why |", "|---|---|---|---|")
        yield from within((_row(report, result) for result in bad), _WHEELS_BYTES, len(bad), "wheels")


def _row(report: Report, result: Result) -> str:
    causes = ", ".join(code(cause) for cause in open_causes(result))
    why = f"{prose(result.reason, limit=200)}{f' ({causes})' if causes else ''}"
    mark = MARKS[outcome_of(result, report.required)]
    return f"| {mark} | {code(name_of(result))} | **{result.verdict.value}** | {why} |"


def _phases(added: Statistics) -> Iterator[str]:
    if added.phases:
        yield from ("", "### Ended without a comparison", "", "| phase | wheels |", "|---|---:|")
    for phase, count in added.phases[:_PHASES]:
        yield f"| {prose(phase, limit=60)} | {count:,} |"
    yield from _cut(len(added.phases) - _PHASES, "phases")


def _causes(added: Statistics) -> Iterator[str]:
    if added.causes:
        yield from ("", "### Causes, by the number of wheels", "")
        yield from ("| cause | | effect | wheels |", "|---|---|---|---:|")
    for cause in added.causes[:_CAUSES]:
        effect = "closes" if cause.closes else "leaves open"
        title = prose(sentence(cause.title), limit=120)
        yield f"| {code(cause.id)} | {title} | {effect} | {cause.wheels:,} |"
    yield from _cut(len(added.causes) - _CAUSES, "causes")


def _cut(left_out: int, what: str) -> Iterator[str]:
    if left_out > 0:
        yield from ("", describe_left_out(left_out, what))
