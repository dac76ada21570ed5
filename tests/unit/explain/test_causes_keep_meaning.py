"""Closing causes keep the meaning: what the standard readers see is the same before and after."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meanings import meaning_of
from wheel_builder import DIST_INFO, FILES, complete, put, zipped
from wheelproof.core.errors import MalformedError
from wheelproof.core.identity import Digest
from wheelproof.core.verdict import Verdict
from wheelproof.explain.attribution import explain_sides
from wheelproof.explain.causes.cause import Closing, Kind, MemberSide
from wheelproof.explain.causes.kinds import kind_of
from wheelproof.explain.causes.registry import CAUSES, closing_for
from wheelproof.pipeline.compare import compare_files
from wheelproof.wheel.record import parse_record

CLOSING = [cause for cause in CAUSES if isinstance(cause, Closing)]
NAMES = {
    Kind.METADATA: f"{DIST_INFO}/METADATA",
    Kind.WHEEL: f"{DIST_INFO}/WHEEL",
    Kind.RECORD: f"{DIST_INFO}/RECORD",
    Kind.ENTRY_POINTS: f"{DIST_INFO}/entry_points.txt",
    Kind.TOP_LEVEL: f"{DIST_INFO}/top_level.txt",
    Kind.LICENSE: f"{DIST_INFO}/licenses/LICENSE",
    Kind.PYTHON: "demo/code.py",
    Kind.BYTECODE: "demo/code.pyc",
    Kind.NATIVE: "demo/code.so",
    Kind.SCRIPT: "demo-1.0.data/scripts/demo",
    Kind.SBOM: f"{DIST_INFO}/sboms/demo.cdx.json",
    Kind.GZIP: "demo/data.gz",
    Kind.TEXT: "demo/notes.txt",
    Kind.OTHER: "demo/data.bin",
}
PIECES = {
    Kind.METADATA: [
        *("Name: demo", "Summary: UNKNOWN", "License: UNKNOWN", "License: one", "  two", "\ttwo"),
        *("Requires-Dist: a (>=1)", "Requires-Dist: a>=1", "Requires-Dist: B ; extra == 'x'"),
        *("Requires-Dist: ???", "Requires-Dist: b; python_version<'3'", "Provides-Extra: X_y"),
        *("Classifier: b", "Classifier: a", "Platform: UNKNOWN", "Keywords: a,", "Author: x\x0cy"),
        *("", "UNKNOWN", "body", "a: b:c", "\x85Name: x", "Name", "Name : x"),
    ],
    Kind.WHEEL: [
        *("Wheel-Version: 1.0", "Generator: a", "Generator: b", "generator: x", "Generator : c"),
        *(" folded", "Tag: a-b-c", "Tag: b-b-c", "", "Root-Is-Purelib: true", "Root-Is-Purelib: false"),
    ],
    Kind.ENTRY_POINTS: [
        *("[console_scripts]", "[a.b]", "[gui_scripts]", "[bad", "[DEFAULT]", "x = a:b", "x=a:b"),
        *("y= c", " z = d", "", "# no", "k: v", "w = a [x]", "x = a ; b", "DEFAULT = 1"),
    ],
    Kind.TOP_LEVEL: ["demo", "_demo", "", "a b"],
    Kind.PYTHON: [
        *("x = '''", "'''", "y = 1", "\\", "z = 'a\\", "'", "def f():", "    pass", "\x0c", "\xa0"),
        *("# coding: latin-1", "# coding: utf-16"),
    ],
    Kind.TEXT: ["one", "two", "", "\x85"],
    Kind.LICENSE: ["one", ""],
}
ENDS = st.sampled_from(["\n", "\r\n", "\n", "\r"])


def text_of(pieces: list[str]) -> st.SearchStrategy[bytes]:
    lines = st.lists(st.tuples(st.sampled_from(pieces), ENDS).map("".join), max_size=8)
    return lines.map("".join).map(str.encode)


def bom(serial: str, time: str, name: str) -> bytes:
    document = {
        "bomFormat": "CycloneDX",
        "serialNumber": serial,
        "metadata": {"timestamp": time, "x": name},
        "components": [{"name": name}],
    }
    return json.dumps(document).encode()


SMALL = st.sampled_from(["", "a", "b", "timestamp"])
CONTENTS: dict[Kind, st.SearchStrategy[bytes]] = {
    **{kind: text_of(pieces) for kind, pieces in PIECES.items()},
    Kind.SBOM: st.builds(bom, SMALL, SMALL, SMALL),
    Kind.GZIP: st.builds(
        lambda data, time: gzip.compress(data, mtime=time),
        st.sampled_from([b"", b"a" * 30, b"b" * 30]),
        st.integers(0, 3),
    ),
    Kind.BYTECODE: st.builds(
        lambda flags, time, rest: b"\xa7\x0d\r\n" + bytes([flags, 0, 0, 0, time, 0, 0, 0]) + rest,
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from([b"\1\0\0\0code", b"\2\0\0\0code", b"\1\0\0\0CODE"]),
    ),
}
KINDS = sorted(CONTENTS)


def side(kind: Kind, data: bytes, *, record_is_true: bool = True) -> MemberSide:
    assert kind_of(NAMES[kind], DIST_INFO) is kind
    return MemberSide(
        name=NAMES[kind],
        kind=kind,
        dist_info=DIST_INFO,
        digest=Digest.of_bytes(data),
        size_bytes=len(data),
        mode=0o100644,
        data=data,
        chunks=lambda: iter([data]),
        record_is_true=record_is_true,
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), CONTENTS[kind])))
def test_each_normalisation_keeps_what_readers_see(found: tuple[Kind, bytes]) -> None:
    kind, data = found
    for cause in closing_for(side(kind, data)):
        normal = cause.normalise(side(kind, data))
        assert meaning_of(kind, normal) == meaning_of(kind, data), cause.id
        assert cause.normalise(side(kind, normal)) == normal, cause.id


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=400)
@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), CONTENTS[kind], CONTENTS[kind])))
def test_closed_means_the_same(found: tuple[Kind, bytes, bytes]) -> None:
    kind, left, right = found
    closed, recognised = explain_sides(side(kind, left), side(kind, right))
    assert all(item.evidence.text.isprintable() for item in recognised)
    if closed:
        assert meaning_of(kind, left) == meaning_of(kind, right)
        assert all(item.cause.closes for item in recognised)
    elif left != right:
        assert any(not item.cause.closes for item in recognised)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a.py", "b.py", f"{DIST_INFO}/RECORD"]),
        st.sampled_from(["sha256=x", "sha256=y", ""]),
        st.sampled_from(["1", ""]),
    ).map(",".join),
    max_size=5,
)


@given(ROWS, ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_record_is_closed_only_where_it_is_true(
    left: list[str], right: list[str], end: str, left_true: bool, right_true: bool
) -> None:
    texts = [("".join(f"{row}{end}" for row in left)).encode(), "".join(f"{row}\n" for row in right).encode()]
    closed, _ = explain_sides(
        side(Kind.RECORD, texts[0], record_is_true=left_true),
        side(Kind.RECORD, texts[1], record_is_true=right_true),
    )
    rows = [sorted((row.path, row.hash, row.size) for row in parse_record(text)) for text in texts]
    bare = [[row for row in each if not (row[1] and row[2])] for each in rows]
    if closed:
        assert rows[0] == rows[1] or (left_true and right_true and bare[0] == bare[1])


@given(st.sampled_from(sorted(NAMES)), st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_explained_or_unknown(kind: Kind, left: bytes, right: bytes) -> None:
    closed, recognised = explain_sides(side(kind, left), side(kind, right))
    assert all(item.evidence.text.isprintable() for item in recognised)
    if closed and kind is not Kind.RECORD:
        assert meaning_of(kind, left) == meaning_of(kind, right)


@pytest.mark.parametrize("kind", [Kind.OTHER, Kind.NATIVE, Kind.SCRIPT])
def test_kinds_that_nothing_closes(kind: Kind) -> None:
    assert closing_for(side(kind, b"")) == ()


@pytest.mark.parametrize(
    ("magic", "closed"), [("a70d0d0a", True), ("420d0d0a", True), ("330d0d0a", False), ("03f30d0a", False)]
)
def test_only_headers_with_flags_hold_a_time(magic: str, closed: bool) -> None:
    left, right = (
        side(Kind.BYTECODE, bytes.fromhex(magic) + bytes(4) + time + bytes(4) + b"code")
        for time in (b"c\0\0\0", b"c\1\0\0")
    )
    assert explain_sides(left, right)[0] == closed


VARIETY: dict[str, str | bytes] = {
    **FILES,
    NAMES[Kind.METADATA]: FILES[NAMES[Kind.METADATA]]
    + "License: UNKNOWN\nRequires-Dist: six (>=1)\nRequires-Dist: attrs\nProvides-Extra: x\n\nText.\n",
    NAMES[Kind.ENTRY_POINTS]: "[console_scripts]\ndemo = demo:main\n\n[x.y]\na = b\n",
    NAMES[Kind.TOP_LEVEL]: "demo\nother\n",
    NAMES[Kind.LICENSE]: "Do what\r\nyou like.\n",
    NAMES[Kind.BYTECODE]: b"\xa7\x0d\r\n" + bytes(12) + b"code",
    NAMES[Kind.GZIP]: gzip.compress(b"data" * 9, mtime=1),
    NAMES[Kind.SBOM]: bom("urn:uuid:1", "2026", "x"),
    NAMES[Kind.TEXT]: "one\r\ntwo\n",
    NAMES[Kind.SCRIPT]: "#!python\nprint(1)\n",
    NAMES[Kind.OTHER]: b"\0\1\2",
    NAMES[Kind.NATIVE]: b"\x7fELF\2\1\1",
}
SITES = [
    (name, place)
    for name, content in VARIETY.items()
    for place in range(min(len(content if isinstance(content, bytes) else content.encode()), 400))
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=250)
@given(st.sampled_from(SITES), st.integers(1, 255))
def test_a_changed_byte_is_explained_only_where_nobody_reads_it(
    tmp_path: Path, place: tuple[str, int], change: int
) -> None:
    name, offset = place
    content = VARIETY[name]
    before = content.encode() if isinstance(content, str) else content
    after = before[:offset] + bytes([before[offset] ^ change]) + before[offset + 1 :]
    published = put(tmp_path / "published", zipped(complete({**VARIETY, name: after})))
    rebuilt = put(tmp_path / "rebuilt", zipped(complete(VARIETY)))
    (result,) = compare_files(published, rebuilt, required=Verdict.EXPLAINED).results
    assert result.verdict in {Verdict.EXPLAINED, Verdict.DIFFERENT}
    if result.verdict is Verdict.EXPLAINED:
        kind = kind_of(name, DIST_INFO)
        assert meaning_of(kind, before) == meaning_of(kind, after)


OTHER = {**VARIETY, NAMES[Kind.WHEEL]: FILES[NAMES[Kind.WHEEL]].replace("demo 1", "demo 2")}
EXPLAINED = zipped(complete(OTHER))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)
@given(st.integers(0, len(EXPLAINED) - 1), st.integers(1, 255))
def test_a_changed_byte_of_the_file_is_explained_only_where_the_members_are_the_same(
    tmp_path: Path, offset: int, change: int
) -> None:
    changed = EXPLAINED[:offset] + bytes([EXPLAINED[offset] ^ change]) + EXPLAINED[offset + 1 :]
    published = put(tmp_path / "published", changed)
    rebuilt = put(tmp_path / "rebuilt", zipped(complete(VARIETY)))
    try:
        (result,) = compare_files(published, rebuilt, required=Verdict.EXPLAINED).results
    except MalformedError:
        return
    assert result.verdict in {Verdict.EXPLAINED, Verdict.DIFFERENT}
    if result.verdict is Verdict.EXPLAINED:
        with zipfile.ZipFile(published) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        assert members == complete(OTHER)
