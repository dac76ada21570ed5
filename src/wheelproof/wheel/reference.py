"""PyPA's ``wheel`` asked to open a wheel: what it refuses, installers may refuse."""

import sys
import tempfile
from pathlib import Path

from wheel.wheelfile import WheelFile  # type: ignore[import-untyped]

from wheelproof.core.child import run_child
from wheelproof.wheel.anomaly import Anomaly, AnomalyKind, AnomalyLog

_TIMEOUT_S = 600.0
_MEMORY_BYTES = 1 << 30
_SAID_BYTES = 1 << 16
# The same in a process of its own, which finds its modules where this one does.
_SCRIPT = """
import sys
sys.path[:] = sys.argv[2:]
from wheel.wheelfile import WheelFile
sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
try:
    WheelFile(sys.argv[1]).close()
except Exception as error:
    sys.stdout.write(f"{type(error).__name__}: {error}"[:1000])
"""


def ask_reference_reader(path: Path, filename: str, *, alone: bool) -> tuple[Anomaly, ...]:
    """Open the wheel with PyPA's ``wheel``, which reads the directory and RECORD.

    Args:
        path: where it lies.
        filename: the name it goes by.
        alone: in a process of its own, for it takes a kilobyte for each member.
    """
    log = AnomalyLog()
    with tempfile.TemporaryDirectory(prefix="wheelproof-") as folder:
        # The reader takes the name from the path, and a cached file's path has none.
        link = Path(folder, filename)
        link.symlink_to(path.resolve())
        refusal = _open_alone(link) if alone else _open(link)
    if refusal:
        log.add(AnomalyKind.REFERENCE_READER_REFUSES, detail=refusal)
    return log.close()


def _open(path: Path) -> str:
    """What the reader says against it; empty where it opens it."""
    try:
        WheelFile(path).close()
    except Exception as error:  # whatever it raises on a hostile file is its refusal
        return f"{type(error).__name__}: {error}"
    return ""


def _open_alone(path: Path) -> str:
    ended = run_child(
        [sys.executable, "-I", "-c", _SCRIPT, path, *filter(None, sys.path)],
        timeout_s=_TIMEOUT_S,
        output_limit_bytes=_SAID_BYTES,
        memory_bytes=_MEMORY_BYTES,
    )
    if ended.ok:
        return ended.stdout.decode("utf-8", "backslashreplace")
    return f"it ended with {ended.returncode}"
