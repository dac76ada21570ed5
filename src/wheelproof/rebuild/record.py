"""What happened in a rebuild, as data."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wheelproof.core.identity import Digest


class Phase(StrEnum):
    """The phases of a check, in order; a result that is not built names the one it ended in."""

    INDEX = "index"
    DOWNLOAD = "download"
    EVIDENCE = "evidence"
    IMAGE = "image"
    RESOLVE = "resolve"
    PREPARE = "prepare"
    BUILD = "build"
    REPAIR = "repair"
    COLLECT = "collect"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A rebuilt wheel.

    Attributes:
        path: where it lies.
        filename: what the backend called it.
        digest: its sha256.
        log: what the build printed.
        duration_s: seconds in the sandbox.
        build_s: of these, seconds in the backend.
    """

    path: Path
    filename: str
    digest: Digest
    log: bytes
    duration_s: float
    build_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A rebuild that ended without a wheel.

    Attributes:
        phase: where it ended.
        reason: one sentence, without a full stop.
        hint: what to do next, or empty.
        log: what the build printed.
        out_of_time: it was ended at its limit of time.
    """

    phase: Phase
    reason: str
    hint: str = ""
    log: bytes = b""
    out_of_time: bool = False


Outcome = Built | NotBuilt
