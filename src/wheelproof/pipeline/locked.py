"""Locks: one that is made for a target, and one that is replayed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wheelproof.container.image import ensure_locked_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.policy import place_of_tree
from wheelproof.core.errors import EngineError, RecipeError
from wheelproof.core.identity import Digest, Target
from wheelproof.core.untrusted import printable
from wheelproof.pipeline.attempt import attempt_evidence, attempt_lock
from wheelproof.pipeline.checkout import fetch_locked
from wheelproof.pipeline.facts import Known
from wheelproof.pipeline.guard import guarded
from wheelproof.pipeline.lock import fetch_files, make_lock, verify_plan
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import open_case, settle
from wheelproof.pipeline.subject import find_subject
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.lock import INPUTS, Lock, LockedFile, LockedImage
from wheelproof.report.evidence import Evidence

_SHOWN = 3


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
        asked = fetch_locked(session, lock)
        fetch_files(session, lock.files())
        verify_plan(session, lock)
        session.say(Phase.IMAGE, lock.image.name)
        if session.settings.require_pinned and not lock.image.pin_met:
            raise EngineError(
                f"The lock is for an image that is not the pinned one: {printable(lock.image.pin)}",
                hint="Lock again where the pinned image can be had, or do without --require-pinned.",
            )
        image = ensure_locked_image(
            session.engine,
            lock.image.name,
            Digest.parse(lock.image.image_id),
            interpreter=lock.image.interpreter,
            offline=session.settings.offline,
            on_progress=lambda line: session.say(Phase.IMAGE, line),
        )
        refuse_other_variables(lock.image, image)
        session.sandboxes.expect(lock.image.image_id, place_of_tree(lock.build.folder))
        evidence = attempt_evidence(session, attempt_lock(session, lock))
        return evidence if lock.source.git is None or asked else _taken_at_its_word(evidence)

    return guarded(session, known, run)


def refuse_other_variables(locked: LockedImage, image: PinnedImage) -> None:
    """Raise RecipeError where a lock has its image set what the image does not set."""
    own = dict(image.variables)
    foreign = sorted(name for name, value in locked.variables.items() if own.get(name) != value)
    if foreign:
        shown = printable(", ".join(foreign[:_SHOWN]))
        raise RecipeError(
            f"The lock's image does not set {shown} as the lock says",
            hint="Lock again: it was changed by hand. A recipe sets variables under `environment`.",
        )


def _taken_at_its_word(evidence: Evidence) -> Evidence:
    notes = (*evidence.result.notes, "That the source is the tree of this commit is the lock's word")
    return replace(evidence, result=evidence.result.model_copy(update={"notes": notes}))


def lock_target(session: Session, target: Target, *, pattern: str | None = None) -> Lock:
    """Settle every input of a rebuild, and build nothing but what the backend has to be asked with.

    Raises:
        WheelproofError: of the kind that says what is in the way.
    """
    session.stopwatch.restart()
    case = open_case(session, find_subject(session, target, pattern=pattern))
    return make_lock(session, settle(session, case, case.first()))


def _adopt(session: Session, files: Sequence[LockedFile], folder: Path) -> None:
    """Take what an evidence folder holds into the cache; what has another hash is left where it is."""
    for file in files:
        digest = Digest(file.sha256)
        if session.cache.get(digest) is not None:
            continue
        for place in (folder / INPUTS / file.filename, folder / "published" / file.filename):
            if place.is_file() and Digest.of_file(place) == digest:
                session.cache.add_file(place)
