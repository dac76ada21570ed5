"""A run over a list in Markdown: what a step summary says of it, and that it fits."""

from made_reports import CHANGE, failure, run_report, wheel

from sample_reports import made_comparison, made_failure, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import MemberFacts, MemberView
from wheelproof.report.markdown import RUN_LIMIT_BYTES, render_markdown

GOOD = wheel("good-1.0-py3-none-any.whl")


def test_what_it_adds_up_to_comes_first() -> None:
    report = run_report(GOOD, made_result(), made_failure(ExitCode.NOT_BUILT), changes=(CHANGE,))
    text = render_markdown(report)
    assert text.startswith(
        "## wheelproof: 1 of 3 wheels is explained or better\n"
        "\n"
        "2 projects. 3 checked now, 0 unchanged since they were; 61 s with 2 at a time.\n"
        "\n"
        "| verdict | wheels | share |\n"
        "|---|---:|---:|\n"
        "| identical | 1 | 33.3 % |\n"
        "| different | 1 | 33.3 % |\n"
        "| not-built | 1 | 33.3 % |\n"
        "\n"
        "| level | wheels | share | projects | share |\n"
        "|---|---:|---:|---:|---:|\n"
        "| identical | 1 | 33.3 % | 1 | 50.0 % |\n"
        "| same-content or better | 1 | 33.3 % | 1 | 50.0 % |\n"
        "| explained or better | 1 | 33.3 % | 1 | 50.0 % |\n"
        "\n"
        "### What changed since before\n"
        "\n"
        "- <code>demo-1.0-py3-none-any.whl</code>: was not-built, is different\n"
        "\n"
        "### Not explained or better: 2\n"
        "\n"
        "| | wheel | verdict | why |\n"
        "|---|---|---|---|\n"
        "| ❌ | <code>demo-1.0-py3-none-any.whl</code> | **different** "
        "| Members differ: 3 changed, 1 only in the published wheel (<code>compiler-differs</code>) |\n"
        "| ❌ | <code>demo-1.0-py3-none-any.whl</code> | **not-built** | It failed |\n"
        "\n"
        "### Ended without a comparison\n"
        "\n"
        "| phase | wheels |\n"
        "|---|---:|\n"
        "| build | 1 |\n"
        "\n"
        "### Causes, by the number of wheels\n"
        "\n"
        "| cause | | effect | wheels |\n"
        "|---|---|---|---:|\n"
        "| <code>compiler-differs</code> | Another compiler | leaves open | 1 |\n"
        "| <code>generator-line</code> | Another Generator line | closes | 1 |\n"
        "\n"
    )


def test_details_are_of_what_is_not_well() -> None:
    text = render_markdown(run_report(GOOD, made_result()))
    assert text.count("<details>") == 1
    assert "the report itself has those of all" in text
    assert "-import evil" in text
    assert "good-1.0" not in text
    well = render_markdown(run_report(GOOD))
    assert "<details>" not in well
    assert "Not explained" not in well


def test_it_never_grows_too_long_and_says_what_it_leaves_out() -> None:
    view = MemberView(kind="unified", lines=("+" + "漢" * 500,) * 80)
    members = tuple(MemberFacts(name="@" * 999, kind="changed", view=view) for _ in range(40))
    bad = made_result(comparison=made_comparison().model_copy(update={"members": members}))
    text = render_markdown(run_report(*[bad] * 511, changes=(CHANGE,) * 60, changes_left_out=2))
    assert len(text.encode()) <= RUN_LIMIT_BYTES
    assert "12 more changes left out" in text
    assert "more parts left out" in text
    assert "more wheels' details left out" in text
    assert text.count("<details") == text.count("</details>") > 0
    hostile = wheel(
        "漢" * 999, Verdict.NOT_CHECKED, reason="#" * 400, failure=failure(ExitCode.FETCH, "`" * 99)
    )
    text = render_markdown(run_report(*[hostile] * 500))
    assert len(text.encode()) <= RUN_LIMIT_BYTES
    assert "more wheels left out" in text


def test_long_lists_are_cut_and_it_is_said() -> None:
    ids = [f"cause-{number}" for number in range(33)]
    bad = [wheel(f"w{n}", Verdict.DIFFERENT, *ids, failure=failure(ExitCode(1), f"p{n}")) for n in range(32)]
    text = render_markdown(run_report(*bad))
    assert "\n\n3 more causes left out\n" in text
    assert "\n\n2 more phases left out\n" in text
