"""The recipe that a check would use first, with no engine: what inference, recipes and flags say."""

from dataclasses import dataclass, replace

from packaging.utils import InvalidWheelFilename, NormalizedName, parse_wheel_filename

from wheelproof.container.definition import find_definition
from wheelproof.core.errors import UsageError
from wheelproof.core.identity import ReleaseTarget, Target
from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Candidate
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.settle import open_case, python_of_image
from wheelproof.pipeline.subject import Subject, find_subject
from wheelproof.recipe.skeleton import render_skeleton


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRecipe:
    """What a wheel would be rebuilt with at first.

    Attributes:
        subject: the wheel and its source.
        candidate: the recipe, and where each value comes from.
        note: what can't be known without the engine, a sentence without a full stop; None where all is.
    """

    subject: Subject
    candidate: Candidate
    note: str | None


def first_recipe(session: Session, target: Target, *, pattern: str | None = None) -> FirstRecipe:
    """Find the recipe that a check of one wheel would use first.

    Args:
        session: the connections; the engine is not asked.
        target: a release, a wheel of one, or two local files.
        pattern: which wheel of a release, as a file name or shell pattern.

    Raises:
        WheelproofError: of the kind that says what is in the way.
    """
    case = open_case(session, find_subject(session, target, pattern=pattern))
    candidate = case.first()
    definition = find_definition(candidate.recipe.image)
    if definition is None:
        note = "The image is not one of wheelproof's own: its Python shows when the engine has it"
        return FirstRecipe(subject=case.subject, candidate=candidate, note=note)
    recipe, choices = python_of_image(candidate, definition.python)
    return FirstRecipe(subject=case.subject, candidate=Candidate(recipe=recipe, choices=choices), note=None)


def make_skeleton(
    session: Session, target: Target, *, pattern: str | None = None, schema: str | None = None
) -> str:
    """Write a recipe file to be filled in, from what inference alone says of a wheel; raises as above."""
    case = open_case(session, find_subject(session, target, pattern=pattern))
    inferred = replace(case, overrides=(), flags=()).first()
    return render_skeleton(
        case.subject.project,
        case.subject.version,
        case.subject.published.filename,
        inferred.recipe,
        inferred.choices,
        schema=schema,
    )


def project_of(target: Target) -> NormalizedName:
    """The project that a target is of; raises UsageError where a local wheel's name breaks the rules."""
    if isinstance(target, ReleaseTarget):
        return target.project
    try:
        return parse_wheel_filename(target.wheel.name)[0]
    except InvalidWheelFilename as error:
        raise UsageError(
            printable(str(error)), hint="A wheel is called name-version-python-abi-platform.whl."
        ) from None
