"""How a command in the sandbox ended."""

from dataclasses import dataclass
from enum import StrEnum

TAIL_BYTES = 64 << 10


class Stop(StrEnum):
    """Why a command did not end by itself."""

    TIME = "time"
    LOG = "log"
    ANSWER = "answer"
    MEMORY = "memory"
    LEFT_RUNNING = "left-running"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How a command in the sandbox ended.

    Attributes:
        exit_code: the command's own, or None where it was stopped.
        stop: why it was stopped, or None.
        answer: what it wrote to standard output, up to the limit asked for.
        log: what it wrote to standard error, up to the policy's limit.
        duration_s: seconds.
        left: the commands of processes that outlived it.
    """

    exit_code: int | None
    stop: Stop | None
    answer: bytes
    log: bytes
    duration_s: float
    left: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """It ended by itself with exit code 0."""
        return self.stop is None and self.exit_code == 0

    def tail(self, limit_bytes: int = TAIL_BYTES) -> str:
        """The log's end as text."""
        return self.log[-limit_bytes:].decode("utf-8", "replace")
