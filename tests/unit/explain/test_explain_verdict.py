"""The verdict: levels, what reaches what, and that nothing but the proof gives one."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.compare.pairing import MemberSide, ModeDifference, Pair, PairState
from wheelproof.compare.replay import Replay
from wheelproof.compare.wheels import Comparison
from wheelproof.core.identity import Digest
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.explain.explanation import Explanation, MemberExplanation
from wheelproof.explain.findings import Finding, Side
from wheelproof.explain.verdict import judge, not_built, not_checked

DIGESTS = st.sampled_from([Digest.of_bytes(text) for text in (b"a", b"b", b"c")])
# No verdict asks more of a side than that it is there.
SIDES: st.SearchStrategy[Any] = st.builds(MemberSide, wheel=st.just("a wheel"), place=st.integers(0, 9))
PAIRS = st.builds(
    Pair,
    name=st.text(max_size=9),
    state=st.sampled_from(PairState),
    published=st.none() | SIDES,
    rebuilt=st.none() | SIDES,
    mode=st.sampled_from(ModeDifference),
)
# All that a verdict asks of a wheel.
WHEELS: st.SearchStrategy[Any] = st.builds(SimpleNamespace, digest=DIGESTS)
COMPARISONS = st.builds(
    Comparison,
    published=WHEELS,
    rebuilt=WHEELS,
    pairs=st.lists(PAIRS, max_size=4).map(tuple),
    envelope=st.just(()),
)
REPLAYS = st.builds(
    Replay,
    digest=st.none() | DIGESTS,
    proved=st.booleans(),
    reason=st.just("nothing"),
    fields=st.just(()),
    encodings=st.just(()),
    accounted=st.just(()),
)
FINDING = Finding(id="record-absent", side=Side.PUBLISHED)


@given(comparison=COMPARISONS, replay=st.none() | REPLAYS, findings=st.sampled_from([(), (FINDING,)]))
def test_a_verdict_is_earned(
    comparison: Comparison, replay: Replay | None, findings: tuple[Finding, ...]
) -> None:
    judgement = judge(comparison, replay, findings)
    assert judgement.findings == findings
    assert judgement.reason.isprintable()
    match judgement.verdict:
        case Verdict.IDENTICAL:
            assert comparison.published.digest == comparison.rebuilt.digest
        case Verdict.SAME_CONTENT:
            assert all(pair.state is PairState.SAME for pair in comparison.pairs)
            assert not {pair.mode for pair in comparison.pairs} & {
                ModeDifference.TYPE,
                ModeDifference.EXECUTABLE,
            }
            assert replay is not None
            assert replay.proved
            assert replay.digest == comparison.published.digest
        case Verdict.DIFFERENT:
            assert comparison.published.digest != comparison.rebuilt.digest
            assert [comparison.pairs[place] for place in judgement.residue] == [
                pair for pair in comparison.pairs if not pair.installs_the_same
            ]
        case other:
            pytest.fail(f"{other} is not for judge to give")


@given(data=st.data(), comparison=COMPARISONS, obstacle=st.sampled_from([None, "the archive has a comment"]))
def test_explained_is_earned(data: st.DataObject, comparison: Comparison, obstacle: str | None) -> None:
    differing = [pair for pair in comparison.pairs if not pair.installs_the_same]
    places = comparison.differing
    known = data.draw(st.lists(st.sampled_from(places), unique=True)) if places else []
    explanation = Explanation(
        members=tuple(
            MemberExplanation(
                pairs=comparison.pairs, place=place, closed=data.draw(st.booleans()), recognised=()
            )
            for place in known
        ),
        obstacle=obstacle,
    )
    judgement = judge(comparison, None, (FINDING,), explanation)
    closed = {member.place for member in explanation.members if member.closed}
    assert judgement.findings == (FINDING,)
    if judgement.residue:
        assert set(judgement.residue) == set(places) - closed
    if judgement.verdict is Verdict.EXPLAINED:
        assert differing
        assert set(places) <= closed
        assert obstacle is None
        assert judgement.residue == ()
    elif differing and judgement.verdict is Verdict.DIFFERENT:
        assert not set(places) <= closed or obstacle is not None


@pytest.mark.parametrize(
    ("verdict", "reached"),
    [
        (Verdict.IDENTICAL, set(LEVELS)),
        (Verdict.SAME_CONTENT, {Verdict.SAME_CONTENT, Verdict.EXPLAINED}),
        (Verdict.EXPLAINED, {Verdict.EXPLAINED}),
        (Verdict.DIFFERENT, set()),
        (Verdict.NOT_BUILT, set()),
        (Verdict.NOT_CHECKED, set()),
    ],
)
def test_levels(verdict: Verdict, reached: set[Verdict]) -> None:
    assert {level for level in LEVELS if verdict.reaches(level)} == reached


@pytest.mark.parametrize("verdict", [Verdict.DIFFERENT, Verdict.NOT_BUILT, Verdict.NOT_CHECKED])
def test_only_levels_can_be_asked_for(verdict: Verdict) -> None:
    with pytest.raises(ValueError, match="not a level"):
        Verdict.IDENTICAL.reaches(verdict)


def test_where_nothing_was_compared() -> None:
    built = not_built("the backend failed\x1b[31m", (FINDING,))
    assert (built.verdict, built.reason) == (Verdict.NOT_BUILT, r"the backend failed\x1b[31m")
    assert built.findings == (FINDING,)
    assert not_checked("no sdist").verdict is Verdict.NOT_CHECKED
