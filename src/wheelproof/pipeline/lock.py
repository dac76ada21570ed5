"""From what is settled to a lock: requirements and plan; and a lock that is held against its recipe."""

from dataclasses import dataclass
from datetime import UTC, datetime

from wheelproof.container.contents import contents_key, read_contents
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.policy import BARE_ENVIRONMENT
from wheelproof.core.errors import FetchError, RecipeError
from wheelproof.core.identity import TOOL, Digest
from wheelproof.fetch.download import fetch_by_digest
from wheelproof.infer.evidence import Evidence
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import Settled
from wheelproof.pipeline.toolchain import other_publisher
from wheelproof.rebuild.frontend import frontend_files
from wheelproof.rebuild.locking import Locksmith, recipe_of_requirement, surroundings
from wheelproof.rebuild.plan import plan_build, runner_bytes
from wheelproof.rebuild.record import Phase
from wheelproof.rebuild.requirements import Shelf
from wheelproof.rebuild.run import Workshop
from wheelproof.recipe.lock import (
    ImageContents,
    Lock,
    LockedBuild,
    LockedFile,
    LockedImage,
    LockedRequirement,
    locked_choices,
)
from wheelproof.recipe.schema import Recipe
from wheelproof.source.sdist import Sdist, read_sdist

_CONTENTS = "image-contents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a build needs beside its source, all of it in the cache.

    Attributes:
        frontend: the files that put requirements in place.
        requirements: what is put in place.
        repair: what repairs the built wheel.
        notes: what a reader has to know about them.
    """

    frontend: tuple[LockedFile, ...]
    requirements: tuple[LockedRequirement, ...]
    repair: tuple[LockedRequirement, ...]
    notes: tuple[str, ...]


def make_lock(session: Session, settled: Settled) -> Lock:
    """Settle every input that is left: the build requirements.

    Raises:
        NotLockedError: the build requirements can't be had.
        NotCheckedError: the sdist can't be laid out in the sandbox.
        FetchError: the index failed.
        EngineError: the engine failed.
    """
    case, recipe, image = settled.case, settled.recipe, settled.image
    subject = case.subject
    as_of = _whole_seconds(subject.as_of)
    needs = find_needs(
        session, recipe=recipe, image=image, sdist=case.sdist, source=subject.source, as_of=as_of
    )
    return Lock(
        tool=TOOL,
        target=subject.target,
        project=subject.project,
        version=str(subject.version),
        published=subject.published,
        source=subject.source,
        requirements=needs.requirements,
        repair=needs.repair,
        as_of=as_of,
        frontend=needs.frontend,
        runner=Digest.of_bytes(runner_bytes()).hex,
        image=locked_image(image, contents_of(session, image), case.evidence),
        build=plan_build(
            recipe, surroundings(image.interpreter, case.sdist, subject.source, dict(image.variables))
        ),
        recipe=recipe,
        choices=locked_choices(settled.choices),
        notes=(*subject.notes, *needs.notes),
    )


def find_needs(
    session: Session,
    *,
    recipe: Recipe,
    image: PinnedImage,
    sdist: Sdist,
    source: LockedFile,
    as_of: datetime,
) -> Needs:
    """Find and fetch what a recipe's build of a source needs, as the index stood at an instant.

    Raises:
        NotLockedError: the build requirements can't be had.
        NotCheckedError: the source can't be laid out in the sandbox.
        FetchError: the index failed.
        EngineError: the engine failed.
    """
    session.say(Phase.RESOLVE, f"build requirements as of {as_of:%Y-%m-%d %H:%M} UTC")
    frontend = frontend_files(recipe.python)
    _fetch_frontend(session, frontend)
    smith = Locksmith(
        resolver=session.resolver(recipe.python),
        index=session.index,
        http=session.http,
        shelf=Shelf(workshop=open_workshop(session, image), frontend=frontend),
        machine=session.engine.facts.architecture,
        as_of=as_of,
        say=lambda line: session.say(Phase.RESOLVE, line),
    )
    requirements, repair = smith.requirements(recipe, sdist, source), smith.repair_tools(recipe)
    return Needs(frontend=frontend, requirements=requirements, repair=repair, notes=tuple(smith.notes))


def open_workshop(session: Session, image: PinnedImage) -> Workshop:
    """Where the session builds in an image."""
    return Workshop(
        sandboxes=session.sandboxes,
        image_id=str(image.image_id),
        interpreter=image.interpreter,
        variables=dict(image.variables),
        cache=session.cache,
        on_output=session.listener.output,
    )


def verify_plan(session: Session, lock: Lock) -> None:
    """Hold a lock's commands against its recipe: anyone can write a lock, and only what is planned here runs.

    Its build requirements are taken at its word, by hash (``docs/lock.md``).

    Raises:
        RecipeError: this version would plan the build, or put its requirements in place, in another way.
        MalformedError: an sdist breaks its format.
    """
    expected = _plan(session, lock, lock.recipe, lock.source)
    if lock.frontend != frontend_files(lock.recipe.python) or lock.build != expected:
        raise _foreign(f"The lock's commands are not those that its recipe gives with {TOOL}")
    _verify_requirements(session, lock, (*lock.requirements, *lock.repair))


def _verify_requirements(session: Session, lock: Lock, requirements: tuple[LockedRequirement, ...]) -> None:
    for requirement in requirements:
        if requirement.build is not None:
            recipe = recipe_of_requirement(lock.recipe, requirement.file)
            if requirement.build != _plan(session, lock, recipe, requirement.file):
                raise _foreign(f"The lock's commands for {requirement.name} are not those of {TOOL}")
            _verify_requirements(session, lock, requirement.requires)


def _foreign(message: str) -> RecipeError:
    return RecipeError(message, hint="Lock again: it was changed by hand, or written by another version.")


def _plan(session: Session, lock: Lock, recipe: Recipe, source: LockedFile) -> LockedBuild:
    sdist = read_sdist(session.cache.path_of(Digest(source.sha256)), filename=source.filename)
    image = lock.image
    return plan_build(recipe, surroundings(image.interpreter, sdist, source, image.variables))


def _fetch_frontend(session: Session, files: tuple[LockedFile, ...]) -> None:
    try:
        fetch_files(session, files)
    except FetchError as error:
        raise FetchError(
            f"What puts build requirements into the sandbox can't be had: {error.message}",
            hint="An index that has PyPA's installer will do once: the file stays in the cache.",
        ) from error


def fetch_files(session: Session, files: tuple[LockedFile, ...]) -> None:
    """Have files in the cache, by name and hash; raises FetchError where one can't be had."""
    for file in files:
        fetch_by_digest(
            file.filename, Digest(file.sha256), cache=session.cache, http=session.http, index=session.index
        )


def contents_of(session: Session, image: PinnedImage) -> ImageContents:
    """What an image holds: asked once, and remembered.

    Raises:
        EngineError: the engine failed, or the image does not say.
        FetchError: the cache can't be written.
    """
    variables = dict(image.variables)
    path = variables.get("PATH", BARE_ENVIRONMENT["PATH"])
    environment = {**variables, **BARE_ENVIRONMENT, "PATH": path}
    key = contents_key(image.image_id, image.interpreter, environment)
    known = session.cache.get_memo(_CONTENTS, key)
    if known is not None:
        return ImageContents.model_validate(known)
    session.say(Phase.IMAGE, f"asking {image.name} what it holds")
    contents = read_contents(session.engine, image.image_id, image.interpreter, environment)
    session.cache.put_memo(_CONTENTS, key, contents.model_dump(mode="json"))
    return contents


def locked_image(
    image: PinnedImage, contents: ImageContents, evidence: Evidence | None = None
) -> LockedImage:
    """An image as a lock names it; the publisher's, where evidence of a published wheel tells of another."""
    return LockedImage(
        name=image.name,
        image_id=str(image.image_id),
        rootfs=tuple(str(layer) for layer in image.rootfs),
        python=image.python,
        interpreter=image.interpreter,
        packages=contents.packages or dict(image.packages),
        system=contents.system,
        tools=contents.tools,
        pin_met=image.pin.met,
        pin=image.pin.reason,
        snapshot=image.pin.snapshot if image.pin.met else None,
        variables=dict(image.variables),
        publisher=other_publisher(evidence, image) if evidence else None,
    )


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
