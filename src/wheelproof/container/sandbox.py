"""The sandbox: one container that runs untrusted commands with no network, no rights and hard limits.

It ends with its owner: the container's first process reads a stream that this process holds open, so that
the engine removes container and volume even where this process is killed (``docs/sandbox.md``).
"""

import contextlib
import io
import queue
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import docker.errors
from docker.types import LogConfig

from wheelproof.container.engine import Engine, engine_errors
from wheelproof.container.policy import HOSTNAME, INPUT_FOLDER, USER, Policy
from wheelproof.core.errors import EngineError

LABEL = "wheelproof.sandbox"
_POLL_S = 0.1
_SETTLE_S = 1.0
_CHUNK_BYTES = 1 << 20
_SPOOL_BYTES = 32 << 20
_TAIL_BYTES = 64 << 10
# The container's first two processes: the lifeline's reader, and the time at which even a forgotten one ends.
_OWN_COMMANDS = ("timeout -s KILL", "cat")


class Stop(StrEnum):
    """Why a command did not end by itself."""

    TIME = "time"
    LOG = "log"
    DIED = "died"
    LEFT_RUNNING = "left-running"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How a command in the sandbox ended.

    Attributes:
        exit_code: the command's own, or None where it was stopped.
        stop: why it was stopped, or None.
        stdout: what it wrote there, up to the limit asked for.
        log: both streams in the order they came, up to the policy's limit.
        duration_s: seconds.
        left: the commands of processes that outlived it.
    """

    exit_code: int | None
    stop: Stop | None
    stdout: bytes
    log: bytes
    duration_s: float
    left: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """It ended by itself with exit code 0."""
        return self.stop is None and self.exit_code == 0

    def tail(self, limit_bytes: int = _TAIL_BYTES) -> str:
        """The log's end as text."""
        return self.log[-limit_bytes:].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxInput:
    """A file that the sandbox may read: its path below the input folder, and a file or bytes."""

    path: str
    content: Path | bytes


class Sandbox:
    """A running container, as a context manager; it and its volume are gone when the block is left.

    Args:
        engine: the connection.
        image_id: ``sha256:…`` of the image.
        policy: the limits.
        environment: the commands' whole environment.
        inputs: what lies below the input folder.

    Raises:
        EngineError: on entry, where the engine can't make or start it.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        image_id: str,
        policy: Policy,
        environment: Mapping[str, str],
        inputs: Sequence[SandboxInput],
    ) -> None:
        self._api = engine.client.api
        self._image_id = image_id
        self._policy = policy
        self._environment = dict(environment)
        self._inputs = inputs
        self._id = ""
        self._lifeline: Any = None
        self._deadline = 0.0
        self._log_room = policy.log_bytes

    def __enter__(self) -> Self:
        try:
            with engine_errors("start a sandbox"):
                self._start()
        except BaseException:
            self._remove()
            raise
        self._deadline = time.monotonic() + self._policy.timeout_s
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def run(
        self,
        argv: Sequence[str],
        *,
        folder: str = "/",
        stdout_limit_bytes: int = _TAIL_BYTES,
        on_output: Callable[[bytes], None] | None = None,
        quiet: bool = False,
    ) -> StepOutcome:
        """Run a command to its end or to a limit; a limit ends the whole sandbox.

        Args:
            argv: the command.
            folder: its working directory.
            stdout_limit_bytes: how much of its standard output is kept apart.
            on_output: called with each piece of either stream as it comes.
            quiet: standard output is data: it counts against ``stdout_limit_bytes`` and not as log.

        Raises:
            EngineError: the engine stopped answering.
        """
        begun = time.monotonic()
        reading = _Reading(stdout_limit_bytes, self._log_room, on_output, quiet)
        try:
            stop, exit_code = self._follow(argv, folder, reading)
        except docker.errors.APIError as error:
            if not self._gone():
                with engine_errors("run a command"):
                    raise
            stop, exit_code = Stop.DIED, None
            reading.failed(error)
        left: tuple[str, ...] = ()
        if stop is None:
            left = self._left_running()
            stop = Stop.LEFT_RUNNING if left else None
        self._log_room -= len(reading.log)
        if stop is not None:
            self._kill()
        return StepOutcome(
            exit_code=exit_code if stop is None else None,
            stop=stop,
            stdout=bytes(reading.stdout),
            log=bytes(reading.log),
            duration_s=time.monotonic() - begun,
            left=left,
        )

    def _start(self) -> None:
        policy = self._policy
        host = self._api.create_host_config(
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
            tmpfs=policy.file_systems(),
        )
        made = self._api.create_container(
            self._image_id,
            command=["timeout", "-s", "KILL", str(int(policy.timeout_s) + 60), "cat"],
            entrypoint=[],
            environment=self._environment,
            host_config=host,
            hostname=HOSTNAME,
            labels={LABEL: "1"},
            network_disabled=True,
            stdin_open=True,
            user=USER,
            volumes=[INPUT_FOLDER],
            working_dir="/",
        )
        self._id = made["Id"]
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as archive:
            _write_inputs(cast("IO[bytes]", archive), self._inputs)
            archive.seek(0)
            self._api.put_archive(self._id, INPUT_FOLDER, iter(lambda: archive.read(_CHUNK_BYTES), b""))
        self._lifeline = self._api.attach_socket(self._id, params={"stdin": 1, "stream": 1})
        self._api.start(self._id)

    def _follow(
        self, argv: Sequence[str], folder: str, reading: "_Reading"
    ) -> tuple[Stop | None, int | None]:
        made = self._api.exec_create(
            self._id, list(argv), environment=self._environment, user=USER, workdir=folder, stdin=False
        )["Id"]
        stream = self._api.exec_start(made, stream=True, demux=True)
        reading.start(stream)
        settled_at: float | None = None
        while True:
            silent = reading.wait(_POLL_S)
            now = time.monotonic()
            if reading.over:
                return Stop.LOG, None
            if now >= self._deadline:
                return Stop.TIME, None
            facts = self._api.exec_inspect(made)
            if facts["Running"]:
                # It closed its streams and runs on, or its end is not booked yet.
                time.sleep(_POLL_S / 10 if silent else 0)
                continue
            # What outlived the command may hold its streams open: that is not waited for.
            settled_at = settled_at or now + _SETTLE_S
            if silent or now >= settled_at:
                return (None, int(facts["ExitCode"])) if facts["ExitCode"] is not None else (Stop.DIED, None)

    def _left_running(self) -> tuple[str, ...]:
        """Processes beside the container's first two, given a moment to end."""
        until = time.monotonic() + _SETTLE_S
        while True:
            try:
                listed = self._api.top(self._id)
            except docker.errors.APIError:
                return ()
            commands = [str(row[-1]) for row in listed["Processes"] or ()]
            if len(commands) <= len(_OWN_COMMANDS):
                return ()
            if time.monotonic() >= until:
                others = [name for name in commands if not name.startswith(_OWN_COMMANDS)]
                return tuple((others or commands)[:10])
            time.sleep(_POLL_S / 2)

    def _gone(self) -> bool:
        try:
            return not self._api.inspect_container(self._id)["State"]["Running"]
        except docker.errors.NotFound:
            return True

    def _kill(self) -> None:
        with contextlib.suppress(docker.errors.APIError):
            self._api.kill(self._id)

    def _remove(self) -> None:
        """Whatever state it is in; an engine that no longer answers is reported by whoever called it."""
        if self._lifeline is not None:
            with contextlib.suppress(OSError):
                self._lifeline.close()
        if not self._id:
            return
        with contextlib.suppress(EngineError), engine_errors("remove a sandbox"):
            with contextlib.suppress(docker.errors.NotFound, docker.errors.APIError):
                self._api.remove_container(self._id, force=True, v=True)
            # Automatic removal may have begun already, and is not over when the call returns.
            until = time.monotonic() + 10 * _SETTLE_S
            while time.monotonic() < until:
                try:
                    self._api.inspect_container(self._id)
                except docker.errors.NotFound:
                    break
                time.sleep(_POLL_S / 5)
        self._id = ""


class _Reading:
    """A command's output, read in a thread so that limits are watched beside it."""

    def __init__(
        self, stdout_limit_bytes: int, log_room: int, on_output: Callable[[bytes], None] | None, quiet: bool
    ) -> None:
        self.stdout = bytearray()
        self.log = bytearray()
        self.over = False
        self._stdout_limit = stdout_limit_bytes
        self._log_room = log_room
        self._on_output = on_output
        self._quiet = quiet
        self._ended = threading.Event()
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def start(self, stream: Iterator[tuple[bytes | None, bytes | None]]) -> None:
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end, and hand on what came meanwhile; True at the end."""
        ended = self._ended.wait(timeout_s)
        while self._on_output and not self._pieces.empty():
            self._on_output(self._pieces.get())
        return ended

    def failed(self, error: Exception) -> None:
        self.log += f"\n[the sandbox ended: {type(error).__name__}]\n".encode()

    def _read(self, stream: Iterator[tuple[bytes | None, bytes | None]]) -> None:
        try:
            for stdout, stderr in stream:
                # Past a limit it reads on and keeps nothing: an engine that can't hand its output on
                # takes its time to kill what writes it.
                self._take_stdout(stdout or b"")
                self._take_log((stderr or b"") if self._quiet else (stdout or b"") + (stderr or b""))
        except (OSError, ValueError, docker.errors.DockerException, AttributeError):
            pass  # the connection was cut: whether the command ended is asked of the engine
        finally:
            self._ended.set()

    def _take_stdout(self, piece: bytes) -> None:
        room = self._stdout_limit - len(self.stdout)
        self.stdout += piece[:room]
        self.over = self.over or (self._quiet and len(piece) > room)

    def _take_log(self, piece: bytes) -> None:
        room = self._log_room - len(self.log)
        self.log += piece[:room]
        if piece and self._on_output and not self.over:
            self._pieces.put(piece[:room])
        self.over = self.over or len(piece) > room


def _write_inputs(stream: IO[bytes], inputs: Sequence[SandboxInput]) -> None:
    """A tar of the inputs: owned by root, readable by all, with no time of its own."""
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in sorted({str(Path(item.path).parent) for item in inputs} - {"."}):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
        for item in inputs:
            info = tarfile.TarInfo(item.path)
            info.mode = 0o644
            if isinstance(item.content, bytes):
                info.size = len(item.content)
                archive.addfile(info, io.BytesIO(item.content))
            else:
                info.size = item.content.stat().st_size
                with item.content.open("rb") as source:
                    archive.addfile(info, source)
