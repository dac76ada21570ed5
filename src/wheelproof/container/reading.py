"""A command's two output streams, read beside the limits that end it."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import docker.utils.socket

_STDOUT = 1


def close_connection(connection: Any) -> None:
    """Close a connection that the engine's API handed over: the response below it is what holds it."""
    with contextlib.suppress(OSError):
        getattr(connection, "_response", connection).close()


class Reading:
    """A command's output, read in a thread so that limits are watched beside it.

    Args:
        stdout_limit_bytes: how much of standard output is kept apart.
        log_room: how much of both streams is kept as log.
        on_output: called, in the thread that waits, with each piece of the log.
        quiet: standard output is data: past its limit the command is over, and none of it is log.

    Attributes:
        stdout: standard output so far.
        log: both streams so far, in the order they came.
        over: a limit was passed.
        latest_at: when the last piece came, by the monotonic clock.
    """

    def __init__(
        self, stdout_limit_bytes: int, log_room: int, on_output: Callable[[bytes], None] | None, quiet: bool
    ) -> None:
        self.stdout = bytearray()
        self.log = bytearray()
        self.over = False
        self.latest_at = 0.0
        self._stdout_limit = stdout_limit_bytes
        self._log_room = log_room
        self._on_output = on_output
        self._quiet = quiet
        self._ended = threading.Event()
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def start(self, connection: Any) -> None:
        """Begin to read what a connection brings, in the frames of the engine's API (``ContainerAttach``)."""
        threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end, and hand on what came meanwhile; True at the end."""
        ended = self._ended.wait(timeout_s)
        while self._on_output and not self._pieces.empty():
            self._on_output(self._pieces.get())
        return ended

    def _read(self, connection: Any) -> None:
        frames: Any = docker.utils.socket.frames_iter
        try:
            # Past a limit it reads on and keeps nothing: an engine that can't hand its output on
            # takes its time to kill what writes it.
            for stream, piece in frames(connection, tty=False):
                self.latest_at = time.monotonic()
                if stream == _STDOUT:
                    self._take_stdout(piece)
                if stream != _STDOUT or not self._quiet:
                    self._take_log(piece)
        except (OSError, ValueError):
            pass  # the connection was cut: whether the command ended is asked of the engine
        finally:
            self._ended.set()
            close_connection(connection)

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
