"""A command's two output streams, read beside the limits that end it."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import docker.utils.socket

from wheelproof.container.outcome import Stop

_STDOUT = 1


def close_connection(connection: Any) -> None:
    """Close a connection that the engine's API handed over: the response below it is what holds it."""
    with contextlib.suppress(OSError):
        getattr(connection, "_response", connection).close()


class Reading:
    """A command's output, read in a thread so that limits are watched beside it.

    Args:
        answer_room: how much of standard output there may be.
        log_room: how much of standard error there may be.
        on_output: called, in the thread that waits, with each piece of the log.

    Attributes:
        answer: standard output so far.
        log: standard error so far.
        over: the limit that was passed, or None.
        latest_at: when the last piece came, by the monotonic clock.
    """

    def __init__(self, answer_room: int, log_room: int, on_output: Callable[[bytes], None] | None) -> None:
        self.answer = bytearray()
        self.log = bytearray()
        self.over: Stop | None = None
        self.latest_at = 0.0
        self._answer_room = answer_room
        self._log_room = log_room
        self._on_output = on_output
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
                    self._take_answer(piece)
                else:
                    self._take_log(piece)
        except (OSError, ValueError):
            pass  # the connection was cut: whether the command ended is asked of the engine
        finally:
            self._ended.set()
            close_connection(connection)

    def _take_answer(self, piece: bytes) -> None:
        room = self._answer_room - len(self.answer)
        self.answer += piece[:room]
        if len(piece) > room:
            self.over = self.over or Stop.ANSWER

    def _take_log(self, piece: bytes) -> None:
        room = self._log_room - len(self.log)
        self.log += piece[:room]
        if piece and self._on_output and not self.over:
            self._pieces.put(piece[:room])
        if len(piece) > room:
            self.over = self.over or Stop.LOG
