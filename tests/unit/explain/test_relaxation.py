"""What a recipe takes back of the question: never what runs, and never more than ``explained``."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheel_builder import DIST_INFO, FILES, complete, entries_of, put, raw_zip, zipped
from wheelproof.compare.pairing import Pair, PairState
from wheelproof.core.identity import Digest
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.explain.relaxation import NONE, Relaxation
from wheelproof.explain.runnable import runs_as
from wheelproof.pipeline.judge import Judged, judge_pair
from wheelproof.wheel.facts import read_wheel
from wheelproof.wheel.members import MemberType

ALL = Relaxation(exclude=("*",))
PATCHED = Relaxation(changes=("patches setup.py", "runs 2 commands of its own before the build"))
# What Python or an installer runs or reads.
NEVER = (
    "demo/__init__.py",
    "demo/code.pyc",
    "demo/tool.pyz",
    "demo.pth",
    "demo.start",
    "sitecustomize.py",
    "demo-1.0.data/purelib/demo.pth",
    "demo/_fast.cpython-311-x86_64-linux-gnu.so",
    "demo.libs/libz.so.1.2",
    "demo/_fast.pyd",
    "demo/_fast.dll",
    "demo/_fast.dylib",
    "demo-1.0.data/scripts/demo",
    "demo-1.0.data/data/etc/demo.conf",
    "demo-1.0.data/headers/demo.h",
    f"{DIST_INFO}/entry_points.txt",
    f"{DIST_INFO}/METADATA",
    f"{DIST_INFO}/WHEEL",
    f"{DIST_INFO}/RECORD",
)
PAGE = "demo/page.html"


def side(text: bytes, type_: MemberType = MemberType.FILE) -> Any:
    """All that a relaxation asks of a side."""
    return SimpleNamespace(digest=Digest.of_bytes(text), size_bytes=len(text), mode=0o100644, type=type_)


def changed(name: str) -> Pair:
    return Pair(name, PairState.CHANGED, side(b"a"), side(b"b"))


def judged(tmp_path: Path, published: bytes, rebuilt: bytes, relaxation: Relaxation) -> Judged:
    left = read_wheel(put(tmp_path / "published", published))
    right = read_wheel(put(tmp_path / "rebuilt", rebuilt))
    return judge_pair(left, right, relaxation=relaxation)


def with_files(**changes: str) -> bytes:
    names = {"page": PAGE, "code": "demo/__init__.py", "wheel": f"{DIST_INFO}/WHEEL"}
    return zipped(
        complete({**FILES, PAGE: "<p>1</p>", **{names[key]: text for key, text in changes.items()}})
    )


class TestWhatIsNeverLeftOut:
    @pytest.mark.parametrize("name", NEVER)
    @pytest.mark.parametrize("state", [PairState.CHANGED, PairState.ONLY_PUBLISHED, PairState.ONLY_REBUILT])
    def test_what_python_or_an_installer_runs(self, name: str, state: PairState) -> None:
        published = None if state is PairState.ONLY_REBUILT else side(b"a")
        rebuilt = None if state is PairState.ONLY_PUBLISHED else side(b"b")
        for pattern in ("*", name):
            relaxation = Relaxation(exclude=(pattern,))
            assert not relaxation.leaves_out(Pair(name, state, published, rebuilt), DIST_INFO)

    @pytest.mark.parametrize("type_", [kind for kind in MemberType if kind is not MemberType.FILE])
    def test_what_is_no_plain_file_on_either_side(self, type_: MemberType) -> None:
        for sides in (
            (side(b"a", type_), side(b"b")),
            (side(b"a"), side(b"b", type_)),
            (side(b"", type_), None),
        ):
            assert not ALL.leaves_out(Pair(PAGE, PairState.CHANGED, *sides), DIST_INFO)

    def test_the_entry_of_a_folder_unless_it_is_empty_and_alone(self) -> None:
        empty, full = side(b"", MemberType.DIRECTORY), side(b"a", MemberType.DIRECTORY)
        assert ALL.leaves_out(Pair("demo/", PairState.ONLY_PUBLISHED, empty, None), DIST_INFO)
        assert ALL.leaves_out(Pair("demo/", PairState.ONLY_REBUILT, None, empty), DIST_INFO)
        assert not ALL.leaves_out(Pair("demo/", PairState.ONLY_PUBLISHED, full, None), DIST_INFO)
        assert not ALL.leaves_out(Pair("demo/", PairState.CHANGED, empty, side(b"")), DIST_INFO)

    @given(st.text(max_size=30), st.sampled_from(["", *NEVER]))
    def test_whatever_the_name(self, start: str, end: str) -> None:
        name = f"{start}{end}"
        if ALL.leaves_out(changed(name), DIST_INFO):
            assert runs_as(name, DIST_INFO) is None
            assert not name.endswith((".py", ".so"))

    def test_another_wheels_description_is_plain_data(self) -> None:
        assert ALL.leaves_out(changed("other-1.0.dist-info/METADATA"), DIST_INFO)

    @pytest.mark.parametrize("name", [name for name in NEVER if not name.startswith(DIST_INFO)])
    def test_it_makes_two_wheels_different_whatever_the_recipe_excludes(
        self, tmp_path: Path, name: str
    ) -> None:
        published = zipped(complete({**FILES, PAGE: "<p>1</p>", name: "1"}))
        rebuilt = zipped(complete({**FILES, PAGE: "<p>2</p>", name: "2"}))
        found = judged(tmp_path, published, rebuilt, ALL)
        assert found.judgement.verdict is Verdict.DIFFERENT
        assert [found.comparison.pairs[place].name for place in found.judgement.residue] == [name]
        assert found.judgement.reason.endswith("; the recipe leaves 1 out")


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "name", "left_out"),
        [
            ("demo/page.html", "demo/page.html", True),
            ("demo/*.html", "demo/sub/page.html", True),
            ("demo/*.html", "other/page.html", False),
            ("DEMO/*", "demo/page.html", False),
            ("demo/page", "demo/page.html", False),
        ],
    )
    def test_a_pattern_matches_the_whole_name(self, pattern: str, name: str, left_out: bool) -> None:
        assert Relaxation(exclude=("x", pattern)).leaves_out(changed(name), DIST_INFO) is left_out

    def test_none_leaves_nothing_out(self) -> None:
        assert not NONE.leaves_out(changed(PAGE), DIST_INFO)
        assert NONE.changes == ()


class TestVerdict:
    def test_a_member_that_is_left_out_is_named_and_caps_the_verdict(self, tmp_path: Path) -> None:
        found = judged(tmp_path, with_files(), with_files(page="<p>2</p>"), ALL)
        assert found.judgement.verdict is Verdict.EXPLAINED
        assert found.judgement.reason == (
            "1 member is left out of the comparison by the recipe; "
            "what differs keeps its meaning and is explained by record-follows"
        )
        assert found.explanation is not None
        left_out = [member.pair.name for member in found.explanation.members if member.left_out]
        assert left_out == [PAGE]
        without = judged(tmp_path, with_files(), with_files(page="<p>2</p>"), NONE)
        assert without.judgement.verdict is Verdict.DIFFERENT

    def test_a_member_only_in_one_wheel_can_be_left_out(self, tmp_path: Path) -> None:
        for sides in ((with_files(), zipped(complete())), (zipped(complete()), with_files())):
            found = judged(tmp_path, *sides, ALL)
            assert found.judgement.verdict is Verdict.EXPLAINED
            assert "1 member is left out" in found.judgement.reason

    def test_a_difference_that_a_cause_closes_is_not_left_out(self, tmp_path: Path) -> None:
        other = FILES[f"{DIST_INFO}/WHEEL"].replace("demo 1", "demo 2")
        found = judged(tmp_path, with_files(), with_files(wheel=other), ALL)
        assert found.judgement.verdict is Verdict.EXPLAINED
        assert "left out" not in found.judgement.reason

    def test_what_is_the_same_is_not_left_out(self, tmp_path: Path) -> None:
        found = judged(tmp_path, with_files(), with_files(), ALL)
        assert found.judgement.verdict is Verdict.IDENTICAL
        assert found.explanation is None

    def test_an_executable_bit_stands_in_the_way(self, tmp_path: Path) -> None:
        files = complete({**FILES, PAGE: "<p>1</p>"})
        entries = entries_of(files)
        next(entry for entry in entries if entry.name.decode() == PAGE).mode = 0o100755
        found = judged(tmp_path, raw_zip(entries), raw_zip(entries_of(files)), ALL)
        assert found.judgement.verdict is Verdict.DIFFERENT
        assert {finding.id for finding in found.judgement.findings} == {"executable-bit-differs"}

    def test_a_lying_record_stands_in_the_way(self, tmp_path: Path) -> None:
        files = complete({**FILES, PAGE: "<p>1</p>"}) | {PAGE: b"<p>2</p>"}
        found = judged(tmp_path, zipped(files), with_files(), ALL)
        assert found.judgement.verdict is Verdict.DIFFERENT
        assert "record-wrong-hash" in {finding.id for finding in found.judgement.findings}

    def test_bytes_around_the_members_stand_in_the_way(self, tmp_path: Path) -> None:
        files = entries_of(complete({**FILES, PAGE: "<p>1</p>"}))
        hidden = raw_zip(files, before_directory=b"hidden")
        found = judged(tmp_path, hidden, with_files(page="<p>2</p>"), ALL)
        assert found.judgement.verdict is Verdict.DIFFERENT
        assert found.judgement.residue == ()

    @pytest.mark.parametrize(
        "rebuilt", [with_files(), zipped(complete({**FILES, PAGE: "<p>1</p>"}), level=9)]
    )
    def test_a_patched_source_is_never_better_than_explained(self, tmp_path: Path, rebuilt: bytes) -> None:
        alone = judged(tmp_path, with_files(), rebuilt, NONE)
        assert alone.judgement.verdict in {Verdict.IDENTICAL, Verdict.SAME_CONTENT}
        found = judged(tmp_path, with_files(), rebuilt, PATCHED)
        assert found.judgement.verdict is Verdict.EXPLAINED
        assert found.judgement.reason == (
            f"{alone.judgement.reason}; but the recipe patches setup.py and "
            "runs 2 commands of its own before the build"
        )

    def test_a_patched_source_that_gives_another_wheel_is_different(self, tmp_path: Path) -> None:
        found = judged(tmp_path, with_files(), with_files(code="2"), PATCHED)
        assert found.judgement.verdict is Verdict.DIFFERENT
        assert "patches" not in found.judgement.reason

    @given(
        st.lists(st.sampled_from(["page", "code", "wheel"]), unique=True), st.sampled_from(["", *NEVER, "*"])
    )
    def test_a_relaxed_verdict_is_never_better_than_explained(
        self, tmp_path_factory: pytest.TempPathFactory, differing: list[str], pattern: str
    ) -> None:
        texts = {"page": "2", "code": "2", "wheel": FILES[f"{DIST_INFO}/WHEEL"].replace("demo 1", "demo 2")}
        rebuilt = with_files(**{key: texts[key] for key in differing})
        relaxation = Relaxation(exclude=(pattern,), changes=("patches setup.py",))
        found = judged(tmp_path_factory.mktemp("x"), with_files(), rebuilt, relaxation)
        assert found.judgement.verdict in {Verdict.EXPLAINED, Verdict.DIFFERENT}
        assert (found.judgement.verdict is Verdict.DIFFERENT) == (
            "code" in differing or ("page" in differing and pattern != "*")
        )
        assert (
            found.judgement.verdict not in LEVELS or "the recipe patches setup.py" in found.judgement.reason
        )
