import bz2
import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_archives import DEMO, PKG_INFO, member, members, tar, tar_bz2, tar_gz, write, zipped

from wheel_builder import Entry, raw_zip
from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.source.build_system import BuildSystem
from wheelproof.source.members import ArchiveLimits, MemberKind, SdistFormat
from wheelproof.source.sdist import PackageInfo, read_sdist

Make = Callable[[Path, Mapping[str, str | bytes]], Path]
ALL_FORMATS = pytest.mark.parametrize("make", [tar_gz, tar_bz2, zipped])
SMALL = ArchiveLimits(members=100, unpacked_bytes=1 << 20)


@pytest.mark.parametrize(
    ("make", "expected"),
    [(tar_gz, SdistFormat.TAR_GZ), (tar_bz2, SdistFormat.TAR_BZ2), (zipped, SdistFormat.ZIP)],
)
def test_facts(tmp_path: Path, make: Make, expected: SdistFormat) -> None:
    path = make(tmp_path, DEMO)
    sdist = read_sdist(path)
    assert (sdist.filename, sdist.format, sdist.root) == (path.name, expected, "demo-1.0")
    assert [member.name for member in sdist.members] == list(DEMO)
    assert {member.kind for member in sdist.members} == {MemberKind.FILE}
    assert {member.mode for member in sdist.members} == {0o644}
    assert sdist.newest_mtime == 1_700_000_000
    assert sdist.declared_bytes == sum(map(len, DEMO.values()))
    assert sdist.packed_bytes == path.stat().st_size
    assert sdist.package_info == PackageInfo(
        metadata_version="2.4", name="demo", version="1.0", requires_python=">=3.9"
    )
    assert sdist.build_system == BuildSystem()
    assert (sdist.has_setup_py, ("setup.cfg" in sdist.texts), sdist.universal) == (True, False, False)
    assert sdist.notes == ()


@ALL_FORMATS
def test_build_system_is_the_root_folders_own(tmp_path: Path, make: Make) -> None:
    table = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    texts = DEMO | {"demo-1.0/vendor/pyproject.toml": "not TOML", "demo-1.0/pyproject.toml": table}
    assert read_sdist(make(tmp_path, texts)).build_system == BuildSystem(
        requires=("hatchling",), build_backend="hatchling.build", declared=True
    )


def test_a_build_system_that_cannot_be_used_names_file_and_place(tmp_path: Path) -> None:
    texts = DEMO | {"demo-1.0/pyproject.toml": "[build-system]\nrequires = [1]\n"}
    with pytest.raises(
        MalformedError, match=r"demo-1\.0\.tar\.gz: pyproject\.toml: build-system\.requires\[0\]"
    ):
        read_sdist(tar_gz(tmp_path, texts))


@pytest.mark.parametrize(
    ("text", "universal", "notes"),
    [
        ("[bdist_wheel]\nuniversal = 1\n", True, ()),
        ("[wheel]\nuniversal = true\n", True, ()),
        ("[bdist_wheel]\nuniversal = 0\n", False, ()),
        ("[metadata]\nname = %(x)s\n", False, ()),
        ("[bdist_wheel]\nuniversal = perhaps\n", False, ("setup.cfg can't be read",)),
        ("no section", False, ("setup.cfg can't be read",)),
        (b"\xff", False, ("setup.cfg can't be read",)),
    ],
)
def test_setup_cfg(tmp_path: Path, text: str | bytes, *, universal: bool, notes: tuple[str, ...]) -> None:
    sdist = read_sdist(tar_gz(tmp_path, DEMO | {"demo-1.0/setup.cfg": text}))
    assert (("setup.cfg" in sdist.texts), sdist.universal, sdist.notes) == (True, universal, notes)


def test_the_given_name_counts(tmp_path: Path) -> None:
    path = tar_gz(tmp_path, DEMO, "0123abcd")
    assert read_sdist(path, "demo-2.0.tar.gz").notes == ("PKG-INFO names another version: '1.0'",)
    assert read_sdist(path, "other-1.0.tar.gz").notes == ("PKG-INFO names another project: 'demo'",)
    assert read_sdist(path, "demo-1-0-legacy.tar.gz").filename == "demo-1-0-legacy.tar.gz"


def test_without_package_info(tmp_path: Path) -> None:
    sdist = read_sdist(tar_gz(tmp_path, {"demo-1.0/setup.py": ""}))
    assert (sdist.package_info, sdist.notes) == (None, ("PKG-INFO is missing",))


def test_metadata_of_any_bytes(tmp_path: Path) -> None:
    sdist = read_sdist(tar_gz(tmp_path, {"demo-1.0/PKG-INFO": b"Name: \xff\x1b[2J\nVersion: new\n\n"}))
    assert [note for note in sdist.notes if not note.isprintable()] == []


def test_dot_slash_and_folders(tmp_path: Path) -> None:
    entries = [
        member("./demo-1.0", type=tarfile.DIRTYPE, mode=0o2755),
        member("./demo-1.0/PKG-INFO", PKG_INFO.encode()),
    ]
    sdist = read_sdist(write(tmp_path, gzip.compress(tar(entries))))
    assert [(member.name, member.kind, member.mode) for member in sdist.members] == [
        ("demo-1.0", MemberKind.FOLDER, 0o2755),
        ("demo-1.0/PKG-INFO", MemberKind.FILE, 0o644),
    ]


def test_pax_names_and_times(tmp_path: Path) -> None:
    name = "demo-1.0/" + "ü" * 200
    entries = [*members(DEMO), member(name, mtime=1_800_000_000.75)]
    data = tar(entries, format=tarfile.PAX_FORMAT, pax_headers={"comment": "a commit"})
    sdist = read_sdist(write(tmp_path, gzip.compress(data)))
    assert (sdist.members[-1].name, sdist.newest_mtime) == (name, 1_800_000_000)


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (member("/etc/passwd"), "is an absolute path"),
        (member("C:/x"), "is an absolute path"),
        (member("demo-1.0/../../x"), "leads out of the archive"),
        (member(".."), "leads out of the archive"),
        (member("demo-1.0\\x"), "has a backslash in its name"),
        (member("demo-1.0//x"), "is not a plain path"),
        (member("demo-1.0/./x"), "is not a plain path"),
        (member("demo-1.0/\x1b[2Jx"), "has control characters in its name"),
        (member("demo-1.0/x", type=tarfile.CHRTYPE), "is a device"),
        (member("demo-1.0/x", type=tarfile.FIFOTYPE), "is a named pipe"),
        (member("demo-1.0/x", type=tarfile.SYMTYPE, linkname="/etc"), "links out of its top folder"),
        (member("demo-1.0/x", type=tarfile.SYMTYPE, linkname="../y"), "links out of its top folder"),
        (member("demo-1.0/x", type=tarfile.LNKTYPE, linkname="y"), "links out of its top folder"),
    ],
)
def test_hostile_members_are_noted(
    tmp_path: Path, hostile: tuple[tarfile.TarInfo, bytes], reason: str
) -> None:
    sdist = read_sdist(write(tmp_path, gzip.compress(tar([*members(DEMO), hostile]))))
    (note,) = sdist.notes
    assert note.endswith(reason)
    assert note.isprintable()
    assert len(sdist.members) == 3


@pytest.mark.parametrize(
    "harmless",
    [
        member("demo-1.0/a/x", type=tarfile.SYMTYPE, linkname="../PKG-INFO"),
        member("demo-1.0/x", type=tarfile.LNKTYPE, linkname="demo-1.0/PKG-INFO"),
        member("demo-1.0/ü …", b"x"),
    ],
)
def test_links_inside_are_fine(tmp_path: Path, harmless: tuple[tarfile.TarInfo, bytes]) -> None:
    assert read_sdist(write(tmp_path, gzip.compress(tar([*members(DEMO), harmless])))).notes == ()


def test_a_symlink_in_a_zip(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("demo-1.0/PKG-INFO", PKG_INFO)
        info = zipfile.ZipInfo("demo-1.0/x")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    sdist = read_sdist(write(tmp_path, buffer.getvalue()))
    assert (sdist.members[1].kind, sdist.members[1].link) == (MemberKind.SYMLINK, "/etc/passwd")
    assert sdist.notes == ("'demo-1.0/x' links out of its top folder",)


def test_a_name_twice_is_noted_and_the_last_counts(tmp_path: Path) -> None:
    again = member("demo-1.0/PKG-INFO", b"Name: demo\nVersion: 1.0\nMetadata-Version: 9\n\n")
    sdist = read_sdist(write(tmp_path, gzip.compress(tar([*members(DEMO), again]))))
    assert sdist.notes == ("'demo-1.0/PKG-INFO' is there more than once",)
    assert sdist.package_info
    assert sdist.package_info.metadata_version == "9"


def test_notes_are_bounded(tmp_path: Path) -> None:
    entries = [*members(DEMO), *(member(f"/{number}") for number in range(200))]
    assert len(read_sdist(write(tmp_path, gzip.compress(tar(entries)))).notes) == 51


@ALL_FORMATS
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, r"top folders|no end record|is no \.tar\.gz"),
        ({"PKG-INFO": PKG_INFO}, "PKG-INFO is outside a top folder"),
        ({"demo-1.0/a": "", "demo-2.0/a": ""}, r"has 2 top folders \(demo-1\.0, demo-2\.0\)"),
        ({"demo-1.0/pyproject.toml": "#" * 600_000}, r"pyproject\.toml has more than"),
        ({f"demo-1.0/{number}": "" for number in range(101)}, "more than 100 members"),
        ({"demo-1.0/a": bytes(2 << 20)}, "bytes"),
    ],
)
def test_the_wrong_shape(tmp_path: Path, make: Make, texts: Mapping[str, str | bytes], message: str) -> None:
    with pytest.raises(MalformedError, match=message) as caught:
        read_sdist(make(tmp_path, texts), limits=SMALL)
    assert caught.value.hint


def test_a_pyproject_that_is_a_link(tmp_path: Path) -> None:
    entries = [*members(DEMO), member("demo-1.0/pyproject.toml", type=tarfile.SYMTYPE, linkname="PKG-INFO")]
    with pytest.raises(MalformedError, match=r"pyproject\.toml is no file, but a symlink"):
        read_sdist(write(tmp_path, gzip.compress(tar(entries))))


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"\x1f\x8b", b"BZh", b"PK\x03\x04", b"\xfd7zXZ\0", tar(members(DEMO)), b"<html>" * 100],
)
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_sdist(write(tmp_path, data))


PLAIN = tar([member("demo-1.0/PKG-INFO", PKG_INFO.encode()), member("demo-1.0/a", bytes(range(256)) * 40)])


def test_a_truncated_tar_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    end = len(PLAIN.rstrip(b"\0"))
    for cut in (*range(1, end, 97), 511, 513, 1023, 1025, 1536):
        with pytest.raises(MalformedError):
            read_sdist(write(tmp_path, gzip.compress(PLAIN[:cut], 0)))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_truncated_stream_is_never_taken_for_a_whole_one(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    data = compress(PLAIN)
    for cut in range(len(data)):
        with pytest.raises(MalformedError):
            read_sdist(write(tmp_path, data[:cut]))


def test_a_broken_header_is_not_the_end(tmp_path: Path) -> None:
    data = bytearray(PLAIN)
    data[1024 + 148] ^= 1  # the second header's checksum: tarfile alone would stop there and be content
    with pytest.raises(MalformedError, match="broken header"):
        read_sdist(write(tmp_path, gzip.compress(data)))


def test_bytes_after_the_end_are_noted(tmp_path: Path) -> None:
    hidden = tar([member("demo-1.0/setup.py", b"import os")])
    sdist = read_sdist(write(tmp_path, gzip.compress(PLAIN + hidden)))
    assert sdist.notes == ("bytes stand after the archive's end",)
    assert not sdist.has_setup_py


def test_zeros_after_the_end_are_padding(tmp_path: Path) -> None:
    assert read_sdist(write(tmp_path, gzip.compress(PLAIN + bytes(100_000)))).notes == ()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_bomb_is_refused(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(PLAIN + bytes(64 << 20))
    with pytest.raises(MalformedError, match="unpacks to more than 1048576 bytes"):
        read_sdist(write(tmp_path, bomb), limits=SMALL)


@pytest.mark.parametrize("size", [(1 << 63) - 1, 1 << 40, -1, -(1 << 40)])
@pytest.mark.parametrize(
    "kind", [tarfile.REGTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE]
)
def test_an_absurd_size_is_refused(tmp_path: Path, size: int, kind: bytes) -> None:
    info, _ = member("demo-1.0/a", type=kind)
    info.size = size
    header = info.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(MalformedError):
        read_sdist(write(tmp_path, gzip.compress(header + PLAIN)), limits=SMALL)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_huge_header_is_refused(tmp_path: Path, kind: bytes) -> None:
    info, _ = member("././@LongLink", type=kind)
    info.size = 600_000
    data = info.tobuf(tarfile.GNU_FORMAT) + bytes(600_064) + PLAIN
    with pytest.raises(MalformedError, match="header of more than"):
        read_sdist(write(tmp_path, gzip.compress(data)), limits=SMALL)


def test_a_chain_of_headers_is_refused(tmp_path: Path) -> None:
    info, _ = member("././@LongLink", type=tarfile.GNUTYPE_LONGNAME)
    info.size = 1
    with pytest.raises(MalformedError):
        read_sdist(write(tmp_path, gzip.compress((info.tobuf(tarfile.GNU_FORMAT) + bytes(512)) * 20_000)))


def test_sparse_members_are_refused(tmp_path: Path) -> None:
    info, _ = member("demo-1.0/a", type=tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:482] = (b"%011o\0" % 0 + b"%011o\0" % 0) * 4
    header[483:495] = b"%011o\0" % (1 << 30)
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:512]))
    with pytest.raises(MalformedError, match="sparse"):
        read_sdist(write(tmp_path, gzip.compress(bytes(header) + PLAIN)))


def test_too_many_global_records_are_refused(tmp_path: Path) -> None:
    records = {f"key{number}": "x" for number in range(300)}
    data = tar(members(DEMO), format=tarfile.PAX_FORMAT, pax_headers=records)
    with pytest.raises(MalformedError, match="global pax records"):
        read_sdist(write(tmp_path, gzip.compress(data)))


def test_a_zip_that_declares_too_much(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path, DEMO).read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 1 << 30)
    with pytest.raises(MalformedError, match="unpacks to more than"):
        read_sdist(write(tmp_path, bytes(data)), limits=SMALL)


def test_a_zip_without_end_or_with_a_lying_one(tmp_path: Path) -> None:
    data = zipped(tmp_path, DEMO).read_bytes()
    with pytest.raises(MalformedError, match="no end record"):
        read_sdist(write(tmp_path, data[:-30]))
    end = data.rfind(b"PK\x05\x06")
    for form, field, value, message in (
        ("<H", 10, 0xFFFF, "more than 100 members"),
        ("<L", 12, 1 << 30, "directory larger than itself"),
    ):
        lying = bytearray(data)
        struct.pack_into(form, lying, end + field, value)
        with pytest.raises(MalformedError, match=message):
            read_sdist(write(tmp_path, bytes(lying)), limits=SMALL)


def test_an_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path, DEMO).read_bytes())
    at = data.find(b"PK\x01\x02")
    data[6] |= 1
    data[at + 8] |= 1
    with pytest.raises(MalformedError, match="can't be read"):
        read_sdist(write(tmp_path, bytes(data)))


def test_a_member_without_a_name(tmp_path: Path) -> None:
    nameless = raw_zip([Entry(name=b"demo-1.0/PKG-INFO"), Entry(name=b"")])
    with pytest.raises(MalformedError, match="can't be read"):
        read_sdist(write(tmp_path, nameless, "demo-1.0.zip"))


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_sdist(tmp_path / "none.tar.gz")


WHOLE_GZ = gzip.compress(PLAIN, 0)
ZIP_BUFFER = io.BytesIO()
with zipfile.ZipFile(ZIP_BUFFER, "w") as _archive:
    for _name, _text in DEMO.items():
        _archive.writestr(_name, _text)
WHOLE_ZIP = ZIP_BUFFER.getvalue()


def _reads_or_is_malformed(folder: Path, data: bytes) -> None:
    try:
        sdist = read_sdist(write(folder, data), limits=SMALL)
    except MalformedError as error:
        shown: tuple[str, ...] = (error.message,)
    else:
        shown = sdist.notes
    for text in shown:
        assert printable(text, limit=len(text)) == text


@settings(deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", b"\x1f\x8b\x08\0", b"BZh9", b"PK\x03\x04"]))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes, magic: bytes) -> None:
    _reads_or_is_malformed(tmp_path_factory.getbasetemp(), magic + data)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=4096))
@example(PLAIN)
def test_any_tar(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    _reads_or_is_malformed(tmp_path_factory.getbasetemp(), gzip.compress(data, 0))


changes = st.lists(
    st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=12)), min_size=1, max_size=4
)


def _changed(data: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    edited = bytearray(data)
    for at, piece in edits:
        start = at % len(edited)
        edited[start : start + len(piece)] = piece
    return bytes(edited)


def _with_checksums(data: bytes) -> bytes:
    """Mend the headers' checksums, so that what a change did to the other fields is read."""
    mended = bytearray(data)
    for start in (0, 1024):
        header = mended[start : start + 512]
        total = sum(header[:148]) + 256 + sum(header[156:512])
        mended[start + 148 : start + 156] = b"%06o\0 " % total
    return bytes(mended)


@settings(deadline=None, max_examples=300)
@given(changes)
def test_any_change_to_a_tar(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, bytes]]
) -> None:
    _reads_or_is_malformed(
        tmp_path_factory.getbasetemp(), gzip.compress(_with_checksums(_changed(PLAIN, edits)), 0)
    )


@settings(deadline=None, max_examples=300)
@given(changes, st.sampled_from([WHOLE_GZ, WHOLE_ZIP]))
def test_any_change_to_an_archive(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, bytes]], data: bytes
) -> None:
    _reads_or_is_malformed(tmp_path_factory.getbasetemp(), _changed(data, edits))
