"""One target from its name to its results, whatever happens on the way."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wheelproof.container.image import ensure_image
from wheelproof.container.settings import read_settings
from wheelproof.core.errors import EngineError, ExitCode, NotCheckedError, UsageError, WheelproofError
from wheelproof.core.identity import TOOL, LocalTarget, Target
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.facts import Known
from wheelproof.pipeline.fingerprint import release_key
from wheelproof.pipeline.guard import failure_result, guarded
from wheelproof.pipeline.select import Selection
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import open_case
from wheelproof.pipeline.subject import Release, Subject, fetch_subject, find_release, local_subject
from wheelproof.rebuild.record import Phase
from wheelproof.report.document import PublishedFacts, Report
from wheelproof.report.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One wheel's check.

    Attributes:
        name: the wheel's file name, or the target where no wheel was found.
        key: of all that the result depends on; None where it is to be tried again.
        evidence: the result; None where all that it depends on is as it was.
    """

    name: str
    key: str | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What is known of a wheel from an earlier check: the key, and the image that was used."""

    key: str
    image: str | None = None
    image_id: str | None = None


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
        checked.evidence
        for target in targets
        for checked in check_target(session, target, pattern=pattern, everything=everything)
        if checked.evidence is not None
    ]


def check_target(
    session: Session,
    target: Target,
    *,
    pattern: str | None = None,
    everything: bool = False,
    pins: Collection[str] = (),
    before: Mapping[str, Before] | None = None,
) -> Iterator[Checked]:
    """Check the wheels of a target.

    Args:
        session: the connections.
        target: what to check.
        pattern: which wheel of a release, as a file name or shell pattern.
        everything: every wheel of a release.
        pins: sha256 digests of which the wheel has to have one; any will do where there are none.
        before: what is known from earlier checks, by wheel: where nothing changed, nothing is rebuilt; None
            where nobody keeps results, and no key is made.

    Raises:
        UsageError: the target can't be what is meant.
    """
    session.stopwatch.restart()
    if isinstance(target, LocalTarget):
        known = Known(target=str(target), published=PublishedFacts(filename=target.wheel.name))
        yield _checked(
            guarded(session, known, lambda: _rebuild(session, target, local_subject(session, target)))
        )
        return
    try:
        release = find_release(session, target, pattern=pattern, everything=everything, pins=pins)
    except UsageError:
        raise
    except WheelproofError as error:
        known = Known(target=str(target), published=PublishedFacts(filename=target.wheel))
        yield _checked(failure_result(session, known, error))
        return
    for selection in release.selections:
        session.stopwatch.restart()
        yield _check_selection(session, release, selection, before)


def _check_selection(
    session: Session, release: Release, selection: Selection, before: Mapping[str, Before] | None
) -> Checked:
    name = selection.wheel.filename
    known = Known.from_index(str(release.target), selection.wheel)
    key: str | None = None
    try:
        key = release_key(session, release, selection.wheel) if before is not None else None
        if before and key is not None and name in before and holds(session, before[name], key):
            return Checked(name=name, key=key, evidence=None)
    except UsageError:
        raise
    except WheelproofError as error:
        return _checked(failure_result(session, known, error))
    return _checked(guarded(session, known, _release_check(session, release, selection)), key)


def holds(session: Session, before: Before, key: str) -> bool:
    """Nothing that a result depends on changed, and the engine has the image that it was found with."""
    if before.key != key:
        return False
    if before.image is None:
        return True
    settings = read_settings(offline=session.settings.offline)
    try:
        image = ensure_image(session.engine, before.image, settings=settings)
    except (EngineError, NotCheckedError):
        return False  # the check that follows tells what is wrong, where it still is
    return str(image.image_id) == before.image_id


def _checked(evidence: Evidence, key: str | None = None) -> Checked:
    """What failed for a reason of this machine or of the network is to be tried again: an image, too."""
    failure = evidence.result.failure
    again = evidence.cut_short
    again |= failure is not None and (
        failure.exit_code in {ExitCode.RECIPE, ExitCode.FETCH, ExitCode.ENGINE}
        or failure.phase == Phase.IMAGE
    )
    name = evidence.result.published.filename or evidence.result.target
    return Checked(name=name, key=None if again else key, evidence=evidence)


def make_report(evidence: Sequence[Evidence], *, required: Verdict) -> Report:
    """The report over some results, as of now."""
    return Report(
        tool=TOOL,
        created=datetime.now(UTC).replace(microsecond=0),
        required=required,
        results=tuple(item.result for item in evidence),
    )


def _release_check(session: Session, release: Release, selection: Selection) -> Callable[[], Evidence]:
    def run() -> Evidence:
        if selection.refusal is not None:
            raise NotCheckedError(f"It can't be rebuilt here: {selection.refusal}")
        subject = fetch_subject(session, release, selection.wheel)
        return _rebuild(session, release.target, subject)

    return run


def _rebuild(session: Session, target: Target, subject: Subject) -> Evidence:
    case = open_case(session, subject)
    # While the engine gets ready: this takes as long to import.
    from wheelproof.pipeline.search import search  # noqa: PLC0415

    return search(session, target, case)
