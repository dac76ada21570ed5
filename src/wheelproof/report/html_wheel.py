"""A wheel's part of the page: its members with their lines, its picture, its log; all within bounds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from wheelproof.core.untrusted import printable
from wheelproof.report.document import FailureFacts, MemberDetails, MemberFacts, MemberView, Result
from wheelproof.report.html_picture import Block, lay_out, state_of
from wheelproof.report.summary import MEANINGS, by_openness, describe_member

_LINE_CHARS = 300
_LINE_CLASSES = {"+": "added", "-": "removed", "@": "place"}
# What differs most openly is shown at once.
_OPENED = 3
STATES = {
    "different": "different",
    "only-published": "only published",
    "only-rebuilt": "only rebuilt",
    "mode": "installs differently",
    "left-out": "left out by the recipe",
    "explained": "explained",
    "unlisted": "not listed",
    "same": "same",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a wheel a page shows; what was cut is said beside it.

    Attributes:
        items: entries of a list.
        view_lines: lines of a view.
        wheel_lines: lines of all views together.
        log_lines: lines of a log's end.
    """

    items: int
    view_lines: int
    wheel_lines: int
    log_lines: int


IN_FULL = Bounds(items=200, view_lines=400, wheel_lines=4000, log_lines=300)
IN_BRIEF = Bounds(items=30, view_lines=60, wheel_lines=240, log_lines=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member as the page lists it."""

    anchor: str
    facts: MemberFacts
    state: str
    summary: str
    lead: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    lines_left_out: int = 0
    details: tuple[tuple[str, str], ...] = ()
    opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelPage:
    """A wheel's part of the page."""

    anchor: str
    facts: Result
    meaning: str
    members: tuple[MemberRow, ...] = ()
    members_left_out: int = 0
    picture: tuple[Block, ...] = ()
    legend: tuple[tuple[str, str, int], ...] = ()
    log: tuple[str, ...] = ()
    durations: tuple[tuple[str, float], ...] = ()


def wheel_page(anchor: str, result: Result, bounds: Bounds) -> WheelPage:
    """A result as the page shows it.

    Args:
        anchor: the id that its ids begin with.
        result: the result.
        bounds: how much of it is shown.
    """
    rows = tuple(_rows(anchor, result, bounds))
    comparison = result.comparison
    picture = lay_out(comparison, [(row.anchor, row.facts) for row in rows]) if comparison else ()
    states = Counter(row.state for row in rows)
    left_out = max(0, comparison.members_differing - len(rows)) if comparison else 0
    states["unlisted"] = left_out
    states["same"] = comparison.members_same if comparison else 0
    return WheelPage(
        anchor=anchor,
        facts=result,
        meaning=MEANINGS[result.verdict],
        members=rows,
        members_left_out=left_out,
        picture=picture,
        legend=tuple((state, label, states[state]) for state, label in STATES.items() if states[state] > 0),
        log=_log(result.failure, bounds.log_lines) if result.failure else (),
        durations=tuple(
            (name, value)
            for name, value in list(result.durations_s.items())[: bounds.items]
            if isfinite(value)
        ),
    )


def _rows(anchor: str, result: Result, bounds: Bounds) -> Iterator[MemberRow]:
    """The members, open differences first, as the report has them within each."""
    members = result.comparison.members if result.comparison else ()
    room = bounds.wheel_lines
    for place, member in enumerate(sorted(members, key=by_openness)[: bounds.items]):
        lines, left_out = view_lines(member.view, min(room, bounds.view_lines)) if member.view else ((), 0)
        room -= len(lines)
        details = _details(member.details, min(room, bounds.view_lines)) if member.details else ()
        room -= len(details)
        yield MemberRow(
            anchor=f"{anchor}-file-{place}",
            facts=member,
            state=state_of(member),
            summary=describe_member(member),
            lead=_lead(member.view) if member.view else "",
            lines=lines,
            lines_left_out=left_out,
            details=details,
            opened=place < _OPENED and not any(by_openness(member)) and bool(lines),
        )


def _lead(view: MemberView) -> str:
    """What the first line of a native view says: which tools made the file, and what of it differs."""
    first = view.lines[0] if view.kind == "native" and view.lines else ""
    return "" if first[:1] in _LINE_CLASSES else first


def view_lines(view: MemberView, room: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """A view's lines, each with its class, and how many more there are."""
    shown = tuple(
        (_LINE_CLASSES.get(line[:1], ""), printable(line, limit=_LINE_CHARS, keep="\t"))
        for line in view.lines[:room]
    )
    return shown, max(0, view.lines_left_out) + len(view.lines) - len(shown)


def _details(details: MemberDetails, room: int) -> tuple[tuple[str, str], ...]:
    """What diffoscope says, each line with its class; its lines begin with a frame of their own."""
    return tuple(
        (_LINE_CLASSES.get(line.lstrip("\u2502 ")[:1], ""), printable(line, limit=_LINE_CHARS, keep="\t"))
        for line in details.lines[:room]
    )


def _log(failure: FailureFacts, most: int) -> tuple[str, ...]:
    return tuple(printable(line, keep="\t") for line in failure.log_end.splitlines()[-most:])
