"""The members that differ, for a terminal: what is left open in full, what is explained in brief."""

from collections.abc import Iterator

from wheelproof.core.untrusted import printable
from wheelproof.report.document import ComparisonFacts, MemberFacts

_SHOWN_MEMBERS = 20
_SHOWN_CAUSES = 4
# Of one member's view, and of all together: the whole report should fit on a screen.
_MEMBER_LINES = 10
_LINES = 24
_LINE_CHARS = 100

Row = tuple[str, str]


def member_rows(comparison: ComparisonFacts) -> Iterator[Row]:
    """Each open member with its causes and changed lines, then each cause that explains others."""
    room = _LINES
    left_open = [member for member in comparison.members if not member.explained]
    for member in left_open[:_SHOWN_MEMBERS]:
        yield "", f"{member.kind:<15} {printable(member.name)}"
        if member.left_out:
            yield "", "  left out of the comparison by the recipe"
        yield from _cause_rows(member)
        lines = _view_rows(member, min(room, _MEMBER_LINES))
        room -= len(lines)
        yield from lines
    explained = sum(member.explained for member in comparison.members)
    hidden = comparison.members_differing - explained - min(len(left_open), _SHOWN_MEMBERS)
    if left_open and hidden > 0:
        yield "", f"… and {hidden} more"
    if explained:
        yield from _explained_rows(comparison)


def _cause_rows(member: MemberFacts) -> Iterator[Row]:
    for use in member.causes[:_SHOWN_CAUSES]:
        yield "", f"  {printable(use.id)}: {printable(use.evidence)}"
    if len(member.causes) > _SHOWN_CAUSES:
        yield "", f"  … and {len(member.causes) - _SHOWN_CAUSES} more causes"


def _view_rows(member: MemberFacts, room: int) -> list[Row]:
    if member.view is None or room <= 0:
        return []
    rows = [("", f"  | {printable(line, limit=_LINE_CHARS)}") for line in member.view.lines[:room]]
    hidden = len(member.view.lines) + member.view.lines_left_out - len(rows)
    return [*rows, ("", f"  | … {hidden} lines more")] if hidden else rows


def _explained_rows(comparison: ComparisonFacts) -> Iterator[Row]:
    label = "explained"
    for cause in comparison.causes:
        if cause.closes:
            count = f"{cause.members} member{'s' if cause.members > 1 else ''}"
            yield label, f"{printable(cause.id)} on {count}: {printable(cause.title)}"
            label = ""
