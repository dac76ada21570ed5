"""The verdict: what was proved, in one word that must be earned."""

from dataclasses import dataclass

from wheelproof.compare.pairing import Pair, PairState
from wheelproof.compare.replay import Replay
from wheelproof.compare.wheels import Comparison
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.explain.explanation import Explanation
from wheelproof.explain.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its grounds.

    Attributes:
        verdict: the word.
        reason: one sentence without a full stop, safe to print.
        residue: the members that are not the same, or install differently, and that no cause closes; empty
            above ``different``.
        findings: what stands beside the verdict, whatever it is.
    """

    verdict: Verdict
    reason: str
    residue: tuple[Pair, ...] = ()
    findings: tuple[Finding, ...] = ()


def judge(
    comparison: Comparison,
    replay: Replay | None,
    findings: tuple[Finding, ...] = (),
    explanation: Explanation | None = None,
) -> Judgement:
    """Give the verdict on two wheels; findings are carried along and decide nothing.

    Args:
        comparison: of the two wheels.
        replay: the attempt to write the published file again, or None where it was not made.
        findings: of both wheels.
        explanation: of the members that are not the same, or None where none was looked for.
    """
    if comparison.identical:
        return Judgement(
            verdict=Verdict.IDENTICAL,
            reason="The rebuilt file is the published file, byte for byte",
            findings=findings,
        )
    differing = tuple(pair for pair in comparison.pairs if not pair.installs_the_same)
    if differing:
        return _judge_members(differing, explanation, findings)
    if replay is not None and replay.proved and replay.digest == comparison.published.digest:
        return Judgement(
            verdict=Verdict.SAME_CONTENT,
            reason="Every member is the same; in the published envelope they give the published file",
            findings=findings,
        )
    why = replay.reason if replay else "it was not written again"
    return Judgement(
        verdict=Verdict.DIFFERENT,
        reason=f"Every member is the same, but not every byte of the published file is accounted for: {why}",
        findings=findings,
    )


def find_residue(differing: tuple[Pair, ...], explanation: Explanation | None) -> tuple[Pair, ...]:
    """Of the members that are not the same, those that no cause closes."""
    closed = {member.pair for member in explanation.members if member.closed} if explanation else set()
    return tuple(pair for pair in differing if pair not in closed)


def _judge_members(
    differing: tuple[Pair, ...], explanation: Explanation | None, findings: tuple[Finding, ...]
) -> Judgement:
    residue = find_residue(differing, explanation)
    if residue or explanation is None:
        reason = _describe(residue)
        if len(residue) < len(differing):
            reason += f"; {len(differing) - len(residue)} more are explained"
        return Judgement(verdict=Verdict.DIFFERENT, reason=reason, residue=residue, findings=findings)
    if explanation.obstacle is not None:
        return Judgement(
            verdict=Verdict.DIFFERENT,
            reason=f"Every member that differs is explained, but {explanation.obstacle}",
            findings=findings,
        )
    causes = ", ".join(cause.id for cause in explanation.causes if cause.closes)
    return Judgement(
        verdict=Verdict.EXPLAINED,
        reason=f"What differs keeps its meaning and is explained by {causes}",
        findings=findings,
    )


def not_built(reason: str, findings: tuple[Finding, ...] = ()) -> Judgement:
    """There is no rebuilt wheel."""
    return Judgement(verdict=Verdict.NOT_BUILT, reason=printable(reason), findings=findings)


def not_checked(reason: str, findings: tuple[Finding, ...] = ()) -> Judgement:
    """Nothing was tried."""
    return Judgement(verdict=Verdict.NOT_CHECKED, reason=printable(reason), findings=findings)


def _describe(residue: tuple[Pair, ...]) -> str:
    counts = {state: sum(pair.state is state for pair in residue) for state in PairState}
    parts = (
        (counts[PairState.CHANGED], "changed"),
        (counts[PairState.ONLY_PUBLISHED], "only in the published wheel"),
        (counts[PairState.ONLY_REBUILT], "only in the rebuilt wheel"),
        (counts[PairState.SAME], "the same but installed differently"),
    )
    return "Members differ: " + ", ".join(f"{count} {what}" for count, what in parts if count)
