"""The head of the page of a run over a list: what it adds up to, what changed, what the causes are."""

from collections.abc import Iterator
from dataclasses import dataclass

from wheelproof.core.verdict import Verdict
from wheelproof.report.document import ChangeFacts, Report, RunFacts
from wheelproof.report.html_picture import WIDTH
from wheelproof.report.statistics import (
    CauseCount,
    LevelCount,
    Statistics,
    describe_run,
    headline_of,
    or_better,
    share,
    statistics_of,
)
from wheelproof.report.summary import not_reached

_CAUSES = 30
_PHASES = 30
_CHANGES = 200
# However few wheels have a verdict, it can be seen in the bar.
_LEAST_SHARE = 0.006


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A verdict's part of the bar, which is ``WIDTH`` wide."""

    verdict: Verdict
    count: int
    share: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """What the page says of a run before it lists the wheels."""

    headline: str
    wanted: str
    said: str
    not_well: int
    added: Statistics
    segments: tuple[Segment, ...]
    levels: tuple[tuple[str, LevelCount, str, str], ...]
    causes: tuple[CauseCount, ...]
    causes_left_out: int
    phases: tuple[tuple[str, int], ...]
    phases_left_out: int
    changes: tuple[ChangeFacts, ...]
    changes_left_out: int


def run_page(report: Report, run: RunFacts) -> RunPage:
    """What a run adds up to, within bounds."""
    added = statistics_of(report)
    return RunPage(
        headline=headline_of(added, report.required),
        wanted=or_better(report.required),
        said=describe_run(run),
        not_well=len(not_reached(report)),
        added=added,
        segments=tuple(_segments(added)),
        levels=tuple(
            (
                or_better(count.level),
                count,
                share(count.wheels, added.wheels),
                share(count.projects, added.projects),
            )
            for count in added.levels
        ),
        causes=added.causes[:_CAUSES],
        causes_left_out=max(0, len(added.causes) - _CAUSES),
        phases=added.phases[:_PHASES],
        phases_left_out=max(0, len(added.phases) - _PHASES),
        changes=run.changes[:_CHANGES],
        changes_left_out=max(0, run.changes_left_out) + max(0, len(run.changes) - _CHANGES),
    )


def _segments(added: Statistics) -> Iterator[Segment]:
    weights = [max(count, added.wheels * _LEAST_SHARE) for _, count in added.verdicts]
    x = 0.0
    for (verdict, count), weight in zip(added.verdicts, weights, strict=True):
        width = weight / sum(weights) * WIDTH
        yield Segment(verdict=verdict, count=count, share=share(count, added.wheels), x=x, width=width)
        x += width
