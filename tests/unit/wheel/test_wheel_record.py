"""RECORD against the archive, both ways."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheel_builder import DIST_INFO, FILES, complete, put, record_of, zipped
from wheelproof.core.errors import MalformedError
from wheelproof.wheel.anomaly import AnomalyKind
from wheelproof.wheel.facts import read_wheel
from wheelproof.wheel.record import RECORD_LIMIT_ROWS, RecordRow, parse_record

RECORD = f"{DIST_INFO}/RECORD"
Found = set[tuple[AnomalyKind, str]]


def found(tmp_path: Path, files: dict[str, bytes]) -> Found:
    wheel = read_wheel(put(tmp_path, zipped(files)))
    return {
        (anomaly.kind, anomaly.member)
        for anomaly in wheel.anomalies
        if anomaly.kind is not AnomalyKind.REFERENCE_READER_REFUSES
    }


def with_record(text: str) -> dict[str, bytes]:
    return {**complete(), RECORD: text.encode()}


def hashed(name: str, algorithm: str, content: bytes) -> str:
    digest = hashlib.new(algorithm, content).digest()
    return f"{name},{algorithm}={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},{len(content)}\n"


TRUE = record_of(FILES)
FIRST, REST = TRUE.split("\n", 1)
INIT = FILES["demo/__init__.py"].encode()


def test_rows_are_bounded(tmp_path: Path) -> None:
    rows = "".join(f"{number},,\n" for number in range(RECORD_LIMIT_ROWS))
    assert (AnomalyKind.RECORD_MISSING_MEMBER, "0") in found(tmp_path, with_record(rows))
    with pytest.raises(MalformedError, match=f"more than {RECORD_LIMIT_ROWS} rows"):
        found(tmp_path, with_record(f"{rows}more,,\n"))


def test_a_true_record_has_no_oddity(tmp_path: Path) -> None:
    assert found(tmp_path, complete()) == set()


def test_a_record_by_windows_is_true(tmp_path: Path) -> None:
    assert found(tmp_path, with_record(TRUE.replace("\n", "\r\n"))) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REST, {(AnomalyKind.RECORD_UNLISTED_MEMBER, "demo/__init__.py")}),
        (TRUE + "gone.py,sha256=x,1\n", {(AnomalyKind.RECORD_MISSING_MEMBER, "gone.py")}),
        (FIRST + "\n" + TRUE, {(AnomalyKind.RECORD_DUPLICATE_ROW, "demo/__init__.py")}),
        (
            hashed("demo/__init__.py", "sha256", b"other") + REST,
            {
                (AnomalyKind.RECORD_WRONG_HASH, "demo/__init__.py"),
                (AnomalyKind.RECORD_WRONG_SIZE, "demo/__init__.py"),
            },
        ),
        (FIRST.rsplit(",", 1)[0] + ",7\n" + REST, {(AnomalyKind.RECORD_WRONG_SIZE, "demo/__init__.py")}),
        (FIRST.rsplit(",", 1)[0] + ",-1\n" + REST, {(AnomalyKind.RECORD_WRONG_SIZE, "demo/__init__.py")}),
        (FIRST.rsplit(",", 1)[0] + ",\n" + REST, set()),
        ("demo/__init__.py,,\n" + REST, {(AnomalyKind.RECORD_NO_HASH, "demo/__init__.py")}),
        (
            hashed("demo/__init__.py", "md5", INIT) + REST,
            {(AnomalyKind.RECORD_WEAK_HASH, "demo/__init__.py")},
        ),
        (
            hashed("demo/__init__.py", "sha1", INIT) + REST,
            {(AnomalyKind.RECORD_WEAK_HASH, "demo/__init__.py")},
        ),
        ("demo/__init__.py,crc=x,\n" + REST, {(AnomalyKind.RECORD_WEAK_HASH, "demo/__init__.py")}),
        (hashed("demo/__init__.py", "sha512", INIT) + REST, set()),
        (hashed("demo/__init__.py", "blake2b", INIT) + REST, set()),
        (
            hashed("demo/__init__.py", "sha512", b"other") + REST,
            {
                (AnomalyKind.RECORD_WRONG_HASH, "demo/__init__.py"),
                (AnomalyKind.RECORD_WRONG_SIZE, "demo/__init__.py"),
            },
        ),
        ("only,two\n", {(AnomalyKind.RECORD_MALFORMED, RECORD)}),
    ],
)
def test_what_is_not_true_is_named(tmp_path: Path, text: str, expected: Found) -> None:
    assert found(tmp_path, with_record(text)) == expected


def test_a_record_that_is_not_text(tmp_path: Path) -> None:
    assert found(tmp_path, {**complete(), RECORD: b"\xff\xfe"}) == {(AnomalyKind.RECORD_MALFORMED, RECORD)}


def test_an_absent_record(tmp_path: Path) -> None:
    files = complete()
    del files[RECORD]
    assert found(tmp_path, files) == {(AnomalyKind.RECORD_ABSENT, "")}


def test_signatures_and_folders_need_no_row(tmp_path: Path) -> None:
    files = complete() | {f"{RECORD}.jws": b"{}", f"{RECORD}.p7s": b"s", "demo/": b""}
    data = zipped(files, mode=0)
    wheel = read_wheel(put(tmp_path, data))
    assert {anomaly.kind for anomaly in wheel.anomalies} == set()


def test_a_hash_of_record_itself_is_checked(tmp_path: Path) -> None:
    text = TRUE.replace(f"{RECORD},,", f"{RECORD},sha256=AAAA,")
    assert found(tmp_path, with_record(text)) == {(AnomalyKind.RECORD_WRONG_HASH, RECORD)}


def test_rows_are_parsed() -> None:
    rows = parse_record(b'"a,b.py",sha256=x,1\r\n\r\nc,,\n')
    assert rows == (
        RecordRow(path="a,b.py", hash="sha256=x", size="1"),
        RecordRow(path="c", hash="", size=""),
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        rows = parse_record(data)
    except ValueError as error:
        rows = ()
        assert str(error)  # noqa: PT017
    assert all(isinstance(row, RecordRow) for row in rows)


def test_too_long_a_field_is_refused() -> None:
    with pytest.raises(ValueError, match="not CSV"):
        parse_record(b"a" * 200_000 + b",,\n")
