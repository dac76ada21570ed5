"""What happens in the sandbox, as values: no engine, no network, no clock."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from wheelproof.container.inputs import SandboxInput
from wheelproof.container.policy import BASE_ENVIRONMENT, BUILD_FOLDER, INPUT_FOLDER, PLAIN, Guise
from wheelproof.core.identity import Digest
from wheelproof.recipe.lock import LockedBuild, LockedFile, LockedRequirement, LockedStep
from wheelproof.recipe.schema import RESERVED_ENVIRONMENT, Recipe
from wheelproof.source.build_system import BuildSystem

RUNNER = f"{INPUT_FOLDER}/runner.py"
ENVIRONMENT_FOLDER = f"{BUILD_FOLDER}/env"
# What images of wheelproof's own set.
NO_VARIABLES: Mapping[str, str] = {}
# What lies in the build folder beside the source tree.
RESERVED_FOLDERS = frozenset({"env", "home", "repair"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan needs to know beside the recipe.

    Attributes:
        interpreter: the image's Python.
        top: the sdist's top-level folder.
        sdist: the sdist's file name.
        build_system: what the sdist declares (PEP 518).
        variables: what the image sets for its builds.
        environment: the folder that the build requirements are installed in.
    """

    interpreter: str
    top: str
    sdist: str
    build_system: BuildSystem
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: str = ENVIRONMENT_FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a build sees around it, where that is varied on purpose (``docs/vary.md``).

    Attributes:
        guise: what the sandbox shows of its host.
        clock: files with the time at which the clock stands still; none for the true one.
        old_kernel: the kernel says that it is of the 2.6 series.
    """

    guise: Guise = PLAIN
    clock: tuple[SandboxInput, ...] = ()
    old_kernel: bool = False


PLAIN_SCENE = Scene()


def plan_build(recipe: Recipe, around: Surroundings) -> LockedBuild:
    """The commands that turn the sdist into a wheel, and all that surrounds them."""
    prepare = (*plan_runner(around.interpreter, "prepare"), *_places(recipe, around))
    prepare += (f"--sdist={INPUT_FOLDER}/sdist/{around.sdist}",)
    prepare += () if recipe.executable_bits else ("--no-executable-bits",)
    if around.environment != ENVIRONMENT_FOLDER:
        prepare += (f"--environment={around.environment}",)
    changes = (*_patch_steps(recipe, around), *_before_steps(recipe, around))
    if recipe.frontend == "setup.py":
        rest = ("--", *recipe.arguments) if recipe.arguments else ()
        build = (_python(recipe, around), RUNNER, "setup.py", *_asked(recipe, around), *rest)
        backend = "setup.py"
    else:
        build = (_python(recipe, around), RUNNER, "wheel", *_asked(recipe, around), *_hook(recipe, around))
        backend = around.build_system.build_backend
    return LockedBuild(
        backend=backend,
        environment=plan_environment(recipe, around.variables, around.environment),
        umask=recipe.umask,
        folder=_folder(recipe, around),
        steps=(
            LockedStep(phase="prepare", argv=prepare),
            *(LockedStep(phase="prepare", argv=argv) for argv in changes),
            LockedStep(phase="build", argv=build),
            *(LockedStep(phase="repair", argv=argv) for argv in _repair_steps(recipe, around)),
        ),
    )


def _patch_steps(recipe: Recipe, around: Surroundings) -> Iterator[tuple[str, ...]]:
    if recipe.patches:
        patches = json.dumps([patch.model_dump() for patch in recipe.patches])
        argv = (*plan_runner(around.interpreter, "patch"), *_places(recipe, around), f"--patches={patches}")
        yield argv


def _before_steps(recipe: Recipe, around: Surroundings) -> Iterator[tuple[str, ...]]:
    for command in recipe.before:
        yield (*plan_runner(around.interpreter, "before"), *_places(recipe, around), "--", command)


def _repair_steps(recipe: Recipe, around: Surroundings) -> Iterator[tuple[str, ...]]:
    repair = recipe.repair
    if repair.tool == "auditwheel":
        asked = ("--", f"--plat={repair.platform}", *repair.options)
        yield (*plan_runner(around.interpreter, "repair"), *_places(recipe, around), *asked)


def plan_question(recipe: Recipe, around: Surroundings) -> tuple[str, ...]:
    """The command that asks the backend what else it needs (``get_requires_for_build_wheel``, PEP 517)."""
    return (_python(recipe, around), RUNNER, "requires", *_asked(recipe, around), *_hook(recipe, around))


def plan_runner(interpreter: str, command: str) -> tuple[str, ...]:
    """One of our own commands, deaf to the environment and the home folder; Python 2.7 knows no ``-I``."""
    return (interpreter, "-Es", RUNNER, command)


def plan_run(interpreter: str, steps: Sequence[Sequence[str]], scene: Scene = PLAIN_SCENE) -> tuple[str, ...]:
    """The one command that runs steps in order to the first that fails, and then hands the output out."""
    wanted = {
        "clock": bool(scene.clock),
        "old-kernel": scene.old_kernel,
        "one-processor": scene.guise.one_processor,
    }
    told = () if scene == PLAIN_SCENE else (f"--scene={json.dumps(wanted)}",)
    steps_text = json.dumps([list(step) for step in steps])
    return (*plan_runner(interpreter, "run"), f"--steps={steps_text}", *told)


def plan_environment(
    recipe: Recipe, variables: Mapping[str, str] = NO_VARIABLES, folder: str = ENVIRONMENT_FOLDER
) -> dict[str, str]:
    """The build's whole environment; an image of others says in its own where its compilers are.

    Args:
        recipe: how it is built.
        variables: what the image sets; the sandbox's own, and the recipe's, are laid over them.
        folder: where its requirements are installed.
    """
    path = variables.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    environment = {
        **{name: value for name, value in variables.items() if name not in RESERVED_ENVIRONMENT},
        **BASE_ENVIRONMENT,
        "PATH": f"{folder}/bin:{path}",
        **recipe.environment,
    }
    if _legacy(recipe):
        # It knows no virtual environment: its build requirements are only on the path.
        environment["PYTHONPATH"] = f"{folder}/lib"
    else:
        environment["VIRTUAL_ENV"] = folder
    if recipe.source_date_epoch is not None:
        environment["SOURCE_DATE_EPOCH"] = str(recipe.source_date_epoch)
    return dict(sorted(environment.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedInput:
    """A file for the sandbox: its path below the input folder and what it holds."""

    path: str
    digest: Digest
    filename: str


def plan_inputs(
    source: LockedFile,
    frontend: tuple[LockedFile, ...],
    wheels: Mapping[str, Digest],
    repair: Mapping[str, Digest] | None = None,
) -> tuple[PlannedInput, ...]:
    """What lies below the input folder beside the runner.

    Args:
        source: the sdist.
        frontend: the files of the installer.
        wheels: the build requirements' wheels, by file name.
        repair: the wheels of what repairs the built one.
    """
    return (
        _input("sdist", source.filename, Digest(source.sha256)),
        *(_input("frontend", file.filename, Digest(file.sha256)) for file in frontend),
        *(_input("wheels", name, digest) for name, digest in sorted(wheels.items())),
        *(_input("repair", name, digest) for name, digest in sorted((repair or {}).items())),
    )


def ready_wheels(requirements: tuple[LockedRequirement, ...]) -> dict[str, Digest]:
    """The build requirements that are wheels already, by file name."""
    return {item.file.filename: Digest(item.file.sha256) for item in requirements if item.build is None}


def runner_bytes() -> bytes:
    """The program that runs in the sandbox."""
    return resources.files("wheelproof.rebuild").joinpath("inside", "runner.py").read_bytes()


def _input(folder: str, filename: str, digest: Digest) -> PlannedInput:
    return PlannedInput(path=f"{folder}/{filename}", digest=digest, filename=filename)


def _legacy(recipe: Recipe) -> bool:
    return recipe.python.startswith("2.")


def _python(recipe: Recipe, around: Surroundings) -> str:
    return around.interpreter if _legacy(recipe) else f"{around.environment}/bin/python"


def _folder(recipe: Recipe, around: Surroundings) -> str:
    return recipe.folder or f"{BUILD_FOLDER}/{around.top}"


def _places(recipe: Recipe, around: Surroundings) -> tuple[str, ...]:
    return (f"--umask={recipe.umask}", f"--folder={_folder(recipe, around)}")


def _asked(recipe: Recipe, around: Surroundings) -> tuple[str, ...]:
    """Where the backend runs, and what its interpreter makes it believe."""
    shown = (f"--version-info={recipe.version_info}",) if recipe.version_info else ()
    texts = (f"--text-files={recipe.text_files}",) if recipe.text_files != "posix" else ()
    patched = (f"--setuptools-from={recipe.setuptools_from}",) if recipe.setuptools_from != "index" else ()
    return (*_places(recipe, around), *shown, *texts, *patched)


def _hook(recipe: Recipe, around: Surroundings) -> tuple[str, ...]:
    in_tree = around.build_system.backend_path if recipe.in_tree_backend else ()
    paths = tuple(f"--backend-path={path}" for path in in_tree)
    settings = (f"--config-settings={json.dumps(recipe.config_settings)}",) if recipe.config_settings else ()
    return (f"--backend={around.build_system.build_backend}", *paths, *settings)
