"""A tar whose bytes depend on its members alone (POSIX ustar and pax).

It is written here header by header: what tarfile writes differs from one version to the next.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

_BLOCK = 512
_NAME_BYTES = 100


class TarType(Enum):
    """The type flags that are written."""

    FILE = b"0"
    LINK = b"2"
    FOLDER = b"5"
    PAX = b"x"


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember:
    """One member: its path below the root, and its content in pieces of ``size`` bytes together."""

    path: bytes
    kind: TarType = TarType.FILE
    mode: int = 0o644
    size: int = 0
    link: bytes = b""
    content: Callable[[], Iterable[bytes]] = tuple


def tar_pieces(members: Iterable[TarMember], root: bytes, time: int) -> Iterator[bytes]:
    """The archive, piece by piece.

    Args:
        members: in the order in which they are written.
        root: the folder that all of them lie below.
        time: of every member, in seconds since 1970.
    """
    for member in members:
        path = root + b"/" + member.path
        if member.kind == TarType.FOLDER:
            path = path.rstrip(b"/") + b"/"
        records = _pax({b"path": path, b"linkpath": member.link})
        if records:
            yield _header(TarMember(path=b"", kind=TarType.PAX, size=len(records)), b"pax", time)
            yield _padded(records)
        yield _header(member, path, time)
        yield from member.content()
        yield bytes(-member.size % _BLOCK)
    yield bytes(2 * _BLOCK)


def _pax(values: dict[bytes, bytes]) -> bytes:
    """Extended records (POSIX pax) for what a plain header can't hold."""
    records = {key: value for key, value in values.items() if len(value) > _NAME_BYTES or not value.isascii()}
    try:
        b"".join(records.values()).decode()
    except UnicodeDecodeError:
        records = {b"hdrcharset": b"BINARY", **records}
    return b"".join(_record(key, value) for key, value in records.items())


def _record(key: bytes, value: bytes) -> bytes:
    """``length key=value`` and a line feed, where the length counts its own digits too."""
    rest = b" " + key + b"=" + value + b"\n"
    size = len(rest)
    while size != len(rest) + len(str(size)):
        size = len(rest) + len(str(size))
    return str(size).encode() + rest


def _header(member: TarMember, path: bytes, time: int) -> bytes:
    """A header of POSIX ustar."""
    fields = (
        path[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0"),
        *(b"%07o\0" % number for number in (member.mode, 0, 0)),
        *(b"%011o\0" % number for number in (member.size, time)),
        b" " * 8,
        member.kind.value,
        member.link[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0"),
        b"ustar\x0000",
    )
    header = b"".join(fields).ljust(_BLOCK, b"\0")
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _BLOCK)
