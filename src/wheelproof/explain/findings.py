"""Findings: what stands beside a verdict, whatever the verdict is. Nothing closes one.

They have no severity: each says what is there, and the reader judges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from sys import intern

from wheelproof.compare.pairing import ModeDifference, Pair, PairState
from wheelproof.compare.wheels import Comparison
from wheelproof.explain.runnable import runs_as, starts_with_python
from wheelproof.wheel.anomaly import Anomaly, AnomalyKind
from wheelproof.wheel.facts import Wheel


class Side(StrEnum):
    """Whose finding it is."""

    PUBLISHED = "published"
    REBUILT = "rebuilt"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding.

    Attributes:
        id: stable, a key of :data:`FINDINGS`.
        side: whose it is.
        member: the member's name as it stands in the archive (not safe to print), or empty.
        detail: what was seen, safe to print.
    """

    id: str
    side: Side
    member: str = ""
    detail: str = ""

    @property
    def title(self) -> str:
        """What the id means, in a few words."""
        return FINDINGS[self.id]


EXECUTABLE_BIT = "executable-bit-differs"
FILE_TYPE = "file-type-differs"
FILE_NAME = "filename-differs"
STARTUP_FILE = "startup-file"
ONLY_PUBLISHED = "published-only-"

# Every finding there is: its id, and what it means in a few words. docs/verdicts.md holds the same list.
FINDINGS: dict[str, str] = {
    AnomalyKind.DUPLICATE_MEMBER: "two members have the same name",
    AnomalyKind.COLLIDING_MEMBERS: "two names are one on file systems that ignore case or Unicode form",
    AnomalyKind.HEADERS_DISAGREE: "local and central header of a member say different things",
    AnomalyKind.WRONG_MEMBER_COUNT: "the end record miscounts the members",
    AnomalyKind.BYTES_OUTSIDE_MEMBERS: "bytes lie outside every member and record",
    AnomalyKind.MALFORMED_EXTRA_FIELD: "an extra field is cut off",
    AnomalyKind.UNSAFE_MEMBER_NAME: "a name could leave its folder, or is not the same everywhere",
    AnomalyKind.AMBIGUOUS_MEMBER_NAME: "readers decode a member's name differently",
    AnomalyKind.ENCRYPTED_MEMBER: "a member is encrypted",
    AnomalyKind.SYMLINK_MEMBER: "a member is a symbolic link",
    AnomalyKind.SPECIAL_MEMBER: "a member is a device, pipe or socket",
    AnomalyKind.MEMBER_TYPE_CONFLICT: "a member's name and mode disagree on what it is",
    AnomalyKind.RECORD_ABSENT: "there is no RECORD",
    AnomalyKind.RECORD_MALFORMED: "RECORD can't be read",
    AnomalyKind.RECORD_UNLISTED_MEMBER: "a member is not listed in RECORD",
    AnomalyKind.RECORD_MISSING_MEMBER: "RECORD lists a member that is not there",
    AnomalyKind.RECORD_WRONG_HASH: "RECORD states another hash",
    AnomalyKind.RECORD_WRONG_SIZE: "RECORD states another size",
    AnomalyKind.RECORD_DUPLICATE_ROW: "RECORD lists a path twice",
    AnomalyKind.RECORD_WEAK_HASH: "RECORD uses a hash that is unknown or weaker than sha256",
    AnomalyKind.RECORD_NO_HASH: "RECORD lists a member without a hash",
    AnomalyKind.NAME_MISMATCH: "a project name differs from the file name's",
    AnomalyKind.VERSION_MISMATCH: "a version differs from the file name's",
    AnomalyKind.TAGS_MISMATCH: "the tags in WHEEL differ from the file name's",
    AnomalyKind.PURELIB_MISMATCH: "Root-Is-Purelib does not fit the platform tags",
    AnomalyKind.REFERENCE_READER_REFUSES: "PyPA's wheel library refuses to open it",
    EXECUTABLE_BIT: "one wheel installs a file as executable, the other does not",
    FILE_TYPE: "a member is a file in one wheel and a link, folder or device in the other",
    FILE_NAME: "the rebuilt wheel has another file name",
    STARTUP_FILE: "Python runs this file whenever it starts",
    "published-only-startup-file": "only the published wheel has this file, which Python runs when it starts",
    "published-only-python": "only the published wheel has this Python code",
    "published-only-extension": "only the published wheel has this compiled library",
    "published-only-script": "only the published wheel has this script",
    "published-only-entry-points": "only the published wheel declares entry points",
    "published-only-data": "only the published wheel installs this file outside the packages",
}


def find_in_wheel(wheel: Wheel, side: Side) -> tuple[Finding, ...]:
    """The findings of one wheel alone, as where nothing was rebuilt."""
    return tuple(_of_wheel(wheel, side))


def find_all(comparison: Comparison) -> tuple[Finding, ...]:
    """The findings of two wheels that were compared; what both have alike stands once."""
    left, right = (
        find_in_wheel(comparison.published, Side.PUBLISHED),
        find_in_wheel(comparison.rebuilt, Side.REBUILT),
    )
    seen_left = {(finding.id, finding.member, finding.detail) for finding in left}
    seen_right = {(finding.id, finding.member, finding.detail) for finding in right}
    alone = [
        _with_side(finding, Side.BOTH)
        if (finding.id, finding.member, finding.detail) in seen_right
        else finding
        for finding in left
    ]
    alone += [finding for finding in right if (finding.id, finding.member, finding.detail) not in seen_left]
    return (*_of_comparison(comparison), *alone)


def _with_side(finding: Finding, side: Side) -> Finding:
    return Finding(id=finding.id, side=side, member=finding.member, detail=finding.detail)


def _of_wheel(wheel: Wheel, side: Side) -> Iterator[Finding]:
    yield from _of_anomalies(wheel.anomalies, side)
    for member in wheel.archive.members:
        if starts_with_python(member.name):
            yield Finding(id=STARTUP_FILE, side=side, member=member.name)


def _of_anomalies(anomalies: Iterable[Anomaly], side: Side) -> Iterator[Finding]:
    for anomaly in anomalies:
        yield Finding(id=anomaly.kind, side=side, member=anomaly.member, detail=anomaly.detail)


def _of_comparison(comparison: Comparison) -> Iterator[Finding]:
    for pair in comparison.in_state(PairState.ONLY_PUBLISHED):
        if what := runs_as(pair.name, comparison.published.dist_info):
            # Interned, as many members may have the same finding.
            yield Finding(id=intern(f"{ONLY_PUBLISHED}{what}"), side=Side.PUBLISHED, member=pair.name)
    for pair in comparison.differing_pairs():
        match pair.mode:
            case ModeDifference.EXECUTABLE:
                yield Finding(id=EXECUTABLE_BIT, side=Side.BOTH, member=pair.name, detail=_modes(pair))
            case ModeDifference.TYPE:
                yield Finding(id=FILE_TYPE, side=Side.BOTH, member=pair.name, detail=_modes(pair))
            case ModeDifference.NONE | ModeDifference.HARMLESS:
                pass
    one, other = comparison.published.filename, comparison.rebuilt.filename
    if one != other:
        names = f"{one} published, {other} rebuilt"
        yield Finding(id=FILE_NAME, side=Side.BOTH, detail=names)


def _modes(pair: Pair) -> str:
    if pair.published is None or pair.rebuilt is None:
        return ""
    return f"mode {pair.published.mode:06o} published, {pair.rebuilt.mode:06o} rebuilt"
