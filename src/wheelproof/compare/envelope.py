"""How two archives differ around their contents: every header field, as data, bounded."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from wheelproof.wheel.archive import Archive
from wheelproof.wheel.members import Descriptor, Member, read_dos_time
from wheelproof.wheel.zipformat import parse_extra

_EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldExample:
    """One member's two values, as text; ``member`` is empty where the field is the archive's."""

    member: str
    published: str
    rebuilt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One field of the envelope that differs, on how many members, with the first few."""

    field: str
    count: int
    examples: tuple[FieldExample, ...]


class _Values(NamedTuple):
    """What the two headers of a member say beside its content, its name and its place."""

    time: tuple[int, int]
    mode: int
    dos_attributes: int
    internal_attributes: int
    system: int
    creator_version: int
    version_needed: tuple[int, int]
    flags: int
    method: int
    compressed_bytes: int
    local_extra: bytes
    central_extra: bytes
    descriptor: Descriptor | None
    comment: bytes


def _values(member: Member) -> _Values:
    central = member.central
    local = member.local if member.has_own_local else None
    return _Values(
        (central.date, central.time),
        central.external_attributes >> 16,
        central.external_attributes & 0xFFFF,
        central.internal_attributes,
        central.version_made_by >> 8,
        central.version_made_by & 0xFF,
        (local.version_needed if local else central.version_needed, central.version_needed),
        central.flags,
        central.method,
        member.compressed_bytes,
        local.extra if local else b"",
        central.extra,
        member.descriptor,
        central.comment,
    )


def _time(time: tuple[int, int]) -> str:
    return "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*read_dos_time(*time))


def _extra(extra: bytes) -> str:
    fields = parse_extra(extra)
    if fields is None:
        return f"malformed, {len(extra)} bytes"
    return " ".join(f"{field.id:04x}:{field.data.hex()}" for field in fields)[:200]


def _descriptor(layout: Descriptor | None) -> str:
    if layout is None:
        return "none"
    return f"{'64' if layout.wide else '32'}-bit, {'with' if layout.signed else 'without'} signature"


# Each of the values, by the name and in the words that a reader is told it.
MEMBER_FIELDS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("modification time", _time),
    ("mode", "{:06o}".format),
    ("DOS attributes", "{:04x}".format),
    ("internal attributes", "{:04x}".format),
    ("creator system", str),
    ("creator version", str),
    ("version needed", lambda versions: f"{versions[0]}, {versions[1]}"),
    ("flags", "{:04x}".format),
    ("compression method", str),
    ("compressed size", str),
    ("local extra fields", _extra),
    ("central extra fields", _extra),
    ("data descriptor", _descriptor),
    ("member comment", lambda comment: comment.hex()[:200]),
)

ARCHIVE_FIELDS: dict[str, Callable[[Archive], str]] = {
    "archive comment": lambda archive: archive.end.comment.hex()[:200],
    "zip64 end record": lambda archive: "absent" if archive.zip64 is None else "present",
    "bytes outside every member": lambda archive: str(sum(region.length_bytes for region in archive.outside)),
}


def compare_envelopes(published: Archive, rebuilt: Archive) -> tuple[FieldDifference, ...]:
    """Compare what surrounds the contents: archive fields, order, then the common members' fields."""
    found: defaultdict[str, list[FieldExample]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for field, member, left, right, text in chain(
        _of_archive(published, rebuilt),
        _of_order(published, rebuilt),
        _of_members(published, rebuilt),
    ):
        counts[field] += 1
        if counts[field] <= _EXAMPLES:
            found[field].append(FieldExample(member=member, published=text(left), rebuilt=text(right)))
    return tuple(
        FieldDifference(field=field, count=counts[field], examples=tuple(examples))
        for field, examples in found.items()
    )


# A field, the member's name or nothing, both values, and how they are told.
_Differing = tuple[str, str, Any, Any, Callable[[Any], str]]


def _of_archive(published: Archive, rebuilt: Archive) -> Iterator[_Differing]:
    for field, value in ARCHIVE_FIELDS.items():
        left, right = value(published), value(rebuilt)
        if left != right:
            yield field, "", left, right, str


def _of_order(published: Archive, rebuilt: Archive) -> Iterator[_Differing]:
    sides = (published.members, rebuilt.members)
    common = sides[0].places.keys() & sides[1].places.keys()
    for field, orders in (
        ("directory order", tuple(side.names for side in sides)),
        ("data order", tuple([side.names[place] for place in side.by_offset()] for side in sides)),
    ):
        places = zip(*([name for name in order if name in common] for order in orders), strict=False)
        for place, (left, right) in enumerate(places):
            if left != right:
                yield field, "", f"{place}: {left}", f"{place}: {right}", str


def _of_members(published: Archive, rebuilt: Archive) -> Iterator[_Differing]:
    others = rebuilt.members.places
    for name, place in published.members.places.items():
        if name not in others:
            continue
        member, other = Member(published.members, place), Member(rebuilt.members, others[name])
        if member.has_headers_of(other):
            continue
        for (field, text), left, right in zip(MEMBER_FIELDS, _values(member), _values(other), strict=True):
            if left != right:
                yield field, name, left, right, text
