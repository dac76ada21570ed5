"""What a header's numbers mean once its zip64 extra field has its say (APPNOTE 4.5.3)."""

from typing import NamedTuple

from wheelproof.wheel.zipformat import (
    SENTINEL_16,
    SENTINEL_32,
    CentralHeader,
    ExtraId,
    LocalHeader,
    parse_extra,
)


class Sizes(NamedTuple):
    """The numbers of one header; ``exact`` where its zip64 field holds just what the header left out."""

    size: int
    compressed: int
    offset: int
    disk: int
    exact: bool


def resolve_central(header: CentralHeader) -> Sizes | None:
    """A central header's numbers; None where its zip64 field is too short or there twice."""
    if not header.extra:
        return Sizes(header.size, header.compressed, header.offset, header.disk, True)
    stated = (
        (header.size, SENTINEL_32, 8),
        (header.compressed, SENTINEL_32, 8),
        (header.offset, SENTINEL_32, 8),
        (header.disk, SENTINEL_16, 4),
    )
    return _resolve(header.extra, stated)


def resolve_local(header: LocalHeader) -> Sizes | None:
    """A local header's numbers, which have neither offset nor disk; None as above."""
    stated = ((header.size, SENTINEL_32, 8), (header.compressed, SENTINEL_32, 8), (0, 1, 8), (0, 1, 4))
    return _resolve(header.extra, stated)


def _resolve(extra: bytes, stated: tuple[tuple[int, int, int], ...]) -> Sizes | None:
    found = [field.data for field in parse_extra(extra) or () if field.id == ExtraId.ZIP64]
    if len(found) > 1:
        return None
    data = found[0] if found else b""
    values, at = [], 0
    for number, sentinel, width in stated:
        if not found or number != sentinel:
            values.append(number)
            continue
        if at + width > len(data):
            return None
        values.append(int.from_bytes(data[at : at + width], "little"))
        at += width
    size, compressed, offset, disk = values
    return Sizes(size=size, compressed=compressed, offset=offset, disk=disk, exact=at == len(data))
