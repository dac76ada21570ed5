"""The ``vary`` document for a reader at a terminal: one line where all is well, else what depends on what."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from wheelproof.core.untrusted import printable
from wheelproof.report.document import MemberFacts
from wheelproof.report.terminal import print_folded
from wheelproof.report.vary_document import DifferenceFacts, VaryReport
from wheelproof.report.vary_words import (
    describe_field,
    evidence_of,
    kind_of,
    made_by,
    mending_causes,
    name_of,
    not_varied,
    view_of,
)

_STYLES = {
    "reproducible": "bold green",
    "differs": "bold yellow",
    "fails": "bold magenta",
    "not-built": "bold magenta",
}
_MEMBERS = 10
_CAUSES = 4
_LINES = 6
_LINE_CHARS = 100
_LABEL_CHARS = 8
_INDENT = "  "

Row = tuple[str, str]


def print_vary(report: VaryReport, console: Console | None = None) -> None:
    """Print it; every text that came from outside is made printable first."""
    console = console or Console(highlight=False)
    headline = Text.assemble((report.outcome, _STYLES[report.outcome]), (f"  {name_of(report)}", "bold"))
    well = report.outcome == "reproducible"
    if well:
        headline.append(f"  {printable(report.reason, limit=1000)}")
    console.print(headline, soft_wrap=True)
    if not well:
        print_folded(console, Text(_INDENT), printable(report.reason, limit=1000))
    for label, text in _rows(report):
        if not text:
            console.print()
            continue
        margin = f"{_INDENT}{label:<{_LABEL_CHARS}}{_INDENT}"
        print_folded(console, Text(margin, style="dim"), text)


def _rows(report: VaryReport) -> Iterator[Row]:
    if report.failure:
        yield "ended in", printable(report.failure.phase)
        if report.failure.hint:
            yield "next", printable(report.failure.hint)
        if report.failure.log_end:
            yield "log", printable(report.failure.log_end, limit=4000, keep="\n\t")
    for difference in report.differences:
        yield "", ""
        yield from _difference_rows(difference)
    notes = [*not_varied(report), *map(printable, report.notes)]
    if report.differences and notes:
        yield "", ""
    yield from (("note", note) for note in notes)


def _difference_rows(difference: DifferenceFacts) -> Iterator[Row]:
    yield difference.kind.removeprefix("variation")[:_LABEL_CHARS] or "varied", made_by(difference)
    yield "", printable(difference.headline, limit=600)
    yield "seen", printable(difference.evidence, limit=600)
    label = "member"
    # What is closed, such as a RECORD that follows, is told where there is nothing else.
    members = [member for member in difference.members if not member.explained] or list(difference.members)
    for member in members[:_MEMBERS]:
        yield label, f"{printable(member.name)} ({kind_of(member)})"
        yield from _member_rows(member)
        label = ""
    hidden = len(members) + difference.members_left_out - _MEMBERS
    if hidden > 0:
        yield "", f"… and {hidden} more"
    label = "archive"
    for field in difference.fields:
        yield label, describe_field(field)
        label = ""
    yield "mend", printable(difference.mend, limit=1000)
    for cause in mending_causes(difference):
        yield "", f"{printable(cause.id)}: {printable(cause.mend, limit=600)}"
    if difference.log_end:
        yield "log", printable(difference.log_end, limit=2000, keep="\n\t")


def _member_rows(member: MemberFacts) -> Iterator[Row]:
    for use in member.causes[:_CAUSES]:
        yield "", f"  {printable(use.id)}: {evidence_of(use.evidence)}"
    view = view_of(member)
    if view is not None and not member.explained:
        lines = view.lines[:_LINES]
        yield from (("", f"  | {printable(line, limit=_LINE_CHARS)}") for line in lines)
        hidden = len(view.lines) + view.lines_left_out - len(lines)
        if hidden > 0:
            yield "", f"  | … {hidden} lines more"
