"""One wheel, read once: everything that the judging rooms ask of it."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wheel.wheelfile import WheelFile  # type: ignore[import-untyped]

from wheelproof.core.identity import Digest
from wheelproof.wheel.anomaly import Anomaly, AnomalyKind, AnomalyLog
from wheelproof.wheel.archive import Archive, Limits, Member
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel whose every member was read and held to its size and CRC-32.

    Attributes:
        filename: the name it goes by, which a cache may not have kept for the file.
        digest: of the whole file.
        digests: of each member's content, in the order of ``archive.members``.
        dist_info: the name of its ``.dist-info`` directory.
        anomalies: everything odd about it: archive, RECORD, names.
    """

    filename: str
    digest: Digest
    name: WheelName
    archive: Archive
    digests: tuple[Digest, ...]
    dist_info: str
    wheel_file: WheelFacts
    metadata: MetadataFacts
    anomalies: tuple[Anomaly, ...]

    def digest_of(self, member: Member) -> Digest:
        """The digest of a member's content."""
        return self.digests[member.place]


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
    digests = tuple(_digests(archive, beside))
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
            *check_record(archive, dict(enumerate(digests)), dist_info),
            *check_names(name, dist_info, wheel_file, metadata),
            *_ask_reference_reader(path, filename),
        ),
    )


def _digests(archive: Archive, beside: Wheel | None) -> Iterator[Digest]:
    known = {member.name: member for member in beside.archive.members} if beside else {}
    for member in archive.members:
        other = known.get(member.name)
        if beside and other and archive.has_data_of(member, beside.archive, other):
            yield beside.digest_of(other)
        else:
            yield _digest(archive, member)


def _digest(archive: Archive, member: Member) -> Digest:
    state = hashlib.sha256()
    for chunk in archive.open(member):
        state.update(chunk)
    return Digest(state.hexdigest())


def _ask_reference_reader(path: Path, filename: str) -> tuple[Anomaly, ...]:
    """Open the wheel with PyPA's ``wheel``, which reads RECORD: what it refuses, installers may refuse."""
    log = AnomalyLog()
    with tempfile.TemporaryDirectory(prefix="wheelproof-") as folder:
        # The reader takes the name from the path, and a cached file's path has none.
        link = Path(folder, filename)
        link.symlink_to(path.resolve())
        try:
            WheelFile(link).close()
        except Exception as error:  # whatever it raises on a hostile file is its refusal
            log.add(AnomalyKind.REFERENCE_READER_REFUSES, detail=f"{type(error).__name__}: {error}")
    return log.close()
