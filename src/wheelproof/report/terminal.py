"""The report for a reader at a terminal: the verdict first, then what it rests on."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from wheelproof.core.untrusted import printable
from wheelproof.explain.verdict import Verdict
from wheelproof.report.document import (
    ComparisonFacts,
    EnvironmentFacts,
    FailureFacts,
    Report,
    Result,
)

_STYLES = {
    Verdict.IDENTICAL: "bold green",
    Verdict.SAME_CONTENT: "bold green",
    Verdict.EXPLAINED: "bold cyan",
    Verdict.DIFFERENT: "bold yellow",
    Verdict.NOT_BUILT: "bold magenta",
    Verdict.NOT_CHECKED: "bold magenta",
}
_SHOWN_MEMBERS = 20
_DIGEST_CHARS = 16

Row = tuple[str, str]


def print_report(report: Report, console: Console | None = None) -> None:
    """Print a report; every text that came from outside is made printable first."""
    console = console or Console(highlight=False, soft_wrap=True)
    for result in report.results:
        _print_result(console, result)
    if len(report.results) > 1:
        counts = Counter(result.verdict for result in report.results)
        summary = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
        console.print(Text(f"{len(report.results)} wheels: {summary}", style="bold"))


def _print_result(console: Console, result: Result) -> None:
    name = printable(result.published.filename or result.target)
    headline = (
        Text().append(result.verdict.value, style=_STYLES[result.verdict]).append(f"  {name}", style="bold")
    )
    console.print(headline)
    console.print(Text(f"  {printable(result.reason, limit=1000)}", style="dim"))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _rows(result):
        table.add_row(label, Text(text))
    console.print(Padding(table, (0, 0, 1, 2)))


def _rows(result: Result) -> Iterator[Row]:
    if result.failure:
        yield from _failure_rows(result.failure)
    yield from _file_rows(result)
    if result.comparison:
        yield from _comparison_rows(result.comparison)
    for finding in result.findings:
        where = f" {printable(finding.member)}" if finding.member else ""
        detail = f": {printable(finding.detail)}" if finding.detail else ""
        yield "finding", f"{finding.id} ({finding.side}){where}{detail}"
    if result.environment:
        yield from _environment_rows(result.environment)
    for note in result.notes:
        yield "note", printable(note)


def _failure_rows(failure: FailureFacts) -> Iterator[Row]:
    yield "ended in", failure.phase
    if failure.hint:
        yield "next", printable(failure.hint)
    if failure.log_end:
        yield "log's end", printable(failure.log_end, limit=4000, keep="\n\t")


def _file_rows(result: Result) -> Iterator[Row]:
    published = result.published
    if published.sha256:
        size = f"  {published.size_bytes:,} bytes" if published.size_bytes is not None else ""
        uploaded = f"  uploaded {published.upload_time:%Y-%m-%d %H:%M} UTC" if published.upload_time else ""
        yield "published", f"{_short(published.sha256)}{size}{uploaded}"
    if result.source:
        yield "source", f"{_short(result.source.sha256)}  {printable(result.source.filename)}"
    if result.rebuilt:
        renamed = (
            "" if result.rebuilt.filename == published.filename else f"  {printable(result.rebuilt.filename)}"
        )
        yield "rebuilt", f"{_short(result.rebuilt.sha256)}  {result.rebuilt.size_bytes:,} bytes{renamed}"


def _comparison_rows(comparison: ComparisonFacts) -> Iterator[Row]:
    yield "members", f"{comparison.members_same} the same, {comparison.members_differing} not"
    for member in comparison.members[:_SHOWN_MEMBERS]:
        yield "", f"{member.kind:<15} {printable(member.name)}"
    hidden = comparison.members_differing - min(len(comparison.members), _SHOWN_MEMBERS)
    if hidden > 0:
        yield "", f"… and {hidden} more"
    if comparison.replay:
        if comparison.replay.proved:
            yield (
                "proof",
                f"replay holds; taken from the published envelope: {', '.join(comparison.replay.replayed)}",
            )
        elif comparison.replay.reason:
            yield "no proof", printable(comparison.replay.reason)


def _environment_rows(environment: EnvironmentFacts) -> Iterator[Row]:
    image = environment.image
    pinned = "pinned" if image.pin_met else f"PIN NOT MET: {image.pin}"
    yield "image", f"{image.name}  {_short(image.image_id.removeprefix('sha256:'))}  {pinned}"
    installed = ", ".join(
        f"{item.name} {item.version}{' (from its sdist)' if item.built_from_source else ''}"
        for item in environment.requirements
    )
    yield (
        "built with",
        f"{printable(environment.backend)}; {printable(installed, limit=2000) or 'nothing installed'}",
    )
    for choice in environment.choices:
        yield choice.origin, f"{choice.field} = {printable(choice.value)}: {printable(choice.evidence)}"


def _short(sha256: str) -> str:
    return f"{sha256[:_DIGEST_CHARS]}…"
