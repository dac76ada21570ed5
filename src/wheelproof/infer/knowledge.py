"""What each version of a build tool leaves on a wheel, as it was measured (``backends.json``)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from packaging.version import Version

from wheelproof.infer.marks import Marks, flatten


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Versions of a tool in a row, which leave the same marks.

    Attributes:
        first: the oldest of them.
        until: the version after the newest of them, or None where it is the newest that was measured.
        released: when the first was.
        marks: what they leave, taken apart by ``marks.flatten``; empty where they fail.
        fails: how a build with them ends, where it does; else empty.
    """

    first: Version
    until: Version | None
    released: date
    marks: Marks
    fails: str

    @property
    def specifier(self) -> str:
        """The versions as a specifier (PEP 440)."""
        return f">={self.first}" + (f",<{self.until}" if self.until else "")

    def contradictions(self, published: Marks) -> frozenset[str]:
        """The marks of a wheel (taken apart) that these versions do not leave."""
        return frozenset(
            name for name, value in published.items() if name in self.marks and self.marks[name] != value
        )


@cache
def known_runs(project: str, python: str) -> tuple[Run, ...]:
    """What was measured of a tool with an interpreter, oldest first; with the nearest one where not with it.

    Args:
        project: the tool's normalised name.
        python: the interpreter's version, ``X.Y``.
    """
    measured = _table()["projects"].get(project, {})
    if not measured:
        return ()
    wanted = Version(python)
    nearest = min(measured, key=lambda known: (abs(_ordinal(Version(known)) - _ordinal(wanted)), known))
    return tuple(_runs(measured[nearest]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well a run's marks are those of a wheel; ``against`` are the marks that speak against it."""

    run: Run
    against: frozenset[str]


def fits(project: str, python: str, marks: Marks, as_of: date | None) -> tuple[Fit, ...]:
    """The runs of a tool that work with an interpreter and were out on a day, best first, then newest.

    Args:
        project: the tool's normalised name.
        python: the interpreter's version, ``X.Y``.
        marks: a wheel's, taken apart.
        as_of: the day of the wheel's upload; None where it is not known.
    """
    found = [
        Fit(run=run, against=run.contradictions(marks))
        for run in known_runs(project, python)
        if not run.fails and (as_of is None or run.released <= as_of)
    ]
    return tuple(sorted(found, key=lambda fit: (len(fit.against), -fit.run.released.toordinal())))


def marks_of_other_versions(project: str, python: str, version: Version, baseline: Version) -> frozenset[str]:
    """The marks that a tool leaves in one version and not, or not so, in another."""
    runs = known_runs(project, python)
    here, there = _marks_at(runs, version), _marks_at(runs, baseline)
    return frozenset(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))


def _marks_at(runs: Sequence[Run], version: Version) -> Marks:
    older = [run for run in runs if run.first <= version and not run.fails]
    return older[-1].marks if older else {}


def default_time(project: str) -> date | None:
    """The day that a tool stamps where SOURCE_DATE_EPOCH is not set; None where it takes the build's time."""
    days = {
        value
        for runs in _table()["projects"].get(project, {}).values()
        for run in runs
        if (value := run.get("marks", {}).get("time-unset")) and value != "build"
    }
    return date.fromisoformat(max(days)) if days else None


def measured_projects() -> tuple[str, ...]:
    """The tools in the table."""
    return tuple(_table()["projects"])


def _ordinal(version: Version) -> int:
    return version.major * 100 + version.minor


def _runs(rows: list[dict[str, Any]]) -> Iterator[Run]:
    marks: dict[str, str] = {}
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if "fails" in row:
            marks = {}
        else:
            marks = {name: value for name, value in (marks | row["marks"]).items() if value is not None}
        yield Run(
            first=Version(row["first"]),
            until=Version(after["first"]) if after else None,
            released=date.fromisoformat(row["released"]),
            marks=flatten(marks) if marks else {},
            fails=row.get("fails", ""),
        )


@cache
def _table() -> Mapping[str, Any]:
    return json.loads(resources.files("wheelproof.infer").joinpath("backends.json").read_text("utf-8"))  # type: ignore[no-any-return]
