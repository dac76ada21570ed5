"""Causes in RECORD, which repeats what the archive holds: where it is true, it follows from the members."""

from collections.abc import Iterator
from itertools import zip_longest

from wheelproof.explain.causes.cause import Cause, Closing, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.lines import differing_stretch, listed, quoted
from wheelproof.wheel.record import RecordRow, read_rows

_RECORD = frozenset({Kind.RECORD})
_NO_ROW = RecordRow(path="", hash="", size="")
_SPEC = "https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file"


def _line_ends(data: bytes) -> str:
    crlf = data.count(b"\r\n")
    if data.count(b"\r") != crlf:
        return "mixed"
    return "LF" if not crlf else "CRLF" if data.count(b"\n") == crlf else "mixed"


def _with_line_feeds(side: MemberSide) -> bytes:
    """CRLF becomes LF where no other carriage return and no quoted row could hold a line end."""
    data = side.content
    if data.count(b"\r") != data.count(b"\r\n") or b'"' in data:
        return data
    return data.replace(b"\r\n", b"\n")


def _ends_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = _line_ends(published.content), _line_ends(rebuilt.content)
    return None if left == right else f"{left} published, {right} rebuilt"


def _sorted(side: MemberSide) -> bytes:
    data = side.content
    if b'"' in data or b"\r" in data or not data.endswith(b"\n"):
        return data
    return b"".join(sorted(data.splitlines(keepends=True)))


def _order_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    sides = (published, rebuilt)
    if all(one.path == other.path for one, other in zip_longest(*map(_rows, sides), fillvalue=_NO_ROW)):
        return None
    common = set.intersection(*({row.path for row in _rows(side)} for side in sides))
    paths = ((row.path for row in _rows(side) if row.path in common) for side in sides)
    for one, other in zip(*paths, strict=False):
        if one != other:
            return f"row of {quoted(one)} published, of {quoted(other)} rebuilt in its place"
    return None


def _unfollowed(side: MemberSide) -> bytes:
    """Only the rows that the archive does not prove: those without a hash or a size."""
    if not side.record_is_true or next(_rows(side), None) is None:
        return side.content
    left = (row for row in _rows(side) if not (row.hash and row.size))
    return "".join(f"{row.path},{row.hash},{row.size}\n" for row in left).encode()


def _follows_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    if not (published.record_is_true and rebuilt.record_is_true):
        return None
    left, right, complete = differing_stretch(published.content, rebuilt.content)
    try:
        differing = set(read_rows(left)) ^ set(read_rows(right))
    except ValueError:
        return None
    paths = listed(sorted({row.path for row in differing}))
    return f"the rows of {paths}{'' if complete else ' and others'}" if differing else None


def _rows(side: MemberSide) -> Iterator[RecordRow]:
    """One row after the other, for a RECORD can be long; none where it can't be read to its end."""
    try:
        for _ in read_rows(side.content):
            pass
    except ValueError:
        return
    yield from read_rows(side.content)


def _untrue(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    sides = {"published": published, "rebuilt": rebuilt}
    wrong = [name for name, side in sides.items() if not side.record_is_true]
    if not wrong:
        return None
    return Evidence(
        text=f"RECORD of the {' and the '.join(wrong)} wheel contradicts its archive, see findings"
    )


RECORD: tuple[Cause, ...] = (
    Closing(
        id="record-line-endings",
        family=Family.DIST_INFO,
        title="RECORD ends its lines in another way",
        why="RECORD is a CSV file, and CSV writers end lines with CRLF unless told otherwise.",
        tools="auditwheel and flit_core 4 write CRLF; most backends LF.",
        mend="Nothing has to be mended: every reader of CSV takes both.",
        link=_SPEC,
        kinds=_RECORD,
        normalise=_with_line_feeds,
        evidence=_ends_evidence,
    ),
    Closing(
        id="record-order",
        family=Family.DIST_INFO,
        title="the rows of RECORD stand in another order",
        why="Some tools write rows in the order in which a directory or a hash table gave the files.",
        tools="wheel before 0.30, poetry-core before 1.5, maturin before 1.8.4, auditwheel before 6.2.0.",
        mend="Update the tool: each of them sorts by now.",
        link=_SPEC,
        kinds=_RECORD,
        normalise=_sorted,
        evidence=_order_evidence,
    ),
    Closing(
        id="record-follows",
        family=Family.DIST_INFO,
        title="RECORD only repeats what differs elsewhere",
        why="Each row holds a member's hash and size. Both wheels' rows are true of their own members, so a "
        "row differs only where its member does, and that difference is judged by itself.",
        tools="Every backend.",
        mend="Mend what the members themselves differ by.",
        link=_SPEC,
        kinds=_RECORD,
        normalise=_unfollowed,
        evidence=_follows_evidence,
    ),
    Naming(
        id="record-untrue",
        family=Family.DIST_INFO,
        title="RECORD is not true of its own wheel",
        why="A wheel was changed after RECORD was written, or a tool wrote it wrongly. Such a RECORD says "
        "something of its own, and is never taken for a mere consequence.",
        tools="Repacking by hand, or with a zip tool.",
        mend="Pack with `wheel pack`, which writes RECORD again.",
        link=_SPEC,
        kinds=_RECORD,
        recognise=_untrue,
    ),
)
