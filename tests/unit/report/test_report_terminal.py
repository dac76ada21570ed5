import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_reports import comparison, environment, failed, report, result
from rich.console import Console

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import FindingFacts, MemberFacts, ReplayFacts, Report
from wheelproof.report.terminal import print_report


def printed(document: Report, width: int = 80) -> str:
    stream = io.StringIO()
    print_report(document, Console(file=stream, width=width, highlight=False))
    return stream.getvalue()


def test_a_match_is_said_in_few_lines() -> None:
    same = comparison(members_same=6, members_differing=0, members=(), replay=None)
    lines = printed(report(result(comparison=same, findings=(), notes=()))).splitlines()
    assert lines[:2] == ["identical  x", "  x"]
    assert lines[2] == "  published   aaaaaaaaaaaaaaaa…  1,234 bytes  uploaded 2026-01-02 03:04 UTC"
    assert "  members     6, all the same" in lines
    assert "  default     x x" in lines
    assert len(lines) == 11


def test_what_differs_is_named() -> None:
    text = printed(report(result(Verdict.DIFFERENT)))
    assert "  members     3 the same, 1 not\n              changed         x\n" in text
    assert "  finding     x (x) x: x\n" in text
    assert "  default     x x: x\n" in text
    assert "no proof" not in text


def test_a_proof_is_said() -> None:
    replay = ReplayFacts(proved=True, replayed=("modification time", "mode"))
    same = comparison(members_differing=0, members=(), replay=replay)
    text = printed(report(result(Verdict.SAME_CONTENT, comparison=same)))
    assert "  proof       replay holds, with the published modification time, mode\n" in text


def test_a_missing_proof_is_said_where_nothing_else_differs() -> None:
    same = comparison(members_differing=0, members=())
    assert "  no proof    x\n" in printed(report(result(Verdict.DIFFERENT, comparison=same)))


def test_a_failure_says_what_to_do_next() -> None:
    text = printed(report(failed(ExitCode.FETCH)))
    assert text == "not-checked  x\n  x\n  ended in    x\n  next        x\n  log's end   x\n"


def test_a_pin_that_was_not_met_is_loud() -> None:
    assert "PIN NOT MET\n              x\n" in printed(report(result()))


def test_long_lists_are_cut_and_counted() -> None:
    members = tuple(MemberFacts(name=f"m{number}", kind="changed") for number in range(30))
    found = tuple(FindingFacts(id=f"f{number}", title="", side="both", detail="") for number in range(25))
    long = result(
        Verdict.DIFFERENT,
        comparison=comparison(members=members, members_differing=1000),
        findings=found,
        findings_left_out=100,
    )
    lines = printed(report(long)).splitlines()
    assert lines.count("              … and 980 more") == 1
    assert lines.count("              … and 105 more") == 1
    assert len(lines) < 70


def test_several_results_end_in_a_count() -> None:
    lines = printed(
        report(result(), failed(ExitCode.FETCH), result(), result(Verdict.DIFFERENT))
    ).splitlines()
    assert lines[-2:] == ["", "4 wheels: 2 identical, 1 different, 1 not-checked"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_and_end_in_no_blank(width: int) -> None:
    text = "a long and winding sentence " * 5 + "with_a_name_that_is_longer_than_any_line/" * 4
    plain = result(Verdict.NOT_BUILT, text)
    lines = printed(report(plain), width).splitlines()
    assert [line for line in lines[1:] if len(line) > width or line != line.rstrip()] == []
    assert "".join(text.split()) in "".join("".join(line.split()) for line in lines)


HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\x9b1A\u202egnp\u200b\x00\x7f\u2028"


@pytest.mark.parametrize("verdict", Verdict)
def test_hostile_text_does_not_reach_the_terminal(verdict: Verdict) -> None:
    text = printed(report(result(verdict, HOSTILE), failed(ExitCode.ENGINE)))
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert "\\x1b" in text


@given(st.text(), st.sampled_from(Verdict))
def test_no_text_does(text: str, verdict: Verdict) -> None:
    shown = printed(report(result(verdict, text, environment=environment(text))))
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []


@given(st.text(alphabet="a\n[]/b", max_size=40))
def test_no_text_makes_a_line_of_its_own(text: str) -> None:
    """A name can't fake a headline: what is not the first line is indented; brackets are no markup."""
    lines = printed(report(result(Verdict.DIFFERENT, text))).splitlines()
    assert all(line.startswith("  ") or not line for line in lines[1:])
    printed(report(result(Verdict.DIFFERENT, f"[bold red]{text}[/]")))


def test_brackets_are_shown() -> None:
    assert "identical  [bold]x[/bold]\n" in printed(report(result(text="[bold]x[/bold]")))
