"""From a subject to its lock: evidence, recipe, image, requirements, plan."""

from datetime import UTC, datetime

from wheelproof import __version__
from wheelproof.container.image import ensure_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.settings import read_settings
from wheelproof.core.errors import FetchError, NotCheckedError, RecipeError
from wheelproof.core.identity import Digest
from wheelproof.fetch.download import fetch_by_digest
from wheelproof.infer.evidence import gather_evidence
from wheelproof.infer.recipe import infer_recipe
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.subject import Subject
from wheelproof.rebuild.frontend import frontend_files
from wheelproof.rebuild.locking import Locksmith, recipe_of_requirement, surroundings
from wheelproof.rebuild.plan import plan_build, runner_bytes
from wheelproof.rebuild.record import Phase
from wheelproof.rebuild.requirements import Shelf
from wheelproof.rebuild.run import Workshop
from wheelproof.recipe.catalog import Choice, apply_overrides
from wheelproof.recipe.lock import (
    Lock,
    LockedBuild,
    LockedFile,
    LockedImage,
    LockedRequirement,
    locked_choices,
)
from wheelproof.recipe.schema import Override, Recipe, RecipeChange
from wheelproof.source.sdist import read_sdist
from wheelproof.wheel.facts import Wheel, read_wheel

TOOL = f"wheelproof {__version__}"


def make_lock(session: Session, subject: Subject) -> Lock:
    """Settle every input of a rebuild.

    Raises:
        MalformedError: the wheel or the sdist breaks its format.
        RecipeError: a recipe is wrong.
        NotCheckedError: no image can build the wheel.
        NotLockedError: the build requirements can't be had.
        FetchError: the index failed.
        EngineError: the engine failed, or the image can't be had.
    """
    session.say(Phase.EVIDENCE, subject.published.filename)
    wheel = read_wheel(subject.published_path, filename=subject.published.filename)
    sdist = read_sdist(subject.source_path, filename=subject.source.filename)
    recipe, choices = settle_recipe(session, subject, wheel)

    session.say(Phase.IMAGE, recipe.image)
    image = ensure_image(
        session.engine,
        recipe.image,
        require_pinned=session.settings.require_pinned,
        settings=read_settings(offline=session.settings.offline),
        on_progress=lambda line: session.say(Phase.IMAGE, line),
    )
    recipe, choices = _python_of_image(recipe, choices, image)

    session.say(Phase.RESOLVE, f"build requirements as of {subject.as_of:%Y-%m-%d %H:%M} UTC")
    frontend = frontend_files(recipe.python)
    _fetch_frontend(session, frontend)
    workshop = Workshop(
        engine=session.engine,
        image_id=str(image.image_id),
        interpreter=image.interpreter,
        cache=session.cache,
        policy=session.settings.policy,
        on_output=session.listener.output,
    )
    smith = Locksmith(
        resolver=session.resolver(recipe.python),
        index=session.index,
        http=session.http,
        shelf=Shelf(workshop=workshop, frontend=frontend),
        machine=session.engine.facts.architecture,
        as_of=_whole_seconds(subject.as_of),
        say=lambda line: session.say(Phase.RESOLVE, line),
    )
    requirements = smith.requirements(recipe, sdist, subject.source)
    return Lock(
        tool=TOOL,
        target=subject.target,
        project=subject.project,
        version=str(subject.version),
        published=subject.published,
        source=subject.source,
        requirements=requirements,
        as_of=_whole_seconds(subject.as_of),
        frontend=frontend,
        runner=Digest.of_bytes(runner_bytes()).hex,
        image=_locked_image(image),
        build=plan_build(recipe, surroundings(image.interpreter, sdist, subject.source)),
        recipe=recipe,
        choices=locked_choices(choices),
        notes=(*subject.notes, *smith.notes),
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
    _verify_requirements(session, lock, lock.requirements)


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
    return plan_build(recipe, surroundings(lock.image.interpreter, sdist, source))


def settle_recipe(session: Session, subject: Subject, wheel: Wheel) -> tuple[Recipe, tuple[Choice, ...]]:
    """Infer a recipe, lay the catalogue's overrides over it, and the user's flags over both.

    Raises:
        RecipeError: a recipe is wrong.
        NotCheckedError: no image has the Python that the wheel needs.
    """
    evidence = gather_evidence(wheel, upload_time=subject.published.upload_time)
    overrides = session.catalog.overrides(subject.project, subject.version, subject.published.filename)
    flags: tuple[Override, ...] = ()
    if session.settings.image is not None:
        flags = (Override(set=RecipeChange(image=session.settings.image), reason="asked for by --image"),)
    images = session.default_images()
    inferred, choices = infer_recipe(evidence, images)
    recipe, choices = apply_overrides(inferred, choices, overrides)
    recipe, choices = apply_overrides(recipe, choices, flags, origin="flag")
    if recipe.python != inferred.python and recipe.image == inferred.image:
        image = images.get((recipe.python, not evidence.pure))
        if image is None:
            raise NotCheckedError(
                f"No image has the Python {recipe.python} that the recipe asks for",
                hint="`wheelproof image list` shows what there is; the recipe can name an image too.",
            )
        moved = Override(set=RecipeChange(image=image), reason=f"the image that has Python {recipe.python}")
        recipe, choices = apply_overrides(recipe, choices, (moved,), origin="default")
    return recipe, choices


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


def _python_of_image(
    recipe: Recipe, choices: tuple[Choice, ...], image: PinnedImage
) -> tuple[Recipe, tuple[Choice, ...]]:
    """An image that was chosen by name brings its Python, unless a recipe asks for another."""
    if image.python == recipe.python:
        return recipe, choices
    if any(choice.field == "python" and choice.origin == "recipe" for choice in choices):
        raise RecipeError(
            f"The recipe asks for Python {recipe.python}, and the image {recipe.image} has {image.python}",
            hint="Correct the recipe's python or image.",
        )
    change = RecipeChange(
        python=image.python, frontend="setup.py" if image.python.startswith("2.") else recipe.frontend
    )
    override = Override(set=change, reason=f"what the image {recipe.image} has")
    return apply_overrides(recipe, choices, (override,), origin="flag")


def _locked_image(image: PinnedImage) -> LockedImage:
    return LockedImage(
        name=image.name,
        image_id=str(image.image_id),
        rootfs=tuple(str(layer) for layer in image.rootfs),
        python=image.python,
        interpreter=image.interpreter,
        packages=dict(image.packages),
        pin_met=image.pin.met,
        pin=image.pin.reason,
    )


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
