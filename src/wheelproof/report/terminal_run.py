"""A run over a list for a reader at a terminal: what it adds up to, what changed, and what is not well."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import Report, RunFacts
from wheelproof.report.statistics import Statistics, describe_run, or_better, share, statistics_of
from wheelproof.report.summary import name_of, not_reached, open_causes

_SHOWN_WHEELS = 40
_SHOWN_CHANGES = 40
_SHOWN_PHASES = 12
_SHOWN_CAUSES = 12
_REASON_CHARS = 160
_STYLES = {
    Verdict.IDENTICAL: "green",
    Verdict.SAME_CONTENT: "green",
    Verdict.EXPLAINED: "cyan",
    Verdict.DIFFERENT: "yellow",
    Verdict.NOT_BUILT: "magenta",
    Verdict.NOT_CHECKED: "magenta",
}


def print_run(report: Report, run: RunFacts, console: Console) -> None:
    """Print what a run over a list found; every text that came from outside is made printable first."""
    added = statistics_of(report)
    console.print(_verdicts(added))
    for count in added.levels:
        of_wheels = f"{count.wheels} of {added.wheels} wheels ({share(count.wheels, added.wheels)})"
        of_projects = (
            f"{count.projects} of {added.projects} projects ({share(count.projects, added.projects)})"
        )
        console.print(Text(f"{or_better(count.level)}: {of_wheels}, {of_projects}"))
    console.print(Text(describe_run(run), style="dim"))
    for lines in (_changes(run), _causes(added), _phases(added), _not_well(report)):
        found = list(lines)
        if found:
            console.print()
            for line in found:
                console.print(line, soft_wrap=True)


def _verdicts(added: Statistics) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    for verdict, count in added.verdicts:
        table.add_row(str(count), share(count, added.wheels), Text(verdict.value, style=_STYLES[verdict]))
    return table


def _changes(run: RunFacts) -> Iterator[Text]:
    if run.changes:
        yield Text("Changed since it was checked before", style="bold")
    for change in run.changes[:_SHOWN_CHANGES]:
        yield Text(f"  {change.before.value} -> {change.now.value}  {printable(change.name)}")
    left_out = max(0, run.changes_left_out) + max(0, len(run.changes) - _SHOWN_CHANGES)
    if left_out:
        yield Text(f"  … and {left_out} more")


def _causes(added: Statistics) -> Iterator[Text]:
    if added.causes:
        yield Text("Causes, by the number of wheels", style="bold")
    for cause in added.causes[:_SHOWN_CAUSES]:
        effect = "" if cause.closes else "  (leaves the difference open)"
        yield Text(f"  {cause.wheels:>4}  {printable(cause.id)}: {printable(cause.title)}{effect}")
    if len(added.causes) > _SHOWN_CAUSES:
        yield Text(f"  … and {len(added.causes) - _SHOWN_CAUSES} more")


def _phases(added: Statistics) -> Iterator[Text]:
    if added.phases:
        yield Text("Ended without a comparison, by phase", style="bold")
    for phase, count in added.phases[:_SHOWN_PHASES]:
        yield Text(f"  {count:>4}  {printable(phase)}")
    if len(added.phases) > _SHOWN_PHASES:
        yield Text(f"  … and {len(added.phases) - _SHOWN_PHASES} more")


def _not_well(report: Report) -> Iterator[Text]:
    """The wheels that do not reach the level that was asked for."""
    bad = not_reached(report)
    if bad:
        yield Text(f"Not {or_better(report.required)}", style="bold")
    for result in bad[:_SHOWN_WHEELS]:
        causes = ", ".join(printable(cause) for cause in open_causes(result))
        reason = printable(result.reason, limit=_REASON_CHARS)
        yield Text.assemble(
            "  ",
            (f"{result.verdict.value:<11}", _STYLES[result.verdict]),
            f"  {printable(name_of(result))}: {reason}{f' ({causes})' if causes else ''}",
        )
    if len(bad) > _SHOWN_WHEELS:
        yield Text(f"  … and {len(bad) - _SHOWN_WHEELS} more")
