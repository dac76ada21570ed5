"""One target from its name to its results, whatever happens on the way."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from wheelproof.core.errors import NotCheckedError, UsageError, WheelproofError
from wheelproof.core.identity import TOOL, LocalTarget, Target
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.facts import Known
from wheelproof.pipeline.guard import failure_result, guarded
from wheelproof.pipeline.select import Selection
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import settle
from wheelproof.pipeline.subject import Release, Subject, fetch_subject, find_release, local_subject
from wheelproof.report.document import PublishedFacts, Report
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
        yield guarded(
            session, known, lambda: _lock_and_rebuild(session, target, local_subject(session, target))
        )
        return
    try:
        release = find_release(session, target, pattern=pattern, everything=everything)
    except UsageError:
        raise
    except WheelproofError as error:
        known = Known(target=str(target), published=PublishedFacts(filename=target.wheel))
        yield failure_result(session, known, error)
        return
    for selection in release.selections:
        session.stopwatch.restart()
        known = Known.from_index(str(target), selection.wheel)
        yield guarded(session, known, _release_check(session, release, selection))


def _release_check(session: Session, release: Release, selection: Selection) -> Callable[[], Evidence]:
    def run() -> Evidence:
        if selection.refusal is not None:
            raise NotCheckedError(f"It can't be rebuilt here: {selection.refusal}")
        subject = fetch_subject(session, release, selection.wheel)
        return _lock_and_rebuild(session, release.target, subject)

    return run


def _lock_and_rebuild(session: Session, target: Target, subject: Subject) -> Evidence:
    settled = settle(session, subject)
    image_id = str(settled.image.image_id)
    session.sandboxes.expect(image_id)
    session.expect_again(target, image_id)
    # While the engine starts a sandbox: these take as long to import.
    from wheelproof.pipeline.rebuild import lock_settled, rebuild_locked  # noqa: PLC0415

    lock = lock_settled(session, settled)
    if isinstance(lock, Evidence):
        return lock
    return guarded(session, Known.from_lock(lock), lambda: rebuild_locked(session, lock, settled.wheel))
