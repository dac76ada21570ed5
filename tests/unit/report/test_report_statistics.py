"""What the results of a run add up to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_reports import failed, failure, run_report, wheel

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.report.document import PublishedFacts, Result
from wheelproof.report.statistics import (
    LevelCount,
    describe_run,
    headline_of,
    or_better,
    project_of,
    share,
    statistics_of,
)
from wheelproof.report.summary import not_reached, open_causes

NAMES = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
RESULTS = st.lists(st.builds(wheel, NAMES.map("{}-1.0-py3-none-any.whl".format), st.sampled_from(Verdict)))


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_is_never_more_than_it_is(count: int, total: int) -> None:
    count = min(count, total)
    shown = share(count, total)
    assert shown.endswith(" %")
    tenths = round(float(shown.removesuffix(" %")) * 10)
    assert tenths * total <= count * 1000 < (tenths + 1) * total


def test_shares() -> None:
    assert share(999_999, 1_000_000) == "99.9 %"
    assert share(1, 3) == "33.3 %"
    assert share(2, 3) == "66.6 %"
    assert share(7, 7) == "100.0 %"
    assert share(1, 2000) == "0.0 %"
    assert share(0, 0) == "0.0 %"


@given(RESULTS)
def test_every_wheel_counts_once(results: list[Result]) -> None:
    added = statistics_of(run_report(*results))
    assert added.wheels == len(results) == sum(count for _, count in added.verdicts)
    assert [verdict for verdict, _ in added.verdicts] == [
        verdict for verdict in Verdict if verdict in {result.verdict for result in results}
    ]
    assert [count.level for count in added.levels] == list(LEVELS)
    for weaker, stronger in zip(added.levels[1:], added.levels, strict=False):
        assert weaker.wheels >= stronger.wheels
        assert weaker.projects >= stronger.projects
    assert all(count.projects <= min(count.wheels, added.projects) for count in added.levels)


def test_levels_by_wheels_and_by_projects() -> None:
    added = statistics_of(
        run_report(
            wheel("Demo_One-1.0-py3-none-any.whl", Verdict.IDENTICAL),
            wheel("demo_one-2.0-py3-none-any.whl", Verdict.DIFFERENT),
            wheel("two-1.0-py3-none-any.whl", Verdict.EXPLAINED),
            wheel("three-1.0-py3-none-any.whl", Verdict.NOT_CHECKED),
        )
    )
    assert (added.wheels, added.projects) == (4, 3)
    assert added.levels == (
        LevelCount(level=Verdict.IDENTICAL, wheels=1, projects=1),
        LevelCount(level=Verdict.SAME_CONTENT, wheels=1, projects=1),
        LevelCount(level=Verdict.EXPLAINED, wheels=2, projects=2),
    )


@pytest.mark.parametrize(
    ("filename", "target", "project"),
    [
        ("Demo_One-1.0-py3-none-any.whl", "x==1", "demo-one"),
        (None, "Demo.One==1.0", "demo-one"),
        (None, "demo-one", "demo-one"),
        (None, "demo[extra]>=1", "demo"),
        (None, "demo_one-1.0-py3-none-any.whl", "demo-one"),
        (None, "--index-url", "-index-url"),
        (None, "漢字", "漢字"),
        (None, "", ""),
    ],
)
def test_the_project_of_a_result(filename: str | None, target: str, project: str) -> None:
    result = wheel("x", published=PublishedFacts(filename=filename), target=target)
    assert project_of(result) == project


def test_causes_are_counted_by_wheel_and_the_most_frequent_come_first() -> None:
    added = statistics_of(
        run_report(
            wheel("a-1-py3-none-any.whl", Verdict.DIFFERENT, "b-cause", "c-cause"),
            wheel("b-1-py3-none-any.whl", Verdict.DIFFERENT, "c-cause", "a-cause!"),
            wheel("c-1-py3-none-any.whl"),
        )
    )
    assert [(cause.id, cause.wheels, cause.closes) for cause in added.causes] == [
        ("c-cause", 2, False),
        ("a-cause", 1, True),
        ("b-cause", 1, False),
    ]


def test_failures_are_counted_by_phase() -> None:
    build, fetch = failed(ExitCode.NOT_BUILT), failed(ExitCode.FETCH)
    build = build.model_copy(update={"failure": failure(ExitCode.NOT_BUILT, "build")})
    added = statistics_of(run_report(fetch, build, build, wheel("a-1-py3-none-any.whl")))
    assert added.phases == (("build", 2), ("x", 1))


def test_what_is_not_well_comes_by_verdict_and_in_the_order_of_the_list() -> None:
    report = run_report(
        wheel("a", Verdict.NOT_CHECKED),
        wheel("b", Verdict.DIFFERENT),
        wheel("c", Verdict.EXPLAINED),
        wheel("d", Verdict.DIFFERENT),
        wheel("e", Verdict.IDENTICAL),
        required=Verdict.SAME_CONTENT,
    )
    assert [result.target for result in not_reached(report)] == ["c", "b", "d", "a"]


def test_only_causes_that_leave_open_say_why() -> None:
    result = wheel("a", Verdict.DIFFERENT, "closing!", "one", "two", "three", "four", "five")
    assert open_causes(result) == ["one", "two", "three", "four"]
    assert open_causes(wheel("a")) == []


def test_a_run_in_words() -> None:
    report = run_report(wheel("a"), wheel("b", Verdict.DIFFERENT), fresh=1500, unchanged=1)
    added = statistics_of(report)
    assert headline_of(added, Verdict.EXPLAINED) == "1 of 2 wheels is explained or better"
    assert headline_of(added, Verdict.IDENTICAL) == "1 of 2 wheels is identical"
    assert (
        headline_of(statistics_of(run_report()), Verdict.EXPLAINED) == "0 of 0 wheels are explained or better"
    )
    assert or_better(Verdict.SAME_CONTENT) == "same-content or better"
    assert report.run is not None
    assert describe_run(report.run) == "1,500 checked now, 1 unchanged since they were; 61 s with 2 at a time"
