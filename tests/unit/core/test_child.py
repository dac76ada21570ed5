import signal
import sys
from pathlib import Path

import pytest

from running import gone
from wheelproof.core.child import ChildResult, run_child

LONG_S = 120.0


def python(code: str, *, timeout_s: float = LONG_S, output_limit_bytes: int = 1 << 20) -> ChildResult:
    return run_child([sys.executable, "-c", code], timeout_s=timeout_s, output_limit_bytes=output_limit_bytes)


def test_an_end_of_its_own() -> None:
    result = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (result.returncode, result.stdout, result.stderr, result.stopped) == (3, b"out\n", b"err\n", None)
    assert not result.ok
    assert python("pass").ok


def test_a_signal_of_its_own() -> None:
    result = python("import os, signal; os.kill(os.getpid(), signal.SIGUSR1)")
    assert (result.returncode, result.stopped) == (-signal.SIGUSR1, None)


def test_no_such_program() -> None:
    with pytest.raises(FileNotFoundError):
        run_child(["/nowhere/program"], timeout_s=1)


def test_time_is_limited() -> None:
    result = python("import time; print('begun', flush=True); time.sleep(600)", timeout_s=2)
    assert (result.returncode, result.stdout, result.stopped) == (-signal.SIGKILL, b"begun\n", "time")
    assert not result.ok


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_output_is_limited(stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 5000)"
    result = python(code, output_limit_bytes=20_000)
    assert result.stopped == "output"
    assert len(result.stdout + result.stderr) == 20_000


def test_output_up_to_the_limit_is_whole() -> None:
    result = python("print('x' * 9999)", output_limit_bytes=10_000)
    assert (len(result.stdout), result.stopped) == (10_000, None)


def test_both_streams_share_the_limit() -> None:
    result = python(
        "import sys; sys.stdout.write('x' * 600); sys.stderr.write('y' * 600)", output_limit_bytes=1000
    )
    assert result.stopped == "output"
    assert len(result.stdout + result.stderr) == 1000


FORKS = """
import os, sys, time
if os.fork() == 0:
    print(os.getpid(), flush=True)
    time.sleep(600)
{rest}
"""


def test_a_limit_ends_the_whole_group() -> None:
    result = python(FORKS.format(rest="time.sleep(600)"), timeout_s=2)
    assert result.stopped == "time"
    assert gone(int(result.stdout))


def test_what_lingers_is_neither_waited_for_nor_left() -> None:
    """A grandchild holds the streams open when the child has ended."""
    result = python(FORKS.format(rest="time.sleep(1); sys.exit(5)"))
    assert (result.returncode, result.stopped) == (5, None)
    assert gone(int(result.stdout))


def test_an_interruption_ends_the_group() -> None:
    """Whatever unwinds the stack while a child runs, the child does not outlive it."""
    seen: list[int] = []

    def interrupt(piece: bytes) -> None:
        seen.append(int(piece))
        raise SystemExit(130)

    with pytest.raises(SystemExit):
        run_child(
            [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"],
            timeout_s=LONG_S,
            on_output=interrupt,
        )
    assert gone(seen[0])


def test_output_is_heard_as_it_comes() -> None:
    heard: list[bytes] = []
    result = run_child(
        [sys.executable, "-c", "import sys; print('a'); print('b', file=sys.stderr)"],
        timeout_s=LONG_S,
        on_output=heard.append,
    )
    assert sorted(b"".join(heard)) == sorted(result.stdout + result.stderr)


def test_the_surroundings_are_what_is_asked_for(tmp_path: Path) -> None:
    result = run_child(
        [sys.executable, "-c", "import os, sys; print(sorted(os.environ), os.getcwd(), sys.stdin.read())"],
        timeout_s=LONG_S,
        environment={"ONLY": "1", "LC_ALL": "C.UTF-8"},
        folder=tmp_path,
    )
    assert result.stdout.decode().strip() == f"['LC_ALL', 'ONLY'] {tmp_path.resolve()}"


def test_no_shell_reads_the_arguments() -> None:
    result = run_child([sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id); *"], timeout_s=LONG_S)
    assert result.stdout == b"$(id); *\n"
