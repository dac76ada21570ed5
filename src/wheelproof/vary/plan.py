"""A build with some variations varied, as values: no engine, no clock."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from wheelproof.container.policy import BUILD_FOLDER, HOSTNAME, TEMPORARY_FOLDER, USER, Guise
from wheelproof.rebuild.clock import clock_files
from wheelproof.rebuild.plan import ENVIRONMENT_FOLDER, Scene, Surroundings, plan_build
from wheelproof.recipe.lock import LockedBuild, LockedStep
from wheelproof.recipe.schema import Recipe
from wheelproof.vary.variation import DAYS

_DAY_S = 86_400
# What each variation sets in the environment.
_VARIABLES: dict[str, dict[str, str]] = {
    "hash-seed": {"PYTHONHASHSEED": "1"},
    "locale": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"},
    "timezone": {"TZ": "<+14>-14"},
    "home": {"HOME": f"{TEMPORARY_FOLDER}/home"},
    "user": {"LOGNAME": "somebody", "USER": "somebody"},
    "environment": {"WHEELPROOF_VARIED": "environment"},
}
_UMASK = "0007"
_OTHER_ENVIRONMENT = f"{ENVIRONMENT_FOLDER}/another/place"
_OTHER_HOST, _OTHER_USER = "another-host", "50002:50002"
_MORE_PATH = "/usr/games"


@dataclass(frozen=True, slots=True, kw_only=True)
class StillClock:
    """Where the clock stands still: its library's wheel, and the time in seconds since 1970."""

    wheel: Path
    moment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariedBuild:
    """What is run, and what it sees around it."""

    build: LockedBuild
    scene: Scene


def plan_varied(
    recipe: Recipe, around: Surroundings, varied: Collection[str], clock: StillClock | None = None
) -> VariedBuild:
    """Plan a build.

    Args:
        recipe: how it is built where nothing is varied.
        around: what a plan needs to know of the source.
        varied: the ids of the variations that are varied.
        clock: where the clock stands still; None where it is the true one.
    """
    changes: dict[str, object] = {}
    if "build-path" in varied:
        changes["folder"] = f"{BUILD_FOLDER}/another/folder/{around.top}"
    if "umask" in varied:
        changes["umask"] = _UMASK
    if "build-environment" in varied:
        around = replace(around, environment=_OTHER_ENVIRONMENT)
    build = plan_build(recipe.model_copy(update=changes), around)
    environment = dict(build.environment)
    for name in varied:
        environment |= _VARIABLES.get(name, {})
    if "environment" in varied:
        environment["PATH"] += f":{_MORE_PATH}"
    steps = build.steps
    if "directory-order" in varied:
        first = steps[0]
        steps = (LockedStep(phase=first.phase, argv=(*first.argv, "--listing=reversed")), *steps[1:])
    return VariedBuild(
        build=build.model_copy(update={"environment": dict(sorted(environment.items())), "steps": steps}),
        scene=Scene(
            guise=Guise(
                hostname=_OTHER_HOST if "hostname" in varied else HOSTNAME,
                user=_OTHER_USER if "user" in varied else USER,
                one_processor="processors" in varied,
            ),
            clock=clock_files(clock.wheel, _moment(clock, varied)) if clock else (),
            old_kernel="kernel" in varied,
        ),
    )


def _moment(clock: StillClock, varied: Collection[str]) -> int:
    return clock.moment + (DAYS * _DAY_S if "time" in varied else 0)
