"""Members that are closed one by one are not enough: the archives must be readable in one way only."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from wheel_builder import (
    DIST_INFO,
    FILENAME,
    FILES,
    Entry,
    complete,
    deflated,
    entries_of,
    put,
    raw_zip,
    zipped,
)
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.compare import compare_files
from wheelproof.report.document import Result

WHEEL = f"{DIST_INFO}/WHEEL"
RECORD = f"{DIST_INFO}/RECORD"
OTHER_GENERATOR = {**FILES, WHEEL: FILES[WHEEL].replace("demo 1", "demo 2")}

Spoil = Callable[[list[Entry]], bytes]


def judged(tmp_path: Path, published: bytes, rebuilt: bytes) -> Result:
    left, right = put(tmp_path / "published", published), put(tmp_path / "rebuilt", rebuilt)
    (result,) = compare_files(left, right, required=Verdict.EXPLAINED).results
    return result


def with_entry(entry: Entry) -> Spoil:
    return lambda entries: raw_zip([*entries, entry])


def with_field(name: str, **central: int | bytes) -> Spoil:
    def spoil(entries: list[Entry]) -> bytes:
        for entry in entries:
            if entry.name.decode() == name:
                entry.central |= central
        return raw_zip(entries)

    return spoil


def with_mode(mode: int) -> Spoil:
    def spoil(entries: list[Entry]) -> bytes:
        entries[0].mode = mode
        return raw_zip(entries)

    return spoil


def with_record(change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(entries: list[Entry]) -> bytes:
        for entry in entries:
            if entry.name.decode() == RECORD:
                entry.content = change(entry.content)
        return raw_zip(entries)

    return spoil


def with_stream(data: Callable[[bytes], bytes], name: str) -> Spoil:
    """A member's content in a deflate stream that holds more than it."""

    def spoil(entries: list[Entry]) -> bytes:
        for entry in entries:
            if entry.name.decode() == name:
                entry.data = data(entry.content)
        return raw_zip(entries)

    return spoil


def padded(content: bytes) -> bytes:
    """A stream that begins with empty stored blocks."""
    return b"\0\0\0\xff\xff" * 3 + deflated(content)


def in_short_blocks(content: bytes) -> bytes:
    """A stream that is much longer than it needs to be."""
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    pieces = [
        stream.compress(content[at : at + 3]) + stream.flush(zlib.Z_FULL_FLUSH)
        for at in range(0, len(content), 3)
    ]
    return b"".join(pieces) + stream.flush()


SPOILED: dict[str, Spoil] = {
    "hidden in a closed member": with_stream(padded, WHEEL),
    "hidden in an equal member": with_stream(padded, "demo/numbers.py"),
    "long stream of a closed member": with_stream(in_short_blocks, WHEEL),
    "long stream of an equal member": with_stream(in_short_blocks, "demo/numbers.py"),
    "archive comment": lambda entries: raw_zip(entries, comment=b"hello"),
    "bytes before": lambda entries: raw_zip(entries, prefix=b"#!/bin/sh\n"),
    "bytes between": lambda entries: raw_zip(entries, before_directory=b"hidden"),
    "member comment": with_field(WHEEL, comment=b"hello"),
    "unknown extra field": with_field(WHEEL, extra=b"\xfe\xca\x04\x00evil"),
    "headers disagree": with_field(WHEEL, time=99),
    "duplicate member": with_entry(Entry(name=b"demo/py.typed")),
    "ambiguous name": with_entry(Entry(name="demo/é".encode())),
    "unsafe name": with_entry(Entry(name=b"../demo.pth")),
    "executable bit": with_mode(0o100755),
    "symbolic link": with_mode(0o120777),
    "record lies": with_record(lambda data: data.replace(b"sha256=", b"sha256=A", 1)),
    "record leaves a member out": with_record(lambda data: data.split(b"\n", 1)[1]),
    "record lists a stranger": with_record(lambda data: data + b"demo/other.py,sha256=AAAA,1\n"),
    "record without a hash": with_record(lambda data: b"demo/py.typed,,\n" + data),
}


def test_without_any_of_this_it_is_explained(tmp_path: Path) -> None:
    result = judged(tmp_path, raw_zip(entries_of(complete(OTHER_GENERATOR))), raw_zip(entries_of(complete())))
    assert result.verdict is Verdict.EXPLAINED
    assert result.reason.endswith("explained by wheel-generator, record-follows")
    assert result.comparison is not None
    assert [cause.id for cause in result.comparison.causes] == ["wheel-generator", "record-follows"]


@pytest.mark.parametrize("level", [0, 1, 9, None])
def test_another_encoder_is_explained_too(tmp_path: Path, level: int | None) -> None:
    published = zipped(complete(OTHER_GENERATOR), level=level or 0)
    if level is None:  # a setting that no replay tries
        entries = entries_of(complete(OTHER_GENERATOR))
        for entry in entries:
            entry.data = deflated(entry.content, memory=5)
        published = raw_zip(entries)
    assert judged(tmp_path, published, raw_zip(entries_of(complete()))).verdict is Verdict.EXPLAINED


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_what_spoils_the_published_wheel(tmp_path: Path, spoil: Spoil) -> None:
    published = spoil(entries_of(complete(OTHER_GENERATOR)))
    result = judged(tmp_path, published, raw_zip(entries_of(complete())))
    assert result.verdict is Verdict.DIFFERENT
    assert result.reason.isprintable()


@pytest.mark.parametrize(
    "what", ["bytes between", "duplicate member", "ambiguous name", "record lies", "record without a hash"]
)
def test_what_both_wheels_share_spoils_too(tmp_path: Path, what: str) -> None:
    spoil = SPOILED[what]
    published = spoil(entries_of(complete(OTHER_GENERATOR)))
    assert judged(tmp_path, published, spoil(entries_of(complete()))).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("demo.pth", "import demo\n"),
        ("demo/payload.py", "import os\n"),
        ("demo/payload.so", "\x7fELF"),
        ("demo-1.0.data/scripts/demo", "#!python\n"),
        (f"{DIST_INFO}/entry_points.txt", "[console_scripts]\ndemo = demo:main\n"),
        ("demo/data.bin", "data"),
    ],
)
def test_a_member_in_one_wheel_is_never_explained(tmp_path: Path, name: str, content: str) -> None:
    more = raw_zip(entries_of(complete({**OTHER_GENERATOR, name: content})))
    plain = raw_zip(entries_of(complete()))
    for published, rebuilt in ((more, plain), (plain, more)):
        result = judged(tmp_path, published, rebuilt)
        assert result.verdict is Verdict.DIFFERENT
        assert result.comparison is not None
        assert result.comparison.members[0].name == name


def test_what_runs_at_the_start_is_named_first(tmp_path: Path) -> None:
    published = {**FILES, "demo/__init__.py": "", "demo/payload.py": "", "demo.pth": "import demo\n"}
    rebuilt = raw_zip(entries_of(complete()))
    result = judged(tmp_path, SPOILED["record lies"](entries_of(complete(published))), rebuilt)
    assert result.comparison is not None
    names = [member.name for member in result.comparison.members]
    assert names == ["demo.pth", "demo/payload.py", "demo/__init__.py", RECORD]


def test_a_licence_file_moves_only_as_it_is(tmp_path: Path) -> None:
    left = {**FILES, f"{DIST_INFO}/LICENSE": "one"}
    plain = raw_zip(entries_of(complete(left)))
    cases = {
        f"{DIST_INFO}/licenses/LICENSE": ("one", Verdict.EXPLAINED),
        f"{DIST_INFO}/license_files/LICENSE": ("one", Verdict.EXPLAINED),
        f"{DIST_INFO}/licenses/COPYING": ("one", Verdict.DIFFERENT),
        f"{DIST_INFO}/licenses/vendor/LICENSE": ("one", Verdict.DIFFERENT),
        "demo/LICENSE": ("one", Verdict.DIFFERENT),
    }
    for name, (content, verdict) in cases.items():
        other = raw_zip(entries_of(complete({**FILES, name: content})))
        assert judged(tmp_path, plain, other).verdict is verdict
    changed = raw_zip(entries_of(complete({**FILES, f"{DIST_INFO}/licenses/LICENSE": "two"})))
    assert judged(tmp_path, plain, changed).verdict is Verdict.DIFFERENT


def test_no_entry_point_moves_like_a_licence(tmp_path: Path) -> None:
    text = "[console_scripts]\ndemo = demo:main\n"
    left = raw_zip(entries_of(complete({**FILES, f"{DIST_INFO}/entry_points.txt": text})))
    right = raw_zip(entries_of(complete({**FILES, f"{DIST_INFO}/licenses/entry_points.txt": text})))
    for published, rebuilt in ((left, right), (right, left)):
        result = judged(tmp_path, published, rebuilt)
        assert result.verdict is Verdict.DIFFERENT
        assert result.comparison is not None
        assert {use.id for member in result.comparison.members for use in member.causes} == {
            "dist-info-file-alone",
            "record-follows",
        }


def test_the_name_of_the_file_is_no_member(tmp_path: Path) -> None:
    data = raw_zip(entries_of(complete()))
    left, right = put(tmp_path, data), put(tmp_path / "rebuilt", data, FILENAME)
    (result,) = compare_files(left, right, required=Verdict.IDENTICAL).results
    assert result.verdict is Verdict.IDENTICAL
    assert result.comparison is not None
    assert result.comparison.members == ()
