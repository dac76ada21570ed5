"""What diffoscope says of a member's difference: a program beside this one, hard limits around it.

It explains and never decides: its exit code, its crashes and its limits change no verdict. It is run as a
program, as its licence (GPL-3.0-or-later) and its interface ask for, on two files taken out of the wheels.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wheelproof.core.child import ChildResult, run_child
from wheelproof.core.untrusted import printable
from wheelproof.explain.causes.cause import MemberSide

INSTALLING = "On Debian: apt-get install libmagic1 libarchive13"
# What it takes to disassemble and dump a library says little that our own reading of it does not.
_EXCLUDED_COMMANDS = (r"^objdump", r"readelf.*--debug-dump", r"readelf.*--hex-dump", r"^radare2")
_VERSION_TIMEOUT_S = 30
_VIEW_LINES = 120
_LINE_CHARS = 200
_ODD = re.compile(r"[^A-Za-z0-9._-]")
_NAME_CHARS = 80
# One side's content; a larger member is not taken out of its wheel for this.
_FILE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may take: seconds, memory and output, in bytes."""

    timeout_s: float = 20
    memory_bytes: int = 2 << 30
    output_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What it said of one member.

    Attributes:
        lines: safe to show, bounded in number and length.
        lines_left_out: how many more it printed.
        cut: why that is not all that it had to say, a sentence without a full stop; empty where it is.
    """

    lines: tuple[str, ...]
    lines_left_out: int
    cut: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diffoscope:
    """The program, where it is installed and runs.

    Attributes:
        program: its path.
        version: as it says it, with its name.
    """

    program: Path
    version: str

    def compare(self, published: MemberSide, rebuilt: MemberSide, limits: Limits) -> Details:
        """Run it on a member; whatever goes wrong is said in ``cut``.

        Raises:
            MalformedError: a content can't be read.
            OSError: the temporary folder can't be written.
        """
        if max(published.size_bytes, rebuilt.size_bytes) > _FILE_BYTES:
            return Details(lines=(), lines_left_out=0, cut=f"It is larger than {_FILE_BYTES >> 20} MiB")
        with tempfile.TemporaryDirectory(prefix="wheelproof-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            sides = {"published": published, "rebuilt": rebuilt}
            paths = [_write(side, folder / label) for label, side in sides.items()]
            begun = time.monotonic()
            result = run_child(
                [self.program, *_options(limits), *(path.relative_to(folder) for path in paths)],
                timeout_s=limits.timeout_s,
                output_limit_bytes=limits.output_bytes,
                memory_bytes=limits.memory_bytes,
                environment=_environment(folder),
                folder=folder,
            )
        return _read(result, limits, time.monotonic() - begun)


def find_diffoscope() -> Diffoscope | str:
    """The program beside this Python or on the path; where there is none, why, without a full stop."""
    beside = Path(sys.executable).with_name("diffoscope")
    found = str(beside) if beside.exists() else shutil.which("diffoscope")
    if found is None:
        return "diffoscope is not installed"
    try:
        answer = run_child([found, "--version"], timeout_s=_VERSION_TIMEOUT_S)
    except OSError as error:
        return f"diffoscope can't be run: {error}"
    said = (answer.stdout or answer.stderr).decode("utf-8", "replace").strip().rpartition("\n")[2]
    if not answer.ok:
        return f"diffoscope does not work: {printable(said, limit=200)}"
    return Diffoscope(program=Path(found), version=printable(said, limit=40))


def _options(limits: Limits) -> list[str]:
    excluded = [part for pattern in _EXCLUDED_COMMANDS for part in ("--exclude-command", pattern)]
    return [
        *("--text", "-", "--text-color", "never", "--no-progress", "--diff-context", "2"),
        *("--exclude-directory-metadata", "yes", "--timeout", str(max(1, int(limits.timeout_s)))),
        *excluded,
    ]


def _environment(folder: Path) -> Mapping[str, str]:
    """The search path, for its helpers, and nothing else of this process's environment."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _write(side: MemberSide, folder: Path) -> Path:
    """The content under a name that is harmless, and that tells the file's kind as the member's does."""
    folder.mkdir()
    base = _ODD.sub("_", side.name.rpartition("/")[2])[-_NAME_CHARS:].lstrip(".-")
    path = folder / (base or "member")
    with path.open("wb") as stream:
        for chunk in side.chunks():
            stream.write(chunk)
    return path


def _read(result: ChildResult, limits: Limits, took_s: float) -> Details:
    text = result.stdout.decode("utf-8", "replace")
    lines = text.splitlines()
    shown = tuple(printable(line, limit=_LINE_CHARS, keep="\t") for line in lines[:_VIEW_LINES])
    return Details(lines=shown, lines_left_out=len(lines) - len(shown), cut=_cut(result, limits, took_s))


def _cut(result: ChildResult, limits: Limits, took_s: float) -> str:
    match result.stopped:
        case "time":
            return f"It was stopped after {limits.timeout_s:g} s"
        case "output":
            return f"It was stopped after {limits.output_bytes >> 10} KiB of output"
        case _ if result.returncode in {0, 1} and took_s >= limits.timeout_s:
            return f"It broke off after {limits.timeout_s:g} s by itself"
        case _ if result.returncode in {0, 1}:
            return ""
    said = result.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    reason = f": {printable(said, limit=200)}" if said else ""
    return f"It ended with exit code {result.returncode}{reason}"
