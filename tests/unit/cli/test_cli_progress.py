import contextlib
import io
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from rich.console import Console

from wheelproof.cli.progress import _Line, listener
from wheelproof.pipeline.session import Listener
from wheelproof.rebuild.record import Phase

HOSTILE = "a\x1b[2J\rb"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextlib.contextmanager
def heard(stream: io.StringIO, *, verbose: bool = False, quiet: bool = False) -> Iterator[Listener]:
    with contextlib.redirect_stderr(stream), listener(verbose=verbose, quiet=quiet) as found:
        yield found


def test_elsewhere_each_phase_is_a_line() -> None:
    stream = io.StringIO()
    with heard(stream) as found:
        found.phase(Phase.INDEX, "demo==1.0")
        found.phase(Phase.EVIDENCE, HOSTILE)
        assert found.output is None
    assert stream.getvalue() == "index     demo==1.0\nevidence  a\\x1b[2J\\rb\n"


def test_quiet_is_quiet() -> None:
    stream = io.StringIO()
    with heard(stream, quiet=True) as found:
        found.phase(Phase.INDEX, "demo==1.0")
        assert found.output is None
    assert stream.getvalue() == ""


@pytest.mark.parametrize("quiet", [True, False])
def test_the_log_is_made_printable(quiet: bool) -> None:
    stream = io.StringIO()
    with heard(stream, verbose=True, quiet=quiet) as found:
        assert found.output is not None
        found.output(b"building\n\ta\x1b[2J\xff\n")
    assert stream.getvalue() == "building\n\ta\\x1b[2J\ufffd\n"


def test_a_terminal_has_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    stream = Terminal()
    with heard(stream) as found:
        found.phase(Phase.BUILD, HOSTILE)
    text = stream.getvalue()
    assert text.count("\n") <= 1
    assert text.endswith("\x1b[1A\x1b[2K")
    assert HOSTILE not in text
    assert "\x1b[2J" not in text


def test_the_seconds_go_on_while_a_phase_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([10.0, 11.0, 75.0])
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr("wheelproof.cli.progress.time", clock)
    line = _Line()
    line.show(Phase.BUILD, "demo")
    console = Console(file=io.StringIO(), width=80)
    shown = ["".join(part.text for part in console.render(line)).strip() for _ in range(2)]
    assert shown == ["build     demo  1 s", "build     demo  65 s"]
