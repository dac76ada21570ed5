"""From a subject to its recipe and image: what a rebuild is made with, before its requirements are known."""

from dataclasses import dataclass

from wheelproof.container.image import ensure_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.settings import read_settings
from wheelproof.core.errors import NotCheckedError, RecipeError
from wheelproof.infer.evidence import gather_evidence
from wheelproof.infer.recipe import infer_recipe
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.subject import Subject
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.catalog import Choice, apply_overrides
from wheelproof.recipe.schema import Override, Recipe, RecipeChange
from wheelproof.source.sdist import Sdist, read_sdist
from wheelproof.wheel.facts import Wheel, read_wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A subject with its recipe and its image, which the engine has.

    Attributes:
        subject: the two files.
        wheel: the published one, as facts.
        sdist: the source, as facts.
        recipe: how it is built.
        choices: where each value of the recipe comes from.
        image: what it is built in.
    """

    subject: Subject
    wheel: Wheel
    sdist: Sdist
    recipe: Recipe
    choices: tuple[Choice, ...]
    image: PinnedImage


def settle(session: Session, subject: Subject) -> Settled:
    """Read the evidence, settle the recipe, and have the image.

    Raises:
        MalformedError: the wheel or the sdist breaks its format.
        RecipeError: a recipe is wrong.
        NotCheckedError: no image can build the wheel.
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
    return Settled(subject=subject, wheel=wheel, sdist=sdist, recipe=recipe, choices=choices, image=image)


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
