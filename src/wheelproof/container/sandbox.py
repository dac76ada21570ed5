"""The sandbox: one container that runs untrusted commands with no network, no rights and hard limits.

It ends with its owner: the container's own process reads a stream that this process holds open, so that
the engine removes container and volume even where this process is killed (``docs/sandbox.md``).
"""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Self, cast

import docker.errors
from docker.types import LogConfig, Ulimit

from wheelproof.container.engine import Engine, engine_errors
from wheelproof.container.inputs import SandboxInput, write_inputs
from wheelproof.container.outcome import TAIL_BYTES, StepOutcome, Stop
from wheelproof.container.policy import (
    BARE_ENVIRONMENT,
    INPUT_FOLDER,
    KEEPER,
    OPEN_FILES,
    PLAIN,
    PROCESSORS_FOLDER,
    TASKS,
    Guise,
    Policy,
)
from wheelproof.container.reading import Reading, close_connection
from wheelproof.core.errors import EngineError
from wheelproof.core.untrusted import printable

LABEL = "wheelproof.sandbox"
_POLL_S = 0.1
_SETTLE_S = 1.0
_CHUNK_BYTES = 1 << 20
_SPOOL_BYTES = 32 << 20
# The container's own processes, of a user that the build is not: a shell that reaps what others leave, the
# time at which even a forgotten sandbox ends, and the lifeline's reader.
_KEEPER_COMMAND = ("sh", "-c", 'timeout -s KILL "$1" cat; :', "keeper")
_KEEPER_PROCESSES = 3
_KEEPER_NAMES = ("sh -c timeout", "timeout -s KILL", "cat")
_FORGOTTEN_AFTER_S = 600
# Docker hands them to its host's ps. Podman knows these words, and runs ps in the container for others.
_TOP_COLUMNS = {"Docker": "-eo pid,args", "Podman": "pid,args"}
# What the C library and others read there.
_ONE_PROCESSOR = tuple(
    SandboxInput(path=name, content=content)
    for name, content in (
        ("online", b"0\n"),
        ("possible", b"0\n"),
        ("present", b"0\n"),
        ("cpu0/online", b"1\n"),
    )
)
# Docker's word and Podman's.
_UNSTARTED = frozenset({"created", "initialized"})
_OUTSIDE = "The engine may be stopping, or someone removed the container: run the check again."


class _OutOfMemoryError(Exception):
    """The kernel ended the sandbox, its own processes among others."""


class Sandbox:
    """A running container, as a context manager; it and its volume are gone when the block is left.

    Args:
        engine: the connection.
        image_id: ``sha256:…`` of the image.
        policy: the limits.
        tree: a writable place for the source tree, beside those that every sandbox has; empty for none.
        guise: what a build sees of its host.
    """

    def __init__(
        self, engine: Engine, *, image_id: str, policy: Policy, tree: str = "", guise: Guise = PLAIN
    ) -> None:
        self._api: Any = engine.client.api
        self._top_columns = _TOP_COLUMNS[engine.facts.name]
        self._image_id = image_id
        self._policy = policy
        self._tree = tree
        self._guise = guise
        self._id = ""
        self._lifeline: Any = None
        self._deadline = 0.0
        self._log_room = policy.log_bytes

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def start(self) -> Self:
        """Make the container and start it; raises EngineError where the engine can't."""
        try:
            with engine_errors("start a sandbox"):
                self._start()
        except BaseException:
            self.remove()
            raise
        return self

    def fill(self, inputs: Sequence[SandboxInput]) -> None:
        """Lay files below the input folder; raises EngineError where the engine can't."""
        with engine_errors("fill a sandbox"):
            self._put(INPUT_FOLDER, inputs)

    def run(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] = BARE_ENVIRONMENT,
        folder: str = "/",
        answer_limit_bytes: int = TAIL_BYTES,
        on_output: Callable[[bytes], None] | None = None,
        may_leave: bool = False,
    ) -> StepOutcome:
        """Run a command to its end or to a limit; a limit ends the whole sandbox.

        The time of all commands together counts from the first.

        Args:
            argv: the command.
            environment: its whole environment.
            folder: its working directory.
            answer_limit_bytes: how much it may write to standard output.
            on_output: called with each piece of standard error, which is the log, as it comes.
            may_leave: whether processes may outlive it.

        Raises:
            EngineError: the engine stopped answering, or the sandbox was ended from outside.
        """
        begun = time.monotonic()
        self._deadline = self._deadline or begun + self._policy.timeout_s
        reading = Reading(answer_limit_bytes, self._log_room, on_output)
        left: tuple[str, ...] = ()
        try:
            stop, exit_code = self._follow(argv, environment, folder, reading)
            if stop is None and not may_leave:
                with self._asking():
                    left = self._left_running()
                stop = Stop.LEFT_RUNNING if left else None
        except _OutOfMemoryError:
            stop, exit_code = Stop.MEMORY, None
        self._log_room -= len(reading.log)
        if stop is not None:
            self._kill()
        return StepOutcome(
            exit_code=exit_code if stop is None else None,
            stop=stop,
            answer=bytes(reading.answer),
            log=bytes(reading.log),
            duration_s=time.monotonic() - begun,
            left=left,
        )

    def _start(self) -> None:
        made = self._api.create_container(
            self._image_id,
            entrypoint=[*_KEEPER_COMMAND, str(int(self._policy.timeout_s) + _FORGOTTEN_AFTER_S)],
            healthcheck=self._healthcheck(),
            host_config=self._host_config(),
            hostname=self._guise.hostname,
            labels={LABEL: "1"},
            network_disabled=True,
            stdin_open=True,
            stop_signal="SIGKILL",
            use_config_proxy=False,
            user=KEEPER,
            volumes=[INPUT_FOLDER, *([PROCESSORS_FOLDER] if self._guise.one_processor else [])],
            working_dir="/",
        )
        self._id = made["Id"]
        self._lifeline = self._api.attach_socket(self._id, params={"stdin": 1, "stream": 1})
        self._api.start(self._id)
        if self._guise.one_processor:
            self._put(PROCESSORS_FOLDER, _ONE_PROCESSOR)
        self._remove_unstarted()

    def _put(self, folder: str, files: Sequence[SandboxInput]) -> None:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as archive:
            write_inputs(cast("IO[bytes]", archive), files)
            archive.seek(0)
            self._api.put_archive(self._id, folder, iter(lambda: archive.read(_CHUNK_BYTES), b""))

    def _host_config(self) -> dict[str, Any]:
        policy = self._policy
        limits = {"core": 0, "nofile": OPEN_FILES, "nproc": TASKS}
        config: dict[str, Any] = self._api.create_host_config(
            auto_remove=True,
            cap_drop=["ALL"],
            ipc_mode="private",
            log_config=LogConfig(type="none"),
            mem_limit=policy.memory_bytes,
            memswap_limit=policy.memory_bytes,
            nano_cpus=int(policy.cpus * 1e9),
            network_mode="none",
            pids_limit=policy.processes,
            privileged=False,
            read_only=True,
            security_opt=["no-new-privileges"],
            shm_size=policy.shared_room_bytes(),
            tmpfs=policy.file_systems(self._tree),
            ulimits=[Ulimit(name=name, soft=value, hard=value) for name, value in limits.items()],
        )
        return config

    def _remove_unstarted(self) -> None:
        """Remove what an owner left that was killed between making a container and starting it.

        It holds nothing but its name; no process of its own could end it.
        """
        for other in self._api.containers(all=True, filters={"label": LABEL}):
            unstarted = other["State"] in _UNSTARTED
            if unstarted and time.time() - other["Created"] > _FORGOTTEN_AFTER_S:
                with contextlib.suppress(docker.errors.APIError):
                    self._api.remove_container(other["Id"], force=True, v=True)

    def _healthcheck(self) -> dict[str, Any] | None:
        """What keeps the image from running commands of its own; raises EngineError where it has volumes."""
        config = self._api.inspect_image(self._image_id)["Config"] or {}
        if volumes := sorted(config.get("Volumes") or ()):
            # They would lie on the host's disk, writable and with no limit.
            raise EngineError(
                f"The image asks for a volume at {printable(', '.join(volumes))}, which no sandbox has",
                hint="Take an image without VOLUME.",
            )
        return {"test": ["NONE"]} if config.get("Healthcheck") else None

    def _follow(
        self, argv: Sequence[str], environment: Mapping[str, str], folder: str, reading: Reading
    ) -> tuple[Stop | None, int | None]:
        with self._asking():
            # Engines and images add variables of their own, which differ: these are all that there are.
            exactly = ("env", "-i", *(f"{name}={value}" for name, value in environment.items()), *argv)
            made = self._api.exec_create(
                self._id, exactly, user=self._guise.user, workdir=folder, stdin=False
            )["Id"]
            reading.start(self._api.exec_start(made, socket=True))
        pause_s = _POLL_S / 16
        ended_at: float | None = None
        while True:
            silent = reading.wait(_POLL_S)
            now = time.monotonic()
            if reading.over is not None:
                return reading.over, None
            if now >= self._deadline:
                return Stop.TIME, None
            with self._asking():
                facts = self._api.exec_inspect(made)
            if facts["Running"]:
                # It closed its streams and runs on, or its end is not booked yet.
                if silent:
                    time.sleep(pause_s)
                    pause_s = min(2 * pause_s, _POLL_S)
                continue
            # What outlived the command may hold its streams open: that is not waited for.
            ended_at = ended_at or now
            if silent or now >= max(ended_at, reading.latest_at) + _SETTLE_S:
                if facts["ExitCode"] is None:
                    raise EngineError("The container engine did not run a command", hint=_OUTSIDE)
                return None, int(facts["ExitCode"])

    def _left_running(self) -> tuple[str, ...]:
        """Processes beside the container's own, given a moment to end."""
        until = time.monotonic() + _SETTLE_S
        while True:
            try:
                listed = self._api.top(self._id, ps_args=self._top_columns)
            except (docker.errors.APIError, ValueError):
                if self._gone():
                    raise
                return ()  # this engine lists none; what was left ends with the sandbox
            commands = [str(row[-1]) for row in listed["Processes"] or ()]
            if len(commands) <= _KEEPER_PROCESSES:
                return ()
            if time.monotonic() >= until:
                others = [name for name in commands if not name.startswith(_KEEPER_NAMES)]
                return tuple((others or commands)[:10])
            time.sleep(_POLL_S / 2)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Call the engine: what fails is the engine's failure, or the sandbox's end and then its cause."""
        with engine_errors("run a command"):
            try:
                yield
            except (docker.errors.APIError, ValueError) as error:
                # A ValueError is Podman's empty answer about a container that is ending.
                if not self._gone():
                    raise
                if self._memory_ran_out():
                    raise _OutOfMemoryError from error
                # The build can end the sandbox in no other way: its processes are another user's.
                raise EngineError("The sandbox was ended from outside", hint=_OUTSIDE) from error

    def _memory_ran_out(self) -> bool:
        """Asked of the engine's own record, as the container is gone."""
        # By the engine's own clock, which need not be this machine's.
        now = datetime.fromisoformat(self._api.info()["SystemTime"])
        filters = {"container": self._id, "event": "oom"}
        happened = self._api.events(since=1, until=int(now.timestamp()) + 1, filters=filters, decode=True)
        return bool(list(happened))

    def _gone(self) -> bool:
        facts = self._described()
        return facts is None or not facts["State"]["Running"]

    def _described(self) -> dict[str, Any] | None:
        """The container as the engine describes it, None once it is removed."""
        try:
            facts: dict[str, Any] = self._api.inspect_container(self._id)
        except docker.errors.NotFound:
            return None
        except docker.errors.APIError as error:
            if "no such container" not in str(error.explanation):
                raise
            return None  # Podman's answer while it removes one
        return facts

    def _kill(self) -> None:
        with contextlib.suppress(docker.errors.APIError):
            self._api.kill(self._id)

    def remove(self) -> None:
        """Whatever state it is in; an engine that no longer answers is reported by whoever called it."""
        if self._lifeline is not None:
            close_connection(self._lifeline)
        if not self._id:
            return
        with contextlib.suppress(EngineError), engine_errors("remove a sandbox"):
            # Automatic removal may have begun already, and is not over when the call returns. Where both
            # begin at once, Docker 20.10 refuses each for the other's sake: hence again.
            until = time.monotonic() + 10 * _SETTLE_S
            while True:
                with contextlib.suppress(docker.errors.APIError):
                    self._api.remove_container(self._id, force=True, v=True)
                if self._described() is None or time.monotonic() >= until:
                    break
                time.sleep(_POLL_S / 5)
        self._id = ""
