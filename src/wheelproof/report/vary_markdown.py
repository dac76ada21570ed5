"""The ``vary`` document as Markdown, for a pull request's comment and a CI system's step summary."""

from collections.abc import Iterator

from wheelproof.report.document import FailureFacts, MemberFacts
from wheelproof.report.markdown_text import MARKS, code, fence, prose, size_of, within
from wheelproof.report.summary import Outcome, describe_left_out
from wheelproof.report.vary_document import DifferenceFacts, VaryReport
from wheelproof.report.vary_words import (
    MEANINGS,
    evidence_of,
    kind_of,
    made_by,
    mending_causes,
    name_of,
    not_varied,
    view_of,
)

LIMIT_BYTES = 60_000
_DIFFERENCE_BYTES = 12_000
_ITEMS = 30
_CAUSES = 8
_VIEW_LINES = 40
_LOG_LINES = 40
_MARKS = {
    "same": MARKS[Outcome.REACHED],
    "differs": MARKS[Outcome.NOT_REACHED],
    "fails": MARKS[Outcome.NOT_REACHED],
    "undecided": MARKS[Outcome.TOOL_FAILED],
    "not-varied": MARKS[Outcome.NOT_CHECKED],
}


def render_vary_markdown(report: VaryReport) -> str:
    """A heading, what each variation came to, and each difference; at most ``LIMIT_BYTES`` long."""
    head = [
        f"## wheelproof vary: {report.outcome}",
        "",
        f"{code(name_of(report))}: {prose(report.reason, limit=1000)}. {MEANINGS[report.outcome]}",
        "",
        *_table(report),
        "",
    ]
    notes = [f"- {prose(note)}" for note in (*not_varied(report), *report.notes)[:_ITEMS]]
    foot = [*notes, "", f"<sub>{prose(report.tool)}, {report.created:%Y-%m-%d %H:%M} UTC</sub>\n"]
    blocks = [*(_failure(report.failure) if report.failure else ()), *map(_difference, report.differences)]
    room = LIMIT_BYTES - size_of([*head, *foot]) - 100
    return "\n".join([*head, *within(blocks, room, len(blocks), "differences"), *foot])


def _table(report: VaryReport) -> Iterator[str]:
    yield "| | variation | from | to | the wheel |"
    yield "|---|---|---|---|---|"
    for item in report.variations[:_ITEMS]:
        cells = (code(item.id), prose(item.plain), prose(item.varied), prose(item.outcome))
        yield f"| {_MARKS[item.outcome]} | {' | '.join(cells)} |"


def _failure(failure: FailureFacts) -> Iterator[str]:
    yield f"It ended in {code(failure.phase)}: {prose(failure.reason)}. {prose(failure.hint)}\n"
    if failure.log_end:
        yield _log(failure.log_end)


def _log(text: str) -> str:
    lines = text.splitlines()
    return fence("text", lines[-_LOG_LINES:], max(0, len(lines) - _LOG_LINES), "earlier lines")


def _difference(difference: DifferenceFacts) -> str:
    parts = [
        f"### {prose(difference.kind)}: {prose(made_by(difference))}",
        "",
        f"{prose(difference.headline)}. {prose(difference.evidence)}.",
        "",
        f"**Mend**: {prose(difference.mend, limit=1000)}",
        "",
    ]
    parts += [_member(member) for member in difference.members[:_ITEMS]]
    left_out = max(0, difference.members_left_out) + max(0, len(difference.members) - _ITEMS)
    if left_out:
        parts.append(f"{describe_left_out(left_out, 'files')}\n")
    for field in difference.fields[:_ITEMS]:
        where = f" of {code(field.member)}" if field.member else ""
        parts.append(
            f"- {prose(field.field)}{where}: {code(field.before)} before, {code(field.after)} after "
            f"({field.count:,} in all)"
        )
    for cause in mending_causes(difference)[:_CAUSES]:
        parts.append(f"- {code(cause.id)}: {prose(cause.title)}. {prose(cause.mend)}")
    if difference.log_end:
        parts.append(_log(difference.log_end))
    return "\n".join([*within(parts, _DIFFERENCE_BYTES, len(parts), "parts"), ""])


def _member(member: MemberFacts) -> str:
    lines = [f"- {code(member.name)}: {kind_of(member)}"]
    lines += [f"  - {code(use.id)}: {prose(evidence_of(use.evidence))}" for use in member.causes[:_CAUSES]]
    lines.append("")
    view = view_of(member)
    if view and view.lines and not member.explained:
        left_out = max(0, view.lines_left_out) + max(0, len(view.lines) - _VIEW_LINES)
        lines.append(fence("diff", view.lines[:_VIEW_LINES], left_out, "lines"))
    return "\n".join(lines)
