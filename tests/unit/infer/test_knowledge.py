import json
from datetime import date
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.infer import knowledge
from wheelproof.infer.knowledge import (
    Run,
    default_time,
    fits,
    known_runs,
    marks_of_other_versions,
    measured_projects,
)
from wheelproof.infer.rules import GENERATORS

TABLE = json.loads(resources.files("wheelproof.infer").joinpath("backends.json").read_text("utf-8"))
MEASURED = [(project, python) for project, pythons in TABLE["projects"].items() for python in pythons]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, list[dict[str, object]]]]:
    """The projects of a table that takes the measured one's place."""
    stamp = {"time-unset": "2016-01-01"}
    projects: dict[str, dict[str, list[dict[str, object]]]] = {
        "tool": {
            "3.9": [
                {"first": "1.0", "released": "2020-01-01", "marks": {"a": "1", "b": "1", **stamp}},
                {"first": "1.1", "released": "2020-02-01", "fails": "It ended with exit code 1"},
                {"first": "1.2", "released": "2020-03-01", "marks": {"a": "2", "b": "1"}},
                {"first": "2.0", "released": "2021-01-01", "marks": {"b": None, "order": "Name Version"}},
            ],
            "3.13": [{"first": "2.0", "released": "2021-01-01", "marks": {"a": "3"}}],
        }
    }  # fmt: skip
    monkeypatch.setattr(knowledge, "_table", lambda: {"projects": projects})
    known_runs.cache_clear()
    return projects


@pytest.fixture(autouse=True)
def _fresh() -> None:
    known_runs.cache_clear()


def test_the_table_says_when_it_was_measured() -> None:
    assert set(TABLE) == {"projects", "measured"}
    assert date.fromisoformat(TABLE["measured"]) > date(2026, 1, 1)
    assert measured_projects() == tuple(TABLE["projects"])


def test_every_project_of_the_table_is_known_by_its_name_and_has_runs() -> None:
    written = {project for _, project in GENERATORS}
    for project, pythons in TABLE["projects"].items():
        assert canonicalize_name(project) == project
        assert project in written
        assert pythons
    assert "setuptools" in TABLE["projects"]


@pytest.mark.parametrize(("project", "python"), MEASURED)
def test_the_table_is_in_form(project: str, python: str) -> None:
    rows = TABLE["projects"][project][python]
    assert rows
    for row in rows:
        assert set(row) in ({"first", "released", "marks"}, {"first", "released", "fails"})
        Version(row["first"])
        date.fromisoformat(row["released"])
        assert row.get("fails", "why").isprintable()
        assert all(
            value is None or (value and value.isprintable()) for value in row.get("marks", {}).values()
        )
    for before, after in pairwise(rows):
        assert Version(before["first"]) < Version(after["first"])
        assert before.get("marks") != {}


@pytest.mark.parametrize(("project", "python"), MEASURED)
def test_runs_follow_each_other_without_a_gap(project: str, python: str) -> None:
    runs = known_runs(project, python)
    assert len(runs) == len(TABLE["projects"][project][python])
    for before, after in pairwise(runs):
        assert before.until == after.first
        assert after.first not in SpecifierSet(before.specifier)
        assert (before.marks, before.fails) != (after.marks, after.fails)
    assert runs[-1].until is None
    for run in runs:
        assert run.first in SpecifierSet(run.specifier)
        assert bool(run.marks) != bool(run.fails)
        assert "order" not in run.marks
        assert not run.contradictions(run.marks)


def test_marks_carry_on_from_run_to_run_until_they_change(table: object) -> None:
    first, second, third, fourth = known_runs("tool", "3.9")
    assert first.marks == {"a": "1", "b": "1", "time-unset": "2016-01-01"}
    assert (second.marks, second.fails) == ({}, "It ended with exit code 1")
    assert third.marks == {"a": "2", "b": "1"}
    assert fourth.marks == {"a": "2", "order:Name,Version": "Name"}
    assert [run.specifier for run in (first, fourth)] == [">=1.0,<1.1", ">=2.0"]


def test_what_was_not_measured_with_an_interpreter_is_taken_from_the_nearest(table: object) -> None:
    for python, first in (("2.7", "1.0"), ("3.9", "1.0"), ("3.10", "1.0"), ("3.12", "2.0"), ("3.14", "2.0")):
        assert known_runs("tool", python)[0].first == Version(first)
    assert known_runs("nothing", "3.9") == ()
    assert fits("nothing", "3.9", {}, None) == ()


def test_the_run_that_the_fewest_marks_speak_against_is_first(table: object) -> None:
    found = fits("tool", "3.9", {"a": "1", "b": "1", "c": "x"}, None)
    assert [(str(fit.run.first), fit.against) for fit in found] == [
        ("1.0", frozenset()),
        ("2.0", frozenset({"a"})),
        ("1.2", frozenset({"a"})),
    ]
    newest_first = fits("tool", "3.9", {}, None)
    assert [str(fit.run.first) for fit in newest_first] == ["2.0", "1.2", "1.0"]


def test_what_was_released_after_the_day_does_not_fit(table: object) -> None:
    marks = {"a": "2"}
    assert [str(fit.run.first) for fit in fits("tool", "3.9", marks, date(2020, 3, 1))] == ["1.2", "1.0"]
    assert [str(fit.run.first) for fit in fits("tool", "3.9", marks, date(2020, 2, 29))] == ["1.0"]
    assert fits("tool", "3.9", marks, date(2019, 12, 31)) == ()


@settings(max_examples=40)
@given(
    project=st.sampled_from(MEASURED),
    day=st.none() | st.dates(date(2014, 1, 1), date(2027, 1, 1)),
    data=st.data(),
)
def test_nothing_fits_that_fails_or_was_not_out(
    project: tuple[str, str], day: date | None, data: st.DataObject
) -> None:
    runs = known_runs(*project)
    likely = data.draw(st.sampled_from([run.marks for run in runs if not run.fails]))
    marks = dict(likely) | data.draw(st.dictionaries(st.sampled_from(sorted(likely)), st.text(max_size=9)))
    found = fits(*project, marks, day)
    assert {fit.run.first for fit in found} == {
        run.first for run in runs if not run.fails and (day is None or run.released <= day)
    }
    for fit in found:
        assert fit.against == {
            name for name in fit.run.marks if name in marks and marks[name] != fit.run.marks[name]
        }
    ranks = [(len(fit.against), -fit.run.released.toordinal()) for fit in found]
    assert ranks == sorted(ranks)


def test_the_marks_that_tell_two_versions_apart(table: object) -> None:
    def apart(one: str, other: str) -> frozenset[str]:
        return marks_of_other_versions("tool", "3.9", Version(one), Version(other))

    assert apart("1.0", "1.0.5") == frozenset()
    assert apart("1.0", "1.5") == {"a", "time-unset"} == apart("1.5", "1.0")
    assert apart("1.2", "3.0") == {"b", "order:Name,Version"}
    # A version that fails is taken for the one before it.
    assert apart("1.1", "1.0") == frozenset()
    assert marks_of_other_versions("nothing", "3.9", Version("1"), Version("2")) == frozenset()


def test_a_tools_own_date_is_the_one_that_it_stamps_unset(table: object) -> None:
    assert default_time("tool") == date(2016, 1, 1)
    assert default_time("nothing") is None


@pytest.mark.parametrize(
    ("project", "day"),
    [
        ("pdm-backend", date(2016, 1, 1)),
        ("flit-core", date(2016, 1, 1)),
        ("poetry-core", date(2016, 1, 1)),
        ("hatchling", date(2020, 2, 2)),
        ("uv-build", date(1980, 1, 1)),
        ("setuptools", None),
        ("wheel", None),
    ],
)
def test_the_measured_dates_are_those_that_the_tools_document(project: str, day: date | None) -> None:
    expected = day if project in measured_projects() else None
    assert default_time(project) == expected


def test_a_run_without_an_end_is_open() -> None:
    run = Run(first=Version("1"), until=None, released=date(2020, 1, 1), marks={"a": "1"}, fails="")
    assert run.specifier == ">=1"
    assert run.contradictions({"a": "2", "b": "1"}) == {"a"}
    assert run.contradictions({}) == frozenset()
