"""Child processes that live on and answer line by line; their whole group is killed with them."""

import os
import selectors
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from wheelproof.core.child import kill_group

_CHUNK_BYTES = 1 << 16
_LINE_BYTES = 64 << 20
_SAID_BYTES = 4 << 10


class EndlessLineError(Exception):
    """A worker says more in one line than any answer holds."""


class Worker:
    """A child process with a conversation in lines.

    Its group ends where it is killed; where this process ends, its standard input does, which it has to heed.

    Args:
        argv: the program and its arguments; no shell reads them.
        environment: the whole environment; this process's own where None.

    Raises:
        FileNotFoundError: there is no such program.
    """

    def __init__(self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ``close``
        try:
            self._process = subprocess.Popen(  # noqa: S603 - argv is ours, and no shell reads it
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=None if environment is None else dict(environment),
                start_new_session=True,
            )
        except OSError:
            self._said.close()
            raise
        self._unread = bytearray()
        self._code: int | None = None

    def fileno(self) -> int:
        """What to wait on for its next line."""
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout.fileno()

    def send(self, line: bytes) -> bool:
        """Say a line to it; False where it no longer listens."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def receive(self) -> list[bytes] | None:
        """The lines that it finished since ``wait_for`` named it; None where it ended.

        Raises:
            EndlessLineError: it says too much.
        """
        chunk = os.read(self.fileno(), _CHUNK_BYTES)
        if not chunk:
            return None
        first, *others = chunk.split(b"\n")
        self._unread += first
        if len(self._unread) > _LINE_BYTES:
            raise EndlessLineError
        if not others:
            return []
        lines = [bytes(self._unread), *others[:-1]]
        self._unread = bytearray(others[-1])
        return lines

    def kill(self) -> int:
        """End it and its group, once; its exit code, or minus the signal that ended it."""
        if self._code is None:
            self._code = kill_group(self._process)
        return self._code

    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        size = os.fstat(self._said.fileno()).st_size
        text = os.pread(self._said.fileno(), _SAID_BYTES, max(0, size - _SAID_BYTES))
        return text.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Kill it and forget what it said."""
        self.kill()
        self._said.close()


def wait_for(workers: Iterable[Worker], timeout_s: float) -> list[Worker]:
    """The workers that said something or ended, as soon as there is one; none after the time."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker, selectors.EVENT_READ)
        return [key.fileobj for key, _ in selector.select(timeout_s) if isinstance(key.fileobj, Worker)]
