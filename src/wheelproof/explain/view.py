"""What a reader is shown of a difference: changed lines, what executables say, else the first bytes."""

import difflib
from collections.abc import Iterator

from wheelproof.core.untrusted import printable
from wheelproof.explain.causes.cause import MemberSide, View
from wheelproof.explain.causes.lines import common_line_ends, first_difference, is_text
from wheelproof.explain.native import view_native

VIEW_LINES = 60
_LINE_CHARS = 160
_CONTEXT = 2
# Beyond this a stretch of text is shown as replaced as a whole.
_DIFF_LINES = 400
_STRETCH_BYTES = 1 << 18
_BYTE_ROWS = 8
_ROW_BYTES = 16
NEWLINE = b"\n"


def view_sides(published: MemberSide | None, rebuilt: MemberSide | None) -> View | None:
    """A member's difference, or the beginning of a lone one; None where nothing was read."""
    if published and rebuilt and published.digest == rebuilt.digest:
        return None
    if native := view_native(published, rebuilt, VIEW_LINES):
        return native
    left, right = (b"" if side is None else side.data for side in (published, rebuilt))
    if left is None or right is None or left == right:
        return None
    if is_text(left) and is_text(right):
        return _bounded(list(_changed(left, right)))
    at = first_difference(left, right) // _ROW_BYTES * _ROW_BYTES
    return View(kind="bytes", lines=(*_dump("-", left, at), *_dump("+", right, at)))


def _bounded(lines: list[str]) -> View:
    shown = tuple(printable(line, limit=_LINE_CHARS) for line in lines[:VIEW_LINES])
    return View(kind="unified", lines=shown, lines_left_out=max(0, len(lines) - VIEW_LINES))


def _changed(published: bytes, rebuilt: bytes) -> Iterator[str]:
    start, end = common_line_ends(published, rebuilt)
    before, behind = _context(published, start, end)
    first = published.count(b"\n", 0, before)
    left, right = (_lines(memoryview(data)[before : len(data) - behind]) for data in (published, rebuilt))
    if max(len(left), len(right)) <= _DIFF_LINES:
        yield from _unified(left, right, first)
        return
    yield f"@@ from line {published.count(NEWLINE, 0, start) + 1} on @@"
    for sign, data in (("-", published), ("+", rebuilt)):
        yield from (f"{sign}{line}" for line in _lines(memoryview(data)[start : len(data) - end]))


def _context(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The same stretch with some lines more around it: where it starts, and how much is left behind it."""
    at, stop = start, len(data) - end
    for _ in range(_CONTEXT):
        at = data.rfind(NEWLINE, 0, max(0, at - 1)) + 1
        stop = data.find(NEWLINE, stop) + 1 or len(data)
    return at, len(data) - stop


def _unified(left: list[str], right: list[str], first: int) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, left, right)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        yield f"@@ -{first + group[0][1] + 1} +{first + group[0][3] + 1} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in left[i1:i2])
                continue
            yield from (f"-{line}" for line in left[i1:i2])
            yield from (f"+{line}" for line in right[j1:j2])


def _lines(data: memoryview) -> list[str]:
    """The lines without their line feeds; where the last one has none, that is said in a line more."""
    lines = bytes(data[:_STRETCH_BYTES]).decode("utf-8", "backslashreplace").split("\n")
    if len(data) > _STRETCH_BYTES:
        return lines
    return lines[:-1] if lines[-1] == "" else [*lines, "\\ no line feed at the end"]


def _dump(sign: str, data: bytes, at: int) -> Iterator[str]:
    for offset in range(at, min(at + _BYTE_ROWS * _ROW_BYTES, len(data)), _ROW_BYTES):
        row = data[offset : offset + _ROW_BYTES]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{sign}{offset:08x}  {row.hex(' '):<47}  {text}"
