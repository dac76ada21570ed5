"""Markdown for a pull request's comment and a CI system's step summary (GitHub Flavored Markdown).

What comes from outside is written so that neither Markdown, HTML nor a forge's own links see anything in
it: in prose every character that could mean something is an entity, names stand in ``<code>``, and lines of a
view in a fence that is longer than any run of backticks in them.
"""

import re
from collections.abc import Iterator, Sequence

from wheelproof.core.untrusted import printable
from wheelproof.report.document import (
    CauseFacts,
    ComparisonFacts,
    EnvironmentFacts,
    FailureFacts,
    FindingFacts,
    MemberFacts,
    Report,
    Result,
)
from wheelproof.report.summary import (
    MEANINGS,
    Outcome,
    count_verdicts,
    describe_left_out,
    describe_member,
    name_of,
    outcome_of,
    sentence,
)

# A forge refuses comments of more than 65,536 characters.
LIMIT_CHARS = 60_000
_TABLE_CHARS = 24_000
_DETAILS_CHARS = 30_000
_ITEMS = 30
_VIEW_LINES = 60
_VIEW_CHARS = 6_000
_LOG_LINES = 40
_MARKS = {
    Outcome.REACHED: "✅",
    Outcome.NOT_REACHED: "❌",
    Outcome.NOT_CHECKED: "⏭️",
    Outcome.TOOL_FAILED: "⚠️",
}


def render_markdown(report: Report) -> str:
    """A heading, a table of the wheels, and each wheel's details folded; at most ``LIMIT_CHARS`` long."""
    head = [f"## wheelproof: {count_verdicts(report)}", ""]
    head += _within(_table(report), _TABLE_CHARS, len(report.results) + 2, "wheels")
    head += ["", f"The level asked for is `{report.required.value}`.", ""]
    foot = f"<sub>{_prose(report.tool)}, {report.created:%Y-%m-%d %H:%M} UTC</sub>\n"
    room = LIMIT_CHARS - sum(len(line) + 1 for line in head) - len(foot) - 100
    # Those that did not reach the level come first, lest they be cut.
    results = sorted(
        report.results, key=lambda result: outcome_of(result, report.required) is Outcome.REACHED
    )
    details = _within((_details(report, result) for result in results), room, len(results), "wheels' details")
    return "\n".join([*head, *details, "", foot])


def _table(report: Report) -> Iterator[str]:
    yield "| | wheel | verdict | why | findings |"
    yield "|---|---|---|---|---|"
    for result in report.results:
        mark = _MARKS[outcome_of(result, report.required)]
        findings = len(result.findings) + max(0, result.findings_left_out)
        yield (
            f"| {mark} | {_code(name_of(result))} | **{result.verdict.value}** "
            f"| {_prose(result.reason, limit=300)} | {findings or ''} |"
        )


def _details(report: Report, result: Result) -> str:
    outcome = outcome_of(result, report.required)
    opened = " open" if len(report.results) == 1 and outcome is not Outcome.REACHED else ""
    title = f"{_MARKS[outcome]} {_code(name_of(result))}: {result.verdict.value}"
    blocks = list(_blocks(result))
    body = _within(blocks, _DETAILS_CHARS, len(blocks), "parts")
    return "\n".join(
        [
            f"<details{opened}><summary>{title}</summary>",
            "",
            MEANINGS[result.verdict],
            "",
            *body,
            "</details>",
            "",
        ]
    )


def _blocks(result: Result) -> Iterator[str]:
    """The parts of a wheel's details, each with a blank line at its end, what matters most first."""
    yield from _findings(result.findings, result.findings_left_out)
    if result.failure:
        yield from _failure(result.failure)
    if result.comparison:
        yield from _comparison(result.comparison)
    yield from _files(result)
    if result.environment:
        yield _environment(result.environment)
    yield from (f"- {_prose(note)}\n" for note in result.notes[:_ITEMS])


def _findings(findings: tuple[FindingFacts, ...], left_out: int) -> Iterator[str]:
    lines = []
    for finding in findings[:_ITEMS]:
        where = f" {_code(finding.member)}" if finding.member else ""
        said = _prose(finding.detail or finding.title)
        lines.append(f"- {_code(finding.id)} ({_prose(finding.side)}){where}: {said}")
    left_out = max(0, left_out) + len(findings) - len(lines)
    if left_out:
        lines.append(f"- {describe_left_out(left_out, 'findings')}")
    if lines:
        yield "\n".join(["**Findings**, which no cause closes:", "", *lines, ""])


def _failure(failure: FailureFacts) -> Iterator[str]:
    yield f"It ended in {_code(failure.phase)}: {_prose(failure.reason)}. {_prose(failure.hint)}\n"
    lines = failure.log_end.splitlines()
    if lines:
        yield _fence("text", lines[-_LOG_LINES:], max(0, len(lines) - _LOG_LINES), "earlier lines")


def _comparison(comparison: ComparisonFacts) -> Iterator[str]:
    yield f"{comparison.members_same:,} files are the same, {comparison.members_differing:,} are not.\n"
    if comparison.replay and not comparison.replay.proved and comparison.replay.reason:
        yield f"There is no proof for the archive: {_prose(comparison.replay.reason)}\n"
    # What is open comes first: it is what a reader has to look at, and what must not be cut.
    members = sorted(comparison.members, key=lambda member: member.explained)
    yield from (_member(member) for member in members[:_ITEMS])
    left_out = max(0, comparison.members_left_out) + max(0, len(members) - _ITEMS)
    if left_out:
        yield f"{describe_left_out(left_out, 'files')}\n"
    yield from _causes(comparison.causes)


def _causes(causes: tuple[CauseFacts, ...]) -> Iterator[str]:
    for cause in causes[:_ITEMS]:
        effect = "closes its difference" if cause.closes else "named, but leaves the difference open"
        noun = "file" if cause.members == 1 else "files"
        yield (
            f"**{_prose(sentence(cause.title))}** ({_code(cause.id)}; {effect}; {cause.members:,} {noun}). "
            f"{_prose(cause.why)} {_prose(cause.mend)}\n"
        )
    if len(causes) > _ITEMS:
        yield f"{describe_left_out(len(causes) - _ITEMS, 'causes')}\n"


def _member(member: MemberFacts) -> str:
    lines = [f"- {_code(member.name)}: {describe_member(member)}"]
    lines += [f"  - {_code(use.id)}: {_prose(use.evidence)}" for use in member.causes[:_ITEMS]]
    lines.append("")
    if member.view and member.view.lines:
        left_out = max(0, member.view.lines_left_out) + max(0, len(member.view.lines) - _VIEW_LINES)
        lines.append(_fence("diff", member.view.lines[:_VIEW_LINES], left_out, "lines"))
    return "\n".join(lines)


def _files(result: Result) -> Iterator[str]:
    lines = []
    for label, file in (
        ("published", result.published),
        ("source", result.source),
        ("rebuilt", result.rebuilt),
    ):
        if file and file.filename and file.sha256:
            lines.append(f"- {label}: {_code(file.filename)}, sha256 {_code(file.sha256)}")
    if lines:
        yield "\n".join([*lines, ""])


def _environment(environment: EnvironmentFacts) -> str:
    image = environment.image
    pin = "pinned" if image.pin_met else f"**pin not met**: {_prose(image.pin)}"
    installed = ", ".join(
        f"{_prose(item.name)} {_prose(item.version)}" for item in environment.requirements[:_ITEMS]
    )
    more = len(environment.requirements) - _ITEMS
    left_out = f", {describe_left_out(more, 'requirements')}" if more > 0 else ""
    return (
        f"- built in {_code(image.name)} ({pin}), {_code(image.image_id)}\n"
        f"- built with {_code(environment.backend)}: {installed or 'nothing installed'}{left_out}\n"
    )


def _fence(language: str, lines: Sequence[str], left_out: int, what: str) -> str:
    room, shown = _VIEW_CHARS, []
    for line in (printable(line, keep="\t", limit=300) for line in lines):
        room -= len(line) + 1
        if room >= 0:
            shown.append(line)
    left_out += len(lines) - len(shown)
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    ticks = "`" * max(3, longest + 1)
    end = f"\n{describe_left_out(left_out, what)}\n" if left_out else ""
    return "\n".join([f"{ticks}{language}", *shown, ticks, end])


def _code(text: str) -> str:
    """Text as code; a code span could not hold it in a table."""
    return f"<code>{_entities(printable(text, limit=300))}</code>" if text else ""


def _entities(text: str) -> str:
    return re.sub(r"[^\w ./-]|_|(?i:(?<=www)\.)", _entity, text, flags=re.ASCII)


def _prose(text: str, *, limit: int = 600) -> str:
    """Text in a sentence: entities for what has a meaning, and no address, mention or number that links."""
    shown = re.sub(
        r"[^\w ,.;:()'%/+=-]|_|^[-+=.]|(?<!\w)-", _entity, printable(text, limit=limit), flags=re.ASCII
    )
    shown = re.sub(r"(&#64;|&#35;|:(?=//))", "\\1\N{ZERO WIDTH SPACE}", shown)
    shown = re.sub(r"(?i)(www)\.", "\\1&#46;\N{ZERO WIDTH SPACE}", shown)
    return re.sub(r"^( *\d+)([.)])(?=\s|$)", lambda found: f"{found[1]}&#{ord(found[2])};", shown)


def _entity(found: re.Match[str]) -> str:
    return found[0] if ord(found[0]) > 127 else f"&#{ord(found[0])};"


def _within(parts: Iterator[str] | Sequence[str], room: int, total: int, what: str) -> list[str]:
    """As many parts as there is room for, and how many were left out."""
    kept: list[str] = []
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            break
        kept.append(part)
    left_out = total - len(kept)
    return [*kept, f"\n{describe_left_out(left_out, what)}\n"] if left_out > 0 else kept
