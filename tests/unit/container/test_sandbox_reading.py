"""A command's output over a socket that stands for the engine's."""

import contextlib
import io
import socket
import struct
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from wheelproof.container.inputs import SandboxInput, write_inputs
from wheelproof.container.outcome import StepOutcome, Stop
from wheelproof.container.reading import Reading

Pieces = list[tuple[int, bytes]]
PIECES = st.lists(st.tuples(st.sampled_from((1, 2)), st.binary(max_size=40)), max_size=12)


def read(
    sent: bytes,
    *,
    answer: int = 64,
    log: int = 64,
    hear: Callable[[bytes], None] | None = None,
) -> Reading:
    near, far = socket.socketpair()
    reading = Reading(answer, log, hear)
    with far:
        reading.start(near)
        with contextlib.suppress(OSError):
            far.sendall(sent)
            far.shutdown(socket.SHUT_WR)
        assert reading.wait(30)
    return reading


def framed(pieces: Pieces) -> bytes:
    return b"".join(struct.pack(">BxxxL", stream, len(piece)) + piece for stream, piece in pieces)


@settings(deadline=None)
@given(
    pieces=PIECES,
    answer_room=st.integers(min_value=0, max_value=200),
    log_room=st.integers(min_value=0, max_value=200),
)
def test_each_stream_has_a_limit_of_its_own(pieces: Pieces, answer_room: int, log_room: int) -> None:
    heard: list[bytes] = []
    reading = read(framed(pieces), answer=answer_room, log=log_room, hear=heard.append)
    answer, log = (b"".join(piece for stream, piece in pieces if stream == wanted) for wanted in (1, 2))
    assert reading.answer == answer[:answer_room]
    assert reading.log == log[:log_room]
    over: set[Stop | None] = {Stop.ANSWER} if len(answer) > answer_room else set()
    over |= {Stop.LOG} if len(log) > log_room else set()
    assert reading.over in (over or {None})
    assert reading.log.startswith(b"".join(heard))
    if not over:
        assert b"".join(heard) == log


@settings(deadline=None)
@given(sent=st.binary(max_size=200))
def test_garbage_ends(sent: bytes) -> None:
    reading = read(sent)
    assert len(reading.log) <= 64
    assert len(reading.answer) <= 64


def test_inputs_are_the_same_for_every_owner() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_bytes(b"on disk")
        path.chmod(0o600)
        stream = io.BytesIO()
        write_inputs(
            stream, [SandboxInput(path="a.py", content=b"bytes"), SandboxInput(path="b/c", content=path)]
        )
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        found = {member.name: member for member in archive}
        assert list(found) == ["b", "a.py", "b/c"]
        assert {(member.uid, member.gid, member.mtime) for member in found.values()} == {(0, 0, 0)}
        assert [oct(member.mode) for member in found.values()] == ["0o755", "0o644", "0o644"]
        assert cast("tarfile.ExFileObject", archive.extractfile("b/c")).read() == b"on disk"


def test_outcome() -> None:
    ended = StepOutcome(exit_code=0, stop=None, answer=b"", log=b"x\xff", duration_s=1)
    assert ended.ok
    assert ended.tail() == "x�"
    stopped = StepOutcome(exit_code=None, stop=Stop.TIME, answer=b"", log=b"", duration_s=1)
    assert not stopped.ok
