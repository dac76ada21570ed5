"""Running a planned build in a sandbox: the effects, and what can go wrong with each."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelproof.container.inputs import SandboxInput
from wheelproof.container.outcome import StepOutcome, Stop
from wheelproof.container.policy import BUILD_FOLDER, OUTPUT_FOLDER, Policy, place_of_tree
from wheelproof.container.sandbox import Sandbox
from wheelproof.container.sandboxes import Sandboxes
from wheelproof.core.errors import EngineError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.cache import Cache
from wheelproof.rebuild.output import CutError, OutputError, parse_account, parse_output
from wheelproof.rebuild.plan import PLAIN_SCENE, PlannedInput, Scene, plan_run, plan_runner, runner_bytes
from wheelproof.rebuild.reasons import explain_failure
from wheelproof.rebuild.record import Built, NotBuilt, Outcome, Phase
from wheelproof.recipe.lock import LockedBuild

_QUESTION_BYTES = 1 << 20
# The share of a tar and of the runner's account beside what they carry.
_TAR_ROOM_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every build needs: an engine, an image, files by hash, limits and an ear for the log.

    Attributes:
        sandboxes: where builds run.
        image_id: the image that containers are made from.
        interpreter: its Python.
        cache: holds every input.
        on_output: called with each piece of the log as it comes.
        variables: what the image sets for its builds.
    """

    sandboxes: Sandboxes
    image_id: str
    interpreter: str
    cache: Cache
    on_output: Callable[[bytes], None] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The limits of each sandbox."""
        return self.sandboxes.policy


def build_wheel(
    workshop: Workshop, build: LockedBuild, inputs: Sequence[PlannedInput], scene: Scene = PLAIN_SCENE
) -> Outcome:
    """Run a build's steps and take the wheel out, into the cache.

    Args:
        workshop: where it is built.
        build: what is run.
        inputs: what it may read.
        scene: what it sees around it.

    Raises:
        EngineError: the engine failed, as opposed to the build.
    """
    with _bench(workshop, build, inputs, scene) as bench:
        steps = [(Phase(step.phase), step.argv) for step in build.steps]
        done = bench.run(steps, workshop.policy.room_bytes()[OUTPUT_FOLDER])
        return done if isinstance(done, NotBuilt) else bench.keep_wheel(done)


def ask_backend(
    workshop: Workshop, build: LockedBuild, question: Sequence[str], inputs: Sequence[PlannedInput]
) -> tuple[str, ...] | NotBuilt:
    """What the backend needs beside what the sdist declares, as it says itself (unchecked text)."""
    prepare = [(Phase.PREPARE, step.argv) for step in build.steps if step.phase == Phase.PREPARE.value]
    steps = [*prepare, (Phase.RESOLVE, question)]
    with _bench(workshop, build, inputs) as bench:
        done = bench.run(steps, _QUESTION_BYTES)
        if isinstance(done, NotBuilt):
            return done
        try:
            found = json.loads(done.files["requires.json"])
        except (KeyError, ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            return NotBuilt(
                phase=Phase.RESOLVE, reason="The backend's answer to get_requires_for_build_wheel is no list"
            )
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """Steps that all ended well: what they left in the output folder, and seconds by phase."""

    files: dict[str, bytes]
    durations_s: dict[Phase, float]


@contextlib.contextmanager
def _bench(
    workshop: Workshop, build: LockedBuild, inputs: Sequence[PlannedInput], scene: Scene = PLAIN_SCENE
) -> Iterator["_Bench"]:
    files = [SandboxInput(path="runner.py", content=runner_bytes()), *scene.clock]
    for item in inputs:
        path = workshop.cache.get(item.digest)
        if path is None:
            raise EngineError(f"{item.filename} is no longer in the cache", hint="Run the check again.")
        files.append(SandboxInput(path=item.path, content=path))
    tree = place_of_tree(build.folder)
    with workshop.sandboxes.open(workshop.image_id, tree, scene.guise) as sandbox:
        sandbox.fill(files)
        yield _Bench(workshop, build, sandbox, scene)


@dataclass(slots=True)
class _Bench:
    """A sandbox in use, with the log of all its steps."""

    workshop: Workshop
    build: LockedBuild
    sandbox: Sandbox
    scene: Scene
    log: bytearray = field(default_factory=bytearray)

    def run(self, steps: Sequence[tuple[Phase, Sequence[str]]], output_bytes: int) -> _Done | NotBuilt:
        """All steps in one command, and then the output folder's files, which may take so many bytes."""
        outcome = self.sandbox.run(
            plan_run(self.workshop.interpreter, [argv for _, argv in steps], self.scene),
            environment=self.build.environment,
            folder=BUILD_FOLDER,
            answer_limit_bytes=output_bytes + _TAR_ROOM_BYTES,
            on_output=self.workshop.on_output,
        )
        self.log += outcome.log
        account = parse_account(outcome.answer, len(steps))
        ended_well = sum(code == 0 for code in account.exit_codes)
        complete = ended_well == len(steps)
        phase = steps[-1 if complete else ended_well][0]
        if outcome.stop is Stop.ANSWER:
            return self._failed(Phase.COLLECT, f"The output is larger than {output_bytes >> 20} MiB")
        if not outcome.ok:
            collecting = complete and outcome.stop is None
            failed = self._failed(Phase.COLLECT if collecting else phase, *self._why(outcome, phase))
            return replace(failed, out_of_time=outcome.stop is Stop.TIME)
        if not complete:
            return self._failed(phase, "It ended what drives it", "A build has to end by itself.")
        try:
            files = parse_output(account.rest)
        except CutError:
            raise EngineError(
                "The container engine did not hand all of the output on", hint="Run the check again."
            ) from None
        except OutputError as error:
            return self._failed(Phase.COLLECT, str(error))
        durations_s: dict[Phase, float] = {}
        for (phase, _), seconds in zip(steps, account.durations_s, strict=True):
            durations_s[phase] = durations_s.get(phase, 0) + min(seconds, outcome.duration_s)
        return _Done(files=files, durations_s=durations_s)

    def _failed(self, phase: Phase, reason: str, hint: str = "") -> NotBuilt:
        return NotBuilt(phase=phase, reason=reason, hint=hint, log=bytes(self.log))

    def _why(self, outcome: StepOutcome, phase: Phase) -> tuple[str, str]:
        policy = self.workshop.policy
        match outcome.stop:
            case Stop.TIME:
                return (
                    f"It did not end within {policy.timeout_s:g} s",
                    "Raise --timeout if it should take longer.",
                )
            case Stop.LOG | Stop.ANSWER:
                return (
                    f"It printed more than {policy.log_bytes >> 20} MiB",
                    "Nothing honest prints this much.",
                )
            case Stop.LEFT_RUNNING:
                names = ", ".join(printable(name, limit=60) for name in outcome.left[:3])
                return f"It left processes running behind it: {names}", "A build has to end by itself."
            case Stop.MEMORY:
                return self._out_of_memory()
            case None:
                return self._limit_met(outcome, phase)

    def _limit_met(self, outcome: StepOutcome, phase: Phase) -> tuple[str, str]:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            tree = place_of_tree(self.build.folder)
            place = (f"--folder={tree}",) if tree else ()
            asking = (*plan_runner(self.workshop.interpreter, "state"), *place)
            answer = self.sandbox.run(asking, may_leave=True)
            if answer.stop is not None:
                return self._why(answer, phase)
            state = json.loads(answer.answer)
            if state["full"]:
                room_bytes = self.workshop.policy.room_bytes(tree)[BUILD_FOLDER]
                return (
                    f"It filled its disk: {', '.join(printable(str(name)) for name in state['full'])}",
                    f"The build folder holds {room_bytes >> 20} MiB.",
                )
            if int(state["killed"]):
                return self._out_of_memory()
        told = explain_failure(phase, bytes(self.log))
        return told or (f"It ended with exit code {outcome.exit_code}", "The log's end says why.")

    def _out_of_memory(self) -> tuple[str, str]:
        limit = self.workshop.policy.memory_bytes >> 20
        return f"It ran out of memory ({limit} MiB)", "Raise --memory if it needs more."

    def keep_wheel(self, done: _Done) -> Outcome:
        """The one wheel of the output, in the cache."""
        wheels = sorted(name for name in done.files if name.endswith(".whl"))
        if len(wheels) != 1:
            names = ", ".join(printable(name, limit=80) for name in wheels) or "none"
            return self._failed(
                Phase.COLLECT, f"The build has to leave one wheel, and left {len(wheels)}: {names}"
            )
        name = wheels[0]
        try:
            parse_wheel_filename(name)
        except InvalidWheelFilename:
            return self._failed(Phase.COLLECT, f"{printable(name)} is not a wheel's name")
        cache = self.workshop.cache
        digest = cache.add_bytes(done.files[name])
        return Built(
            path=cache.path_of(digest),
            filename=name,
            digest=digest,
            log=bytes(self.log),
            duration_s=sum(done.durations_s.values()),
            build_s=done.durations_s.get(Phase.BUILD, 0.0),
        )
