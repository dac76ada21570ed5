"""One attempt at a rebuild: the lock, the build, the judgement; and its result for the report."""

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelproof.core.errors import NotBuiltError
from wheelproof.core.identity import Digest
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.facts import Known
from wheelproof.pipeline.guard import not_built_result
from wheelproof.pipeline.lock import make_lock
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import Settled
from wheelproof.rebuild.locking import NotLockedError
from wheelproof.rebuild.plan import plan_inputs
from wheelproof.rebuild.record import Built, NotBuilt, Phase
from wheelproof.rebuild.requirements import RequirementNotBuiltError, Shelf
from wheelproof.rebuild.run import Workshop, build_wheel
from wheelproof.recipe.lock import Lock
from wheelproof.report.evidence import Evidence
from wheelproof.wheel.facts import Wheel, read_wheel

if TYPE_CHECKING:
    from wheelproof.pipeline.judge import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one recipe came to.

    Attributes:
        known: what is known of the wheel, with the lock where there is one.
        outcome: the rebuilt wheel, or why there is none.
        error: says more of why there is none, where there is more to say.
        judged: what was found between the two wheels; None where nothing was built.
        duration_s: seconds it took, all in all.
    """

    known: Known
    outcome: Built | NotBuilt
    error: NotBuiltError | None = None
    judged: "Judged | None" = None
    duration_s: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """What it ends with."""
        return self.judged.judgement.verdict if self.judged else Verdict.NOT_BUILT

    @property
    def reason(self) -> str:
        """What the verdict rests on, in a sentence."""
        if self.judged:
            return self.judged.judgement.reason
        assert isinstance(self.outcome, NotBuilt)  # noqa: S101 - what was built was judged
        return self.error.message if self.error else self.outcome.reason


def attempt(session: Session, settled: Settled) -> Attempt:
    """Lock what is settled, build it, and compare.

    Raises:
        WheelproofError: of the kind that says what is in the way of any attempt.
    """
    begun = time.monotonic()
    try:
        lock = make_lock(session, settled)
    except (NotLockedError, RequirementNotBuiltError) as error:
        known = Known.from_subject(settled.case.subject, dict(settled.image.packages))
        took = time.monotonic() - begun
        return Attempt(known=known, outcome=error.outcome, error=error, duration_s=took)
    return attempt_lock(session, lock, settled.case.wheel, begun=begun)


def attempt_lock(
    session: Session, lock: Lock, published: Wheel | None = None, *, begun: float | None = None
) -> Attempt:
    """Build and compare; the files are in the cache, and the image is in the engine.

    Args:
        session: the connections.
        lock: what to build, and from what.
        published: the wheel that it is compared with, where it was read already.
        begun: since when it is being worked on, by the monotonic clock.

    Raises:
        WheelproofError: of the kind that says what is in the way.
    """
    begun = time.monotonic() if begun is None else begun
    known = Known.from_lock(lock)
    workshop = Workshop(
        sandboxes=session.sandboxes,
        image_id=lock.image.image_id,
        interpreter=lock.image.interpreter,
        variables=lock.image.variables,
        cache=session.cache,
        on_output=session.listener.output,
    )
    session.say(Phase.BUILD, f"{lock.source.filename} with {lock.build.backend}")
    try:
        shelf = Shelf(workshop=workshop, frontend=lock.frontend)
        wheels, repair = shelf.wheels(lock.requirements), shelf.wheels(lock.repair)
    except RequirementNotBuiltError as error:
        took = time.monotonic() - begun
        return Attempt(known=known, outcome=error.outcome, error=error, duration_s=took)
    threading.Thread(target=_import_judging, daemon=True).start()
    inputs = plan_inputs(lock.source, lock.frontend, wheels, repair)
    outcome = build_wheel(workshop, lock.build, inputs)
    from wheelproof.pipeline.judge import judge_built  # noqa: PLC0415 - imported during the build

    judged: Judged | NotBuilt | None = None
    if isinstance(outcome, Built):
        session.say(Phase.COMPARE, lock.published.filename)
        path, source = (session.cache.path_of(Digest(file.sha256)) for file in (lock.published, lock.source))
        published = published or read_wheel(path, filename=lock.published.filename)
        judged = judge_built(published, outcome, source, lock.recipe)
        outcome = judged if isinstance(judged, NotBuilt) else outcome
    return Attempt(
        known=known,
        outcome=outcome,
        judged=None if isinstance(judged, NotBuilt) else judged,
        duration_s=time.monotonic() - begun,
    )


def attempt_evidence(session: Session, made: Attempt) -> Evidence:
    """The result of an attempt, with what it leaves beside it."""
    if isinstance(made.outcome, NotBuilt) or made.judged is None:
        assert isinstance(made.outcome, NotBuilt)  # noqa: S101 - what was built was judged
        return not_built_result(session, made.known, made.outcome, made.error)
    from wheelproof.pipeline.judged import judged_result  # noqa: PLC0415

    result = judged_result(
        made.known, made.judged, made.outcome, session.stopwatch.stop(), details=session.settings.details
    )
    return Evidence(result=result, lock=made.known.lock, rebuilt=made.outcome.digest, log=made.outcome.log)


def _import_judging() -> None:
    """What judges and prints takes as long to import as a small build takes: one waits for the other."""
    from wheelproof.pipeline import judged  # noqa: F401, PLC0415
    from wheelproof.report import terminal  # noqa: F401, PLC0415
