import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from running import gone
from wheelproof.core import worker as module
from wheelproof.core.worker import EndlessLineError, Worker, wait_for

ECHO = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"
ECHO_BYTES = """
import sys
while line := sys.stdin.buffer.readline():
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
"""
FORKS = "import os, time\npid = os.fork()\nif pid: print(pid, flush=True)\ntime.sleep(600)"
PATIENCE_S = 30.0


@contextmanager
def worker(code: str) -> Iterator[Worker]:
    found = Worker([sys.executable, "-I", "-S", "-c", code])
    try:
        yield found
    finally:
        found.close()


def heard(found: Worker, count: int = 1) -> list[bytes] | None:
    """So many lines, or None where it ends before that."""
    lines: list[bytes] = []
    while len(lines) < count:
        assert wait_for([found], PATIENCE_S) == [found]
        more = found.receive()
        if more is None:
            return None
        lines += more
    return lines


def test_a_conversation() -> None:
    with worker(ECHO) as found:
        for word in (b"one", b"two"):
            assert found.send(word)
            assert heard(found) == [word.upper()]
        assert wait_for([found], 0) == []


def test_those_that_speak_are_told_from_those_that_do_not() -> None:
    with worker(ECHO) as loud, worker(ECHO) as quiet:
        loud.send(b"x")
        assert wait_for([quiet, loud], PATIENCE_S) == [loud]


def test_an_end_of_its_own() -> None:
    with worker("import sys; print('last', file=sys.stderr); sys.exit(3)") as found:
        assert heard(found) is None
        assert (found.kill(), found.kill(), found.last_words()) == (3, 3, "last")


def test_a_worker_that_does_not_listen() -> None:
    with worker("import os, time; os.close(0); os.write(1, b'deaf\\n'); time.sleep(600)") as found:
        assert heard(found) == [b"deaf"]
        assert not found.send(b"x")


def test_of_many_last_words_the_end_is_kept() -> None:
    with worker("import sys; sys.stderr.write('a' * 100_000 + '\\xff' + 'end')") as found:
        assert heard(found) is None
        assert found.last_words().endswith("end")
        assert len(found.last_words()) <= 4096


def test_a_worker_that_is_killed_takes_its_group_along() -> None:
    with worker(FORKS) as found:
        (line,) = heard(found) or []
        assert found.kill() == -signal.SIGKILL
        assert gone(int(line))


def test_its_standard_input_ends_with_whoever_started_it() -> None:
    with worker("import sys; sys.stdin.read(); print('alone', flush=True)") as found:
        assert found._process.stdin is not None
        found._process.stdin.close()
        assert heard(found) == [b"alone"]


def test_a_line_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LINE_BYTES", 1 << 20)
    with worker("import sys\nwhile True: sys.stdout.write('x' * 65536)") as found:
        with pytest.raises(EndlessLineError):
            heard(found)
        assert len(found._unread) <= (1 << 20) + (1 << 16)


def test_no_such_program() -> None:
    with pytest.raises(FileNotFoundError):
        Worker(["/nowhere/program"])


@pytest.fixture(scope="module")
def echo() -> Iterator[Worker]:
    with worker(ECHO_BYTES) as found:
        yield found


@settings(max_examples=50)
@given(lines=st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), min_size=1, max_size=8))
def test_lines_come_back_whole_however_they_are_cut(echo: Worker, lines: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_CHUNK_BYTES", 7)
        for line in lines:
            echo.send(line)
        assert heard(echo, len(lines)) == lines
