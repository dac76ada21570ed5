"""Executable members: both sides read and compared once, for all who ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO

from wheelproof.compare.native import NativeDifference, compare_native
from wheelproof.compare.native_text import describe, describe_alone
from wheelproof.core.identity import Digest
from wheelproof.explain.causes.cause import MemberSide, View
from wheelproof.wheel.native.facts import NativeFacts
from wheelproof.wheel.native.read import HEAD_BYTES, native_format, read_native

# The largest libraries on the index, of machine learning for graphics processors, are somewhat smaller.
_SPOOLED_BYTES = 2 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Both sides of a member; equal to another by what they hold."""

    digests: tuple[Digest, Digest]
    sides: tuple[MemberSide, MemberSide] = field(compare=False)


def compare_sides(published: MemberSide, rebuilt: MemberSide) -> NativeDifference | None:
    """The difference of two executable files; None where one of them is none, or too large to be read."""
    return _compare(_Question(digests=(published.digest, rebuilt.digest), sides=(published, rebuilt)))


def view_native(published: MemberSide | None, rebuilt: MemberSide | None, limit: int) -> View | None:
    """What executable files say and do not share, at most ``limit`` lines; None for other files."""
    match published, rebuilt:
        case (MemberSide() as left, MemberSide() as right):
            difference = compare_sides(left, right)
            described = describe(difference, limit) if difference else None
        case (MemberSide() as lone, None) | (None, MemberSide() as lone):
            facts = _read(lone)
            described = describe_alone(facts, published=lone is published, limit=limit) if facts else None
        case _:
            described = None
    if described is None:
        return None
    return View(kind="native", lines=described.lines, lines_left_out=described.left_out)


@lru_cache(maxsize=1)
def _compare(question: _Question) -> NativeDifference | None:
    published = _read(question.sides[0])
    rebuilt = _read(question.sides[1]) if published else None
    return compare_native(published, rebuilt) if published and rebuilt else None


def _read(side: MemberSide) -> NativeFacts | None:
    if side.size_bytes > _SPOOLED_BYTES or native_format(_head(side)) is None:
        return None
    with _opened(side) as stream:
        return read_native(stream)


def _head(side: MemberSide) -> bytes:
    if side.data is not None:
        return side.data[:HEAD_BYTES]
    head = b""
    for chunk in side.chunks():
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]


@contextmanager
def _opened(side: MemberSide) -> Iterator[BinaryIO]:
    """The content as a file; one that is not in memory lies on disk, so that its size costs none."""
    if side.data is not None:
        yield BytesIO(side.data)
        return
    with TemporaryFile(prefix="wheelproof-") as spooled:
        for chunk in side.chunks():
            spooled.write(chunk)
        yield spooled
