"""The page of a run over a list: what it says first, what it leaves out, and that it stays small."""

import pytest
from made_reports import CHANGE, failure, run_report, wheel

from html_page import Page, parse_page
from sample_reports import HOSTILE, made_comparison, made_failure, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report import html
from wheelproof.report.document import (
    CauseFacts,
    ChangeFacts,
    FindingFacts,
    MemberFacts,
    MemberView,
    PublishedFacts,
    Report,
)
from wheelproof.report.html import render_html
from wheelproof.report.html_picture import WIDTH
from wheelproof.report.html_run import run_page
from wheelproof.report.html_wheel import IN_BRIEF

GOOD = wheel("good-1.0-py3-none-any.whl")


def page_of(report: Report) -> Page:
    return parse_page(render_html(report))


def rows(page: Page) -> list[tuple[str, str]]:
    """The wheels in the list: the element and the verdict."""
    return [(tag, found["data-state"]) for tag, found in page.tags if "row" in found.get("class", "").split()]


def test_what_it_adds_up_to_comes_first() -> None:
    report = run_report(GOOD, made_result(), made_failure(ExitCode.NOT_BUILT), changes=(CHANGE,))
    page = page_of(report)
    said = (
        "1 of 3 wheels is explained or better",
        "2 projects. 3 checked now",
        "33.3 %",
        "What changed since before",
        "was not-built, is different",
        "Ended without a comparison",
        "Causes, by the number of wheels",
        "Another compiler",
        "leaves open",
        "Those that are not explained or better come first",
    )
    places = [page.text.index(text) for text in said]
    assert places == sorted(places)
    assert page.all("h1") == [{}]


def test_wheels_that_are_not_well_come_first_and_unfold() -> None:
    finding = FindingFacts(id="startup-file", title="b", side="both", detail="c")
    explained = wheel("some-1.0-py3-none-any.whl", Verdict.EXPLAINED)
    page = page_of(
        run_report(
            GOOD,
            wheel("found-1.0-py3-none-any.whl", findings=(finding,)),
            explained,
            made_failure(ExitCode.NOT_BUILT),
            made_result(),
        )
    )
    assert rows(page) == [
        ("details", "different"),
        ("details", "not-built"),
        ("details", "identical"),
        ("div", "identical"),
        ("div", "explained"),
    ]
    assert not any("open" in found for found in page.all("details", "row"))
    assert "The end of the log" in page.text
    assert "1 finding" in page.text
    # A proof needs no reason; what is explained says by what.
    assert "reason of good-1.0" not in page.text
    assert "reason of some-1.0" in page.text


def test_a_change_leads_to_its_wheel() -> None:
    unknown = ChangeFacts(name="gone", before=Verdict.EXPLAINED, now=Verdict.NOT_CHECKED)
    page = page_of(run_report(GOOD, made_result(), changes=(CHANGE, unknown), changes_left_out=3))
    assert {found["href"] for found in page.all("a", "name")} == {"#wheel-1"}
    assert "gone was explained, is not-checked" in page.text
    assert "3 more changes left out" in page.text


def test_a_run_of_one_wheel_and_of_none() -> None:
    assert "1 of 1 wheel is explained or better" in page_of(run_report(GOOD)).text
    page = page_of(run_report())
    assert "0 of 0 wheels are explained or better" in page.text
    assert page.all("rect") == page.all("fieldset") == []


def test_the_bar_is_filled_and_shows_what_is_rare() -> None:
    report = run_report(*[GOOD] * 999, wheel("bad-1.0-py3-none-any.whl", Verdict.DIFFERENT))
    assert report.run is not None
    good, bad = run_page(report, report.run).segments
    assert (good.x, good.width) == (0, bad.x)
    assert bad.x + bad.width == pytest.approx(WIDTH)
    assert bad.width > WIDTH * 0.005
    assert (good.share, bad.share) == ("99.9 %", "0.1 %")


def test_a_large_run_stays_small_and_says_what_it_leaves_out() -> None:
    view = MemberView(kind="unified", lines=("+" + "x" * 290,) * 300)
    members = tuple(MemberFacts(name=f"demo/{n}.py", kind="changed", view=view) for n in range(100))
    comparison = made_comparison().model_copy(update={"members": members, "members_differing": 100})
    bad = made_result(comparison=comparison)
    report = run_report(*[GOOD] * 400, *[bad] * 111)
    text = render_html(report)
    page = parse_page(text)
    assert len(text) < 5_000_000
    assert len(rows(page)) == 511
    unfolding = len(page.all("details", "row"))
    assert 0 < unfolding < 111
    assert page.text.count("Its details are left out: the page would be too large.") == 111 - unfolding
    assert len(page.all("details", "member")) == unfolding * IN_BRIEF.items
    assert "70 more files left out" in page.text
    assert "240 more lines left out" in page.text


def test_one_wheel_that_is_too_large_keeps_no_other_from_its_details(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "RUN_WHEEL_BYTES", 6_000)
    small = wheel("small-1.0-py3-none-any.whl", Verdict.DIFFERENT)
    page = page_of(run_report(made_result(), small))
    assert rows(page) == [("div", "different"), ("details", "different")]
    assert page.text.count("the page would be too large") == 1


def test_wheels_beyond_the_most_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "WHEELS", 3)
    page = page_of(run_report(*[GOOD] * 5, made_result(), changes=(CHANGE,)))
    assert len(rows(page)) == 3
    assert rows(page)[0][1] == "different"
    assert "3 more wheels left out" in page.text


def test_long_lists_are_cut_and_it_is_said() -> None:
    ids = [f"cause-{number}" for number in range(33)]
    bad = [wheel(f"w{n}", Verdict.DIFFERENT, *ids, failure=failure(ExitCode(1), f"p{n}")) for n in range(32)]
    page = page_of(run_report(*bad, changes=(CHANGE,) * 205))
    for said in ("3 more causes left out", "2 more phases left out", "5 more changes left out"):
        assert said in page.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_everywhere_it_can_stand(text: str) -> None:
    cause = CauseFacts(id=text, title=text, closes=False, why=text, mend=text, members=1)
    comparison = made_comparison().model_copy(update={"causes": (cause,)})
    bad = made_result(
        target=text,
        reason=text,
        published=PublishedFacts(filename=text),
        comparison=comparison,
        failure=failure(ExitCode.NOT_CHECKED, text),
    )
    change = ChangeFacts(name=text, before=Verdict.IDENTICAL, now=Verdict.DIFFERENT)
    page = page_of(run_report(bad, GOOD, changes=(change,)))
    assert len(rows(page)) == 2
    assert page.all("a", "name") == [{"class": "name", "href": "#wheel-0"}]
