"""What many results add up to: verdicts, projects, causes by frequency, failures by phase."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from packaging.utils import canonicalize_name

from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.report.document import Report, Result, RunFacts

_NAME = re.compile(r"[A-Za-z0-9._-]+")


class LevelCount(NamedTuple):
    """How many wheels reach a level, and how many projects with at least one wheel."""

    level: Verdict
    wheels: int
    projects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount:
    """On how many wheels a cause was recognised."""

    id: str
    title: str
    closes: bool
    wheels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a report's results add up to.

    Attributes:
        wheels: how many results there are.
        projects: of how many projects.
        verdicts: how many wheels have each, the strongest first.
        levels: what reaches each level, the strongest first.
        causes: those that were recognised, the most frequent first.
        phases: how many results without a comparison ended in each phase, the most frequent first.
    """

    wheels: int
    projects: int
    verdicts: tuple[tuple[Verdict, int], ...]
    levels: tuple[LevelCount, ...]
    causes: tuple[CauseCount, ...]
    phases: tuple[tuple[str, int], ...]


def statistics_of(report: Report) -> Statistics:
    """Add a report's results up; a wheel that was not checked counts among all."""
    verdicts = Counter(result.verdict for result in report.results)
    by_project: defaultdict[str, list[Result]] = defaultdict(list)
    for result in report.results:
        by_project[project_of(result)].append(result)
    return Statistics(
        wheels=len(report.results),
        projects=len(by_project),
        verdicts=tuple((verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]),
        levels=tuple(
            LevelCount(
                level=level,
                wheels=sum(result.verdict.reaches(level) for result in report.results),
                projects=sum(
                    any(item.verdict.reaches(level) for item in items) for items in by_project.values()
                ),
            )
            for level in LEVELS
        ),
        causes=tuple(_causes(report)),
        phases=tuple(
            Counter(result.failure.phase for result in report.results if result.failure).most_common()
        ),
    )


def project_of(result: Result) -> str:
    """The project that a result is about, normalised; what was asked for where that names none."""
    name = result.published.filename or result.target
    if name.endswith(".whl"):
        return canonicalize_name(name.partition("-")[0])
    found = _NAME.match(name)
    return canonicalize_name(found[0] if found else name)


def or_better(level: Verdict) -> str:
    """A level as what reaches it is called."""
    return level.value if level is LEVELS[0] else f"{level.value} or better"


def headline_of(added: Statistics, required: Verdict) -> str:
    """For example ``487 of 511 wheels are explained or better``."""
    (count,) = [item for item in added.levels if item.level is required]
    noun = "wheel" if added.wheels == 1 else "wheels"
    verb = "is" if count.wheels == 1 else "are"
    return f"{count.wheels:,} of {added.wheels:,} {noun} {verb} {or_better(required)}"


def describe_run(run: RunFacts) -> str:
    """How a run went, in a line."""
    checked = f"{run.fresh:,} checked now, {run.unchanged:,} unchanged since they were"
    return f"{checked}; {run.duration_s:,.0f} s with {run.jobs:,} at a time"


def share(count: int, total: int) -> str:
    """A count of a total as a percentage with one digit; never rounded up to more than it is."""
    return f"{count * 1000 // total / 10:.1f} %" if total else "0.0 %"


def _causes(report: Report) -> list[CauseCount]:
    known = {
        cause.id: cause
        for result in report.results
        if result.comparison
        for cause in result.comparison.causes
    }
    counts = Counter(
        cause.id for result in report.results if result.comparison for cause in result.comparison.causes
    )
    return [
        CauseCount(id=id_, title=known[id_].title, closes=known[id_].closes, wheels=count)
        for id_, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
