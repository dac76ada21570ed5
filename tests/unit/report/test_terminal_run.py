"""A run over a list at a terminal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_reports import ATTEMPTS, CHANGE, failure, report, result, run_report, wheel
from rich.console import Console

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import ChangeFacts, Report
from wheelproof.report.terminal import print_report

GOOD = wheel("good-1.0-py3-none-any.whl")
BAD = wheel("bad-1.0-py3-none-any.whl", Verdict.DIFFERENT, "unknown", "record-follows!")
BROKEN = wheel("broken-1.0.whl", Verdict.NOT_BUILT, failure=failure(ExitCode.NOT_BUILT, "build"))


def printed(document: Report, width: int = 100) -> str:
    stream = io.StringIO()
    print_report(document, Console(file=stream, width=width, highlight=False))
    return stream.getvalue()


def test_a_run_from_top_to_bottom() -> None:
    text = printed(run_report(GOOD, BAD, BROKEN, changes=(CHANGE,), fresh=2, unchanged=1))
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines == [
        "1  33.3 %  identical",
        "1  33.3 %  different",
        "1  33.3 %  not-built",
        "identical: 1 of 3 wheels (33.3 %), 1 of 3 projects (33.3 %)",
        "same-content or better: 1 of 3 wheels (33.3 %), 1 of 3 projects (33.3 %)",
        "explained or better: 1 of 3 wheels (33.3 %), 1 of 3 projects (33.3 %)",
        "2 checked now, 1 unchanged since they were; 61 s with 2 at a time",
        "",
        "Changed since it was checked before",
        "  not-built -> different  demo-1.0-py3-none-any.whl",
        "",
        "Causes, by the number of wheels",
        "     1  record-follows: record-follows! title",
        "     1  unknown: unknown title  (leaves the difference open)",
        "",
        "Ended without a comparison, by phase",
        "     1  build",
        "",
        "Not explained or better",
        "  different    bad-1.0-py3-none-any.whl: reason of bad-1.0-py3-none-any.whl (unknown)",
        "  not-built    broken-1.0.whl: reason of broken-1.0.whl",
    ]


def test_where_all_is_well_nothing_else_is_said() -> None:
    text = printed(run_report(GOOD))
    assert "Not explained" not in text
    assert "Changed" not in text
    assert "Causes" not in text
    assert "Ended" not in text


def test_the_level_asked_for_decides_what_is_not_well() -> None:
    explained = wheel("some-1.0-py3-none-any.whl", Verdict.EXPLAINED)
    assert "Not explained" not in printed(run_report(explained))
    assert "Not identical\n" in printed(run_report(explained, required=Verdict.IDENTICAL))


def test_long_lists_are_cut_and_counted() -> None:
    causes = [f"cause-{number}" for number in range(15)]
    bad = [
        wheel(f"bad{n}-1-py3-none-any.whl", Verdict.DIFFERENT, *causes, failure=failure(ExitCode(1), f"p{n}"))
        for n in range(50)
    ]
    text = printed(run_report(*bad, changes=(CHANGE,) * 45, changes_left_out=7))
    assert text.count("… and 12 more\n") == 1  # changes
    assert text.count("… and 3 more\n") == 1  # causes
    assert text.count("… and 38 more\n") == 1  # phases
    assert text.count("… and 10 more\n") == 1  # wheels
    assert len(text.splitlines()) < 140


HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\x9b1A\u202egnp\u200b\x00\x7f\u2028"


@pytest.mark.parametrize("verdict", Verdict)
def test_hostile_text_does_not_reach_the_terminal(verdict: Verdict) -> None:
    change = ChangeFacts(name=HOSTILE, before=verdict, now=verdict)
    text = printed(run_report(result(verdict, HOSTILE), changes=(change,)))
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert "\\x1b" in text


@given(st.text(), st.sampled_from(Verdict))
def test_no_text_does(text: str, verdict: Verdict) -> None:
    hostile = wheel(text, verdict, text, failure=failure(ExitCode.FETCH, text))
    shown = printed(run_report(hostile, changes=(ChangeFacts(name=text, before=verdict, now=verdict),)))
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []


def test_brackets_are_no_markup() -> None:
    bad = wheel("[bold red]x[/]", Verdict.DIFFERENT, "[red]y[/red]")
    text = printed(run_report(bad))
    assert "[bold red]x[/]: reason of [bold red]x[/] ([red]y[/red])" in text


class TestAttempts:
    def test_each_is_listed_with_what_it_changed(self) -> None:
        text = printed(report(result(Verdict.DIFFERENT, attempts=ATTEMPTS)))
        assert (
            "  tried       not-built: what the evidence says first\n"
            "              different (kept): constraints.demo ==1.0, umask x\\x1b\n" in text
        )

    def test_a_run_says_nothing_of_them(self) -> None:
        bad = wheel("bad-1.0-py3-none-any.whl", Verdict.DIFFERENT, attempts=ATTEMPTS)
        assert "tried" not in printed(run_report(bad))
