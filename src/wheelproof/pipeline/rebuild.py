"""From what is settled to a result: the lock, the build, the judgement."""

import threading

from wheelproof.core.identity import Digest
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


def lock_settled(session: Session, settled: Settled) -> Lock | Evidence:
    """The lock of what is settled; the result where its requirements can't be had.

    Raises:
        WheelproofError: of the kind that says what is in the way.
    """
    try:
        return make_lock(session, settled)
    except (NotLockedError, RequirementNotBuiltError) as error:
        return not_built_result(session, Known.from_subject(settled.subject), error.outcome, error)


def rebuild_locked(session: Session, lock: Lock, published: Wheel | None = None) -> Evidence:
    """Build and compare; the files are in the cache, and the image is in the engine.

    Args:
        session: the connections.
        lock: what to build, and from what.
        published: the wheel that it is compared with, where it was read already.

    Raises:
        WheelproofError: of the kind that says what is in the way.
    """
    known = Known.from_lock(lock)
    workshop = Workshop(
        sandboxes=session.sandboxes,
        image_id=lock.image.image_id,
        interpreter=lock.image.interpreter,
        cache=session.cache,
        on_output=session.listener.output,
    )
    session.say(Phase.BUILD, f"{lock.source.filename} with {lock.build.backend}")
    try:
        wheels = Shelf(workshop=workshop, frontend=lock.frontend).wheels(lock.requirements)
    except RequirementNotBuiltError as error:
        return not_built_result(session, known, error.outcome, error)
    threading.Thread(target=_import_judging, daemon=True).start()
    outcome = build_wheel(workshop, lock.build, plan_inputs(lock.source, lock.frontend, wheels))
    if isinstance(outcome, NotBuilt):
        return not_built_result(session, known, outcome)
    session.say(Phase.COMPARE, lock.published.filename)
    return _judge(session, known, lock, published, outcome)


def _import_judging() -> None:
    """What judges and prints takes as long to import as a small build takes: one waits for the other."""
    from wheelproof.pipeline import judge, judged  # noqa: F401, PLC0415
    from wheelproof.report import terminal  # noqa: F401, PLC0415


def _judge(session: Session, known: Known, lock: Lock, published: Wheel | None, outcome: Built) -> Evidence:
    from wheelproof.pipeline.judge import judge_built  # noqa: PLC0415
    from wheelproof.pipeline.judged import judged_result  # noqa: PLC0415

    path, source = (session.cache.path_of(Digest(file.sha256)) for file in (lock.published, lock.source))
    published = published or read_wheel(path, filename=lock.published.filename)
    judged = judge_built(published, outcome, source)
    if isinstance(judged, NotBuilt):
        return not_built_result(session, known, judged)
    result = judged_result(known, judged, outcome, session.stopwatch.stop(), details=session.settings.details)
    return Evidence(result=result, lock=lock, rebuilt=outcome.digest, log=outcome.log)
