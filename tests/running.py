"""Running the program: as its users do, or inside the test's own process."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from wheelproof.cli.main import main

PROGRAM = Path(sys.executable).with_name("wheelproof")


# Prints a program's exit code, its seconds and the most MB of memory that it or one of its children took. A
# process begins with the memory of whoever starts it, so that this has to be a small one.
STARTER = """
import os, subprocess, sys, time
begun = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - begun, usage.ru_maxrss / 1000)
"""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended."""

    exit_code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """What ``--format json`` printed."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.report["results"]
        return found

    @property
    def result(self) -> dict[str, Any]:
        (found,) = self.results
        return found


def run_program(
    *arguments: str | Path,
    environment: Mapping[str, str | Path] | None = None,
    before: tuple[str, ...] = (),
    folder: Path | None = None,
) -> Ended:
    """Run the installed program; ``before`` is a command that runs it."""
    added = {name: str(value) for name, value in (environment or {}).items()}
    done = subprocess.run(
        [*before, str(PROGRAM), *map(str, arguments)],
        env=os.environ | added,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(exit_code=done.returncode, out=done.stdout, err=done.stderr)


def memory_of(*arguments: str | Path) -> tuple[int, float]:
    """Run the installed program: its exit code, and the most MB of memory that it took."""
    argv = [sys.executable, "-I", "-S", "-c", STARTER, str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    status, _, memory = done.stdout.split()
    return int(status), float(memory)


def run_inside(*arguments: str | Path) -> Ended:
    """Run the program in this process, and let an exception that it does not expect through."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    code: int | str | None = 0
    try:
        with (
            mock.patch.object(sys, "argv", ["wheelproof", *map(str, arguments)]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            main()
    except SystemExit as end:
        code = end.code
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert isinstance(code, int)
    return Ended(exit_code=code, out=_written(out), err=_written(err))


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def gone(pid: int) -> bool:
    """Whether a process ends; one that was killed is there until whoever inherited it has seen it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
