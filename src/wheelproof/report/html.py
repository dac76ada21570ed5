"""The report as one page that needs nothing else: no network, no other file, and no script to be read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment, Template
from markupsafe import Markup, escape

from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import Report, Result, exit_code
from wheelproof.report.html_frame import frame, in_ascii, open_environment
from wheelproof.report.html_picture import HEIGHT, WIDTH
from wheelproof.report.html_run import run_page
from wheelproof.report.html_wheel import IN_BRIEF, IN_FULL, STATES, Bounds, wheel_page
from wheelproof.report.summary import (
    RANKS,
    Outcome,
    count_verdicts,
    describe_toolchain,
    name_of,
    open_causes,
    outcome_of,
)

# A page holds so much, and so many wheels; what was cut is said beside it.
LIMIT_BYTES = 24 << 20
RUN_DETAILS_BYTES = 2 << 20
RUN_WHEEL_BYTES = 200 << 10
WHEELS = 3000
_PROVED = (Verdict.IDENTICAL, Verdict.SAME_CONTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A wheel in the page's list; ``body`` is its details, or None where they were left out."""

    anchor: str
    name: str
    facts: Result
    outcome: Outcome
    body: Markup | None = None

    def rank(self) -> tuple[bool, int]:
        """What is not well comes first, by verdict; among the others those with findings."""
        reached = self.outcome is Outcome.REACHED
        return reached, not self.facts.findings if reached else RANKS[self.facts.verdict]

    @property
    def findings(self) -> int:
        """How many the wheel has."""
        return len(self.facts.findings) + max(0, self.facts.findings_left_out)

    @property
    def has_reason(self) -> bool:
        """Its reason says more than its verdict."""
        source = self.facts.source
        return self.facts.verdict not in _PROVED or (source is not None and source.git is not None)

    @property
    def has_more(self) -> bool:
        """A reader of a run wants its details."""
        return self.outcome is not Outcome.REACHED or bool(self.facts.findings)


def render_html(report: Report) -> str:
    """The page, in ASCII: whatever a server or a terminal takes it for, it reads the same."""
    environment = _environment()
    template = environment.get_template("wheel.html")
    wheels = list(_in_brief(report, template) if report.run else _in_full(report, template))
    text = environment.get_template("report.html").render(
        report=report,
        run=run_page(report, report.run) if report.run else None,
        wheels=wheels,
        anchors={wheel.name: wheel.anchor for wheel in wheels},
        wheels_left_out=len(report.results) - len(wheels),
        verdicts=_counts(wheels),
        headline=count_verdicts(report),
        exit_code=int(exit_code(report)),
        **frame(),
    )
    return in_ascii(text)


def _counts(wheels: Sequence[Listed]) -> list[tuple[str, int]]:
    counts = Counter(wheel.facts.verdict for wheel in wheels)
    return [(verdict.value, counts[verdict]) for verdict in Verdict if counts[verdict]]


def _in_full(report: Report, template: Template) -> Iterator[Listed]:
    """The wheels with their details, as long as there is room for those."""
    room = LIMIT_BYTES
    for place in range(len(report.results[:WHEELS])):
        wheel = _listed(report, place)
        if room > 0:
            body = _body(template, wheel, IN_FULL)
            room -= len(body)
            wheel = replace(wheel, body=body if room > 0 else None)
        yield wheel


def _in_brief(report: Report, template: Template) -> Iterator[Listed]:
    """The wheels of a run, those that are not well first, and the details of those in brief."""
    room = RUN_DETAILS_BYTES
    wheels = (_listed(report, place) for place in range(len(report.results)))
    for wheel in sorted(wheels, key=Listed.rank)[:WHEELS]:
        body = _body(template, wheel, IN_BRIEF) if wheel.has_more and room > 0 else Markup()
        if not 0 < len(body) <= RUN_WHEEL_BYTES:
            yield wheel
            continue
        room -= len(body)
        yield replace(wheel, body=body if room > 0 else None)


def _body(template: Template, wheel: Listed, bounds: Bounds) -> Markup:
    page = wheel_page(wheel.anchor, wheel.facts, bounds)
    reached = wheel.outcome is Outcome.REACHED
    text = template.render(wheel=page, items=bounds.items, reached=reached)
    return Markup(in_ascii(text))  # noqa: S704 - rendered with autoescape


def _listed(report: Report, place: int) -> Listed:
    result = report.results[place]
    return Listed(
        anchor=f"wheel-{place}",
        name=name_of(result),
        facts=result,
        outcome=outcome_of(result, report.required),
    )


def _environment() -> Environment:
    environment = open_environment()
    environment.globals.update(states=STATES, picture_width=WIDTH, picture_height=HEIGHT)
    environment.filters["figure"] = _figure
    environment.filters["open_causes"] = open_causes
    environment.filters["toolchain"] = describe_toolchain
    environment.filters["cut_to"] = _cut_to
    return environment


def _cut_to(text: str, limit: int) -> Markup:
    """A text in a row of many."""
    return escape(printable(text, limit=limit))


def _figure(value: float) -> str:
    """A length in a picture."""
    return f"{value:.2f}"
