"""The page: what it says, that it asks for nothing, and that it stays bounded."""

import base64
import hashlib
import re

import pytest
from made_reports import ATTEMPTS

from html_page import Page, parse_page
from sample_reports import made_comparison, made_failure, made_report, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report import html
from wheelproof.report.document import FindingFacts, MemberFacts, MemberView, Report
from wheelproof.report.html import LIMIT_BYTES, render_html
from wheelproof.report.html_picture import HEIGHT, WIDTH, Block, lay_out
from wheelproof.report.html_wheel import IN_FULL


def page_of(report: Report) -> Page:
    return parse_page(render_html(report))


class TestContents:
    def test_one_wheel_with_everything(self) -> None:
        page = page_of(made_report(made_result()))
        for said in (
            "demo-1.0-py3-none-any.whl",
            "Members differ: 3 changed",
            "Only the published wheel has this file, which Python runs when it starts",
            "Another compiler",
            "Build in the image of the release.",
            "-import evil",
            "7 more lines left out",
            "imports equal",
            "GCC 14.2.1 against GCC 14.2.0",
            "sha256:" + "1" * 64,
            "built from its sdist",
            "SOURCE_DATE_EPOCH",
            "/in/runner.py",
            "the image has it",
            "they are not in the sdist",
            "3.25",
            "ended with exit code 1",
            "wheelproof 0.1.0",
        ):
            assert said in page.text, said
        assert page.all("h1") == [{"class": "name"}]

    def test_what_is_open_comes_before_what_is_explained(self) -> None:
        page = page_of(made_report(made_result()))
        states = [found["data-state"] for found in page.all("details", "member")]
        assert states == ["different", "different", "only-published", "explained"]

    def test_what_a_recipe_leaves_out_is_neither_open_nor_explained(self) -> None:
        member = MemberFacts(name="demo/page.html", kind="changed", left_out=True)
        comparison = made_comparison().model_copy(
            update={"members": (member, *made_comparison().members), "members_differing": 5}
        )
        page = page_of(made_report(made_result(comparison=comparison)))
        states = [found["data-state"] for found in page.all("details", "member")]
        assert states == ["different", "different", "only-published", "left-out", "explained"]
        assert "changed, left out by the recipe" in page.text
        assert "open" not in page.all("details", "member")[3]

    def test_what_was_tried_is_listed(self) -> None:
        page = page_of(made_report(made_result(attempts=ATTEMPTS)))
        assert page.text.index("what the evidence says first") < page.text.index("constraints.demo ==1.0")
        assert "different (kept)" in page.text
        assert "x\\x1b" in page.text
        assert len(page.all("table", "attempts")) == 1
        assert page_of(made_report(made_result())).all("table", "attempts") == []

    def test_lines_are_marked_as_added_and_removed(self) -> None:
        page = page_of(made_report(made_result()))
        marks = [found["class"] for found in page.all("span") if found.get("class") in {"added", "removed"}]
        legend = ["removed", "added"]
        assert marks == [*legend, "removed", "added", *legend, "removed"]

    def test_a_changed_extension_says_what_made_it_before_it_is_unfolded(self) -> None:
        page = page_of(made_report(made_result()))
        assert len(page.all("span", "lead")) == 1
        assert page.text.index("imports equal") < page.text.index("What the file says of itself")

    def test_a_finding_in_both_wheels(self) -> None:
        finding = FindingFacts(id="a", title="b", side="both", detail="c")
        assert "in both wheels" in page_of(made_report(made_result(findings=(finding,)))).text

    def test_many_wheels_are_listed_and_those_that_did_not_reach_the_level_are_open(self) -> None:
        good = made_result(verdict=Verdict.IDENTICAL, findings=())
        page = page_of(made_report(good, made_result(), made_failure(ExitCode.NOT_BUILT)))
        assert "3 wheels: 1 identical, 1 different, 1 not-built" in page.text
        assert [found["data-state"] for found in page.all("li", "item")] == [
            "identical",
            "different",
            "not-built",
        ]
        assert ["open" in found for found in page.all("details", "wheel")] == [False, True, True]

    def test_a_build_that_failed_shows_its_log(self) -> None:
        page = page_of(made_report(made_failure(ExitCode.NOT_BUILT)))
        assert "The end of the log" in page.text
        assert "line 2" in page.text
        assert page.all("rect") == []

    def test_no_wheels(self) -> None:
        assert "no wheels" in page_of(made_report()).text

    def test_a_pin_that_is_not_met_stands_out(self) -> None:
        result = made_result()
        assert result.environment is not None
        image = result.environment.image.model_copy(update={"pin_met": False, "pin": "it has no digest"})
        changed = result.model_copy(
            update={"environment": result.environment.model_copy(update={"image": image})}
        )
        page = page_of(made_report(changed))
        assert "pin not met: it has no digest" in page.text
        assert page.all("strong", "warn")


class TestSafety:
    def test_the_policy_allows_our_script_and_style_and_nothing_else(self) -> None:
        text = render_html(made_report(made_result()))
        (policy,) = [found["content"] for found in parse_page(text).all("meta") if found.get("http-equiv")]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert (
            directives.pop("default-src")
            == directives.pop("base-uri")
            == directives.pop("form-action")
            == "'none'"
        )
        for name, tag in (("script-src", "script"), ("style-src", "style")):
            (held,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(held.encode()).digest()).decode()
            assert directives.pop(name) == f"'sha256-{digest}'"
        assert directives == {}

    def test_nothing_is_asked_for(self) -> None:
        text = render_html(made_report(made_result()))
        assert not re.search(r"https?:|url\(|@import|\bsrc=|<link|<iframe|srcset|style=", text)

    def test_what_cannot_be_shown_is_shown_as_an_escape(self) -> None:
        page = page_of(made_report(made_result(notes=("a\u202eb\x1b[0m\x00",))))
        assert "a\\u202eb\\x1b[0m\\x00" in page.text


class TestBounds:
    def test_long_lists_are_cut_and_it_is_said(self) -> None:
        view = MemberView(kind="unified", lines=("+" + "x" * 10_000,) * 3000, lines_left_out=5)
        members = tuple(MemberFacts(name=f"{n}.py", kind="changed", view=view) for n in range(500))
        finding = FindingFacts(id="a", title="b", side="published", detail="c")
        comparison = made_comparison().model_copy(
            update={"members": members, "members_differing": 700, "members_left_out": 200}
        )
        text = render_html(made_report(made_result(comparison=comparison, findings=(finding,) * 1000)))
        page = parse_page(text)
        assert len(page.all("details", "member")) == IN_FULL.items
        assert "500 more files left out" in page.text
        assert "800 more findings left out" in page.text
        assert "2,605 more lines left out" in page.text
        assert len(text) < LIMIT_BYTES

    def test_details_that_do_not_fit_are_left_out_and_it_is_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(html, "LIMIT_BYTES", 50_000)
        page = page_of(made_report(*[made_result()] * 20))
        assert len(page.all("li", "item")) == 20
        shown = len(page.all("details", "wheel"))
        assert 0 < shown < 20
        assert page.text.count("the page would be too large") == 20 - shown

    def test_wheels_beyond_the_most_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(html, "WHEELS", 3)
        page = page_of(made_report(*[made_failure(ExitCode.NOT_BUILT)] * 5))
        assert len(page.all("li", "item")) == 3
        assert "2 more wheels left out" in page.text


class TestPicture:
    def blocks(self, *sizes: int, same: int | None, left_out: int = 0) -> tuple[Block, ...]:
        members = tuple(
            MemberFacts(name=str(place), kind="changed", published_size_bytes=size)
            for place, size in enumerate(sizes)
        )
        comparison = made_comparison().model_copy(
            update={
                "members_same": 3,
                "same_size_bytes": same,
                "members": members,
                "members_differing": len(members) + left_out,
            }
        )
        return lay_out(comparison, [(f"anchor-{member.name}", member) for member in members])

    def test_areas_are_in_proportion_and_fill_the_picture(self) -> None:
        blocks = self.blocks(100, 300, 200, same=400)
        areas = {block.tile.label: block.width * block.height for block in blocks}
        whole = WIDTH * HEIGHT
        assert areas == pytest.approx(
            {"0": whole * 0.1, "1": whole * 0.3, "2": whole * 0.2, "3 the same": whole * 0.4}
        )

    def test_blocks_lie_inside_and_apart(self) -> None:
        blocks = self.blocks(*range(1, 90), same=5000)
        for block in blocks:
            assert block.x >= 0
            assert block.y >= 0
            assert block.x + block.width <= WIDTH + 1e-6
            assert block.y + block.height <= HEIGHT + 1e-6
        for place, one in enumerate(blocks):
            for other in blocks[place + 1 :]:
                beside = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
                above = one.y + one.height <= other.y + 1e-6 or other.y + other.height <= one.y + 1e-6
                assert beside or above

    def test_a_small_file_in_a_large_wheel_can_be_seen(self) -> None:
        small = next(block for block in self.blocks(1, same=10**9) if block.tile.label == "0")
        assert small.width * small.height > WIDTH * HEIGHT * 0.007
        assert small.tile.anchor == "anchor-0"

    def test_without_the_size_of_what_is_same_the_files_are_counted(self) -> None:
        blocks = self.blocks(1, 10**6, same=None)
        areas = {block.tile.label: round(block.width * block.height) for block in blocks}
        assert areas["0"] == areas["1"]
        assert areas["3 the same"] == 3 * areas["0"]

    def test_what_is_not_listed_has_a_block(self) -> None:
        (unlisted,) = [block for block in self.blocks(5, same=5, left_out=7) if not block.tile.anchor][:1]
        assert unlisted.tile.label == "7 more that differ"

    @pytest.mark.parametrize("size", [0, -5, 10**40])
    def test_sizes_that_cannot_be(self, size: int) -> None:
        assert len(self.blocks(size, size, same=size)) == 3
