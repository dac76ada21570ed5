"""A wheel's RECORD, read and held against the archive both ways.

Follows the binary distribution format and "Recording installed projects" of the packaging specifications.
"""

import base64
import csv
import hashlib
import io
from collections.abc import Iterator
from typing import NamedTuple

from wheelproof.core.errors import MalformedError
from wheelproof.core.identity import DIGEST_BYTES
from wheelproof.core.untrusted import printable
from wheelproof.wheel.anomaly import Anomaly, AnomalyKind, AnomalyLog
from wheelproof.wheel.archive import TOO_LARGE, Archive
from wheelproof.wheel.members import Member, MemberType

RECORD_LIMIT_BYTES = 12 << 20
# As many as a wheel may have members.
RECORD_LIMIT_ROWS = 65_535
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
# The specification asks for "sha256 or better"; these are, among what hashlib always has.
_STRONG = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"})


class RecordRow(NamedTuple):
    """One row: a path, ``algorithm=urlsafe-base64`` or empty, a size or empty."""

    path: str
    hash: str
    size: str


def parse_record(data: bytes) -> tuple[RecordRow, ...]:
    """Read RECORD's text.

    Raises:
        ValueError: it is not UTF-8, not CSV, or a row has not three columns.
    """
    return tuple(read_rows(data))


def read_rows(data: bytes) -> Iterator[RecordRow]:
    """The same, row by row: a RECORD can be long."""
    number = 0
    try:
        for row in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")):
            if not row:
                continue
            number += 1
            if len(row) != 3:
                raise ValueError(f"row {number} has {len(row)} columns instead of 3")
            yield RecordRow._make(row)
    except csv.Error as error:
        raise ValueError(f"it is not CSV ({error})") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def check_record(archive: Archive, digests: bytes, dist_info: str) -> tuple[Anomaly, ...]:
    """Hold RECORD against the archive, both ways: each member listed, each row true.

    Args:
        archive: the wheel's archive.
        digests: each member's SHA-256, 32 bytes each, in the order of ``archive.members``.
        dist_info: the name of the ``.dist-info`` directory.

    Raises:
        MalformedError: RECORD can't be read out of the archive, or is larger than any RECORD.
    """
    log = AnomalyLog()
    record = archive.find(f"{dist_info}/RECORD")
    if record is None:
        log.add(AnomalyKind.RECORD_ABSENT, detail=f"there is no {dist_info}/RECORD")
        return log.close()
    try:
        _check_rows(archive, digests, dist_info, record, log)
    except ValueError as error:
        # What its rows said before they broke off counts for nothing.
        log = AnomalyLog()
        log.add(AnomalyKind.RECORD_MALFORMED, record.name, str(error))
    return log.close()


def _check_rows(archive: Archive, digests: bytes, dist_info: str, record: Member, log: AnomalyLog) -> None:
    exempt = {record.name, *(f"{dist_info}/{name}" for name in _SIGNATURES)}
    listed: set[str | bytes] = set()
    rows = read_rows(archive.read(record, limit_bytes=RECORD_LIMIT_BYTES))
    for number, row in enumerate(rows):
        if number == RECORD_LIMIT_ROWS:
            raise MalformedError(
                f"{printable(archive.filename)}: RECORD has more than {RECORD_LIMIT_ROWS} rows",
                hint=TOO_LARGE,
            )
        member = _find_file(archive, row.path)
        # Of a path that is no member's, which can be long, a digest is kept.
        key = member.name if member else hashlib.sha256(row.path.encode()).digest()
        if key in listed:
            log.add(AnomalyKind.RECORD_DUPLICATE_ROW, row.path)
        listed.add(key)
        if member is None:
            log.add(AnomalyKind.RECORD_MISSING_MEMBER, row.path)
        elif row.path not in exempt or row.hash:
            start = member.place * DIGEST_BYTES
            _check_row(archive, member, digests[start : start + DIGEST_BYTES], row, log)
    for name in archive.members.places:
        if name not in listed and name not in exempt and _find_file(archive, name):
            log.add(AnomalyKind.RECORD_UNLISTED_MEMBER, name)


def _find_file(archive: Archive, name: str) -> Member | None:
    """The member of that name that is no directory, the last of several."""
    member = archive.find(name)
    return None if member is None or member.type is MemberType.DIRECTORY else member


def _check_row(archive: Archive, member: Member, digest: bytes, row: RecordRow, log: AnomalyLog) -> None:
    if row.size and not _is_number(row.size, member.size_bytes):
        log.add(
            AnomalyKind.RECORD_WRONG_SIZE,
            member.name,
            f"{row.size} stated, {member.size_bytes} in the archive",
        )
    if not row.hash:
        log.add(AnomalyKind.RECORD_NO_HASH, member.name)
        return
    algorithm, _, stated = row.hash.partition("=")
    if algorithm not in _STRONG:
        log.add(AnomalyKind.RECORD_WEAK_HASH, member.name, f"{algorithm} is not sha256 or better")
        return
    actual = digest if algorithm == "sha256" else _digest(algorithm, archive.open(member))
    encoded = base64.urlsafe_b64encode(actual).rstrip(b"=").decode()
    if stated.rstrip("=") != encoded:
        log.add(AnomalyKind.RECORD_WRONG_HASH, member.name, f"{stated} stated, {encoded} in the archive")


def _is_number(text: str, number: int) -> bool:
    return text.isascii() and text.isdigit() and text.lstrip("0") == str(number).lstrip("0")


def _digest(algorithm: str, chunks: Iterator[bytes]) -> bytes:
    state = hashlib.new(algorithm)
    for chunk in chunks:
        state.update(chunk)
    return state.digest()
