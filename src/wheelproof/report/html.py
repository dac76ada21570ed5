"""The report as one page that needs nothing else: no network, no other file, and no script to be read.

Jinja escapes all that is not markup of the templates' own, and before that every text is made printable:
there is no other way into the page. Its policy (Content Security Policy) allows no request of any kind, and
no script or style but the page's own, by their hashes.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import Report, Result, exit_code
from wheelproof.report.html_picture import HEIGHT, WIDTH
from wheelproof.report.html_run import run_page
from wheelproof.report.html_wheel import IN_BRIEF, IN_FULL, STATES, Bounds, wheel_page
from wheelproof.report.summary import (
    RANKS,
    Outcome,
    count_verdicts,
    describe_git,
    describe_toolchain,
    name_of,
    open_causes,
    outcome_of,
    sentence,
)

# A page holds so much, and so many wheels; what was cut is said beside it.
LIMIT_BYTES = 24 << 20
RUN_DETAILS_BYTES = 2 << 20
RUN_WHEEL_BYTES = 200 << 10
WHEELS = 3000
_TEXT_CHARS = 1000
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
    style, script = _asset("report.css"), _asset("report.js")
    text = environment.get_template("report.html").render(
        report=report,
        run=run_page(report, report.run) if report.run else None,
        wheels=wheels,
        anchors={wheel.name: wheel.anchor for wheel in wheels},
        wheels_left_out=len(report.results) - len(wheels),
        verdicts=_counts(wheels),
        headline=count_verdicts(report),
        exit_code=int(exit_code(report)),
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )
    return _ascii(text)


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
    return Markup(_ascii(text))  # noqa: S704 - rendered with autoescape


def _listed(report: Report, place: int) -> Listed:
    result = report.results[place]
    return Listed(
        anchor=f"wheel-{place}",
        name=name_of(result),
        facts=result,
        outcome=outcome_of(result, report.required),
    )


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
    environment.globals.update(states=STATES, picture_width=WIDTH, picture_height=HEIGHT)
    environment.filters["figure"] = _figure
    environment.filters["open_causes"] = open_causes
    environment.filters["git"] = describe_git
    environment.filters["toolchain"] = describe_toolchain
    environment.filters["sentence"] = sentence
    environment.filters["cut_to"] = _cut_to
    return environment


def _shown(value: Any) -> Any:
    """What every expression of a template goes through, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value, limit=_TEXT_CHARS)
    return "unknown" if value is None else value


def _cut_to(text: str, limit: int) -> Markup:
    """A text in a row of many."""
    return escape(printable(text, limit=limit))


def _figure(value: float) -> str:
    """A length in a picture."""
    return f"{value:.2f}"


def _asset(name: str) -> str:
    return files("wheelproof.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
