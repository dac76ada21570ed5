"""The search: when a rebuild is not the same, what is left of it says what to try next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from wheelproof.container.policy import place_of_tree
from wheelproof.core.errors import ExitCode, NotCheckedError, WheelproofError
from wheelproof.core.identity import Target
from wheelproof.core.verdict import Verdict
from wheelproof.infer.candidate import Candidate
from wheelproof.infer.proposals import Proposal, propose, used_versions
from wheelproof.infer.residue import Failure, Residue
from wheelproof.pipeline.attempt import Attempt, attempt, attempt_evidence
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import Case, Settled, settle
from wheelproof.rebuild.record import NotBuilt
from wheelproof.recipe.catalog import Choice
from wheelproof.report.document import AttemptFacts, ChoiceFacts
from wheelproof.report.evidence import Evidence

_GOOD_ENOUGH = (Verdict.IDENTICAL, Verdict.SAME_CONTENT)
_ORDER = (*_GOOD_ENOUGH, Verdict.EXPLAINED, Verdict.DIFFERENT, Verdict.NOT_BUILT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """An attempt, without the two wheels that it compared: only the best one's are kept."""

    candidate: Candidate
    verdict: Verdict
    reason: str
    open_members: int
    duration_s: float

    @classmethod
    def of(cls, candidate: Candidate, made: Attempt) -> "_Tried":
        return cls(
            candidate=candidate,
            verdict=made.verdict,
            reason=made.reason,
            open_members=len(made.judged.judgement.residue) if made.judged else 0,
            duration_s=made.duration_s,
        )

    def rank(self) -> tuple[int, int]:
        """The better the lower: the verdict, then how many members are left open."""
        return _ORDER.index(self.verdict), self.open_members


class _Waiting(NamedTuple):
    """A proposal, and what it was drawn from."""

    source: _Tried
    proposal: Proposal


def search(session: Session, target: Target, case: Case) -> Evidence:
    """Rebuild a case, with as many candidates as are allowed, to the best verdict that is found.

    Raises:
        WheelproofError: of the kind that says what is in the way of any attempt.
    """
    settled = settle(session, case, case.first())
    last = kept = _attempt(session, target, settled)
    tried = [_Tried.of(_candidate(settled), last)]
    waiting: list[_Waiting] = []
    notes: list[str] = []
    cut_short = False
    better = True
    while kept.verdict not in _GOOD_ENOUGH and len(tried) < session.settings.attempts:
        if isinstance(last.outcome, NotBuilt) and last.outcome.out_of_time:
            break  # another would take as long
        try:
            proposed = _proposed(case, tried[-1], last)
            # What follows from a better attempt comes first.
            waiting = [*proposed, *waiting] if better else [*waiting, *proposed]
            following = _next(session, case, waiting, tried)
            if following is None:
                break
            last = _attempt(session, target, following)
        except WheelproofError as error:
            notes.append(f"The search ended early: {error.message}")
            cut_short = error.exit_code in {ExitCode.FETCH, ExitCode.ENGINE}
            break
        tried.append(_Tried.of(_candidate(following), last))
        better = tried[-1].rank() < min(item.rank() for item in tried[:-1])
        kept = last if better else kept
    evidence = attempt_evidence(session, kept)
    result = evidence.result.model_copy(
        update={"attempts": _facts(tried), "notes": (*evidence.result.notes, *notes)}
    )
    return replace(evidence, result=result, cut_short=cut_short)


def _candidate(settled: Settled) -> Candidate:
    return Candidate(recipe=settled.recipe, choices=settled.choices)


def _attempt(session: Session, target: Target, settled: Settled) -> Attempt:
    image_id = str(settled.image.image_id)
    tree = place_of_tree(settled.recipe.folder or "")
    session.sandboxes.expect(image_id, tree)
    session.expect_again(target, image_id)
    return attempt(session, settled)


def _proposed(case: Case, tried: _Tried, made: Attempt) -> list[_Waiting]:
    outcome, judged, lock = made.outcome, made.judged, made.known.lock
    failure = None
    if isinstance(outcome, NotBuilt):
        failure = Failure(
            phase=outcome.phase.value, reason=made.reason, log=outcome.log.decode("utf-8", "replace")
        )
    residue = Residue(
        comparison=judged.comparison if judged else None,
        failure=failure,
        used=used_versions({item.name: item.version for item in lock.requirements}) if lock else {},
    )
    found = propose(case.evidence, tried.candidate, residue)
    return [_Waiting(source=tried, proposal=proposal) for proposal in found]


def _next(session: Session, case: Case, waiting: list[_Waiting], tried: Sequence[_Tried]) -> Settled | None:
    """The next recipe that was not tried; an image that was chosen by name may take its Python back."""
    recipes = [item.candidate.recipe for item in tried]
    best = min(tried, key=_Tried.rank)
    while waiting:
        source, proposal = waiting.pop(0)
        # What a failed build proposed is tried on what was built since.
        base = best if source.verdict is Verdict.NOT_BUILT else source
        try:
            candidate = case.next(base.candidate, proposal)
        except NotCheckedError:
            continue
        if candidate.recipe not in recipes:
            settled = settle(session, case, candidate)
            if settled.recipe not in recipes:
                return settled
    return None


def _facts(tried: Sequence[_Tried]) -> tuple[AttemptFacts, ...]:
    """Every attempt, as what it changed; none where the first was the only one."""
    if len(tried) == 1:
        return ()
    best = min(tried, key=_Tried.rank)
    first = tried[0].candidate
    return tuple(
        AttemptFacts(
            verdict=item.verdict,
            reason=item.reason,
            changes=tuple(_changes(first, item.candidate)),
            kept=item is best,
            duration_s=round(item.duration_s, 3),
        )
        for item in tried
    )


def _changes(first: Candidate, candidate: Candidate) -> list[ChoiceFacts]:
    before: set[Choice] = set(first.choices)
    return [
        ChoiceFacts(field=item.field, value=item.value, origin=item.origin, evidence=item.evidence)
        for item in candidate.choices
        if item not in before
    ]
