"""One target from its name to its results, whatever happens on the way."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from wheelproof.container.image import ensure_locked_image
from wheelproof.core.errors import (
    EngineError,
    ExitCode,
    NotBuiltError,
    NotCheckedError,
    UsageError,
    WheelproofError,
)
from wheelproof.core.identity import Digest, LocalTarget, ReleaseTarget, Target
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.facts import Known, failed_result, log_end
from wheelproof.pipeline.lock import TOOL, fetch_files, make_lock, verify_plan
from wheelproof.pipeline.select import Selection
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.subject import Release, Subject, fetch_subject, find_release, local_subject
from wheelproof.rebuild.locking import NotLockedError
from wheelproof.rebuild.plan import plan_inputs
from wheelproof.rebuild.record import Built, NotBuilt, Phase
from wheelproof.rebuild.requirements import RequirementNotBuiltError, Shelf
from wheelproof.rebuild.run import Workshop, build_wheel
from wheelproof.recipe.lock import INPUTS, Lock, LockedFile
from wheelproof.report.document import FailureFacts, PublishedFacts, Report
from wheelproof.report.evidence import Evidence


def check_targets(
    session: Session, targets: Sequence[Target], *, pattern: str | None = None, everything: bool = False
) -> list[Evidence]:
    """Check targets one after the other; an error of one is its result and keeps no other from its own.

    Args:
        session: the connections.
        targets: what to check.
        pattern: which wheel of a release, as a file name or shell pattern.
        everything: every wheel of a release.

    Raises:
        UsageError: a target can't be what is meant; nothing is checked.
    """
    return [
        evidence
        for target in targets
        for evidence in _check_target(session, target, pattern=pattern, everything=everything)
    ]


def check_lock(session: Session, lock: Lock, *, inputs: Path | None = None) -> Evidence:
    """Replay a lock.

    Args:
        session: the connections.
        lock: what to rebuild, and from what.
        inputs: an evidence folder, whose files are taken where their hashes fit.
    """
    session.stopwatch.restart()
    known = Known.from_lock(lock)

    def run() -> Evidence:
        session.say(Phase.DOWNLOAD, f"{len(lock.files())} locked files")
        if inputs is not None:
            _adopt(session, lock.files(), inputs)
        fetch_files(session, lock.files())
        verify_plan(session, lock)
        session.say(Phase.IMAGE, lock.image.name)
        if session.settings.require_pinned and not lock.image.pin_met:
            raise EngineError(
                f"The lock is for an image that is not the pinned one: {printable(lock.image.pin)}",
                hint="Lock again where the pinned image can be had, or do without --require-pinned.",
            )
        ensure_locked_image(
            session.engine,
            lock.image.name,
            Digest.parse(lock.image.image_id),
            offline=session.settings.offline,
            on_progress=lambda line: session.say(Phase.IMAGE, line),
        )
        return _rebuild(session, lock)

    return _guarded(session, known, run)


def lock_target(session: Session, target: Target, *, pattern: str | None = None) -> Lock:
    """Settle every input of a rebuild, and build nothing but what the backend has to be asked with.

    Raises:
        WheelproofError: of the kind that says what is in the way.
    """
    session.stopwatch.restart()
    match target:
        case LocalTarget():
            return make_lock(session, local_subject(session, target))
        case ReleaseTarget():
            release = find_release(session, target, pattern=pattern, everything=False)
            if len(release.selections) > 1:
                raise UsageError(
                    f"{pattern} meets {len(release.selections)} wheels, and a lock is for one",
                    hint="Name one wheel with --wheel.",
                )
            selection = release.selections[0]
            if selection.refusal is not None:
                raise NotCheckedError(
                    f"{selection.wheel.filename} can't be rebuilt here: {selection.refusal}"
                )
            return make_lock(session, fetch_subject(session, release, selection.wheel))


def make_report(evidence: Sequence[Evidence], *, required: Verdict) -> Report:
    """The report over some results, as of now."""
    return Report(
        tool=TOOL,
        created=datetime.now(UTC).replace(microsecond=0),
        required=required,
        results=tuple(item.result for item in evidence),
    )


def _check_target(
    session: Session, target: Target, *, pattern: str | None, everything: bool
) -> Iterator[Evidence]:
    session.stopwatch.restart()
    if isinstance(target, LocalTarget):
        known = Known(target=str(target), published=PublishedFacts(filename=target.wheel.name))
        yield _guarded(session, known, lambda: _lock_and_rebuild(session, local_subject(session, target)))
        return
    try:
        release = find_release(session, target, pattern=pattern, everything=everything)
    except UsageError:
        raise
    except WheelproofError as error:
        known = Known(target=str(target), published=PublishedFacts(filename=target.wheel))
        yield _failure(session, known, error)
        return
    for selection in release.selections:
        session.stopwatch.restart()
        known = Known.from_index(str(target), selection.wheel)
        yield _guarded(session, known, _release_check(session, release, selection))


def _release_check(session: Session, release: Release, selection: Selection) -> Callable[[], Evidence]:
    def run() -> Evidence:
        if selection.refusal is not None:
            raise NotCheckedError(f"It can't be rebuilt here: {selection.refusal}")
        return _lock_and_rebuild(session, fetch_subject(session, release, selection.wheel))

    return run


def _lock_and_rebuild(session: Session, subject: Subject) -> Evidence:
    try:
        lock = make_lock(session, subject)
    except (NotLockedError, RequirementNotBuiltError) as error:
        return _not_built(session, Known.from_subject(subject), error.outcome, error)
    known = Known.from_lock(lock)
    return _guarded(session, known, lambda: _rebuild(session, lock))


def _rebuild(session: Session, lock: Lock) -> Evidence:
    """Build and compare; the files are in the cache, and the image is in the engine."""
    known = Known.from_lock(lock)
    workshop = Workshop(
        engine=session.engine,
        image_id=lock.image.image_id,
        interpreter=lock.image.interpreter,
        cache=session.cache,
        policy=session.settings.policy,
        on_output=session.listener.output,
    )
    session.say(Phase.BUILD, f"{lock.source.filename} with {lock.build.backend}")
    try:
        wheels = Shelf(workshop=workshop, frontend=lock.frontend).wheels(lock.requirements)
    except RequirementNotBuiltError as error:
        return _not_built(session, known, error.outcome, error)
    threading.Thread(target=_import_judging, daemon=True).start()
    outcome = build_wheel(workshop, lock.build, plan_inputs(lock.source, lock.frontend, wheels))
    if isinstance(outcome, NotBuilt):
        return _not_built(session, known, outcome)
    session.say(Phase.COMPARE, lock.published.filename)
    return _judge(session, known, lock, outcome)


def _import_judging() -> None:
    """What judges and prints takes as long to import as a small build takes: one waits for the other."""
    from wheelproof.pipeline import judge, judged  # noqa: F401, PLC0415
    from wheelproof.report import terminal  # noqa: F401, PLC0415


def _judge(session: Session, known: Known, lock: Lock, outcome: Built) -> Evidence:
    from wheelproof.pipeline.judge import judge_wheels  # noqa: PLC0415
    from wheelproof.pipeline.judged import judged_result  # noqa: PLC0415

    judged = judge_wheels(
        session.cache.path_of(Digest(lock.published.sha256)), lock.published.filename, outcome
    )
    if isinstance(judged, NotBuilt):
        return _not_built(session, known, judged)
    result = judged_result(known, judged, outcome, session.stopwatch.stop())
    return Evidence(result=result, lock=lock, rebuilt=outcome.digest, log=outcome.log)


def _guarded(session: Session, known: Known, run: Callable[[], Evidence]) -> Evidence:
    try:
        return run()
    except UsageError:
        raise
    except WheelproofError as error:
        return _failure(session, known, error)


def _failure(session: Session, known: Known, error: WheelproofError) -> Evidence:
    """What could not be checked: the error as the result's reason, and its class as the exit code."""
    phase, durations = session.stopwatch.phase, session.stopwatch.stop()
    verdict = Verdict.NOT_BUILT if isinstance(error, NotBuiltError) else Verdict.NOT_CHECKED
    failure = FailureFacts(phase=phase, reason=error.message, hint=error.hint, exit_code=error.exit_code)
    return Evidence(result=failed_result(known, verdict, failure, durations), lock=known.lock)


def _not_built(
    session: Session, known: Known, outcome: NotBuilt, error: NotBuiltError | None = None
) -> Evidence:
    failure = FailureFacts(
        phase=outcome.phase,
        reason=error.message if error else outcome.reason,
        hint=outcome.hint,
        log_end=log_end(outcome.log),
        exit_code=ExitCode.NOT_BUILT,
    )
    result = failed_result(known, Verdict.NOT_BUILT, failure, session.stopwatch.stop())
    return Evidence(result=result, lock=known.lock, log=outcome.log)


def _adopt(session: Session, files: Sequence[LockedFile], folder: Path) -> None:
    """Take what an evidence folder holds into the cache; what has another hash is left where it is."""
    for file in files:
        digest = Digest(file.sha256)
        if session.cache.get(digest) is not None:
            continue
        for place in (folder / INPUTS / file.filename, folder / "published" / file.filename):
            if place.is_file() and Digest.of_file(place) == digest:
                session.cache.add_file(place)
