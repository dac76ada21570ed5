"""The ``vary`` document as one page that needs nothing else, in the style of a report's."""

from collections.abc import Iterator
from dataclasses import dataclass

from wheelproof.core.untrusted import printable
from wheelproof.report.document import CauseFacts, MemberFacts
from wheelproof.report.html_frame import frame, in_ascii, open_environment
from wheelproof.report.html_wheel import IN_FULL, view_lines
from wheelproof.report.vary_document import DifferenceFacts, VaryReport, vary_exit_code
from wheelproof.report.vary_words import (
    MEANINGS,
    evidence_of,
    kind_of,
    made_by,
    mending_causes,
    name_of,
    not_varied,
    varied_in,
    view_of,
)

# The classes of the style that outcomes share with verdicts and states.
_COLOURS = {
    "reproducible": "identical",
    "same": "identical",
    "differs": "different",
    "fails": "not-built",
    "not-built": "not-built",
    "undecided": "not-checked",
    "not-varied": "not-checked",
}
_OPENED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A member as the page lists it."""

    facts: MemberFacts
    summary: str
    evidence: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]
    lines_left_out: int
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A difference as the page shows it."""

    facts: DifferenceFacts
    made_by: str
    rows: tuple[_Row, ...]
    rows_left_out: int
    causes: tuple[CauseFacts, ...]
    log: tuple[str, ...]


def render_vary_html(report: VaryReport) -> str:
    """The page, in ASCII."""
    environment = open_environment()
    failure = report.failure
    text = environment.get_template("vary.html").render(
        report=report,
        name=name_of(report),
        meaning=MEANINGS[report.outcome],
        colours=_COLOURS,
        sections=list(_sections(report)),
        builds=[(varied_in(build, report.variations), build) for build in report.builds[: IN_FULL.items]],
        notes=[*not_varied(report), *report.notes][: IN_FULL.items],
        log=_log(failure.log_end) if failure else (),
        exit_code=int(vary_exit_code(report)),
        items=IN_FULL.items,
        environment=report.environment,
        **frame(),
    )
    return in_ascii(text)


def _sections(report: VaryReport) -> Iterator[_Section]:
    room = IN_FULL.wheel_lines
    for difference in report.differences[: IN_FULL.items]:
        rows = tuple(_rows(difference, room))
        room -= sum(len(row.lines) for row in rows)
        left_out = max(0, difference.members_left_out) + len(difference.members) - len(rows)
        yield _Section(
            facts=difference,
            made_by=made_by(difference),
            rows=rows,
            rows_left_out=left_out,
            causes=tuple(mending_causes(difference)[: IN_FULL.items]),
            log=_log(difference.log_end),
        )


def _rows(difference: DifferenceFacts, room: int) -> Iterator[_Row]:
    for place, member in enumerate(difference.members[: IN_FULL.items]):
        bound = max(0, min(room, IN_FULL.view_lines))
        view = view_of(member)
        lines, left_out = view_lines(view, bound) if view else ((), 0)
        room -= len(lines)
        yield _Row(
            facts=member,
            summary=kind_of(member),
            evidence=tuple((use.id, evidence_of(use.evidence)) for use in member.causes[: IN_FULL.items]),
            lines=lines,
            lines_left_out=left_out,
            opened=place < _OPENED and not member.explained,
        )


def _log(text: str) -> tuple[str, ...]:
    return tuple(printable(line, keep="\t") for line in text.splitlines()[-IN_FULL.log_lines :])
