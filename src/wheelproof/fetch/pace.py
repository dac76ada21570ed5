"""How long an answer may take: a little patience, and more only for bytes that come."""

import io
import time
from collections.abc import Callable
from typing import Protocol

from wheelproof.core.errors import FetchError


class Pace:
    """The time and the bytes that one transfer may use, its retries and redirects included.

    A transfer ends when it has lasted ``patience_s`` and one second more for each ``bytes_per_s`` bytes that
    came. So a server that drips a byte a second ends about when a silent one does, a large file on a slow
    line gets its time, and since the bytes are bounded too, everything ends.

    Args:
        who: what is waited for, as a message may show it.
        patience_s: seconds until silence is an error.
        bytes_per_s: the least speed after that.
        ceiling_bytes: bytes on the wire, headers and retries included, that no honest transfer needs.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        who: str,
        *,
        patience_s: float,
        bytes_per_s: float,
        ceiling_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._who = who
        self._patience_s = patience_s
        self._bytes_per_s = bytes_per_s
        self._ceiling_bytes = ceiling_bytes
        self._clock = clock
        self._started = clock()
        self._received_bytes = 0

    def left_s(self) -> float:
        """Seconds that are left, if no byte comes; negative where it is over."""
        allowed_s = self._patience_s + self._received_bytes / self._bytes_per_s
        return allowed_s - (self._clock() - self._started)

    def check(self) -> None:
        """Raise FetchError where the time is over."""
        if self.left_s() <= 0:
            raise FetchError(
                f"{self._who} is too slow: {self._received_bytes} bytes in "
                f"{self._clock() - self._started:.0f} s",
                hint="Try again, or name another index with --index-url.",
            )

    def receive(self, count: int) -> None:
        """Count bytes that came; raises FetchError past the ceiling."""
        self._received_bytes += count
        if self._received_bytes > self._ceiling_bytes:
            raise FetchError(
                f"{self._who} sends without end ({self._received_bytes} bytes)",
                hint="Name another index with --index-url.",
            )


class Sock(Protocol):
    """The part of a socket that is paced."""

    def gettimeout(self) -> float | None: ...  # noqa: D102
    def settimeout(self, value: float | None, /) -> None: ...  # noqa: D102
    def makefile(self, mode: str, *, buffering: int) -> io.RawIOBase: ...  # noqa: D102


class PacedSocket:
    """A socket whose readable file waits no longer than the pace allows, in headers as in bodies."""

    def __init__(self, sock: Sock, pace: Pace) -> None:
        self._sock = sock
        self._pace = pace

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Open the socket for reading, as ``socket.makefile("rb")`` does."""
        return io.BufferedReader(_PacedFile(self._sock, self._pace))


class _PacedFile(io.RawIOBase):
    def __init__(self, sock: Sock, pace: Pace) -> None:
        super().__init__()
        self._sock = sock
        self._pace = pace
        self._read_s = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._pace.check()
        left_s = self._pace.left_s()
        self._sock.settimeout(max(0.001, left_s if self._read_s is None else min(self._read_s, left_s)))
        try:
            count: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            self._pace.check()
            raise
        self._pace.receive(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
