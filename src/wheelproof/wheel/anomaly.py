"""What is odd about one wheel although it can be read: plain values, judged elsewhere."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from wheelproof.core.untrusted import printable

_SHOWN_PER_KIND = 50


class AnomalyKind(StrEnum):
    """Every oddity of a single wheel, by its stable id; ``docs/verdicts.md`` says what each means."""

    DUPLICATE_MEMBER = "duplicate-member"
    COLLIDING_MEMBERS = "colliding-members"
    HEADERS_DISAGREE = "headers-disagree"
    WRONG_MEMBER_COUNT = "wrong-member-count"
    BYTES_OUTSIDE_MEMBERS = "bytes-outside-members"
    MALFORMED_EXTRA_FIELD = "malformed-extra-field"
    UNSAFE_MEMBER_NAME = "unsafe-member-name"
    AMBIGUOUS_MEMBER_NAME = "ambiguous-member-name"
    ENCRYPTED_MEMBER = "encrypted-member"
    SYMLINK_MEMBER = "symlink-member"
    SPECIAL_MEMBER = "special-member"
    MEMBER_TYPE_CONFLICT = "member-type-conflict"

    RECORD_ABSENT = "record-absent"
    RECORD_MALFORMED = "record-malformed"
    RECORD_UNLISTED_MEMBER = "record-unlisted-member"
    RECORD_MISSING_MEMBER = "record-missing-member"
    RECORD_WRONG_HASH = "record-wrong-hash"
    RECORD_WRONG_SIZE = "record-wrong-size"
    RECORD_DUPLICATE_ROW = "record-duplicate-row"
    RECORD_WEAK_HASH = "record-weak-hash"
    RECORD_NO_HASH = "record-no-hash"

    NAME_MISMATCH = "name-mismatch"
    VERSION_MISMATCH = "version-mismatch"
    TAGS_MISMATCH = "tags-mismatch"
    PURELIB_MISMATCH = "purelib-mismatch"
    REFERENCE_READER_REFUSES = "reference-reader-refuses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One oddity.

    Attributes:
        kind: which one.
        member: the member's name as it stands in the archive, or empty where it concerns the whole file.
        detail: what was seen, safe to print.
    """

    kind: AnomalyKind
    member: str = ""
    detail: str = ""


class AnomalyLog:
    """Collects anomalies, and only counts what a hostile wheel repeats without end."""

    def __init__(self) -> None:
        self._kept: list[Anomaly] = []
        self._seen: Counter[AnomalyKind] = Counter()

    def add(self, kind: AnomalyKind, member: str = "", detail: str = "") -> None:
        """Note an oddity; ``detail`` may hold text from the archive."""
        self._seen[kind] += 1
        if self._seen[kind] <= _SHOWN_PER_KIND:
            self._kept.append(Anomaly(kind=kind, member=member, detail=printable(detail)))

    def close(self) -> tuple[Anomaly, ...]:
        """What was kept, with a last one for each kind of which some were only counted."""
        more = [
            Anomaly(kind=kind, detail=f"and {count - _SHOWN_PER_KIND} more")
            for kind, count in self._seen.items()
            if count > _SHOWN_PER_KIND
        ]
        return (*self._kept, *more)
