"""From a subject to its recipe and image: what a rebuild is made with, before its requirements are known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelproof.container.pinned import PinnedImage
from wheelproof.core.errors import NotCheckedError, RecipeError, UsageError
from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Candidate, Inference
from wheelproof.infer.evidence import Evidence, gather_evidence
from wheelproof.infer.rules import cibuildwheel_settings, infer_candidate
from wheelproof.pipeline.checkout import fitting
from wheelproof.pipeline.image import have_image
from wheelproof.pipeline.publisher import with_publisher
from wheelproof.pipeline.scm_version import told_versions, untold
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.subject import Subject
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.catalog import Choice, apply_overrides
from wheelproof.recipe.schema import Override, Recipe, RecipeChange
from wheelproof.source.sdist import Sdist, read_sdist
from wheelproof.wheel.facts import Wheel, read_wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A subject that was read, and what is laid over whatever is inferred of it.

    Attributes:
        subject: the two files.
        wheel: the published one, as facts.
        sdist: the source, as facts.
        evidence: what both say about how the wheel was built.
        overrides: the recipes' that apply.
        flags: the user's.
        images: the default images by Python version and whether they have compilers.
        told: the release's version, for a git tree whose tools would ask git.
    """

    subject: Subject
    wheel: Wheel
    sdist: Sdist
    evidence: Evidence
    overrides: tuple[Override, ...]
    flags: tuple[Override, ...]
    images: Mapping[tuple[str, bool], str] = field(repr=False)
    told: tuple[Override, ...] = ()

    def first(self) -> Candidate:
        """What inference, recipes and flags say.

        Raises:
            RecipeError: a recipe is wrong.
            NotCheckedError: no image has the Python that the wheel needs.
        """
        return self._overridden(infer_candidate(self.evidence, self.images, asked=self._asked()))

    def next(self, candidate: Candidate, proposal: Iterable[Inference]) -> Candidate:
        """A candidate with other values; what a recipe or a flag sets stays. Raises as ``first`` does."""
        return self._overridden(candidate.changed(proposal, self.images))

    def _asked(self) -> str | None:
        """The image that a recipe or a flag names, whatever is inferred."""
        named = [override.set.image for override in (*self.overrides, *self.flags) if override.set.image]
        return named[-1] if named else None

    def _overridden(self, candidate: Candidate) -> Candidate:
        inferred = candidate.recipe
        recipe, choices = apply_overrides(inferred, candidate.choices, self.told, origin="inferred")
        recipe, choices = apply_overrides(recipe, choices, self.overrides)
        recipe, choices = apply_overrides(recipe, choices, self.flags, origin="flag")
        if recipe.python != inferred.python and recipe.image in self.images.values() and not self._asked():
            image = self.images.get((recipe.python, not self.evidence.pure))
            if image is None:
                raise NotCheckedError(
                    f"No image has the Python {recipe.python} that the recipe asks for",
                    hint="`wheelproof image list` shows what there is; the recipe can name an image too.",
                )
            moved = Override(
                set=RecipeChange(image=image), reason=f"The image that has Python {recipe.python}"
            )
            recipe, choices = apply_overrides(recipe, choices, (moved,), origin="default")
        return Candidate(recipe=recipe, choices=choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A case with its recipe and its image, which the engine has.

    Attributes:
        case: the files, and what they say.
        recipe: how it is built.
        choices: where each value of the recipe comes from.
        image: what it is built in.
    """

    case: Case
    recipe: Recipe
    choices: tuple[Choice, ...]
    image: PinnedImage


def open_case(session: Session, subject: Subject) -> Case:
    """Read the two files, and the recipes for them.

    Raises:
        MalformedError: the wheel or the source breaks its format.
        RecipeError: a recipe is wrong.
        UsageError: a user gave a wheel and the sdist of something else.
    """
    session.say(Phase.EVIDENCE, subject.published.filename)
    wheel = read_wheel(subject.published_path, filename=subject.published.filename)
    sdist = read_sdist(subject.source_path, filename=subject.source.filename)
    if subject.paired_by_user and subject.source.git is None:
        _refuse_another_release(subject, sdist)
    overrides = session.catalog.overrides(subject.project, subject.version, subject.published.filename)
    git = subject.source.git
    told: tuple[Override, ...] = ()
    if git is not None and not git.git_folder:
        told = told_versions(sdist, subject.version)
        subject = replace(subject, notes=(*subject.notes, *untold(sdist)))
    evidence = with_publisher(gather_evidence(wheel, sdist, upload_time=subject.published.upload_time))
    unused = (taken.note for taken in cibuildwheel_settings(evidence))
    subject = replace(subject, notes=(*subject.notes, *(note for note in unused if note)))
    flags: tuple[Override, ...] = ()
    if session.settings.image is not None:
        flags = (Override(set=RecipeChange(image=session.settings.image), reason="Asked for by --image"),)
    return Case(
        subject=subject,
        wheel=wheel,
        sdist=sdist,
        evidence=evidence,
        overrides=fitting(overrides, git),
        flags=flags,
        told=told,
        images=session.default_images(),
    )


def _refuse_another_release(subject: Subject, sdist: Sdist) -> None:
    """By what the sdist says of itself; where it says nothing that can be read, nothing is refused."""
    info = sdist.package_info
    if info is None or info.name is None or info.version is None:
        return
    try:
        same = canonicalize_name(info.name) == subject.project and Version(info.version) == subject.version
    except InvalidVersion:
        return
    if not same:
        said = printable(f"{sdist.filename} is of {info.name} {info.version}")
        raise UsageError(
            f"{said}, and the wheel of {subject.project} {subject.version}",
            hint="Name the sdist that the wheel comes from: "
            "a folder that holds more than one release is best emptied before a build.",
        )


def settle(session: Session, case: Case, candidate: Candidate) -> Settled:
    """Have the image that a candidate needs.

    Raises:
        RecipeError: the recipe and the image do not agree.
        EngineError: the engine failed, or an image that was asked for can't be had.
        NotCheckedError: the publisher's image can't be had, or the image can't build a wheel of these tags.
    """
    session.say(Phase.IMAGE, candidate.recipe.image)
    image = have_image(session, candidate, case.evidence)
    recipe, choices = python_of_image(candidate, image.python)
    return Settled(case=case, recipe=recipe, choices=choices, image=image)


def python_of_image(candidate: Candidate, python: str) -> tuple[Recipe, tuple[Choice, ...]]:
    """An image that was chosen by name brings its Python, unless a recipe asks for another.

    Raises:
        RecipeError: a recipe does.
    """
    recipe, choices = candidate.recipe, candidate.choices
    if python == recipe.python:
        return recipe, choices
    if any(choice.field == "python" and choice.origin == "recipe" for choice in choices):
        raise RecipeError(
            f"The recipe asks for Python {recipe.python}, and the image {recipe.image} has {python}",
            hint="Correct the recipe's python or image.",
        )
    change = RecipeChange(python=python, frontend="setup.py" if python.startswith("2.") else recipe.frontend)
    override = Override(set=change, reason=f"What the image {recipe.image} has")
    return apply_overrides(recipe, choices, (override,), origin="flag")
