"""What stands in the way of a proof by replay: bytes of the published file that nothing accounts for.

Each rule is a small function from the comparison to a sentence, or None. They stand in one list at the end.
"""

import struct
from collections.abc import Callable, Iterator

from wheelproof.compare.pairing import PairState
from wheelproof.compare.wheels import Comparison
from wheelproof.core.untrusted import printable
from wheelproof.wheel.anomaly import AnomalyKind
from wheelproof.wheel.members import Member
from wheelproof.wheel.oddities import names_the_same
from wheelproof.wheel.sizes import resolve_central, resolve_local
from wheelproof.wheel.zipformat import (
    SENTINEL_32,
    CentralHeader,
    ExtraField,
    ExtraId,
    Flag,
    LocalHeader,
    parse_extra,
)

# Anomalies with which the bytes could be read in two ways, or belong to nothing.
_BLOCKING = frozenset(
    {
        AnomalyKind.DUPLICATE_MEMBER,
        AnomalyKind.HEADERS_DISAGREE,
        AnomalyKind.WRONG_MEMBER_COUNT,
        AnomalyKind.BYTES_OUTSIDE_MEMBERS,
        AnomalyKind.MALFORMED_EXTRA_FIELD,
        AnomalyKind.MEMBER_TYPE_CONFLICT,
    }
)
# Bits 1 and 2 tell of the encoder's effort.
_KNOWN_FLAGS = 0b110 | Flag.DESCRIPTOR | Flag.UTF8
# The highest version that CPython's zipfile, and so pip, agrees to read.
_HIGHEST_VERSION_NEEDED = 63
_DOS_ATTRIBUTES = 0x3F
_TEXT = 1


def find_obstacle(comparison: Comparison) -> str | None:
    """Why nothing can be proved by replay, a sentence without a full stop; None where nothing is."""
    for rule in OBSTACLES:
        if found := rule(comparison):
            return found
    return None


def members_differ(comparison: Comparison) -> str | None:
    """Every member must be in both wheels with the same bytes, and be the same to an installer."""
    for pair in comparison.differing_pairs():
        if pair.state is not PairState.SAME:
            return f"member {printable(pair.name)} is not the same in both"
        return f"member {printable(pair.name)}: {pair.mode}"
    return None


def archive_is_ambiguous(comparison: Comparison) -> str | None:
    """Neither archive may be read in two ways, nor hold bytes outside every member and record."""
    for side, wheel in (("published", comparison.published), ("rebuilt", comparison.rebuilt)):
        for anomaly in wheel.archive.anomalies:
            if anomaly.kind in _BLOCKING:
                where = f" ({printable(anomaly.member)})" if anomaly.member else ""
                return f"the {side} archive has {anomaly.kind}{where}"
    return None


def comments_are_set(comparison: Comparison) -> str | None:
    """Comments are free text that nothing accounts for."""
    if comparison.published.archive.end.comment:
        return "the published archive has a comment"
    for member in comparison.published.archive.members:
        if member.has_comment:
            return f"member {printable(member.name)} has a comment"
    return None


def headers_are_unusual(comparison: Comparison) -> str | None:
    """Fields with room for more than their meaning must hold just that."""
    for member in comparison.published.archive.members:
        central = member.central
        needed = central.version_needed
        if member.has_own_local:
            needed = max(needed, member.local.version_needed)
        unusual = (
            (central.flags & ~_KNOWN_FLAGS, "flags"),
            (needed > _HIGHEST_VERSION_NEEDED, "version needed"),
            (central.internal_attributes & ~_TEXT, "internal attributes"),
            (central.external_attributes & 0xFFFF & ~_DOS_ATTRIBUTES, "DOS attributes"),
        )
        for is_unusual, field in unusual:
            if is_unusual:
                return f"member {printable(member.name)} has {field} that no known writer sets"
    return None


def extra_fields_are_unknown(comparison: Comparison) -> str | None:
    """Extra fields must be of a kind whose every byte is understood, each at most once in a header."""
    for member in comparison.published.archive.members:
        if not member.has_extra:
            continue
        for header in (member.local, member.central):
            if header.extra and (found := _unknown_field(member, header)) is not None:
                return (
                    f"member {printable(member.name)} has an extra field {found:04x} that is not understood"
                )
    return None


def _unknown_field(member: Member, header: LocalHeader | CentralHeader) -> int | None:
    seen: set[int] = set()
    for field in parse_extra(header.extra) or ():
        if field.id in seen or not _is_understood(field, member, header):
            return field.id
        seen.add(field.id)
    return None


def _is_understood(field: ExtraField, member: Member, header: LocalHeader | CentralHeader) -> bool:
    is_local = isinstance(header, LocalHeader)
    match field.id:
        case ExtraId.ZIP64:
            return _is_plain_zip64(field.data, member, header)
        case ExtraId.UNIX_TIMES:
            return _is_unix_times(field.data, is_local=is_local)
        case ExtraId.INFOZIP_UNIX_OLD:
            return len(field.data) in ({8, 12} if is_local else {8})
        case ExtraId.INFOZIP_UNIX:
            return _is_owner(field.data, is_local=is_local)
        case ExtraId.UNICODE_PATH:
            return names_the_same(field.data, header.name, member.name)
        case _:
            return False


def _is_plain_zip64(data: bytes, member: Member, header: LocalHeader | CentralHeader) -> bool:
    if isinstance(header, CentralHeader):
        sizes = resolve_central(header)
        return bool(data) and sizes is not None and sizes.exact
    local = resolve_local(header)
    if local is None:
        return False
    if local.exact:
        return bool(data)
    # Both sizes must be in a local header's field (APPNOTE 4.5.3), needed or not.
    both = struct.pack("<2Q", member.size_bytes, member.compressed_bytes)
    return data in (both, bytes(16)) and SENTINEL_32 not in {header.size, header.compressed}


def _is_unix_times(data: bytes, *, is_local: bool) -> bool:
    """Info-ZIP's extended timestamp: flags, then locally a time for each, centrally the first one at most."""
    if not data or data[0] & ~0b111:
        return False
    times = data[0].bit_count() if is_local else data[0] & 1
    return len(data) == 1 + 4 * times


def _is_owner(data: bytes, *, is_local: bool) -> bool:
    """Info-ZIP's new Unix field: version 1, then user and group, each as a size of at most 8 and a number."""
    if not is_local and not data:
        return True
    numbers = list(_owner_numbers(data[1:]))
    return data[:1] == b"\x01" and len(numbers) == 2 and all(0 < size <= 8 for size in numbers)


def _owner_numbers(data: bytes) -> Iterator[int]:
    while data:
        size = data[0]
        if len(data) < 1 + size:
            yield -1
            return
        yield size
        data = data[1 + size :]


OBSTACLES: tuple[Callable[[Comparison], str | None], ...] = (
    members_differ,
    archive_is_ambiguous,
    comments_are_set,
    headers_are_unusual,
    extra_fields_are_unknown,
)
