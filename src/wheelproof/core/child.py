"""The one door to child processes: bounded in time and in what they may say, their whole group killed."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

if sys.platform == "linux":
    import resource

_CHUNK_BYTES = 65536
_POLL_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildResult:
    """How a child process ended.

    Attributes:
        returncode: the exit code, or minus the signal that ended it.
        stdout: what it wrote there, up to the limit.
        stderr: what it wrote there, up to the limit.
        stopped: why it was killed (``time`` or ``output``), or None.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    stopped: str | None

    @property
    def ok(self) -> bool:
        """It ended by itself with exit code 0."""
        return self.returncode == 0 and self.stopped is None


def run_child(
    argv: Sequence[str | Path],
    *,
    timeout_s: float,
    output_limit_bytes: int = 16 << 20,
    memory_bytes: int | None = None,
    file_bytes: int | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    on_output: Callable[[bytes], None] | None = None,
) -> ChildResult:
    """Run a program to its end, or kill its process group at a limit.

    Args:
        argv: the program and its arguments; no shell reads them.
        timeout_s: seconds until the group is killed.
        output_limit_bytes: bytes on both streams together until the group is killed.
        memory_bytes: address space of each of its processes, on Linux; no limit where None.
        file_bytes: size of each file that they write, on Linux; no limit where None.
        environment: the whole environment; this process's own where None.
        folder: the working directory.
        on_output: called with each piece of either stream as it comes.

    Raises:
        FileNotFoundError: there is no such program.
    """
    process = subprocess.Popen(  # noqa: S603 - argv is ours, and no shell reads it
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if environment is None else dict(environment),
        cwd=folder,
        start_new_session=True,
    )
    try:
        _limit(process, memory_bytes, file_bytes)
        return _collect(process, timeout_s, output_limit_bytes, on_output)
    finally:
        kill_group(process)


def _limit(process: subprocess.Popen[bytes], memory_bytes: int | None, file_bytes: int | None) -> None:
    """What it starts from now on inherits it; only Linux limits another process."""
    if sys.platform == "linux":
        limits = ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_FSIZE, file_bytes))
        for limit, most in limits:
            if most is not None:
                with contextlib.suppress(ProcessLookupError):
                    resource.prlimit(process.pid, limit, (most, most))


def _collect(
    process: subprocess.Popen[bytes],
    timeout_s: float,
    limit_bytes: int,
    on_output: Callable[[bytes], None] | None,
) -> ChildResult:
    assert process.stdout is not None  # noqa: S101 - both streams were asked for
    assert process.stderr is not None  # noqa: S101
    kept: dict[IO[bytes], bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    deadline = time.monotonic() + timeout_s
    room = limit_bytes
    stopped: str | None = None
    ended = False
    with selectors.DefaultSelector() as selector:
        for stream, buffer in kept.items():
            selector.register(stream, selectors.EVENT_READ, buffer)
        while selector.get_map():
            now = time.monotonic()
            if room < 0 or now >= deadline:
                stopped = "output" if room < 0 else None if ended else "time"
                break
            if not ended and process.poll() is not None:
                # What outlives the child holds its streams open: it is not waited for.
                ended, deadline = True, min(deadline, now + _POLL_S)
            for key, _ in selector.select(min(deadline - now, _POLL_S)):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                key.data.extend(chunk[: max(room, 0)])
                room -= len(chunk)
                if on_output:
                    on_output(chunk)
    if stopped:
        kill_group(process)
    returncode = process.wait()
    return ChildResult(
        returncode=returncode,
        stdout=bytes(kept[process.stdout]),
        stderr=bytes(kept[process.stderr]),
        stopped=stopped,
    )


def kill_group(process: subprocess.Popen[bytes]) -> int:
    """End a process and its group; its exit code, or minus the signal that ended it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(OSError):
            if stream:
                stream.close()
    return code
