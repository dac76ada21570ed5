"""Contents made to be slow, deep, huge or rude: an evidence or ``unknown``, and never a traceback."""

import json
from pathlib import Path

import pytest

from wheel_builder import DIST_INFO, FILES, complete, entries_of, put, raw_zip, zipped
from wheelproof.core.verdict import Verdict
from wheelproof.explain.causes.cause import EXPLAIN_LIMIT_BYTES
from wheelproof.explain.view import VIEW_LINES
from wheelproof.pipeline.compare import compare_files
from wheelproof.report.document import MemberFacts, Result

METADATA = f"{DIST_INFO}/METADATA"
HEAD = FILES[METADATA].encode()
DEEP = 200_000

HOSTILE: dict[str, tuple[str, bytes]] = {
    "deep parentheses": ("demo/code.py", b"(" * DEEP + b")" * DEEP),
    "deep operators": ("demo/code.py", b"x = " + b"-" * DEEP + b"1"),
    "long sum": ("demo/code.py", b"x = " + b"1 + " * 50_000 + b"1"),
    "deep attributes": ("demo/code.py", b"x" + b".y" * 50_000),
    "deep indentation": (
        "demo/code.py",
        b"".join(b" " * n + b"if x:\n" for n in range(300)) + b" " * 300 + b"1",
    ),
    "unknown encoding": ("demo/code.py", b"# coding: no-such\nx = 1\n"),
    "encoding that is none": ("demo/code.py", b"# coding: rot13\nk = 1\n"),
    "warning": ("demo/code.py", b"x = '\\d'\nassert (x, 1)\nx is 1\n"),
    "huge number": ("demo/code.py", b"x = " + b"9" * 10_000 + b"\n"),
    "NUL": ("demo/code.py", b"x = 1\0\n"),
    "deep JSON": ("demo/table.json", b"[" * DEEP + b"]" * DEEP),
    "deep JSON objects": (f"{DIST_INFO}/sboms/a.cdx.json", b'{"bomFormat":' * 50_000),
    "JSON numbers": ("demo/table.json", b"[" + b"9" * 10_000 + b"]"),
    "components of any type": (
        f"{DIST_INFO}/sboms/a.cdx.json",
        json.dumps({"bomFormat": "CycloneDX", "metadata": 3, "components": [1, None, {"name": {}}]}).encode(),
    ),
    "components of a number": (f"{DIST_INFO}/sboms/b.cdx.json", b'{"components": 7}'),
    "gzip bomb": (
        "demo/data.gz",
        bytes.fromhex("1f8b0800000000000003")
        + b"\xed\xc1\x01\x01\x00\x00\x00\x80\x90\xfe\xaf\xee\x08\x0a" * 9,
    ),
    "short gzip": ("demo/data.gz", b"\x1f\x8b\x08"),
    "short bytecode": ("demo/old.pyc", b"\xa7\x0d\r\n"),
    "many headers": (METADATA, HEAD + b"Keywords: x\n" * 21_000),
    "deep marker": (METADATA, HEAD + b"Requires-Dist: a; " + b"(" * 900 + b"x" + b")" * 900 + b"\n"),
    "deep markers": (METADATA, HEAD + b"Requires-Dist: a; " + b"(" * DEEP + b"\n"),
    "long requirement": (METADATA, HEAD + b"Requires-Dist: a" + b",<1" * DEEP + b"\n"),
    "folds": (METADATA, HEAD + b"Keywords: a\n" + b" \t" * 1000 + b"b\n" + b"  c\n" * 20_000),
    "not UTF-8": (METADATA, HEAD + b"Summary: \xff\xfe\n"),
    "other line ends": (METADATA, HEAD + "Summary: a\u2028Name: other\n\x85".encode()),
    "terminal escapes": (METADATA, HEAD + b"Summary: \x1b[2J\x1b]0;x\x07 <script>\n"),
    "bidirectional": (METADATA, HEAD + "Summary: \u202eeman\u2066\n".encode()),
    "sections": (f"{DIST_INFO}/entry_points.txt", b"[a]\n" * 50_000),
    "one section": (f"{DIST_INFO}/entry_points.txt", b"[" * DEEP),
    "blank entry": (f"{DIST_INFO}/entry_points.txt", b"[a]\nx = a" + b" " * DEEP + b"#\n"),
    "one line of digits": ("demo/notes.txt", b"1a" * DEEP),
    "one line of dates": ("demo/notes.txt", b"2026-01-02T03:04:05." * 50_000),
    "one line of paths": ("demo/notes.txt", b"/tmp/x" * DEEP),
    "one line of drives": ("demo/notes.txt", b"C:\\" * DEEP),
    "one line of tools": ("demo/notes.txt", b"generated a b c d by " * 20_000),
    "many lines": ("demo/notes.txt", b"".join(b"%d\n" % number for number in range(60_000))),
    "the same lines": ("demo/notes.txt", b"a\nb\n" * DEEP),
    "long shebang": ("demo-1.0.data/scripts/demo", b"#!" + b"/x" * DEEP),
    "escapes in a shebang": ("demo-1.0.data/scripts/demo", b"#!/bin/\x1b[31m\n"),
    "quoted record": (f"{DIST_INFO}/RECORD", b'"' * 9_999 + b"\r\n"),
    "startup file": ("demo.pth", b"import os; \x1b[2J" + b"x" * 1_000_000),
}


def judged(tmp_path: Path, left: bytes, right: bytes) -> Result:
    published, rebuilt = put(tmp_path / "published", left), put(tmp_path / "rebuilt", right)
    (result,) = compare_files(published, rebuilt, required=Verdict.EXPLAINED).results
    return result


def assert_bounded(member: MemberFacts) -> None:
    for use in member.causes:
        assert use.evidence.isprintable()
        assert len(use.evidence) < 2_000
    if member.view:
        assert len(member.view.lines) <= VIEW_LINES
        assert all(line.isprintable() and len(line) < 400 for line in member.view.lines)


@pytest.mark.parametrize(("name", "content"), HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("other", ["absent", "empty", "one byte more", "reversed"])
def test_hostile_contents(tmp_path: Path, name: str, content: bytes, other: str) -> None:
    contents = {"empty": b"", "one byte more": content + b"\n#", "reversed": content[::-1]}
    hostile = complete({**FILES, name: content}) | {name: content}
    plain = complete()
    if other != "absent" and not (name == METADATA and other == "empty"):
        plain |= {name: contents[other]}
    result = judged(tmp_path, zipped(hostile), zipped(plain))
    assert result.verdict is Verdict.DIFFERENT
    assert result.comparison is not None
    for member in result.comparison.members:
        assert_bounded(member)
        assert member.causes


def test_a_member_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    large = b"x" * (EXPLAIN_LIMIT_BYTES + 1)
    left, right = (zipped(complete({**FILES, "demo/big.txt": data})) for data in (large, large + b"y"))
    result = judged(tmp_path, left, right)
    assert result.comparison is not None
    member = result.comparison.members[0]
    assert [use.id for use in member.causes] == ["unknown"]
    assert member.causes[0].evidence.startswith("not read to explain it")
    assert member.view is None


def test_what_is_read_in_all_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelproof.explain.contents.TOTAL_LIMIT_BYTES", 1000)
    files = {f"demo/{number}.txt": f"{number:0300}" for number in range(9)}
    left = zipped(complete({**FILES, **files}))
    right = zipped(complete({**FILES, **{name: f"{text}\n" for name, text in files.items()}}))
    result = judged(tmp_path, left, right)
    assert result.comparison is not None
    evidence = [member.causes[0].evidence for member in result.comparison.members]
    assert sum(text.startswith("not read to explain it") for text in evidence) == 9


def test_many_members_are_listed_up_to_the_limit(tmp_path: Path) -> None:
    files = {f"demo/{number}.txt": f"{number}" for number in range(400)}
    left = raw_zip(entries_of(complete({**FILES, **files})))
    right = raw_zip(entries_of(complete({**FILES, **dict.fromkeys(files, "x\n")})))
    result = judged(tmp_path, left, right)
    assert result.comparison is not None
    assert len(result.comparison.members) == 200
    assert result.comparison.members_left_out == 201
    assert {cause.id: cause.members for cause in result.comparison.causes}["unknown"] == 400
