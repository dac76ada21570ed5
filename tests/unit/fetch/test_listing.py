import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from index_pages import HEX, JSON, entry, page
from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.fetch.address import Address
from wheelproof.fetch.http import Answer
from wheelproof.fetch.listing import FileKind, ProjectListing, parse_listing


def parse(body: object, media_type: str = JSON, project: str = "demo") -> ProjectListing:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = Address.parse("https://index.example/simple/demo/")
    return parse_listing(
        canonicalize_name(project), Answer(address=address, media_type=media_type, body=data)
    )


def test_a_file_as_it_should_be() -> None:
    listing = parse(
        page(
            entry(
                "demo-1.0-py3-none-any.whl",
                size=10,
                upload_time="2024-12-04T17:35:26.475808Z",
                requires_python=">=3.9",
                yanked="broken",
            )
        )
    )
    (file,) = listing.files
    assert (file.filename, file.kind, file.version) == (
        "demo-1.0-py3-none-any.whl",
        FileKind.WHEEL,
        Version("1"),
    )
    assert file.address.url == "https://index.example/files/demo-1.0-py3-none-any.whl"
    assert "index.example" not in repr(file)
    assert file.digest == Digest(HEX)
    assert file.size_bytes == 10
    assert file.upload_time == datetime(2024, 12, 4, 17, 35, 26, 475808, tzinfo=UTC)
    assert (file.yanked, file.yanked_reason, file.requires_python) == (True, "broken", ">=3.9")
    assert (listing.status, listing.status_reason, listing.notes) == ("active", None, ())


def test_status_of_the_project() -> None:
    listing = parse(page(**{"project-status": {"status": "quarantined", "reason": "malware"}}))
    assert (listing.status, listing.status_reason) == ("quarantined", "malware")
    with pytest.raises(FetchError) as caught:
        listing.release(Version("1"))
    assert "quarantine" in caught.value.hint


@pytest.mark.parametrize("status", [None, "gone", [], {}, {"status": 3}, {"status": "", "reason": {}}])
def test_an_odd_status_is_active(status: object) -> None:
    assert parse(page(**{"project-status": status})).status == "active"


@pytest.mark.parametrize(
    ("filename", "kind", "version"),
    [
        ("demo-1.0.tar.gz", FileKind.SDIST, "1.0"),
        ("Demo-1.0.zip", FileKind.SDIST, "1.0"),
        ("demo-1.0.tar.bz2", FileKind.SDIST, "1.0"),
        ("demo-1.0.tgz", FileKind.SDIST, "1.0"),
        ("demo-1.0-1.tar.gz", FileKind.SDIST, "1.0.post1"),
        ("demo-1.0.linux-x86_64.tar.gz", FileKind.OTHER, None),
        ("other-1.0.tar.gz", FileKind.OTHER, None),
        ("demo-1.0-py3.9.egg", FileKind.OTHER, None),
        ("demo-1.0.tar.xz", FileKind.OTHER, None),
        ("demo.tar.gz", FileKind.OTHER, None),
        ("demo-1.0-2-py3-none-any.whl", FileKind.WHEEL, "1.0"),
        ("demo-what-py3-none-any.whl", FileKind.WHEEL, None),
        ("other-1.0-py3-none-any.whl", FileKind.WHEEL, None),
        ("demo.whl", FileKind.WHEEL, None),
    ],
)
def test_kinds_and_versions(filename: str, kind: FileKind, version: str | None) -> None:
    (file,) = parse(page(entry(filename))).files
    assert (file.kind, file.version) == (kind, version and Version(version))


def test_a_project_with_hyphens() -> None:
    listing = parse(page(entry("my-demo-1.0.tar.gz"), name="My_Demo"), project="my-demo")
    assert listing.files[0].version == Version("1.0")


@pytest.mark.parametrize(
    "hashes", [{}, {"md5": "0" * 32}, {"sha256": "short"}, {"sha256": "zz" * 32}, {"sha256": HEX + "\n"}]
)
def test_a_file_without_sha256_is_listed_without_digest(hashes: dict[str, str]) -> None:
    (file,) = parse(page(entry("demo-1.0.tar.gz", hashes=hashes))).files
    assert file.digest is None


def test_an_upper_case_digest_is_a_digest() -> None:
    (file,) = parse(page(entry("demo-1.0.tar.gz", hashes={"sha256": HEX.upper()}))).files
    assert file.digest == Digest(HEX)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "demo-1.0.tar.gz",
        {},
        entry(""),
        entry("../demo-1.0.tar.gz"),
        entry("a\\demo-1.0.tar.gz"),
        entry(".demo-1.0.tar.gz"),
        entry("demo\x1b[2J-1.0.tar.gz"),
        entry("demo-1.0" + "0" * 250 + ".tar.gz"),
        entry("\ud800.tar.gz"),
        entry("demo-2.0.tar.gz", url="file:///etc/passwd"),
        entry("demo-2.0.tar.gz", url="http://["),
        entry("demo-2.0.tar.gz", url=3),
        entry("demo-2.0.tar.gz", hashes=None),
        entry("demo-2.0.tar.gz", size="many"),
        entry("demo-2.0.tar.gz", upload_time="yesterday"),
        entry("demo-2.0.tar.gz", upload_time="0001-01-01T00:00:00+14:00"),
        entry("demo-2.0.tar.gz", yanked={}),
    ],
)
def test_an_unusable_file_is_left_out_and_noted(bad: object) -> None:
    listing = parse(page(bad, entry("demo-1.0.tar.gz")))
    assert [file.filename for file in listing.files] == ["demo-1.0.tar.gz"]
    (note,) = listing.notes
    assert note.startswith("files[0] is left out: ")
    assert note.isprintable()


def test_absurd_sizes_are_as_good_as_none() -> None:
    (file,) = parse(page(entry("demo-1.0.tar.gz", size=-1))).files
    assert file.size_bytes is None


def test_two_digests_for_one_name_are_none() -> None:
    listing = parse(page(entry("demo-1.0.tar.gz"), entry("demo-1.0.tar.gz", hashes={"sha256": "cd" * 32})))
    assert listing.files == ()
    assert listing.notes == ("demo-1.0.tar.gz is left out: listed with two digests",)


def test_notes_are_bounded() -> None:
    assert len(parse(page(*[None] * 500)).notes) == 21


def test_order_is_by_version_then_name() -> None:
    names = ["demo-1.10.tar.gz", "demo-1.9.tar.gz", "demo-1.9-py3-none-any.whl", "zzz"]
    listing = parse(page(*map(entry, names)))
    assert [file.filename for file in listing.files] == [names[3], names[2], names[1], names[0]]
    assert [str(version) for version in listing.versions()] == ["1.10", "1.9"]


def test_release_and_find() -> None:
    listing = parse(
        page(entry("demo-1.0.tar.gz"), entry("demo-1.0-py3-none-any.whl"), entry("demo-2.0.tar.gz"))
    )
    assert len(listing.release(Version("1.0.0"))) == 2
    assert listing.find("demo-2.0.tar.gz").version == Version("2.0")
    with pytest.raises(FetchError, match="no version 3 of demo") as caught:
        listing.release(Version("3"))
    assert caught.value.hint == "The newest are 2.0, 1.0."
    with pytest.raises(FetchError, match=r"lists no demo-2\.1\.tar\.gz for demo") as caught:
        listing.find("demo-2.1.tar.gz")
    assert "demo-2.0.tar.gz" in caught.value.hint


@pytest.mark.parametrize(
    "media_type", ["", "text/html", "application/json", "application/vnd.pypi.simple.v2+json"]
)
def test_another_media_type_is_refused(media_type: str) -> None:
    with pytest.raises(FetchError, match="not with the Simple JSON API"):
        parse(page(), media_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"meta": ' + b"9" * 10_000 + b"}",
        page(meta=None),
        page(meta={}),
        page(meta={"api-version": 1}),
        page(meta={"api-version": "2.0"}),
        page(meta={"api-version": "0.9"}),
        page(meta={"api-version": "1"}),
        page(name="other"),
        page(name=None),
        page(files=None),
        page(files={}),
    ],
)
def test_an_unusable_answer_is_one_sentence(body: object) -> None:
    with pytest.raises(FetchError) as caught:
        parse(body)
    assert caught.value.hint


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"]) | st.text(max_size=40)
entries = st.fixed_dictionaries(
    {},
    optional={
        "filename": names | anything,
        "url": st.sampled_from(["a", "https://index.example/a"]) | st.text(max_size=20) | anything,
        "hashes": st.just({"sha256": HEX})
        | st.dictionaries(st.text(max_size=8), anything, max_size=2)
        | anything,
        "size": st.integers() | st.floats() | anything,
        "upload-time": st.datetimes().map(str) | st.integers() | st.floats() | anything,
        "yanked": anything,
        "requires-python": anything,
        "core-metadata": anything,
        "provenance": anything,
    },
)


@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_listing_or_an_error(body: bytes) -> None:
    with pytest.raises(FetchError):
        parse(body)


@given(st.lists(entries | anything, max_size=4), anything)
def test_any_files_are_listed_or_noted(files: list[object], status: object) -> None:
    listing = parse(page(*files, **{"project-status": status}))
    for file in listing.files:
        assert file.filename == file.filename.rpartition("/")[2]
        assert file.upload_time is None or file.upload_time.tzinfo is UTC
        assert file.size_bytes is None or file.size_bytes >= 0
    for note in listing.notes:
        assert printable(note, limit=len(note)) == note
