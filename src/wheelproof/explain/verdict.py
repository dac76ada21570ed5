"""The verdict: what was proved, in one word that must be earned."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wheelproof.compare.pairing import PairState
from wheelproof.compare.replay import Replay
from wheelproof.compare.wheels import Comparison
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.explain.explanation import Explanation
from wheelproof.explain.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its grounds.

    Attributes:
        verdict: the word.
        reason: one sentence without a full stop, safe to print.
        residue: the places, in the comparison's pairs, of the members that are not the same, or install
            differently, and that no cause closes; empty above ``different``.
        findings: what stands beside the verdict, whatever it is.
    """

    verdict: Verdict
    reason: str
    residue: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


def judge(
    comparison: Comparison,
    replay: Replay | None,
    findings: tuple[Finding, ...] = (),
    explanation: Explanation | None = None,
    changes: Sequence[str] = (),
) -> Judgement:
    """Give the verdict on two wheels; findings are carried along and decide nothing.

    Args:
        comparison: of the two wheels.
        replay: the attempt to write the published file again, or None where it was not made.
        findings: of both wheels.
        explanation: of the members that are not the same, or None where none was looked for.
        changes: what a recipe did to the source, each as the end of "The recipe …": at best ``explained``.
    """
    judgement = _judge(comparison, replay, findings, explanation)
    if not changes or judgement.verdict not in LEVELS:
        return judgement
    said = f"{judgement.reason}; but the recipe {' and '.join(changes)}"
    return replace(judgement, verdict=Verdict.EXPLAINED, reason=said)


def _judge(
    comparison: Comparison,
    replay: Replay | None,
    findings: tuple[Finding, ...],
    explanation: Explanation | None,
) -> Judgement:
    if comparison.identical:
        return Judgement(
            verdict=Verdict.IDENTICAL,
            reason="The rebuilt file is the published file, byte for byte",
            findings=findings,
        )
    if comparison.differing:
        return _judge_members(comparison, explanation, findings)
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


def find_residue(comparison: Comparison, explanation: Explanation | None) -> tuple[int, ...]:
    """Of the members that are not the same, those that no cause closes and no recipe leaves out."""
    members = explanation.members if explanation else ()
    closed = {member.place for member in members if member.closed or member.left_out}
    return tuple(place for place in comparison.differing if place not in closed)


def _judge_members(
    comparison: Comparison, explanation: Explanation | None, findings: tuple[Finding, ...]
) -> Judgement:
    residue = find_residue(comparison, explanation)
    left_out = sum(member.left_out for member in explanation.members) if explanation else 0
    if residue or explanation is None:
        reason = _describe(comparison, residue)
        if explained := len(comparison.differing) - len(residue) - left_out:
            reason += f"; {explained} more {'is' if explained == 1 else 'are'} explained"
        if left_out:
            reason += f"; the recipe leaves {left_out} out"
        return Judgement(verdict=Verdict.DIFFERENT, reason=reason, residue=residue, findings=findings)
    if explanation.obstacle is not None:
        return Judgement(
            verdict=Verdict.DIFFERENT,
            reason=f"Every member that differs is explained, but {explanation.obstacle}",
            findings=findings,
        )
    return Judgement(
        verdict=Verdict.EXPLAINED, reason=_say_explained(explanation, left_out), findings=findings
    )


def _say_explained(explanation: Explanation, left_out: int) -> str:
    closing = {
        item.cause.id: None
        for member in explanation.members
        if member.closed
        for item in member.recognised
        if item.cause.closes
    }
    causes = f"What differs keeps its meaning and is explained by {', '.join(closing)}"
    if not left_out:
        return causes
    members = f"{left_out} {'member is' if left_out == 1 else 'members are'}"
    recipe = f"{members} left out of the comparison by the recipe"
    return f"{recipe}; {causes[0].lower()}{causes[1:]}" if closing else recipe


def not_built(reason: str, findings: tuple[Finding, ...] = ()) -> Judgement:
    """There is no rebuilt wheel."""
    return Judgement(verdict=Verdict.NOT_BUILT, reason=printable(reason), findings=findings)


def not_checked(reason: str, findings: tuple[Finding, ...] = ()) -> Judgement:
    """Nothing was tried."""
    return Judgement(verdict=Verdict.NOT_CHECKED, reason=printable(reason), findings=findings)


def _describe(comparison: Comparison, residue: tuple[int, ...]) -> str:
    counts = Counter(comparison.pairs[place].state for place in residue)
    parts = (
        (counts[PairState.CHANGED], "changed"),
        (counts[PairState.ONLY_PUBLISHED], "only in the published wheel"),
        (counts[PairState.ONLY_REBUILT], "only in the rebuilt wheel"),
        (counts[PairState.SAME], "the same but installed differently"),
    )
    return "Members differ: " + ", ".join(f"{count} {what}" for count, what in parts if count)
