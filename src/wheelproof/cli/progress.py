"""Progress on standard error: a line a phase, a status line on a terminal, the build log on request."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wheelproof.core.untrusted import printable
from wheelproof.pipeline.session import Listener
from wheelproof.rebuild.record import Phase

if TYPE_CHECKING:
    from rich.text import Text


@contextlib.contextmanager
def listener(*, verbose: bool, quiet: bool) -> Iterator[Listener]:
    """Who hears of progress while the block runs.

    On a terminal one line is rewritten; elsewhere each phase is a line, once.
    """
    output = _write_log if verbose else None
    if quiet:
        yield Listener(output=output)
    elif sys.stderr.isatty() and not verbose:
        from rich.console import Console

        line = _Line()
        with Console(stderr=True, highlight=False).status(line):
            yield Listener(phase=line.show, output=output)
    else:

        def tell(phase: Phase, about: str) -> None:
            sys.stderr.write(f"{phase:<9} {printable(about)}\n")
            sys.stderr.flush()

        yield Listener(phase=tell, output=output)


class _Line:
    """The line that is rewritten; how long it took so far is read whenever it is drawn."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._phase, self._about = "", ""

    def show(self, phase: Phase, about: str) -> None:
        self._phase, self._about = phase.value, printable(about, limit=100)

    def __rich__(self) -> "Text":
        from rich.text import Text

        seconds = f"  {time.monotonic() - self._begun:.0f} s"
        return Text.assemble((f"{self._phase:<8}", "bold"), f"  {self._about}", (seconds, "dim"))


def _write_log(piece: bytes) -> None:
    sys.stderr.write(printable(piece.decode("utf-8", "replace"), limit=len(piece), keep="\n\t"))
    sys.stderr.flush()
