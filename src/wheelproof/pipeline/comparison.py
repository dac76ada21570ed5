"""What was found between two wheels as parts of the report document."""

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest
from typing import Literal

from wheelproof.compare.pairing import Pair, PairState
from wheelproof.compare.replay import Replay
from wheelproof.explain.causes.cause import View
from wheelproof.explain.contents import Contents
from wheelproof.explain.explanation import Explanation, MemberExplanation
from wheelproof.explain.findings import Finding
from wheelproof.explain.runnable import starts_with_python
from wheelproof.explain.view import view_sides
from wheelproof.pipeline.judge import Judged
from wheelproof.report.document import (
    LIST_LIMIT,
    CauseFacts,
    CauseUse,
    ComparisonFacts,
    FindingFacts,
    MemberFacts,
    MemberView,
    ReplayFacts,
)


def comparison_facts(judged: Judged, *, details: bool) -> tuple[ComparisonFacts, tuple[str, ...]]:
    """The comparison, and what a reader has to know about how it came about.

    Args:
        judged: what was found.
        details: run diffoscope on what is left open.
    """
    facts, notes = _comparison(judged), []
    if judged.explanation is not None and judged.explanation.unsought:
        notes.append(f"So many members differ that of {judged.explanation.unsought} no cause was sought")
    if details:
        from wheelproof.pipeline.details import with_details  # noqa: PLC0415 - for those who ask

        facts, note = with_details(judged, facts)
        notes.append(note)
    return facts, tuple(notes)


def _comparison(judged: Judged) -> ComparisonFacts:
    """Open members come first, of those what Python runs at its start, and RECORD last."""
    comparison = judged.comparison
    published_bytes = sum(comparison.published.archive.members.sizes)
    differing_bytes = (pair.published.size_bytes for pair in comparison.differing_pairs() if pair.published)
    explanation = judged.explanation or Explanation(members=(), obstacle=None)
    record = f"{judged.comparison.published.dist_info}/RECORD"
    listed = nsmallest(
        LIST_LIMIT,
        explanation.members,
        key=lambda member: (member.closed, member.left_out, *_rank(member.pair, record)),
    )
    contents = Contents(judged.comparison.published, judged.comparison.rebuilt)
    return ComparisonFacts(
        members_same=len(comparison.pairs) - len(comparison.differing),
        same_size_bytes=published_bytes - sum(differing_bytes),
        members_differing=len(explanation.members),
        members=tuple(_member(member, contents) for member in listed),
        members_left_out=len(explanation.members) - len(listed),
        causes=_causes(explanation),
        replay=_replay(judged.replay) if judged.replay else None,
    )


def _rank(pair: Pair, record: str) -> tuple[bool, ...]:
    return (
        not starts_with_python(pair.name),
        pair.name == record,
        pair.state is not PairState.ONLY_PUBLISHED,
    )


def finding_facts(findings: Iterable[Finding]) -> tuple[FindingFacts, ...]:
    """Findings as the report has them."""
    return tuple(
        FindingFacts(
            id=finding.id,
            title=finding.title,
            side=finding.side.value,
            member=finding.member or None,
            detail=finding.detail,
        )
        for finding in findings
    )


def _causes(explanation: Explanation) -> tuple[CauseFacts, ...]:
    counts = Counter(item.cause.id for member in explanation.members for item in member.recognised)
    return tuple(
        CauseFacts(
            id=cause.id,
            title=cause.title,
            closes=cause.closes,
            why=cause.why,
            mend=cause.mend,
            members=counts[cause.id],
        )
        for cause in explanation.causes
    )


def _member(member: MemberExplanation, contents: Contents) -> MemberFacts:
    pair = member.pair
    published, rebuilt = pair.published, pair.rebuilt
    view = view_sides(contents.published(pair), contents.rebuilt(pair))
    return MemberFacts(
        name=pair.name,
        kind=_kind(pair),
        published_sha256=published.digest.hex if published else None,
        rebuilt_sha256=rebuilt.digest.hex if rebuilt else None,
        published_size_bytes=published.size_bytes if published else None,
        rebuilt_size_bytes=rebuilt.size_bytes if rebuilt else None,
        explained=member.closed,
        left_out=member.left_out,
        causes=tuple(CauseUse(id=item.cause.id, evidence=item.evidence.text) for item in member.recognised),
        view=_view(view) if view else None,
    )


def _kind(pair: Pair) -> Literal["changed", "only-published", "only-rebuilt", "mode"]:
    match pair.state:
        case PairState.SAME:
            return "mode"
        case PairState.CHANGED:
            return "changed"
        case PairState.ONLY_PUBLISHED:
            return "only-published"
        case PairState.ONLY_REBUILT:
            return "only-rebuilt"


def _view(view: View) -> MemberView:
    return MemberView(kind=view.kind, lines=view.lines, lines_left_out=view.lines_left_out)


def _replay(replay: Replay) -> ReplayFacts:
    return ReplayFacts(
        proved=replay.proved,
        reason=replay.reason or None,
        replayed=replay.fields,
        encodings=dict(replay.encodings),
        accounted_bytes={kind.value: count for kind, count in replay.accounted},
    )
