"""The proof of ``same-content``: the rebuilt members in the published envelope give the published file.

Every header is written again from what was understood of it, not copied; contents come from the rebuilt
wheel. Where an encoder is not at hand, the published deflate stream is taken after it was shown to hold the
rebuilt content and nothing else. Whether each byte may be replayed at all is for
:mod:`wheelproof.compare.obstacles`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from wheelproof.compare.encoders import FROM_REBUILT, STORED, EncoderChoice, NoEncodingError
from wheelproof.compare.obstacles import find_obstacle
from wheelproof.compare.wheels import Comparison
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.wheel.archive import Archive, Region, RegionKind
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import Member
from wheelproof.wheel.zipformat import render_descriptor

ENCODER_FIELD = "deflate encoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of writing the published file again.

    Attributes:
        digest: of the file so written, or None where it could not be.
        proved: the digest is the published one.
        reason: why nothing is proved, a sentence without a full stop; empty where it is.
        fields: the envelope's fields that differ, and so were taken from the published file.
        encodings: how the members' data came out, and of how many.
        accounted: how many bytes of the published file belong to what.
    """

    digest: Digest | None
    proved: bool
    reason: str
    fields: tuple[str, ...]
    encodings: tuple[tuple[str, int], ...]
    accounted: tuple[tuple[RegionKind, int], ...]


def replay(comparison: Comparison) -> Replay:
    """Write the published file again out of the rebuilt wheel.

    Raises:
        MalformedError: a content can't be read.
        OSError: a file can't be read.
    """
    published, rebuilt = comparison.published, comparison.rebuilt
    fields = tuple(difference.field for difference in comparison.envelope)
    if obstacle := find_obstacle(comparison):
        return _result(published, fields=fields, reason=obstacle)
    encodings: Counter[str] = Counter()
    state = hashlib.sha256()
    try:
        for chunk in _write(published.archive, rebuilt.archive, encodings):
            state.update(chunk)
    except NoEncodingError as error:
        return _result(published, fields=fields, reason=str(error))
    digest = Digest(state.hexdigest())
    reason = "" if digest == published.digest else "what was written is not the published file"
    if set(encodings) - {STORED, FROM_REBUILT}:
        fields += (ENCODER_FIELD,)
    return _result(published, fields=fields, reason=reason, digest=digest, encodings=encodings)


def _result(
    published: Wheel,
    *,
    fields: tuple[str, ...],
    reason: str,
    digest: Digest | None = None,
    encodings: Counter[str] | None = None,
) -> Replay:
    accounted: Counter[RegionKind] = Counter()
    for region in published.archive.regions:
        accounted[region.kind] += region.length_bytes
    return Replay(
        digest=digest,
        proved=digest == published.digest,
        reason=reason,
        fields=fields,
        encodings=tuple((encodings or Counter()).most_common()),
        accounted=tuple(accounted.items()),
    )


def _write(published: Archive, rebuilt: Archive, encodings: Counter[str]) -> Iterator[bytes]:
    others, choice = rebuilt.members.places, EncoderChoice(published, rebuilt)
    for region in published.regions:
        if region.member is None:
            yield _archive_record(published, region)
            continue
        member = Member(published.members, region.member)
        if region.kind is not RegionKind.DATA:
            yield _member_record(member, region)
            continue
        try:
            encoding, data = choice.encode(member, Member(rebuilt.members, others[member.name]))
        except NoEncodingError as error:
            raise NoEncodingError(f"member {printable(member.name)}: {error}") from None
        encodings[encoding] += 1
        yield from data


def _archive_record(archive: Archive, region: Region) -> bytes:
    if region.kind is RegionKind.END:
        return archive.end.render()
    if region.kind is RegionKind.ZIP64_END and archive.zip64:
        return archive.zip64.render_record()
    if region.kind is RegionKind.ZIP64_LOCATOR and archive.zip64:
        return archive.zip64.render_locator()
    raise NoEncodingError(f"{region.length_bytes} bytes at offset {region.offset} belong to nothing")


def _member_record(member: Member, region: Region) -> bytes:
    if region.kind is RegionKind.LOCAL_HEADER:
        return member.local.render() if member.has_own_local else member.of.repeated(member.place)
    if region.kind is RegionKind.CENTRAL_HEADER:
        return member.of.central_bytes(member.place)
    assert member.descriptor  # noqa: S101 - a descriptor's region is there where the layout is known
    return render_descriptor(
        signed=member.descriptor.signed,
        wide=member.descriptor.wide,
        crc=member.crc,
        compressed=member.compressed_bytes,
        size=member.size_bytes,
    )
