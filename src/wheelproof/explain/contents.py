"""The contents of members that differ, read to explain them, within a limit for the whole comparison."""

from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property, partial

from wheelproof.compare.pairing import MemberSide as ComparedSide
from wheelproof.compare.pairing import Pair
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.explain.causes.cause import (
    EXPLAIN_LIMIT_BYTES,
    UNKNOWN_SOURCE,
    Kind,
    MemberSide,
    SourcePlace,
)
from wheelproof.explain.causes.kinds import kind_of
from wheelproof.explain.runnable import runs_as
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import MemberType
from wheelproof.wheel.repair import REPAIR_SBOM, RepairSbom, read_repair_sbom, vendored_name

# All that is read into memory to explain one comparison, one member after the other.
TOTAL_LIMIT_BYTES = 1 << 30
# Two wheels with more members together, which no known ones have, leave half the room for one's content.
MANY_MEMBERS = 100_000
_PACKAGE_CHARS = 120


class Contents:
    """Opens the sides of pairs; past the limits a side comes without its content.

    Args:
        published: the wheel as published.
        rebuilt: the wheel that should be the same.
        source: the files of the source by digest, where it is at hand.
    """

    def __init__(self, published: Wheel, rebuilt: Wheel, source: Mapping[Digest, str] | None = None) -> None:
        self._published = _Side(published, source)
        self._rebuilt = _Side(rebuilt, source)
        self._left_bytes = TOTAL_LIMIT_BYTES
        members = len(published.archive.members) + len(rebuilt.archive.members)
        self._limit_bytes = EXPLAIN_LIMIT_BYTES if members <= MANY_MEMBERS else EXPLAIN_LIMIT_BYTES // 2

    def published(self, pair: Pair) -> MemberSide | None:
        """The published side; None where there is none."""
        return self._open(self._published, self._rebuilt, pair.name, pair.published)

    def rebuilt(self, pair: Pair) -> MemberSide | None:
        """The rebuilt side; None where there is none."""
        return self._open(self._rebuilt, self._published, pair.name, pair.rebuilt)

    def _open(
        self, side: "_Side", other: "_Side", name: str, compared: ComparedSide | None
    ) -> MemberSide | None:
        if compared is None:
            return None
        limit = EXPLAIN_LIMIT_BYTES if side.is_record(name) else self._limit_bytes
        readable = compared.size_bytes <= min(limit, self._left_bytes)
        if readable:
            self._left_bytes -= compared.size_bytes
        return side.open(name, compared, other, readable=readable)


class _Side:
    def __init__(self, wheel: Wheel, source: Mapping[Digest, str] | None) -> None:
        self._wheel = wheel
        self._source = source
        self._record_is_true = not any(anomaly.kind.startswith("record-") for anomaly in wheel.anomalies)

    def is_record(self, name: str) -> bool:
        """The wheel's RECORD, which is long where there are many members."""
        return name == f"{self._wheel.dist_info}/RECORD"

    def open(self, name: str, compared: ComparedSide, other: "_Side", *, readable: bool) -> MemberSide:
        archive, member, digest = self._wheel.archive, compared.member, compared.digest
        return MemberSide(
            name=name,
            kind=kind_of(name, self._wheel.dist_info),
            dist_info=self._wheel.dist_info,
            digest=digest,
            size_bytes=member.size_bytes,
            mode=member.mode,
            data=archive.read(member, limit_bytes=EXPLAIN_LIMIT_BYTES) if readable else None,
            chunks=partial(archive.open, member),
            record_is_true=self._record_is_true,
            source=self._place(digest),
            package=self._package(name),
            filename=self._wheel.filename,
            vendors_others=name.endswith(REPAIR_SBOM) and self.vendored != other.vendored,
            folder_of_both=member.type is MemberType.DIRECTORY
            and not member.size_bytes
            and name.endswith("/")
            and self.has_files_in(name)
            and other.has_files_in(name),
        )

    def _package(self, name: str) -> str:
        if vendored_name(name) is None or self._sbom is None:
            return ""
        return printable(str(self._sbom.package_of(name) or ""), limit=_PACKAGE_CHARS)

    @cached_property
    def vendored(self) -> set[tuple[str, bytes]]:
        """The libraries that auditwheel took in, those that no cause closes and no recipe leaves out."""
        wheel = self._wheel
        return {
            (member.name, wheel.digest_of(member).raw)
            for member in wheel.archive.members
            if vendored_name(member.name) is not None
            and kind_of(member.name, wheel.dist_info) is Kind.NATIVE
            and runs_as(member.name, wheel.dist_info) is not None
        }

    def has_files_in(self, folder: str) -> bool:
        """The first name that is not before the folder's begins with it."""
        at = bisect_left(self._files, folder)
        return at < len(self._files) and self._files[at].startswith(folder)

    @cached_property
    def _sbom(self) -> RepairSbom | None:
        return read_repair_sbom(self._wheel)

    @cached_property
    def _files(self) -> list[str]:
        return sorted(member.name for member in self._wheel.archive.members if member.type is MemberType.FILE)

    def _place(self, digest: Digest) -> SourcePlace:
        if self._source is None:
            return UNKNOWN_SOURCE
        return SourcePlace(known=True, path=self._source.get(digest))
