"""Sdists of our own that misbehave while they are built: each ends in a clear answer and leaves nothing."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from container_builds import MIB, SMALL, Build
from made_project import MadeProject
from running import run_program
from sdist_builder import FILENAME, WHEEL, members, tar_gz, tree
from wheelproof.container.pinned import PinnedImage
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.cache import Cache
from wheelproof.rebuild.record import NotBuilt, Phase

# Enough to prepare even where the machine is busy, and short enough to wait for.
BRIEF = replace(SMALL, timeout_s=4)


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """What a backend does, and what has to come of it."""

    id: str
    body: str
    reason: str
    phase: Phase = Phase.BUILD
    policy: Any = SMALL
    log: str = ""


SURVIVOR = """
if os.fork() == 0:
    os.setsid()
    {streams}
    while True:
        time.sleep(1)
return make(out)
"""

HOSTILE = (
    Hostile(
        id="connects out by address",
        body='import socket\nsocket.create_connection(("192.0.2.1", 80), 5)',
        reason="asks the network",
        log="Network is unreachable",
    ),
    Hostile(
        id="connects out by name",
        body='import socket\nsocket.create_connection(("index.example", 80), 5)',
        reason="asks the network",
        log="name resolution",
    ),
    Hostile(
        id="forks without end",
        body="while True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        reason="did not end within 4 s",
        policy=BRIEF,
    ),
    Hostile(
        id="forks and goes",
        body="for _ in range(30):\n    if os.fork() == 0:\n        time.sleep(60)\nreturn make(out)",
        reason="left processes running",
    ),
    Hostile(id="fills memory", body="bytearray(1 << 30)", reason="ran out of memory"),
    Hostile(
        id="fills memory in many processes",
        body="""
import multiprocessing
def grow():
    kept = []
    while True:
        kept.append(bytearray(1 << 20))
for _ in range(8):
    if os.fork() == 0:
        grow()
for _ in range(8):
    os.wait()
raise SystemExit(1)
""",
        reason="ran out of memory",
    ),
    *(
        Hostile(
            id=f"fills {folder}",
            body=f"""
with open("{folder}/big", "wb") as stream:
    while True:
        stream.write(bytes(1 << 20))
""",
            reason=f"filled its disk: {folder}",
            log="No space left",
        )
        for folder in ("/build", "/tmp", "/out")
    ),
    Hostile(
        id="fills every place and memory too",
        body="""
for folder in ("/build", "/tmp", "/out", "/dev/shm"):
    try:
        with open(folder + "/big", "wb", 0) as stream:
            while True:
                stream.write(bytes(1 << 16))
    except OSError:
        pass
bytearray(1 << 30)
""",
        reason="filled its disk|ran out of memory",
    ),
    Hostile(id="never ends", body="while True:\n    pass", reason="did not end within 4 s", policy=BRIEF),
    Hostile(
        id="closes its streams and runs on",
        body="sys.stdout.flush()\nfor fd in range(3):\n    os.close(fd)\nwhile True:\n    time.sleep(1)",
        reason="did not end within 4 s",
        policy=BRIEF,
    ),
    Hostile(
        id="writes outside its tree",
        body="""
for folder in ("/", "/etc", "/usr", "/root", "/home", "/var", "/run", "/in", "/in/sdist", "/proc", "/dev"):
    try:
        open(folder + "/mine", "w")
    except OSError:
        continue
    raise SystemExit("wrote to " + folder)
for path in ("/in/runner.py", "/etc/passwd", sys.executable):
    try:
        open(path, "r+")
    except OSError:
        continue
    raise SystemExit("wrote to " + path)
raise SystemExit("refused everywhere")
""",
        reason="exit code 1",
        log="refused everywhere",
    ),
    Hostile(
        id="reads what is not its own",
        body="""
for path in ("/etc/shadow", "/proc/1/environ", "/proc/1/fd/0", "/proc/kcore", "/dev/mem", "/dev/vda"):
    try:
        open(path, "rb").read(1)
    except OSError:
        continue
    raise SystemExit("read " + path)
for path in ("/var/run/docker.sock", "/run/podman", "/run/containerd"):
    assert not os.path.exists(path), path
raise SystemExit("refused everywhere")
""",
        reason="exit code 1",
        log="refused everywhere",
    ),
    Hostile(
        id="prints a gigabyte",
        body="line = 'x' * 1023\nfor _ in range(1 << 20):\n    print(line)\nreturn make(out)",
        reason="printed more than 1 MiB",
    ),
    Hostile(
        id="prints a gigabyte of errors with no line end",
        body="for _ in range(1 << 14):\n    os.write(2, b'x' * 65536)\nreturn make(out)",
        reason="printed more than 1 MiB",
    ),
    Hostile(
        id="leaves a daemon behind that holds its streams",
        body=SURVIVOR.format(streams=""),
        reason="left processes running behind it: .*python",
    ),
    Hostile(
        id="leaves a daemon behind that closed its streams",
        body=SURVIVOR.format(streams="for fd in range(3): os.close(fd)"),
        reason="left processes running behind it: .*python",
    ),
    Hostile(
        id="leaves a daemon behind that keeps printing",
        body=SURVIVOR.format(
            streams="import itertools\n    for _ in itertools.repeat(0): print(1, flush=True)"
        ),
        reason="printed more than 1 MiB|did not end|left processes",
        policy=BRIEF,
    ),
    Hostile(
        id="kills its own sandbox",
        body="""
import signal
for pid in (1, *(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(pid, number)
        except OSError as error:
            print(pid, error, flush=True)
os.kill(-1, signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
""",
        reason="exit code 143",
        log="1 .*Operation not permitted",
    ),
    Hostile(
        id="makes /out a symlink",
        body="""
import shutil
for step, *paths in ((os.rmdir, "/out"), (os.rename, "/out", "/build/out"), (os.symlink, "/etc", "/out")):
    try:
        step(*paths)
    except OSError as error:
        print(error)
assert not os.path.islink("/out")
os.symlink("/etc/passwd", "/out/demo-1.0-py3-none-any.whl")
return "demo-1.0-py3-none-any.whl"
""",
        reason="demo-1.0-py3-none-any.whl, which is no plain file",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes a folder of that name",
        body="os.mkdir(out + '/demo-1.0-py3-none-any.whl')",
        reason="no plain file",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes a pipe of that name",
        body="os.mkfifo(out + '/demo-1.0-py3-none-any.whl')",
        reason="no plain file",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes two wheels",
        body="make(out)\nreturn make(out, 'demo-1.0-1-py3-none-any.whl')",
        reason="left 2: demo-1.0-1-py3-none-any.whl, demo-1.0-py3-none-any.whl",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes none and says it did",
        body="return 'demo-1.0-py3-none-any.whl'",
        reason="left 0: none",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes one that can't be read",
        body="os.chmod(out + '/' + make(out), 0)",
        reason="exit code 2",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="gives it a bad name",
        body="return make(out, 'demo\\x1b[2J.whl')",
        reason=re.escape(r"demo\x1b[2J.whl is not a wheel's name"),
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes a sparse wheel of a terabyte",
        body="open(out + '/demo-1.0-py3-none-any.whl', 'wb').truncate(1 << 40)",
        reason="larger than 16 MiB",
        phase=Phase.COLLECT,
    ),
    Hostile(
        id="makes a thousand files",
        body="for number in range(1000):\n    open(f'{out}/{number}', 'w')\nreturn make(out)",
        reason="more than 64 files",
        phase=Phase.COLLECT,
    ),
    Hostile(id="ends the process at once", body="os._exit(0)", reason="left 0: none", phase=Phase.COLLECT),
)


def check_hostile(hostile: Hostile, build: Build) -> None:
    """Build it, and hold what comes of it against what has to."""
    outcome = build(tar_gz(members(tree(hostile.body))), policy=hostile.policy)
    assert isinstance(outcome, NotBuilt), outcome
    log = outcome.log.decode()
    assert re.search(hostile.reason, outcome.reason), (outcome.reason, log[-2000:])
    assert outcome.phase is hostile.phase, log[-2000:]
    assert re.search(hostile.log, log), log[-2000:]
    assert len(outcome.log) <= hostile.policy.log_bytes
    assert outcome.reason.isprintable()


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.id)
def test_hostile_backend(hostile: Hostile, build: Build) -> None:
    check_hostile(hostile, build)


def test_what_a_step_leaves_running_does_not_reach_the_next_one(build: Build) -> None:
    daemon = "nohup sleep 300 >/dev/null 2>&1 &"
    outcome = build(tar_gz(members(tree("return make(out)"))), recipe={"before": [daemon]})
    assert isinstance(outcome, NotBuilt), outcome
    assert outcome.reason == "It left processes running behind it: sleep 300"
    assert b"It left processes running behind it" in outcome.log


def test_what_ends_soon_after_its_step_is_waited_for(build: Build) -> None:
    brief = "nohup sleep 0.3 >/dev/null 2>&1 &"
    outcome = build(tar_gz(members(tree("return make(out)"))), recipe={"before": [brief]})
    assert not isinstance(outcome, NotBuilt), outcome


QUESTION = """
def get_requires_for_build_wheel(config_settings=None):
    path = "/out/requires.json"
{body}
"""

FORGED = {
    "no list": "    return 7",
    "garbage": "    open(path, 'wb').write(bytes(range(256)))\n    os._exit(0)",
    "another type": "    open(path, 'w').write('{\"setuptools\": 1}')\n    os._exit(0)",
    "numbers": "    open(path, 'w').write('[1, 2]')\n    os._exit(0)",
    "deep": "    open(path, 'w').write('[' * 100000)\n    os._exit(0)",
    "huge": "    open(path, 'w').truncate(1 << 40)\n    os._exit(0)",
    "a link": "    os.symlink('/etc/passwd', path)\n    os._exit(0)",
    "nothing": "    os._exit(0)",
    "a failure": "    raise SystemExit('no')",
}


@pytest.mark.parametrize("case", FORGED)
def test_forged_answer(case: str, build: Build) -> None:
    files = tree()
    files["backend.py"] += QUESTION.format(body=FORGED[case])
    answer = build.ask(tar_gz(members(files)))
    assert isinstance(answer, NotBuilt), answer
    assert answer.phase in {Phase.RESOLVE, Phase.COLLECT}
    assert answer.reason.isprintable()
    assert answer.log or case != "a failure"


def test_log_is_handed_on_within_the_limit(build: Build) -> None:
    pieces: list[bytes] = []
    body = "for _ in range(1 << 14):\n    print('x' * 1023)\nreturn make(out)"
    outcome = build(tar_gz(members(tree(body))), on_output=pieces.append)
    assert isinstance(outcome, NotBuilt)
    assert b"".join(pieces) == outcome.log
    assert len(outcome.log) == MIB


ESCAPES = """
sys.stdout.buffer.write(
    b"\\x1b[2J\\x1b]0;owned\\x07\\x1b]8;;http://evil.example\\x1b\\\\\\x9b31m"
    b"\\rverdict: identical\\x08\\x00\\xff\\xfe"
    + "\\u202e\\u2066\\u200b\\x85".encode() + b"[bold red]markup[/]" + b"\\n"
)
raise SystemExit("\\x1b[8mthe last line")
"""


@pytest.mark.parametrize("options", [(), ("-v",)], ids=["quiet", "verbose"])
def test_terminal_escapes(options: tuple[str, ...], cache: Cache, image: PinnedImage, tmp_path: Path) -> None:
    """What a build prints is shown and obeyed by no terminal: in the report, and as it comes."""
    wheel, sdist = tmp_path / WHEEL, tmp_path / FILENAME
    wheel.write_bytes(MadeProject().wheel())
    sdist.write_bytes(tar_gz(members(tree(ESCAPES))))
    ended = run_program(
        "check", wheel, "--sdist", sdist, "--image", image.name, *options,
        environment={"WHEELPROOF_CACHE": cache.root},
    )  # fmt: skip
    assert ended.exit_code == ExitCode.NOT_BUILT
    for shown in (ended.out, *([ended.err] if options else ())):
        assert r"\x1b[8mthe last line" in shown
        assert r"\u202e" in shown
        assert "[bold red]markup[/]" in shown
    for stream in (ended.out, ended.err):
        assert all(char.isprintable() or char == "\n" for char in stream), stream
