"""The report for a reader at a terminal: the verdict first, then what it rests on."""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.report.document import (
    AttemptFacts,
    ChoiceFacts,
    ComparisonFacts,
    EnvironmentFacts,
    FailureFacts,
    Report,
    RequirementFacts,
    Result,
)
from wheelproof.report.summary import describe_git, describe_toolchain
from wheelproof.report.terminal_members import member_rows
from wheelproof.report.terminal_run import print_run

_STYLES = {
    Verdict.IDENTICAL: "bold green",
    Verdict.SAME_CONTENT: "bold green",
    Verdict.EXPLAINED: "bold cyan",
    Verdict.DIFFERENT: "bold yellow",
    Verdict.NOT_BUILT: "bold magenta",
    Verdict.NOT_CHECKED: "bold magenta",
}
_SHOWN_FINDINGS = 20
_DIGEST_CHARS = 16
_LABEL_CHARS = 10
_INDENT = "  "

Row = tuple[str, str]


def print_report(report: Report, console: Console | None = None) -> None:
    """Print a report; every text that came from outside is made printable first."""
    console = console or Console(highlight=False)
    if report.run is not None:
        print_run(report, report.run, console)
        return
    for place, result in enumerate(report.results):
        if place:
            console.print()
        _print_result(console, result)
    if len(report.results) > 1:
        counts = Counter(result.verdict for result in report.results)
        summary = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
        console.print()
        console.print(Text(f"{len(report.results)} wheels: {summary}", style="bold"))


def _print_result(console: Console, result: Result) -> None:
    name = printable(result.published.filename or result.target)
    headline = Text.assemble((result.verdict.value, _STYLES[result.verdict]), (f"  {name}", "bold"))
    console.print(headline, soft_wrap=True)
    print_folded(console, Text(_INDENT), printable(result.reason, limit=1000))
    for label, text in _rows(result):
        margin = f"{_INDENT}{printable(label)[:_LABEL_CHARS]:<{_LABEL_CHARS}}{_INDENT}"
        print_folded(console, Text(margin, style="dim"), text)


def print_folded(console: Console, margin: Text, text: str) -> None:
    """Print text beside a margin, folded at the console's width, with no blanks at a line's end."""
    lines = Text(text).wrap(console, max(console.width - len(margin), 20), overflow="fold")
    for place, line in enumerate(lines):
        line.rstrip()
        before = Text(" " * len(margin)) if place else margin
        console.print(Text.assemble(before, line), soft_wrap=True)


def _rows(result: Result) -> Iterator[Row]:
    if result.failure:
        yield from _failure_rows(result.failure)
    yield from _file_rows(result)
    if result.comparison:
        yield from _comparison_rows(result.comparison)
    yield from _finding_rows(result)
    yield from _attempt_rows(result.attempts)
    if result.environment:
        yield from _environment_rows(
            result.environment, describe_toolchain(result), in_full=result.verdict not in LEVELS
        )
    for note in result.notes:
        yield "note", printable(note)


def _attempt_rows(attempts: tuple[AttemptFacts, ...]) -> Iterator[Row]:
    """What the search tried, each with what it changed; the one that the result is about is marked."""
    label = "tried"
    for attempt in attempts:
        changes = ", ".join(_value(choice) for choice in attempt.changes) or "what the evidence says first"
        kept = " (kept)" if attempt.kept else ""
        yield label, f"{attempt.verdict.value}{kept}: {changes}"
        label = ""


def _finding_rows(result: Result) -> Iterator[Row]:
    for finding in result.findings[:_SHOWN_FINDINGS]:
        where = f" {printable(finding.member)}" if finding.member else ""
        detail = f": {printable(finding.detail)}" if finding.detail else ""
        yield "finding", f"{printable(finding.id)} ({printable(finding.side)}){where}{detail}"
    hidden = len(result.findings) + result.findings_left_out - _SHOWN_FINDINGS
    if hidden > 0:
        yield "", f"… and {hidden} more"


def _failure_rows(failure: FailureFacts) -> Iterator[Row]:
    yield "ended in", printable(failure.phase)
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
        if result.source.git:
            yield "", describe_git(result.source.git)
    if result.rebuilt:
        renamed = (
            "" if result.rebuilt.filename == published.filename else f"  {printable(result.rebuilt.filename)}"
        )
        yield "rebuilt", f"{_short(result.rebuilt.sha256)}  {result.rebuilt.size_bytes:,} bytes{renamed}"


def _comparison_rows(comparison: ComparisonFacts) -> Iterator[Row]:
    if comparison.members_differing:
        yield "members", f"{comparison.members_same} the same, {comparison.members_differing} not"
    else:
        yield "members", f"{comparison.members_same}, all the same"
    yield from member_rows(comparison)
    if comparison.replay and comparison.replay.proved:
        taken = ", ".join(comparison.replay.replayed)
        yield "proof", printable(f"replay holds, with the published {taken}")
    elif comparison.replay and comparison.replay.reason and not comparison.members_differing:
        yield "no proof", printable(comparison.replay.reason)


def _environment_rows(environment: EnvironmentFacts, toolchain: str, *, in_full: bool) -> Iterator[Row]:
    image = environment.image
    image_id = _short(image.image_id.removeprefix("sha256:"))
    yield "image", f"{printable(image.name)}  {image_id}  {'pinned' if image.pin_met else 'PIN NOT MET'}"
    if not image.pin_met:
        yield "", printable(image.pin)
    requirements = _installed(environment.requirements) or "nothing installed"
    yield "built with", f"{printable(environment.backend)}; {requirements}"
    if environment.repair:
        yield "repaired", f"with {_installed(environment.repair)}"
    if toolchain:
        yield "toolchain", toolchain
    yield from _choice_rows(environment.choices, in_full=in_full)


def _installed(requirements: tuple[RequirementFacts, ...]) -> str:
    installed = ", ".join(
        f"{item.name} {item.version}{' (from its sdist)' if item.built_from_source else ''}"
        for item in requirements
    )
    return printable(installed, limit=2000)


def _choice_rows(choices: tuple[ChoiceFacts, ...], *, in_full: bool) -> Iterator[Row]:
    """Each choice with its evidence; defaults in brief where they sufficed."""
    in_brief = [] if in_full else [choice for choice in choices if choice.origin == "default"]
    for choice in choices:
        if choice not in in_brief:
            yield choice.origin, f"{_value(choice)}: {printable(choice.evidence)}"
    if in_brief:
        yield "default", ", ".join(_value(choice) for choice in in_brief)


def _value(choice: ChoiceFacts) -> str:
    return printable(f"{choice.field} {choice.value}")


def _short(sha256: str) -> str:
    return f"{printable(sha256[:_DIGEST_CHARS])}…"
