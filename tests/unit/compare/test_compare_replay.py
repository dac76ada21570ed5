"""The proof by replay: it holds for whatever wrote the archive, and for nothing that hides a byte."""

import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheel_builder import DIST_INFO, FILES, Entry, complete, deflated, entries_of, put, raw_zip, zipped
from wheelproof.compare.encoders import FROM_PUBLISHED, FROM_REBUILT, same_bytes
from wheelproof.compare.envelope import compare_envelopes
from wheelproof.compare.replay import Replay, replay
from wheelproof.compare.wheels import compare_wheels
from wheelproof.core.errors import MalformedError
from wheelproof.core.verdict import Verdict
from wheelproof.explain.verdict import judge
from wheelproof.wheel.archive import RegionKind
from wheelproof.wheel.facts import read_wheel

CONTENT = complete()
PLAIN = zipped(CONTENT)


def replayed(tmp_path: Path, published: bytes, rebuilt: bytes = PLAIN) -> Replay:
    left = read_wheel(put(tmp_path / "published", published))
    right = read_wheel(put(tmp_path / "rebuilt", rebuilt), beside=left)
    return replay(compare_wheels(left, right))


def assert_proved(tmp_path: Path, published: bytes, rebuilt: bytes = PLAIN) -> Replay:
    result = replayed(tmp_path, published, rebuilt)
    assert (result.proved, result.reason) == (True, "")
    assert sum(length for _, length in result.accounted) == len(published)
    assert RegionKind.OUTSIDE not in dict(result.accounted)
    return result


@pytest.mark.parametrize("level", range(10))
def test_each_level_of_zlib(tmp_path: Path, level: int) -> None:
    result = assert_proved(tmp_path, zipped(CONTENT, level=level))
    assert FROM_PUBLISHED not in dict(result.encodings)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("force_zip64", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_each_way_of_zipfile(tmp_path: Path, method: int, force_zip64: bool, streamed: bool) -> None:
    assert_proved(tmp_path, zipped(CONTENT, method=method, force_zip64=force_zip64, streamed=streamed))


def test_times_modes_and_order(tmp_path: Path) -> None:
    published = zipped(CONTENT, date=(2016, 1, 1, 0, 0, 0), mode=0o664, order=sorted(CONTENT, reverse=True))
    result = assert_proved(tmp_path, published)
    assert set(result.fields) == {"modification time", "mode", "directory order", "data order"}
    assert result.encodings == ((FROM_REBUILT, len(CONTENT)),)


def infozip(name: str, content: bytes) -> Entry:
    """As ``zip`` writes an entry: times and owner in extra fields, its own deflate, stored where smaller."""
    times = struct.pack("<2HB2L", 0x5455, 9, 3, 1_700_000_000, 1_700_000_001)
    owner = struct.pack("<2HBBLBL", 0x7875, 11, 1, 4, 1000, 4, 1000)
    data = deflated(content, 9, 9, zlib.Z_FILTERED)
    stored = len(data) >= len(content)
    return Entry(
        name=name.encode(),
        content=content,
        method=0 if stored else 8,
        data=content if stored else data,
        flags=0 if stored else 2,
        made_by=3 << 8 | 30,
        local={"needed": 10 if stored else 20, "extra": times + owner},
        central={
            "internal": 1,
            "needed": 10 if stored else 20,
            "extra": struct.pack("<2HBL", 0x5455, 5, 3, 1_700_000_000) + owner,
        },
    )


def flushing(name: str, content: bytes) -> Entry:
    """As uv writes an entry: an encoder that is not zlib, flushed before its end."""
    stream = zlib.compressobj(6, zlib.DEFLATED, -15, 5)
    data = stream.compress(content) + stream.flush(zlib.Z_SYNC_FLUSH) + b"\0\0\0\xff\xff" + stream.flush()
    return Entry(name=name.encode(), content=content, data=data, made_by=3 << 8 | 63, flags=0x800)


def streaming(name: str, content: bytes) -> Entry:
    """As a Rust writer streams an entry: no sizes in front, a descriptor without its signature behind."""
    data = deflated(content, 6, 6)
    return Entry(
        name=name.encode(),
        content=content,
        data=data,
        flags=0x808,
        local={"crc": 0, "compressed": 0, "size": 0},
        descriptor=struct.pack("<3L", zlib.crc32(content), len(data), len(content)),
    )


def piped(name: str, content: bytes) -> Entry:
    """As ``zip - | cat`` writes an entry: the size in front, CRC-32 and compressed size only behind."""
    entry = infozip(name, content)
    data = entry.data or b""
    entry.flags |= 8
    entry.local |= {"crc": 0, "compressed": 0}
    entry.descriptor = b"PK\x07\x08" + struct.pack("<3L", zlib.crc32(content), len(data), len(content))
    return entry


def large_file(name: str, content: bytes) -> Entry:
    """As a writer that expects a large file: zip64 sizes in the local header although they are small."""
    sizes = struct.pack("<2H2Q", 1, 16, len(content), len(deflated(content)))
    return Entry(
        name=name.encode(),
        content=content,
        local={"needed": 45, "size": 0xFFFFFFFF, "compressed": 0xFFFFFFFF, "extra": sizes},
    )


@pytest.mark.parametrize("zip64", [False, True])
@pytest.mark.parametrize("write", [infozip, piped, flushing, streaming, large_file])
def test_other_writers(tmp_path: Path, write: Callable[[str, bytes], Entry], zip64: bool) -> None:
    data = raw_zip([write(name, content) for name, content in CONTENT.items()], zip64=zip64)
    assert zipfile.ZipFile(put(tmp_path, data)).testzip() is None
    assert_proved(tmp_path, data)


def test_an_encoder_that_is_not_at_hand_is_named(tmp_path: Path) -> None:
    entries = [replace(entry, data=deflated(entry.content, 6, 5)) for entry in entries_of(CONTENT)]
    result = assert_proved(tmp_path, raw_zip(entries))
    assert FROM_PUBLISHED in dict(result.encodings)
    assert "deflate encoder" in result.fields


def test_a_stored_rebuild_proves_a_deflated_wheel(tmp_path: Path) -> None:
    entries = [replace(entry, data=deflated(entry.content, 6, 5)) for entry in entries_of(CONTENT)]
    assert_proved(tmp_path, raw_zip(entries), zipped(CONTENT, method=zipfile.ZIP_STORED))


def test_contents_larger_than_a_chunk(tmp_path: Path) -> None:
    chance = random.Random(3)
    text = "".join(f"{chance.randrange(1 << 30)}\n" for _ in range(200_000))
    files = complete({**FILES, "demo/large.txt": text})
    assert_proved(tmp_path, zipped(files, level=9), zipped(files, level=1))


def one_changed(name: str = "demo/numbers.py", **changes: object) -> bytes:
    """The demo wheel with one entry changed."""
    entries = entries_of(CONTENT)
    place = next(at for at, entry in enumerate(entries) if entry.name == name.encode())
    entries[place] = replace(entries[place], **changes)  # type: ignore[arg-type]
    return raw_zip(entries)


def extra(identity: int, data: bytes = b"hidden") -> dict[str, int | bytes]:
    return {"extra": struct.pack("<2H", identity, len(data)) + data}


NUMBERS = CONTENT["demo/numbers.py"]
HIDDEN = b"\0\0\0\xff\xff" * 40
ENTRIES = entries_of(CONTENT)
NOT_PROVED = {
    "prefix": (raw_zip(ENTRIES, prefix=b"x"), "bytes-outside-members"),
    "gap": (one_changed(before=b"hidden"), "bytes-outside-members"),
    "before directory": (raw_zip(ENTRIES, before_directory=b"x"), "bytes-outside-members"),
    "trailing": (raw_zip(ENTRIES, trailing=b"x"), "bytes-outside-members"),
    "archive comment": (raw_zip(ENTRIES, comment=b"hello"), "has a comment"),
    "member comment": (one_changed(central={"comment": b"hello"}), "has a comment"),
    "duplicate": (raw_zip([*ENTRIES, ENTRIES[0]]), "not the same in both"),
    "count": (raw_zip(ENTRIES, end={"here": 3, "entries": 3}), "wrong-member-count"),
    "local name": (one_changed(local={"name": b"demo/numbers.pz"}), "headers-disagree"),
    "local crc": (one_changed(local={"crc": 1}), "headers-disagree"),
    "executable": (one_changed(mode=0o100755), "executable bit differs"),
    "symlink": (one_changed(mode=0o120777), "file type differs"),
    "content": (one_changed(content=NUMBERS + b"#"), "not the same in both"),
    "member only published": (
        raw_zip([*ENTRIES, Entry(name=b"demo.pth", content=b"import os")]),
        "not the same in both",
    ),
    "member only rebuilt": (raw_zip(ENTRIES[1:]), "not the same in both"),
    "unknown extra": (one_changed(central=extra(0xCAFE)), "extra field cafe"),
    "unknown local extra": (one_changed(local=extra(0xCAFE)), "extra field cafe"),
    "long times": (one_changed(local=extra(0x5455, b"\3" + bytes(12))), "extra field 5455"),
    "times with other flags": (one_changed(local=extra(0x5455, b"\xf1" + bytes(4))), "extra field 5455"),
    "long owner": (one_changed(local=extra(0x7875, b"\1\4abcd\4abcdhidden")), "extra field 7875"),
    "zip64 without need": (one_changed(central=extra(1, bytes(16))), "extra field 0001"),
    "extra twice": (
        one_changed(local={"extra": struct.pack("<2HBL", 0x5455, 5, 1, 0) * 2}),
        "extra field 5455",
    ),
    "cut extra": (one_changed(local={"extra": b"\0"}), "malformed-extra-field"),
    "flags": (one_changed(flags=0x10), "flags that no known writer"),
    "version needed": (one_changed(central={"needed": 0x0114}), "version needed"),
    "internal attributes": (one_changed(central={"internal": 0x4142}), "internal attributes"),
    "DOS attributes": (one_changed(central={"dos": 0x4100}), "DOS attributes"),
    "folder with content": (
        raw_zip([*ENTRIES, Entry(name=b"demo/", content=b"x", mode=0o040755)]),
        "not the same in both",
    ),
    "markers in the stream": (
        one_changed(data=HIDDEN + deflated(NUMBERS)),
        "may hide bytes|the content needs",
    ),
    "a stream longer than it needs": (
        one_changed(
            "demo/__init__.py", data=deflated(CONTENT["demo/__init__.py"], 6, 8, zlib.Z_HUFFMAN_ONLY)
        ),
        "the content needs",
    ),
}


@pytest.mark.parametrize(("published", "words"), NOT_PROVED.values(), ids=NOT_PROVED)
def test_what_hides_a_byte_is_not_proved(tmp_path: Path, published: bytes, words: str) -> None:
    result = replayed(tmp_path, published)
    assert not result.proved
    assert any(word in result.reason for word in words.split("|"))


def test_an_ambiguous_rebuilt_wheel_proves_nothing(tmp_path: Path) -> None:
    result = replayed(tmp_path, PLAIN, raw_zip(ENTRIES, prefix=b"x"))
    assert (result.proved, "rebuilt archive" in result.reason) == (False, True)


def test_a_duplicate_on_both_sides_proves_nothing(tmp_path: Path) -> None:
    twice = raw_zip([*ENTRIES, ENTRIES[0]])
    result = replayed(tmp_path, twice, twice)
    assert (result.proved, "duplicate-member" in result.reason) == (False, True)


def test_understood_extra_fields_are_replayed(tmp_path: Path) -> None:
    path = struct.pack("<BL", 1, zlib.crc32(b"demo/numbers.py")) + b"demo/numbers.py"
    for local, central in (
        (extra(0x5455, b"\1" + bytes(4)), extra(0x5455, b"\1" + bytes(4))),
        (extra(0x5455, b"\7" + bytes(12)), extra(0x5455, b"\7" + bytes(4))),
        (extra(0x5855, bytes(12)), extra(0x5855, bytes(8))),
        (extra(0x7875, b"\1\2ab\2ab"), extra(0x7875, b"")),
        (extra(0x7075, path), extra(0x7075, path)),
    ):
        result = assert_proved(tmp_path, one_changed(local=local, central=central))
        assert {"local extra fields", "central extra fields"} <= set(result.fields)


def test_the_envelope_is_compared_field_by_field(tmp_path: Path) -> None:
    published = read_wheel(put(tmp_path / "p", zipped(CONTENT, mode=0o664)))
    rebuilt = read_wheel(put(tmp_path / "r", PLAIN))
    (difference,) = compare_envelopes(published.archive, rebuilt.archive)
    assert (difference.field, difference.count) == ("mode", len(CONTENT))
    assert len(difference.examples) == 3
    example = difference.examples[0]
    assert (example.member, example.published, example.rebuilt) == ("demo/__init__.py", "000664", "100644")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ([b"ab", b"", b"c"], [b"a", b"bc"], True),
        ([], [], True),
        ([b""], [], True),
        ([b"abc"], [b"abd"], False),
        ([b"abc"], [b"ab"], False),
        ([b"ab"], [b"abc"], False),
        ([b"ab"], [b"ab", b"c"], False),
    ],
)
def test_streams_are_compared_however_they_are_cut(left: list[bytes], right: list[bytes], same: bool) -> None:
    assert same_bytes(iter(left), iter(right)) is same


SEEDS = [
    PLAIN,
    zipped(CONTENT, streamed=True, level=9),
    zipped(CONTENT, method=zipfile.ZIP_STORED),
    raw_zip([infozip(name, content) for name, content in CONTENT.items()]),
    raw_zip([large_file(name, content) for name, content in CONTENT.items()], zip64=True),
]


def installed(data: bytes, tmp_path: Path) -> list[tuple[str, bytes]]:
    """What pip would take out of an archive, by Python's own zipfile."""
    with zipfile.ZipFile(put(tmp_path, data)) as archive:
        return sorted((info.filename, archive.read(info)) for info in archive.infolist())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)
@given(seed=st.sampled_from(SEEDS), place=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255))
def test_a_flipped_byte_is_proved_only_where_the_files_stay(
    tmp_path: Path, seed: bytes, place: float, value: int
) -> None:
    data = bytearray(seed)
    data[int(place * len(data))] ^= value
    try:
        published = read_wheel(put(tmp_path / "published", bytes(data)))
    except MalformedError:
        return
    rebuilt = read_wheel(put(tmp_path / "rebuilt", PLAIN), beside=published)
    comparison = compare_wheels(published, rebuilt)
    result = replay(comparison)
    judgement = judge(comparison, result)
    assert judgement.verdict in {Verdict.SAME_CONTENT, Verdict.DIFFERENT}
    assert (judgement.verdict is Verdict.SAME_CONTENT) == result.proved
    if result.proved:
        assert installed(bytes(data), tmp_path) == sorted(CONTENT.items())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(name=st.sampled_from(sorted(FILES)), place=st.integers(0, 40), byte=st.binary(min_size=1, max_size=1))
def test_a_changed_member_is_never_the_same_content(
    tmp_path: Path, name: str, place: int, byte: bytes
) -> None:
    content = CONTENT[name]
    changed = content[:place] + byte + content[place + 1 :]
    published = read_wheel(put(tmp_path / "published", zipped({**CONTENT, name: changed})))
    rebuilt = read_wheel(put(tmp_path / "rebuilt", PLAIN), beside=published)
    comparison = compare_wheels(published, rebuilt)
    judgement = judge(comparison, replay(comparison))
    expected = Verdict.IDENTICAL if changed == content else Verdict.DIFFERENT
    assert judgement.verdict is expected
    assert [comparison.pairs[place].name for place in judgement.residue] == (
        [] if changed == content else [name]
    )


def test_the_wheels_own_folder_counts_too(tmp_path: Path) -> None:
    changed = {**CONTENT, f"{DIST_INFO}/WHEEL": CONTENT[f"{DIST_INFO}/WHEEL"].replace(b"demo 1", b"demo 2")}
    assert not replayed(tmp_path, zipped(changed)).proved
