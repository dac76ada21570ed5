"""The report as one page that needs nothing else: no network, no other file, and no script to be read.

Jinja escapes all that is not markup of the templates' own, and before that every text is made printable:
there is no other way into the page. Its policy (Content Security Policy) allows no request of any kind, and
no script or style but the page's own, by their hashes.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from math import isfinite
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from wheelproof.core.untrusted import printable
from wheelproof.report.document import (
    FailureFacts,
    MemberDetails,
    MemberFacts,
    MemberView,
    Report,
    Result,
    exit_code,
)
from wheelproof.report.html_picture import HEIGHT, WIDTH, Block, lay_out, state_of
from wheelproof.report.summary import (
    KINDS,
    MEANINGS,
    Outcome,
    count_verdicts,
    describe_member,
    name_of,
    outcome_of,
    sentence,
)

# A page holds so many of each; what was cut is said beside it.
LIMIT_BYTES = 24 << 20
WHEELS = 3000
ITEMS = 200
_VIEW_LINES = 400
_WHEEL_VIEW_LINES = 4000
_LINE_CHARS = 300
_TEXT_CHARS = 1000
_LINE_CLASSES = {"+": "added", "-": "removed", "@": "place"}
_LOG_LINES = 300
# What differs most openly is shown at once.
_OPENED = 3
STATES = {
    "different": "different",
    "only-published": "only published",
    "only-rebuilt": "only rebuilt",
    "mode": "installs differently",
    "explained": "explained",
    "unlisted": "not listed",
    "same": "same",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A wheel in the page's list; ``body`` is its details, or None where they were left out."""

    anchor: str
    name: str
    facts: Result
    body: Markup | None


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
    name: str
    facts: Result
    outcome: Outcome
    meaning: str
    members: tuple[MemberRow, ...] = ()
    members_left_out: int = 0
    picture: tuple[Block, ...] = ()
    legend: tuple[tuple[str, str, int], ...] = ()
    log: tuple[str, ...] = ()
    durations: tuple[tuple[str, float], ...] = ()


def render_html(report: Report) -> str:
    """The page, in ASCII: whatever a server or a terminal takes it for, it reads the same."""
    environment = _environment()
    wheels = list(_listed(report, environment.get_template("wheel.html")))
    style, script = _asset("report.css"), _asset("report.js")
    text = environment.get_template("report.html").render(
        report=report,
        wheels=wheels,
        wheels_left_out=len(report.results) - len(wheels),
        verdicts=list(Counter(wheel.facts.verdict.value for wheel in wheels).items()),
        headline=count_verdicts(report),
        exit_code=int(exit_code(report)),
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _listed(report: Report, template: Template) -> Iterator[Listed]:
    """The wheels with their details, as long as there is room for those."""
    room = LIMIT_BYTES
    alone = len(report.results) == 1
    for place, result in enumerate(report.results[:WHEELS]):
        body = None
        if room > 0:
            text = template.render(wheel=_wheel_page(place, result, report), alone=alone)
            room -= len(text)
            body = Markup(text) if room > 0 else None  # noqa: S704 - rendered with autoescape
        yield Listed(anchor=_anchor(place), name=name_of(result), facts=result, body=body)


def _anchor(place: int) -> str:
    return f"wheel-{place}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("wheelproof.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        kinds=KINDS, states=STATES, items=ITEMS, picture_width=WIDTH, picture_height=HEIGHT
    )
    environment.filters["figure"] = _figure
    environment.filters["sentence"] = sentence
    return environment


def _shown(value: Any) -> Any:
    """What every expression of a template goes through, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value, limit=_TEXT_CHARS)
    return "unknown" if value is None else value


def _figure(value: float) -> str:
    """A length in a picture."""
    return f"{value:.2f}"


def _wheel_page(place: int, result: Result, report: Report) -> WheelPage:
    anchor = _anchor(place)
    rows = tuple(_rows(anchor, result))
    comparison = result.comparison
    picture = lay_out(comparison, [(row.anchor, row.facts) for row in rows]) if comparison else ()
    states = Counter(row.state for row in rows)
    left_out = max(0, comparison.members_differing - len(rows)) if comparison else 0
    states["unlisted"] = left_out
    states["same"] = comparison.members_same if comparison else 0
    return WheelPage(
        anchor=anchor,
        name=name_of(result),
        facts=result,
        outcome=outcome_of(result, report.required),
        meaning=MEANINGS[result.verdict],
        members=rows,
        members_left_out=left_out,
        picture=picture,
        legend=tuple((state, label, states[state]) for state, label in STATES.items() if states[state] > 0),
        log=_log(result.failure) if result.failure else (),
        durations=tuple(
            (name, value) for name, value in list(result.durations_s.items())[:ITEMS] if isfinite(value)
        ),
    )


def _rows(anchor: str, result: Result) -> Iterator[MemberRow]:
    """The members, open differences first, as the report has them within each."""
    members = result.comparison.members if result.comparison else ()
    room = _WHEEL_VIEW_LINES
    for place, member in enumerate(sorted(members, key=lambda member: member.explained)[:ITEMS]):
        lines, left_out = _view(member.view, min(room, _VIEW_LINES)) if member.view else ((), 0)
        room -= len(lines)
        details = _details(member.details, min(room, _VIEW_LINES)) if member.details else ()
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
            opened=place < _OPENED and not member.explained and bool(lines),
        )


def _lead(view: MemberView) -> str:
    """What the first line of a native view says: which tools made the file, and what of it differs."""
    first = view.lines[0] if view.kind == "native" and view.lines else ""
    return "" if first[:1] in _LINE_CLASSES else first


def _view(view: MemberView, room: int) -> tuple[tuple[tuple[str, str], ...], int]:
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


def _log(failure: FailureFacts) -> tuple[str, ...]:
    return tuple(printable(line, keep="\t") for line in failure.log_end.splitlines()[-_LOG_LINES:])


def _asset(name: str) -> str:
    return files("wheelproof.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
