"""Markdown for a pull request's comment and a CI system's step summary (GitHub Flavored Markdown)."""

from collections.abc import Iterator

from wheelproof.report.document import (
    AttemptFacts,
    CauseFacts,
    ComparisonFacts,
    EnvironmentFacts,
    FailureFacts,
    FindingFacts,
    MemberFacts,
    Report,
    RequirementFacts,
    Result,
)
from wheelproof.report.markdown_run import run_head
from wheelproof.report.markdown_text import MARKS, code, fence, prose, size_of, within
from wheelproof.report.summary import (
    MEANINGS,
    Outcome,
    by_openness,
    count_verdicts,
    describe_git,
    describe_left_out,
    describe_member,
    describe_toolchain,
    name_of,
    not_reached,
    outcome_of,
    sentence,
)

# A forge refuses comments of more than 65,536 characters, and step summaries of more than 1 MiB.
LIMIT_BYTES = 60_000
RUN_LIMIT_BYTES = 500_000
_TABLE_BYTES = 24_000
_DETAILS_BYTES = 30_000
_RUN_DETAILS_BYTES = 10_000
_OF_ALL = "Below are the details of those that do not reach it, in brief; the report itself has those of all."
_ITEMS = 30
_VIEW_LINES = 60
_LOG_LINES = 40


def render_markdown(report: Report) -> str:
    """A heading, a table of the wheels, and each wheel's details folded; of a run what it adds up to first.

    It is at most ``LIMIT_BYTES`` long, and that of a run ``RUN_LIMIT_BYTES``.
    """
    if report.run:
        head, room, results = run_head(report, report.run), RUN_LIMIT_BYTES, not_reached(report)
    else:
        head, room, results = _head(report), LIMIT_BYTES, list(report.results)
    head += ["", f"The level asked for is `{report.required.value}`.", ""]
    head += [_OF_ALL, ""] if report.run and results else []
    foot = f"<sub>{prose(report.tool)}, {report.created:%Y-%m-%d %H:%M} UTC</sub>\n"
    room -= size_of([*head, foot]) + 100
    # Those that did not reach the level come first, lest they be cut.
    results.sort(key=lambda result: outcome_of(result, report.required) is Outcome.REACHED)
    details = within((_details(report, result) for result in results), room, len(results), "wheels' details")
    return "\n".join([*head, *details, "", foot])


def _head(report: Report) -> list[str]:
    table = within(_table(report), _TABLE_BYTES, len(report.results) + 2, "wheels")
    return [f"## wheelproof: {count_verdicts(report)}", "", *table]


def _table(report: Report) -> Iterator[str]:
    yield "| | wheel | verdict | why | findings |"
    yield "|---|---|---|---|---|"
    for result in report.results:
        mark = MARKS[outcome_of(result, report.required)]
        findings = len(result.findings) + max(0, result.findings_left_out)
        yield (
            f"| {mark} | {code(name_of(result))} | **{result.verdict.value}** "
            f"| {prose(result.reason, limit=300)} | {findings or ''} |"
        )


def _details(report: Report, result: Result) -> str:
    outcome = outcome_of(result, report.required)
    opened = " open" if len(report.results) == 1 and outcome is not Outcome.REACHED else ""
    title = f"{MARKS[outcome]} {code(name_of(result))}: {result.verdict.value}"
    blocks = list(_blocks(result))
    room = _RUN_DETAILS_BYTES if report.run else _DETAILS_BYTES
    return "\n".join(
        [
            f"<details{opened}><summary>{title}</summary>",
            "",
            MEANINGS[result.verdict],
            "",
            *within(blocks, room, len(blocks), "parts"),
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
    yield from _attempts(result.attempts)
    if result.environment:
        yield _environment(result.environment, describe_toolchain(result))
    yield from (f"- {prose(note)}\n" for note in result.notes[:_ITEMS])


def _findings(findings: tuple[FindingFacts, ...], left_out: int) -> Iterator[str]:
    lines = []
    for finding in findings[:_ITEMS]:
        where = f" {code(finding.member)}" if finding.member else ""
        said = prose(finding.detail or finding.title)
        lines.append(f"- {code(finding.id)} ({prose(finding.side)}){where}: {said}")
    left_out = max(0, left_out) + len(findings) - len(lines)
    if left_out:
        lines.append(f"- {describe_left_out(left_out, 'findings')}")
    if lines:
        yield "\n".join(["**Findings**, which no cause closes:", "", *lines, ""])


def _failure(failure: FailureFacts) -> Iterator[str]:
    yield f"It ended in {code(failure.phase)}: {prose(failure.reason)}. {prose(failure.hint)}\n"
    lines = failure.log_end.splitlines()
    if lines:
        yield fence("text", lines[-_LOG_LINES:], max(0, len(lines) - _LOG_LINES), "earlier lines")


def _comparison(comparison: ComparisonFacts) -> Iterator[str]:
    yield f"{comparison.members_same:,} files are the same, {comparison.members_differing:,} are not.\n"
    if comparison.replay and not comparison.replay.proved and comparison.replay.reason:
        yield f"There is no proof for the archive: {prose(comparison.replay.reason)}\n"
    # What is open comes first: it is what a reader has to look at, and what must not be cut.
    members = sorted(comparison.members, key=by_openness)
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
            f"**{prose(sentence(cause.title))}** ({code(cause.id)}; {effect}; {cause.members:,} {noun}). "
            f"{prose(cause.why)} {prose(cause.mend)}\n"
        )
    if len(causes) > _ITEMS:
        yield f"{describe_left_out(len(causes) - _ITEMS, 'causes')}\n"


def _member(member: MemberFacts) -> str:
    lines = [f"- {code(member.name)}: {describe_member(member)}"]
    lines += [f"  - {code(use.id)}: {prose(use.evidence)}" for use in member.causes[:_ITEMS]]
    lines.append("")
    if member.view and member.view.lines:
        left_out = max(0, member.view.lines_left_out) + max(0, len(member.view.lines) - _VIEW_LINES)
        lines.append(fence("diff", member.view.lines[:_VIEW_LINES], left_out, "lines"))
    return "\n".join(lines)


def _files(result: Result) -> Iterator[str]:
    lines = []
    for label, file in (
        ("published", result.published),
        ("source", result.source),
        ("rebuilt", result.rebuilt),
    ):
        if file and file.filename and file.sha256:
            lines.append(f"- {label}: {code(file.filename)}, sha256 {code(file.sha256)}")
    if result.source and result.source.git:
        lines.append(f"- **{prose(sentence(describe_git(result.source.git)))}**")
    if lines:
        yield "\n".join([*lines, ""])


def _attempts(attempts: tuple[AttemptFacts, ...]) -> Iterator[str]:
    if not attempts:
        return
    lines = ["What was tried:", ""]
    for attempt in attempts[:_ITEMS]:
        changes = ", ".join(code(f"{choice.field} {choice.value}") for choice in attempt.changes[:_ITEMS])
        kept = " (kept)" if attempt.kept else ""
        lines.append(f"- {attempt.verdict.value}{kept}: {changes or 'what the evidence says first'}")
    if len(attempts) > _ITEMS:
        lines.append(f"- {describe_left_out(len(attempts) - _ITEMS, 'attempts')}")
    yield "\n".join([*lines, ""])


def _environment(environment: EnvironmentFacts, toolchain: str) -> str:
    image = environment.image
    pin = "pinned" if image.pin_met else f"**pin not met**: {prose(image.pin)}"
    installed = _installed(environment.requirements) or "nothing installed"
    repaired = f"- repaired with {_installed(environment.repair)}\n" if environment.repair else ""
    compiled = f"- toolchain: {prose(toolchain)}\n" if toolchain else ""
    return (
        f"- built in {code(image.name)} ({pin}), {code(image.image_id)}\n"
        f"- built with {code(environment.backend)}: {installed}\n{repaired}{compiled}"
    )


def _installed(requirements: tuple[RequirementFacts, ...]) -> str:
    shown = ", ".join(f"{prose(item.name)} {prose(item.version)}" for item in requirements[:_ITEMS])
    more = len(requirements) - _ITEMS
    return f"{shown}, {describe_left_out(more, 'requirements')}" if more > 0 else shown
