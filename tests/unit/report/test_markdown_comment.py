"""The Markdown of a report: what it says, and that a forge takes it."""

from made_reports import ATTEMPTS

from sample_reports import made_comparison, made_failure, made_report, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import MemberFacts, MemberView
from wheelproof.report.markdown import LIMIT_BYTES, render_markdown


def test_the_table_says_what_became_of_each_wheel() -> None:
    good = made_result(verdict=Verdict.IDENTICAL, reason="The same", findings=())
    failed = made_failure(ExitCode.FETCH)
    text = render_markdown(made_report(good, made_result(), failed, made_failure(ExitCode.NOT_CHECKED)))
    lines = text.splitlines()
    assert lines[0] == "## wheelproof: 4 wheels: 1 identical, 1 different, 2 not-checked"
    name = "<code>demo-1.0-py3-none-any.whl</code>"
    assert lines[4] == f"| ✅ | {name} | **identical** | The same |  |"
    assert (
        lines[5]
        == f"| ❌ | {name} | **different** | Members differ: 3 changed, 1 only in the published wheel | 1 |"
    )
    assert lines[6].startswith("| ⚠️ |")
    assert lines[7].startswith("| ⏭️ |")


def test_details_show_the_changed_lines_before_what_is_explained() -> None:
    text = render_markdown(made_report(made_result()))
    assert "<details open><summary>❌" in text
    assert (
        "```diff\n@@ -1,2 +1,2 @@\n import os\n-import evil\n+import demo\n```\n\n7 more lines left out"
        in text
    )
    assert text.index("demo/&#95;&#95;init&#95;&#95;.py") < text.index("demo-1.0.dist-info/WHEEL")
    assert "named, but leaves the difference open; 1 file). Other versions generate other code." in text
    assert "demo.pth" in text


def test_details_of_what_did_not_reach_the_level_come_first() -> None:
    good = made_result(verdict=Verdict.IDENTICAL, target="good==1", findings=())
    text = render_markdown(made_report(good, made_result()))
    assert text.index(": different</summary>") < text.index(": identical</summary>")


def test_what_was_tried_is_listed_with_what_it_changed() -> None:
    text = render_markdown(made_report(made_result(attempts=ATTEMPTS)))
    assert (
        "What was tried:\n\n"
        "- not-built: what the evidence says first\n"
        "- different (kept): <code>constraints.demo &#61;&#61;1.0</code>, <code>umask x&#92;x1b</code>\n"
        in text
    )
    many = render_markdown(made_report(made_result(attempts=ATTEMPTS * 20)))
    assert "- 10 more attempts left out" in many
    assert "What was tried" not in render_markdown(made_report(made_result()))


def test_versions_stay_as_they_are_and_no_text_begins_a_list() -> None:
    text = render_markdown(made_report(made_result(notes=("75.6.0 is pinned", "1. is not", "- nor this"))))
    assert "\n- 75.6.0 is pinned\n" in text
    assert "\n- 1&#46; is not\n" in text
    assert "\n- &#45; nor this\n" in text


def test_a_fence_is_longer_than_what_it_holds() -> None:
    view = MemberView(kind="bytes", lines=("`````", "```text"))
    member = MemberFacts(name="a", kind="changed", view=view)
    comparison = made_comparison().model_copy(update={"members": (member,)})
    text = render_markdown(made_report(made_result(comparison=comparison)))
    assert "``````diff\n`````\n```text\n``````\n" in text


def test_a_comment_never_grows_too_long_and_says_what_it_leaves_out() -> None:
    view = MemberView(kind="unified", lines=("+" + "<" * 5000,) * 500)
    members = tuple(MemberFacts(name="@" * 999, kind="changed", view=view) for _ in range(200))
    comparison = made_comparison().model_copy(update={"members": members})
    text = render_markdown(made_report(*[made_result(comparison=comparison)] * 400))
    assert len(text.encode()) <= LIMIT_BYTES
    assert "more parts left out" in text
    assert "more wheels' details left out" in text
    assert text.count("<details") == text.count("</details>") > 0
    long = render_markdown(made_report(*[made_failure(ExitCode.FETCH, reason="#" * 400)] * 4000))
    assert len(long.encode()) <= LIMIT_BYTES
    assert "more wheels left out" in long
