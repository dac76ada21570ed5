"""One wheel, read once: everything that the judging rooms ask of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelproof.core.identity import DIGEST_BYTES, Digest
from wheelproof.wheel.anomaly import Anomaly
from wheelproof.wheel.archive import Archive, Limits
from wheelproof.wheel.members import Member
from wheelproof.wheel.metadata import (
    MetadataFacts,
    WheelFacts,
    WheelName,
    check_names,
    find_dist_info,
    parse_name,
    read_metadata,
    read_wheel_file,
)
from wheelproof.wheel.reader import read_archive
from wheelproof.wheel.record import check_record
from wheelproof.wheel.reference import ask_reference_reader

# So much directory and RECORD may make the reference reader take 50 MB.
_LARGE_BYTES = 6 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wheel:
    """A wheel whose every member was read and held to its size and CRC-32; none is equal to another.

    Attributes:
        filename: the name it goes by, which a cache may not have kept for the file.
        digest: of the whole file.
        digests: the SHA-256 of each member's content, 32 bytes each, in the order of ``archive.members``.
        dist_info: the name of its ``.dist-info`` directory.
        anomalies: everything odd about it: archive, RECORD, names.
    """

    filename: str
    digest: Digest
    name: WheelName
    archive: Archive
    digests: bytes
    dist_info: str
    wheel_file: WheelFacts
    metadata: MetadataFacts
    anomalies: tuple[Anomaly, ...]

    def digest_of(self, member: Member) -> Digest:
        """The digest of a member's content."""
        return Digest.of_raw(self.raw_digest(member.place))

    def raw_digest(self, place: int) -> bytes:
        """The bytes of the digest of the member at a place."""
        start = place * DIGEST_BYTES
        return self.digests[start : start + DIGEST_BYTES]


def read_wheel(
    path: Path, *, filename: str | None = None, limits: Limits | None = None, beside: Wheel | None = None
) -> Wheel:
    """Read a wheel's facts, streaming each member once.

    Args:
        path: where it lies.
        filename: the name it goes by, where the path has another.
        limits: what it may ask for.
        beside: a wheel that was read: where a member's data and headers are the same bytes in both, so is
            its content, which is not read again.

    Raises:
        MalformedError: it is no wheel, is damaged, or asks for more than the limits.
        OSError: the file can't be read.
    """
    filename = filename or path.name
    name = parse_name(filename)
    archive = read_archive(path, limits, filename=filename)
    digests = b"".join(_digests(archive, beside))
    dist_info = find_dist_info(archive)
    wheel_file = read_wheel_file(archive, dist_info)
    metadata = read_metadata(archive, dist_info)
    return Wheel(
        filename=filename,
        digest=Digest.of_file(path),
        name=name,
        archive=archive,
        digests=digests,
        dist_info=dist_info,
        wheel_file=wheel_file,
        metadata=metadata,
        anomalies=(
            *archive.anomalies,
            *check_record(archive, digests, dist_info),
            *check_names(name, dist_info, wheel_file, metadata),
            *ask_reference_reader(path, filename, alone=_is_large(archive, dist_info)),
        ),
    )


def _digests(archive: Archive, beside: Wheel | None) -> Iterator[bytes]:
    for member in archive.members:
        other = beside.archive.find(member.name) if beside else None
        if beside and other and archive.has_data_of(member, beside.archive, other):
            yield beside.raw_digest(other.place)
        else:
            yield _digest(archive, member)


def _is_large(archive: Archive, dist_info: str) -> bool:
    record = archive.find(f"{dist_info}/RECORD")
    return archive.members.starts[-1] + (record.size_bytes if record else 0) > _LARGE_BYTES


def _digest(archive: Archive, member: Member) -> bytes:
    state = hashlib.sha256()
    for chunk in archive.open(member):
        state.update(chunk)
    return state.digest()
