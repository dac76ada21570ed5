"""Regions tile the file, hostile archives end in one clear error, oddities are named."""

import io
import itertools
import os
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheel_builder import Entry, complete, deflated, entries_of, put, raw_zip, zipped
from wheelproof.core.errors import MalformedError
from wheelproof.wheel.anomaly import AnomalyKind
from wheelproof.wheel.archive import Archive, Limits, RegionKind
from wheelproof.wheel.members import MemberType
from wheelproof.wheel.reader import read_archive

SLOW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
ONE = [Entry(name=b"a.py", content=b"x = 1\n" * 20)]
NAMES = st.from_regex(r"[a-zé日]{1,6}(/[a-z_]{1,5}\.py)?", fullmatch=True)


def kinds(archive: Archive) -> set[AnomalyKind]:
    return {anomaly.kind for anomaly in archive.anomalies}


def assert_tiles(archive: Archive) -> None:
    at = 0
    for region in archive.regions:
        assert region.offset == at
        assert region.length_bytes > 0
        at += region.length_bytes
    assert at == archive.size_bytes


@SLOW
@given(
    files=st.dictionaries(NAMES, st.binary(max_size=3000), max_size=6),
    level=st.integers(0, 9),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    streamed=st.booleans(),
    force_zip64=st.booleans(),
)
def test_reads_what_zipfile_writes(
    tmp_path: Path, files: dict[str, bytes], level: int, method: int, streamed: bool, force_zip64: bool
) -> None:
    data = zipped(files, level=level, method=method, streamed=streamed, force_zip64=force_zip64)
    archive = read_archive(put(tmp_path, data))
    assert_tiles(archive)
    assert RegionKind.OUTSIDE not in {region.kind for region in archive.regions}
    assert not kinds(archive) - {AnomalyKind.COLLIDING_MEMBERS}
    assert {member.name: b"".join(archive.open(member)) for member in archive.members} == files
    assert all((member.descriptor is not None) == streamed for member in archive.members)


def test_says_whose_byte_it_is(tmp_path: Path) -> None:
    data = raw_zip(ONE, prefix=b"#!run\n")
    archive = read_archive(put(tmp_path, data))
    assert archive.region_at(0).kind is RegionKind.OUTSIDE
    assert archive.region_at(6).kind is RegionKind.LOCAL_HEADER
    assert archive.region_at(len(data) - 1).kind is RegionKind.END
    with pytest.raises(IndexError):
        archive.region_at(len(data))


def test_zip64_end_records_are_read(tmp_path: Path) -> None:
    archive = read_archive(put(tmp_path, raw_zip(ONE, zip64=True)))
    assert_tiles(archive)
    assert {RegionKind.ZIP64_END, RegionKind.ZIP64_LOCATOR} <= {region.kind for region in archive.regions}
    assert not archive.anomalies


def test_zip64_sizes_are_read(tmp_path: Path) -> None:
    content = b"y" * 500
    data = deflated(content)
    sizes = struct.pack("<2HQQ", 1, 16, len(content), len(data))
    big: dict[str, int | bytes] = {"size": 0xFFFFFFFF, "compressed": 0xFFFFFFFF, "extra": sizes}
    entry = Entry(name=b"a", content=content, local=big, central=big)
    archive = read_archive(put(tmp_path, raw_zip([entry])))
    assert (archive.members[0].size_bytes, archive.members[0].compressed_bytes) == (500, len(data))
    assert not archive.anomalies


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_each_layout_of_a_data_descriptor_is_known(tmp_path: Path, signed: bool, wide: bool) -> None:
    content = b"z" * 100
    descriptor = struct.pack("<L2Q" if wide else "<3L", zlib.crc32(content), len(deflated(content)), 100)
    entry = Entry(
        name=b"a",
        content=content,
        flags=8,
        local={"crc": 0, "compressed": 0, "size": 0},
        descriptor=(b"PK\x07\x08" if signed else b"") + descriptor,
    )
    archive = read_archive(put(tmp_path, raw_zip([entry, *ONE])))
    layout = archive.members[0].descriptor
    assert layout is not None
    assert (layout.signed, layout.wide) == (signed, wide)
    assert not archive.anomalies


def two(**changes: object) -> list[Entry]:
    """An entry that is changed and one that is not."""
    entry = Entry(name=b"b.py", content=b"y = 2\n")
    for key, value in changes.items():
        setattr(entry, key, value)
    return [entry, *ONE]


ODD = {
    "prefix": (raw_zip(ONE, prefix=b"MZ"), AnomalyKind.BYTES_OUTSIDE_MEMBERS),
    "shifted": (b"MZ" + raw_zip(ONE), AnomalyKind.BYTES_OUTSIDE_MEMBERS),
    "between": (raw_zip(two(before=b"hidden")), AnomalyKind.BYTES_OUTSIDE_MEMBERS),
    "before directory": (raw_zip(ONE, before_directory=b"hidden"), AnomalyKind.BYTES_OUTSIDE_MEMBERS),
    "trailing": (raw_zip(ONE, trailing=b"hidden"), AnomalyKind.BYTES_OUTSIDE_MEMBERS),
    "unlisted member": (
        raw_zip(two(before=raw_zip(ONE)[: -22 - 46 - 4])),
        AnomalyKind.BYTES_OUTSIDE_MEMBERS,
    ),
    "duplicate": (raw_zip([*ONE, *ONE]), AnomalyKind.DUPLICATE_MEMBER),
    "case": (raw_zip(two(name=b"A.PY")), AnomalyKind.COLLIDING_MEMBERS),
    "unicode form": (
        raw_zip(
            [
                Entry(name="é".encode(), flags=0x800),
                Entry(name="e\N{COMBINING ACUTE ACCENT}".encode(), flags=0x800),
            ]
        ),
        AnomalyKind.COLLIDING_MEMBERS,
    ),
    "file and folder": (raw_zip([Entry(name=b"a"), Entry(name=b"a/")]), AnomalyKind.COLLIDING_MEMBERS),
    "local name": (raw_zip(two(local={"name": b"c.py"})), AnomalyKind.HEADERS_DISAGREE),
    "local size": (raw_zip(two(local={"size": 7})), AnomalyKind.HEADERS_DISAGREE),
    "local crc": (raw_zip(two(local={"crc": 7})), AnomalyKind.HEADERS_DISAGREE),
    "local time": (raw_zip(two(local={"time": 7})), AnomalyKind.HEADERS_DISAGREE),
    "local flags": (raw_zip(two(local={"flags": 0x800})), AnomalyKind.HEADERS_DISAGREE),
    "local method": (raw_zip(two(local={"method": 0})), AnomalyKind.HEADERS_DISAGREE),
    "broken zip64 in front": (
        raw_zip(two(local={"size": 0xFFFFFFFF, "extra": struct.pack("<2H", 1, 0)}, flags=8)),
        AnomalyKind.HEADERS_DISAGREE,
    ),
    "no descriptor": (raw_zip(two(flags=8)), AnomalyKind.HEADERS_DISAGREE),
    "lying descriptor": (raw_zip(two(flags=8, descriptor=b"x" * 12)), AnomalyKind.HEADERS_DISAGREE),
    "count": (raw_zip(ONE, end={"here": 5, "entries": 5}), AnomalyKind.WRONG_MEMBER_COUNT),
    "extra": (raw_zip(two(local={"extra": b"\x01\x02\x03"})), AnomalyKind.MALFORMED_EXTRA_FIELD),
    "absolute": (raw_zip(two(name=b"/etc/passwd")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "parent": (raw_zip(two(name=b"a/../../b")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "backslash": (raw_zip(two(name=b"a\\b")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "nul": (raw_zip(two(name=b"a.py\0.txt")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "drive": (raw_zip(two(name=b"C:b")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "empty": (raw_zip(two(name=b"")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "dot": (raw_zip(two(name=b"./a.py")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "double slash": (raw_zip(two(name=b"a//b")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "escape": (raw_zip(two(name=b"a\x1b[2J")), AnomalyKind.UNSAFE_MEMBER_NAME),
    "undeclared encoding": (raw_zip(two(name="é.py".encode())), AnomalyKind.AMBIGUOUS_MEMBER_NAME),
    "unicode path": (
        raw_zip(two(central={"extra": struct.pack("<2HBL", 0x7075, 9, 1, zlib.crc32(b"b.py")) + b"c.py"})),
        AnomalyKind.AMBIGUOUS_MEMBER_NAME,
    ),
    "encrypted": (raw_zip(two(flags=1)), AnomalyKind.ENCRYPTED_MEMBER),
    "symlink": (raw_zip(two(mode=0o120777)), AnomalyKind.SYMLINK_MEMBER),
    "device": (raw_zip(two(mode=0o020644)), AnomalyKind.SPECIAL_MEMBER),
    "folder with content": (raw_zip(two(name=b"b/", mode=0o040755)), AnomalyKind.MEMBER_TYPE_CONFLICT),
    "folder by mode": (raw_zip(two(mode=0o040755)), AnomalyKind.MEMBER_TYPE_CONFLICT),
    "file by mode": (raw_zip(two(name=b"b/", content=b"")), AnomalyKind.MEMBER_TYPE_CONFLICT),
    "folder by DOS": (
        raw_zip(two(made_by=20, mode=0, central={"dos": 0x10})),
        AnomalyKind.MEMBER_TYPE_CONFLICT,
    ),
}


@pytest.mark.parametrize(("data", "kind"), ODD.values(), ids=ODD)
def test_oddities_are_named(tmp_path: Path, data: bytes, kind: AnomalyKind) -> None:
    archive = read_archive(put(tmp_path, data))
    assert_tiles(archive)
    assert kind in kinds(archive)


def test_a_plain_archive_has_no_oddity(tmp_path: Path) -> None:
    assert not read_archive(put(tmp_path, raw_zip(two()))).anomalies


def test_repeated_oddities_are_counted_not_kept(tmp_path: Path) -> None:
    archive = read_archive(put(tmp_path, raw_zip([Entry(name=b"same") for _ in range(500)])))
    assert len(archive.anomalies) < 60
    assert archive.anomalies[-1].detail == "and 449 more"


PLAIN = raw_zip(ONE)
BROKEN = {
    "empty": (b"", "no zip archive"),
    "text": (b"hello\n" * 100, "no zip archive"),
    "truncated": (PLAIN[:-1], "cut off"),
    "without its end": (PLAIN[:-22], "no zip archive"),
    "several disks": (raw_zip(ONE, end={"disk": 1}), "several disks"),
    "member on another disk": (raw_zip(two(central={"disk": 1})), "several disks"),
    "directory beyond": (raw_zip(ONE, end={"size": 1 << 30}), "not where"),
    "directory offset beyond": (raw_zip(ONE, end={"offset": 1 << 30}), "not where"),
    "directory cut": (raw_zip(ONE, end={"size": 20}), "directory is broken"),
    "local header elsewhere": (raw_zip(two(central={"offset": 3})), "no local header"),
    "local header beyond": (raw_zip(two(central={"offset": 1 << 31})), "no local header"),
    "overlap": (raw_zip([*ONE, Entry(name=b"b", central={"offset": 0})]), "local header|overlaps"),
    "longer than the room": (raw_zip(two(central={"compressed": 1000})), "overlaps"),
    "bad UTF-8": (raw_zip(two(name=b"\xff\xfe", flags=0x800)), "UTF-8"),
    "zip64 field too short": (
        raw_zip(two(central={"size": 0xFFFFFFFF, "extra": b"\x01\0\x04\0abcd"})),
        "zip64 field",
    ),
    "zip64 record gone": (raw_zip(ONE, zip64=True).replace(b"PK\x06\x06", b"PK\x06\x05"), "zip64 end"),
}


@pytest.mark.parametrize(("data", "words"), BROKEN.values(), ids=BROKEN)
def test_broken_archives_end_in_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        read_archive(put(tmp_path, data))


def test_two_end_records_must_agree(tmp_path: Path) -> None:
    data = bytearray(raw_zip(ONE, zip64=True))
    data[-12:-10] = b"\x07\0"
    with pytest.raises(MalformedError, match="contradict"):
        read_archive(put(tmp_path, bytes(data)))


UNREADABLE = {
    "encrypted": (two(flags=1), "encrypted"),
    "bzip2": (two(method=12, data=b"BZh9"), "method 12"),
    "cut stream": (two(data=deflated(b"y = 2\n")[:-2]), "too early"),
    "bytes behind the stream": (two(data=deflated(b"y = 2\n") + b"hidden"), "bytes behind"),
    "no deflate": (two(data=b"\xff" * 9), "can't be decompressed"),
    "other content": (two(data=deflated(b"y = 3\n")), "CRC-32"),
    "more content": (two(data=deflated(b"y = 2\n" * 9)), "more than the 6 bytes"),
    "less content": (two(data=deflated(b"y")), "has 1 bytes"),
    "stored, other size": (two(method=0, data=b"y = 2\n!"), "more than the 6 bytes"),
}


@pytest.mark.parametrize(("entries", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_contents_are_held_to_their_headers(tmp_path: Path, entries: list[Entry], words: str) -> None:
    archive = read_archive(put(tmp_path, raw_zip(entries)))
    with pytest.raises(MalformedError, match=words):
        list(archive.open(archive.members[0]))


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path, PLAIN)
    archive = read_archive(path)
    path.write_bytes(PLAIN[:40])
    with pytest.raises(MalformedError, match="shorter"):
        list(archive.open(archive.members[0]))


BOMB = raw_zip([Entry(name=b"zeros", content=bytes(2_000_000))])


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(members=0), "more than 0 members"),
        (Limits(member_bytes=1000), "a member claims 2000000 bytes"),
        (Limits(total_bytes=1000), "its members claim 2000000 bytes"),
        (Limits(directory_bytes=10), "central directory has more"),
        (Limits(name_bytes=4), "the name of member 0 has more than 4 bytes"),
        (Limits(names_bytes=4), "the names of its members take more than 4 bytes"),
        (Limits(ratio_from_bytes=1000), "times as much"),
    ],
)
def test_limits_hold(tmp_path: Path, limits: Limits, words: str) -> None:
    path = put(tmp_path, BOMB)
    assert len(read_archive(path).members) == 1
    with pytest.raises(MalformedError, match=words):
        read_archive(path, limits)


def test_members_are_found_by_place(tmp_path: Path) -> None:
    members = read_archive(put(tmp_path, zipped({"a": b"1", "b": b"2", "c": b"3"}))).members
    assert [member.name for member in (members[0], members[-1])] == ["a", "c"]
    assert [member.name for member in members[1:]] == ["b", "c"]
    assert [member.place for member in members] == [0, 1, 2]
    with pytest.raises(IndexError):
        members[3]


def test_a_local_header_that_is_gone_is_an_error(tmp_path: Path) -> None:
    entry = Entry(name=b"a", local={"extra": struct.pack("<2H", 0x9999, 2) + bytes(2)})
    path = put(tmp_path, raw_zip([entry]))
    (member,) = read_archive(path).members
    assert member.local.extra.endswith(bytes(2))
    os.truncate(path, 0)
    with pytest.raises(MalformedError, match="became shorter"):
        member.local.render()


@given(
    entries=st.lists(
        st.builds(
            Entry,
            name=st.binary(min_size=1, max_size=9).filter(lambda name: b"\0" not in name),
            content=st.binary(max_size=9),
            mode=st.integers(0, 0xFFFF),
            made_by=st.integers(0, 0xFFFF),
        ),
        max_size=4,
    )
)
def test_what_a_header_holds_is_all_of_its_bytes(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    path = put(tmp_path_factory.mktemp("archive"), raw_zip(entries))
    for member in read_archive(path).members:
        assert member.central.render() == member.of.central_bytes(member.place)
        if not member.has_own_local:
            assert member.local.render() == member.of.repeated(member.place)


@SLOW
@given(
    left=st.dictionaries(NAMES, st.binary(max_size=9), max_size=4),
    right=st.dictionaries(NAMES, st.binary(max_size=9), max_size=4),
    times=st.tuples(st.integers(1980, 1982), st.integers(1980, 1982)),
)
def test_headers_that_are_alike_are_the_same_but_for_their_offset(
    tmp_path: Path, left: dict[str, bytes], right: dict[str, bytes], times: tuple[int, int]
) -> None:
    archives = [
        read_archive(put(tmp_path / str(side), zipped(files, date=(year, 1, 1, 0, 0, 0))))
        for side, (files, year) in enumerate(zip((left, right), times, strict=True))
    ]
    for one, other in itertools.product(*(archive.members for archive in archives)):
        alike = one.central._replace(offset=0) == other.central._replace(offset=0)
        assert one.has_headers_of(other) == alike


def test_local_headers_are_bounded(tmp_path: Path) -> None:
    entry = Entry(name=b"a", local={"extra": struct.pack("<2H", 0x9999, 2000) + bytes(2000)})
    with pytest.raises(MalformedError, match="local headers"):
        read_archive(put(tmp_path, raw_zip([entry])), Limits(directory_bytes=1000))


def test_a_member_yields_nothing_beyond_its_stated_size(tmp_path: Path) -> None:
    entry = Entry(name=b"zeros", content=b"", data=deflated(bytes(50_000_000)))
    archive = read_archive(put(tmp_path, raw_zip([entry])))
    with pytest.raises(MalformedError, match="more than the 0 bytes"):
        next(archive.open(archive.members[0]))


def test_read_is_bounded(tmp_path: Path) -> None:
    archive = read_archive(put(tmp_path, PLAIN))
    assert archive.read(archive.members[0], limit_bytes=120) == b"x = 1\n" * 20
    with pytest.raises(MalformedError, match="limit is 119"):
        archive.read(archive.members[0], limit_bytes=119)


def test_the_last_of_several_is_found_as_zipfile_does(tmp_path: Path) -> None:
    data = raw_zip([Entry(name=b"a", content=b"first"), Entry(name=b"a", content=b"second")])
    archive = read_archive(put(tmp_path, data))
    member = archive.find("a")
    assert member is not None
    assert b"".join(archive.open(member)) == zipfile.ZipFile(io.BytesIO(data)).read("a") == b"second"
    assert archive.find("b") is None


@pytest.mark.parametrize(
    ("name", "mode", "kind"),
    [
        (b"a", 0o100644, MemberType.FILE),
        (b"a", 0o644, MemberType.FILE),
        (b"a/", 0o040755, MemberType.DIRECTORY),
        (b"a/", 0, MemberType.DIRECTORY),
        (b"a", 0o120777, MemberType.SYMLINK),
        (b"a/", 0o120777, MemberType.SYMLINK),
        (b"a", 0o010644, MemberType.SPECIAL),
    ],
)
def test_member_types(tmp_path: Path, name: bytes, mode: int, kind: MemberType) -> None:
    archive = read_archive(put(tmp_path, raw_zip([Entry(name=name, mode=mode)])))
    assert archive.members[0].type is kind


def test_entry_times(tmp_path: Path) -> None:
    archive = read_archive(put(tmp_path, zipped({"a": b""}, date=(2024, 12, 4, 17, 36, 58))))
    assert archive.members[0].dos_time == (2024, 12, 4, 17, 36, 58)


def read_everything(path: Path) -> None:
    """An archive or a MalformedError, and nothing else."""
    problem = "none"
    try:
        archive = read_archive(path, Limits(total_bytes=1 << 24))
        assert_tiles(archive)
        for member in archive.members:
            for _ in archive.open(member):
                pass
    except MalformedError as error:
        problem = error.message
    assert problem
    assert problem.isprintable()


@SLOW
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    read_everything(put(tmp_path, data))


@SLOW
@given(
    data=st.binary(max_size=200), size=st.integers(0, 300), offset=st.integers(0, 300), zip64=st.booleans()
)
def test_any_bytes_before_an_end_record(
    tmp_path: Path, data: bytes, size: int, offset: int, zip64: bool
) -> None:
    tail = raw_zip([], zip64=zip64, end={"size": size, "offset": offset})
    read_everything(put(tmp_path, data + tail))


SEEDS = [
    zipped(complete()),
    zipped(complete(), streamed=True),
    zipped(complete(), force_zip64=True),
    raw_zip(entries_of(complete()), zip64=True),
]


@SLOW
@given(seed=st.sampled_from(SEEDS), change=st.integers(0, 1 << 32))
def test_mutated_archives_are_read_or_refused(tmp_path: Path, seed: bytes, change: int) -> None:
    chance = random.Random(change)
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        # The headers are where it hurts: most changes hit the last quarter.
        low = len(data) * 3 // 4 if chance.random() < 0.7 else 0
        data[chance.randrange(low, len(data))] = chance.choice([0, 1, 255, chance.randrange(256)])
    read_everything(put(tmp_path, bytes(data)))
