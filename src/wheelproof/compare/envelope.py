"""How two archives differ around their contents: every header field, as data, bounded."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from wheelproof.wheel.archive import Archive, Member, RegionKind
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


def _time(member: Member) -> str:
    return "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*member.dos_time)


def _extra(extra: bytes) -> str:
    fields = parse_extra(extra)
    if fields is None:
        return f"malformed, {len(extra)} bytes"
    return " ".join(f"{field.id:04x}:{field.data.hex()}" for field in fields)[:200]


def _descriptor(member: Member) -> str:
    layout = member.descriptor
    if layout is None:
        return "none"
    return f"{'64' if layout.wide else '32'}-bit, {'with' if layout.signed else 'without'} signature"


# Every field of the two headers that is not the member's content, name or place.
MEMBER_FIELDS: dict[str, Callable[[Member], str]] = {
    "modification time": _time,
    "mode": lambda member: f"{member.mode:06o}",
    "DOS attributes": lambda member: f"{member.central.external_attributes & 0xFFFF:04x}",
    "internal attributes": lambda member: f"{member.central.internal_attributes:04x}",
    "creator system": lambda member: str(member.system),
    "creator version": lambda member: str(member.central.version_made_by & 0xFF),
    "version needed": lambda member: f"{member.local.version_needed}, {member.central.version_needed}",
    "flags": lambda member: f"{member.central.flags:04x}",
    "compression method": lambda member: str(member.method),
    "compressed size": lambda member: str(member.compressed_bytes),
    "local extra fields": lambda member: _extra(member.local.extra),
    "central extra fields": lambda member: _extra(member.central.extra),
    "data descriptor": _descriptor,
    "member comment": lambda member: member.central.comment.hex()[:200],
}

ARCHIVE_FIELDS: dict[str, Callable[[Archive], str]] = {
    "archive comment": lambda archive: archive.end.comment.hex()[:200],
    "zip64 end record": lambda archive: "absent" if archive.zip64 is None else "present",
    "bytes outside every member": lambda archive: str(
        sum(region.length_bytes for region in archive.regions if region.kind is RegionKind.OUTSIDE)
    ),
}


def compare_envelopes(published: Archive, rebuilt: Archive) -> tuple[FieldDifference, ...]:
    """Compare what surrounds the contents: archive fields, order, then the common members' fields."""
    found: defaultdict[str, list[FieldExample]] = defaultdict(list)
    counts: defaultdict[str, int] = defaultdict(int)

    def note(field: str, member: str, left: str, right: str) -> None:
        if left == right:
            return
        counts[field] += 1
        if counts[field] <= _EXAMPLES:
            found[field].append(FieldExample(member=member, published=left, rebuilt=right))

    for field, archive_value in ARCHIVE_FIELDS.items():
        note(field, "", archive_value(published), archive_value(rebuilt))
    others = {member.name: member for member in rebuilt.members}
    common = {member.name: member for member in published.members if member.name in others}
    for field, order in (("directory order", _directory_order), ("data order", _data_order)):
        left, right = order(published, common), order(rebuilt, common)
        for place, (one, other) in enumerate(zip(left, right, strict=False)):
            note(field, "", f"{place}: {one}", f"{place}: {other}")
    for name, member in common.items():
        for field, value in MEMBER_FIELDS.items():
            note(field, name, value(member), value(others[name]))
    return tuple(
        FieldDifference(field=field, count=counts[field], examples=tuple(examples))
        for field, examples in found.items()
    )


def _directory_order(archive: Archive, common: dict[str, Member]) -> list[str]:
    return [member.name for member in archive.members if member.name in common]


def _data_order(archive: Archive, common: dict[str, Member]) -> list[str]:
    ordered = sorted(archive.members, key=lambda member: member.header_offset)
    return [member.name for member in ordered if member.name in common]
