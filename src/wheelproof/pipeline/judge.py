"""Two wheels judged: the same steps for a check and for a comparison of local files."""

from dataclasses import dataclass
from pathlib import Path

from wheelproof.compare.replay import Replay, replay
from wheelproof.compare.wheels import Comparison, compare_wheels
from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.explain.attribution import explain
from wheelproof.explain.explanation import Explanation
from wheelproof.explain.findings import find_all
from wheelproof.explain.relaxation import NONE, Relaxation
from wheelproof.explain.verdict import Judgement, judge
from wheelproof.infer.cibuildwheel import take_settings
from wheelproof.infer.evidence import settings_for
from wheelproof.rebuild.record import Built, NotBuilt, Phase
from wheelproof.recipe.schema import Recipe
from wheelproof.source.files import digest_files
from wheelproof.source.sdist import read_sdist
from wheelproof.wheel.facts import Wheel, read_wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found between two wheels; no ``replay`` or ``explanation`` where the files are the same."""

    comparison: Comparison
    replay: Replay | None
    explanation: Explanation | None
    judgement: Judgement


def judge_built(published: Wheel, built: Built, source: Path, recipe: Recipe) -> Judged | NotBuilt:
    """Compare, prove and judge; a rebuilt file that is no wheel is a rebuild without one.

    Raises:
        MalformedError: a content of the published wheel can't be read.
    """
    try:
        rebuilt = read_wheel(built.path, filename=built.filename, beside=published)
    except MalformedError as error:
        return NotBuilt(
            phase=Phase.COLLECT,
            reason=f"What the build left is no wheel: {error.message}",
            hint=error.hint,
            log=built.log,
        )
    return judge_pair(published, rebuilt, source, _relaxation(recipe, published, source))


def _relaxation(recipe: Recipe, published: Wheel, source: Path) -> Relaxation:
    changes = [f"patches {printable(name)}" for name in dict.fromkeys(patch.file for patch in recipe.patches)]
    own = _own_commands(published, source) if recipe.before else frozenset()
    if foreign := [command for command in recipe.before if command not in own]:
        count = len(foreign)
        commands = "a command" if count == 1 else f"{count} commands"
        changes.append(f"runs {commands} of its own before the build")
    return Relaxation(exclude=recipe.exclude, changes=tuple(changes))


def _own_commands(published: Wheel, source: Path) -> frozenset[str]:
    """What the source itself has run before the build, where cibuildwheel builds it: no change of it."""
    settings = take_settings(settings_for(published, read_sdist(source)), {})
    found = (item.value for taken in settings for item in taken.inferences if item.field == "before")
    return frozenset(command for value in found if isinstance(value, tuple) for command in value)


def judge_pair(
    published: Wheel, rebuilt: Wheel, source: Path | None = None, relaxation: Relaxation = NONE
) -> Judged:
    """Compare, prove, explain and judge two wheels that were read.

    Args:
        published: the wheel as published.
        rebuilt: the wheel that should be the same.
        source: the sdist, to say of what differs whether it stands there; read only where members differ.
        relaxation: what a recipe takes back of the question.

    Raises:
        MalformedError: a content can't be read.
        OSError: a file can't be read.
    """
    comparison = compare_wheels(published, rebuilt)
    differs = not comparison.identical
    proof = replay(comparison) if differs else None
    files = None if source is None or comparison.same_members else digest_files(source)
    explanation = explain(comparison, files, relaxation) if differs else None
    findings = find_all(comparison)
    return Judged(
        comparison=comparison,
        replay=proof,
        explanation=explanation,
        judgement=judge(comparison, proof, findings, explanation, relaxation.changes),
    )
