"""Running a planned build in a sandbox: the effects, and what can go wrong with each."""

import contextlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelproof.container.engine import Engine
from wheelproof.container.inputs import SandboxInput
from wheelproof.container.outcome import StepOutcome, Stop
from wheelproof.container.policy import BUILD_FOLDER, OUTPUT_FOLDER, Policy
from wheelproof.container.sandbox import Sandbox
from wheelproof.core.errors import EngineError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.cache import Cache
from wheelproof.rebuild.plan import PlannedInput, plan_runner, runner_bytes
from wheelproof.rebuild.record import Built, NotBuilt, Outcome, Phase
from wheelproof.recipe.lock import LockedBuild

_QUESTION_BYTES = 1 << 20
_ENTRIES = 64
# A tar's own share beside what it carries.
_TAR_ROOM_BYTES = 1 << 20
# What every tar ends with (POSIX.1-2017, pax): without it the connection was cut.
_TAR_END = bytes(1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every build needs: an engine, an image, files by hash, limits and an ear for the log.

    Attributes:
        engine: the connection.
        image_id: the image that containers are made from.
        interpreter: its Python.
        cache: holds every input.
        policy: the limits.
        on_output: called with each piece of the log as it comes.
    """

    engine: Engine
    image_id: str
    interpreter: str
    cache: Cache
    policy: Policy
    on_output: Callable[[bytes], None] | None = None


def build_wheel(workshop: Workshop, build: LockedBuild, inputs: Sequence[PlannedInput]) -> Outcome:
    """Run a build's steps and take the wheel out, into the cache.

    Raises:
        EngineError: the engine failed, as opposed to the build.
    """
    with _Bench(workshop, build, inputs) as bench:
        durations: dict[str, float] = {}
        for step in build.steps:
            phase = Phase(step.phase)
            outcome = bench.run(step.argv)
            durations[step.phase] = durations.get(step.phase, 0) + outcome.duration_s
            if not outcome.ok:
                return bench.failed(phase, outcome)
        return bench.take_wheel(durations)


def ask_backend(
    workshop: Workshop, build: LockedBuild, question: Sequence[str], inputs: Sequence[PlannedInput]
) -> tuple[str, ...] | NotBuilt:
    """What the backend needs beside what the sdist declares, as it says itself (unchecked text)."""
    with _Bench(workshop, build, inputs) as bench:
        for phase, argv in ((Phase.PREPARE, build.steps[0].argv), (Phase.RESOLVE, tuple(question))):
            outcome = bench.run(argv)
            if not outcome.ok:
                return bench.failed(phase, outcome)
        taken = bench.take(_QUESTION_BYTES)
        if isinstance(taken, NotBuilt):
            return taken
        try:
            found = json.loads(taken["requires.json"])
        except (KeyError, ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            return NotBuilt(
                phase=Phase.RESOLVE, reason="The backend's answer to get_requires_for_build_wheel is no list"
            )
        return tuple(found)


@dataclass(slots=True)
class _Bench:
    """A sandbox in use, with the log of all its steps."""

    workshop: Workshop
    build: LockedBuild
    inputs: Sequence[PlannedInput]
    log: bytearray = field(default_factory=bytearray)
    exits: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    sandbox: Sandbox = field(init=False)

    def __enter__(self) -> "_Bench":
        shop = self.workshop
        files = [SandboxInput(path="runner.py", content=runner_bytes())]
        for item in self.inputs:
            path = shop.cache.get(item.digest)
            if path is None:
                raise EngineError(f"{item.filename} is no longer in the cache", hint="Run the check again.")
            files.append(SandboxInput(path=item.path, content=path))
        self.sandbox = self.exits.enter_context(
            Sandbox(
                shop.engine,
                image_id=shop.image_id,
                policy=shop.policy,
                environment=self.build.environment,
                inputs=files,
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.exits.close()

    def run(self, argv: Sequence[str]) -> StepOutcome:
        outcome = self.sandbox.run(argv, folder=BUILD_FOLDER, on_output=self.workshop.on_output)
        self.log += outcome.log
        return outcome

    def failed(self, phase: Phase, outcome: StepOutcome) -> NotBuilt:
        reason, hint = self._why(outcome)
        return NotBuilt(phase=phase, reason=reason, hint=hint, log=bytes(self.log))

    def _why(self, outcome: StepOutcome) -> tuple[str, str]:
        policy = self.workshop.policy
        match outcome.stop:
            case Stop.TIME:
                return (
                    f"It did not end within {policy.timeout_s:g} s",
                    "Raise --timeout if it should take longer.",
                )
            case Stop.LOG:
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
                return self._limit_met(outcome)

    def _limit_met(self, outcome: StepOutcome) -> tuple[str, str]:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            answer = self.sandbox.run(plan_runner(self.workshop.interpreter, "state"), quiet=True)
            if answer.stop is not None:
                return self._why(answer)
            state = json.loads(answer.stdout)
            if state["full"]:
                return (
                    f"It filled its disk: {', '.join(printable(str(name)) for name in state['full'])}",
                    f"The build folder holds {self.workshop.policy.room_bytes()[BUILD_FOLDER] >> 20} MiB.",
                )
            if int(state["killed"]):
                return self._out_of_memory()
        return f"It ended with exit code {outcome.exit_code}", "The log's end says why."

    def _out_of_memory(self) -> tuple[str, str]:
        limit = self.workshop.policy.memory_bytes >> 20
        return f"It ran out of memory ({limit} MiB)", "Raise --memory if it needs more."

    def take(self, limit_bytes: int) -> dict[str, bytes] | NotBuilt:
        """The output folder's files in memory, within a limit."""
        argv = ("tar", "-C", OUTPUT_FOLDER, "-cf", "-", ".")
        outcome = self.sandbox.run(argv, quiet=True, stdout_limit_bytes=limit_bytes + _TAR_ROOM_BYTES)
        if not outcome.ok:
            if outcome.stop is Stop.LOG:
                return self._not_taken(f"The output is larger than {limit_bytes >> 20} MiB")
            return self._not_taken(*self._why(outcome))
        if not outcome.stdout.endswith(_TAR_END):
            raise EngineError(
                "The container engine did not hand all of the output on", hint="Run the check again."
            )
        found: dict[str, bytes] = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(outcome.stdout), mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if name == "." and member.isdir():
                        continue
                    plain = member.isreg() and not member.issparse()
                    if not plain or PurePosixPath(name).name != name:
                        return self._not_taken(f"The output holds {printable(name)}, which is no plain file")
                    stream = archive.extractfile(member)
                    found[name] = stream.read() if stream else b""
                    if len(found) > _ENTRIES:
                        return self._not_taken(f"The output holds more than {_ENTRIES} files")
        except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
            return self._not_taken(f"The output can't be read: {printable(str(error))}")
        return found

    def take_wheel(self, durations: dict[str, float]) -> Outcome:
        taken = self.take(self.workshop.policy.room_bytes()[OUTPUT_FOLDER])
        if isinstance(taken, NotBuilt):
            return taken
        wheels = sorted(name for name in taken if name.endswith(".whl"))
        if len(wheels) != 1:
            names = ", ".join(printable(name, limit=80) for name in wheels) or "none"
            return self._not_taken(f"The build has to leave one wheel, and left {len(wheels)}: {names}")
        name = wheels[0]
        try:
            parse_wheel_filename(name)
        except InvalidWheelFilename:
            return self._not_taken(f"{printable(name)} is not a wheel's name")
        cache = self.workshop.cache
        digest = cache.add_bytes(taken[name])
        return Built(
            path=cache.path_of(digest),
            filename=name,
            digest=digest,
            log=bytes(self.log),
            duration_s=sum(durations.values()),
            build_s=durations.get("build", 0.0),
        )

    def _not_taken(self, reason: str, hint: str = "") -> NotBuilt:
        return NotBuilt(phase=Phase.COLLECT, reason=reason, hint=hint, log=bytes(self.log))
