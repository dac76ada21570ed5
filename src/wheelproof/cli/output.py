"""Standard output that ends the program in the way of its own exit codes where no one can take more."""

import errno
import io
import os
import signal
import sys

from wheelproof.core.errors import UsageError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def guard_output() -> None:
    """Make standard output write what the locale can't as escapes, and end the program where it fails."""
    if sys.__stdout__ is None:  # closed by whoever started us
        sys.stdout = io.StringIO()
    if sys.stdout is not sys.__stdout__ or not isinstance(sys.stdout, io.TextIOWrapper):
        return
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Guarded(sys.stdout.fileno(), "w", closefd=False)),
        encoding=sys.stdout.encoding,
        errors="backslashreplace",
        line_buffering=sys.stdout.line_buffering,
    )


class _Guarded(io.FileIO):
    # Typer and rich end a program with 1 on a broken pipe: here 1 says that a level was not reached.
    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except BrokenPipeError:
            self._drop_the_rest()
            raise SystemExit(128 + signal.SIGPIPE) from None
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self._drop_the_rest()
            raise UsageError(
                "There is no room left where the output goes", hint="Make room, and try again."
            ) from None

    def _drop_the_rest(self) -> None:
        """What is still buffered goes nowhere, at exit neither."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
