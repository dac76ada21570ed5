"""Wheels for tests: from a dictionary of text, and byte by byte for what no honest writer writes."""

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FILENAME = "demo-1.0-py3-none-any.whl"
DIST_INFO = "demo-1.0.dist-info"
FILES: dict[str, str] = {
    "demo/__init__.py": "GREETING = 'hello'\n" * 40,
    "demo/numbers.py": "".join(f"N{number} = {number * number}\n" for number in range(600)),
    "demo/py.typed": "",
    f"{DIST_INFO}/METADATA": "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nRequires-Python: >=3.9\n",
    f"{DIST_INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: demo 1\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


@dataclass(kw_only=True)
class Entry:
    """One member as it is written; ``local`` and ``central`` replace single numbers of the two headers."""

    name: bytes
    content: bytes = b""
    method: int = 8
    data: bytes | None = None
    flags: int = 0
    made_by: int = 3 << 8 | 20
    mode: int = 0o100644
    local: dict[str, int | bytes] = field(default_factory=dict)
    central: dict[str, int | bytes] = field(default_factory=dict)
    descriptor: bytes = b""
    before: bytes = b""


def record_of(files: Mapping[str, str | bytes], dist_info: str = DIST_INFO) -> str:
    """The RECORD of some files."""
    rows = []
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}\n")
    return "".join(rows) + f"{dist_info}/RECORD,,\n"


def complete(files: Mapping[str, str | bytes] | None = None) -> dict[str, bytes]:
    """Files with their RECORD, as bytes; the demo wheel's where none are given."""
    files = FILES if files is None else files
    whole = {**files, f"{DIST_INFO}/RECORD": record_of(files)}
    return {name: text.encode() if isinstance(text, str) else text for name, text in whole.items()}


def deflated(content: bytes, level: int = 6, memory: int = 8, strategy: int = 0) -> bytes:
    """A raw deflate stream by zlib."""
    stream = zlib.compressobj(level, zlib.DEFLATED, -15, memory, strategy)
    return stream.compress(content) + stream.flush()


def entries_of(files: Mapping[str, bytes]) -> list[Entry]:
    """Plain deflated entries."""
    return [Entry(name=name.encode(), content=content) for name, content in files.items()]


def raw_zip(
    entries: Sequence[Entry],
    *,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    trailing: bytes = b"",
    comment: bytes = b"",
    zip64: bool = False,
    end: Mapping[str, int] | None = None,
) -> bytes:
    """An archive written field by field, independent of the code under test."""
    out = bytearray(prefix)
    directory = bytearray()
    for entry in entries:
        out += entry.before
        local, central = _headers(entry, len(out))
        data = _data(entry)
        out += local + data + entry.descriptor
        directory += central
    out += before_directory
    start = len(out)
    out += directory
    numbers = {
        "disk": 0,
        "here": len(entries),
        "entries": len(entries),
        "size": len(directory),
        "offset": start,
    }
    numbers |= end or {}
    here, count, size, offset = (numbers[key] for key in ("here", "entries", "size", "offset"))
    if zip64:
        position = len(out)
        out += b"PK\x06\x06" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, here, count, size, offset)
        out += b"PK\x06\x07" + struct.pack("<LQL", 0, position, 1)
        here, count, size, offset = 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    out += b"PK\x05\x06" + struct.pack("<4H2LH", numbers["disk"], 0, here, count, size, offset, len(comment))
    return bytes(out + comment + trailing)


def _data(entry: Entry) -> bytes:
    if entry.data is not None:
        return entry.data
    return deflated(entry.content) if entry.method == 8 else entry.content


def _headers(entry: Entry, offset: int) -> tuple[bytes, bytes]:
    shared: dict[str, int | bytes] = {
        "needed": 20,
        "flags": entry.flags,
        "method": entry.method,
        "time": 0,
        "date": 0x21,
        "crc": zlib.crc32(entry.content),
        "compressed": len(_data(entry)),
        "size": len(entry.content),
        "name": entry.name,
        "extra": b"",
    }
    left = shared | entry.local
    right = shared | {"comment": b"", "internal": 0, "dos": 0, "offset": offset, "disk": 0} | entry.central
    numbers = ("needed", "flags", "method", "time", "date", "crc", "compressed", "size")
    local = b"PK\x03\x04" + struct.pack("<5H3L", *(left[key] for key in numbers))
    local += struct.pack("<2H", len(_bytes(left, "name")), len(_bytes(left, "extra")))
    local += _bytes(left, "name") + _bytes(left, "extra")
    central = b"PK\x01\x02" + struct.pack("<H", entry.made_by)
    central += struct.pack("<5H3L", *(right[key] for key in numbers))
    texts = ("name", "extra", "comment")
    central += struct.pack("<3H", *(len(_bytes(right, key)) for key in texts))
    attributes = entry.mode << 16 | int(right["dos"])
    central += struct.pack("<2H2L", right["disk"], right["internal"], attributes, right["offset"])
    return local, central + b"".join(_bytes(right, key) for key in texts)


def _bytes(numbers: Mapping[str, int | bytes], key: str) -> bytes:
    value = numbers[key]
    assert isinstance(value, bytes)
    return value


class Unseekable(io.RawIOBase):
    """A stream to which zipfile must write data descriptors."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self.data += piece
        return len(piece)


def zipped(
    files: Mapping[str, bytes],
    *,
    level: int | None = 6,
    method: int = zipfile.ZIP_DEFLATED,
    date: tuple[int, int, int, int, int, int] = (2020, 2, 2, 0, 0, 0),
    mode: int = 0o100644,
    order: Iterable[str] | None = None,
    streamed: bool = False,
    force_zip64: bool = False,
) -> bytes:
    """An archive by Python's zipfile."""
    sink = Unseekable()
    buffer = io.BytesIO()
    with zipfile.ZipFile(sink if streamed else buffer, "w") as archive:
        for name in order or files:
            info = zipfile.ZipInfo(name, date)
            info.compress_type = method
            info.external_attr = mode << 16
            info._compresslevel = level  # type: ignore[attr-defined]
            with archive.open(info, "w", force_zip64=force_zip64) as member:
                member.write(files[name])
    return bytes(sink.data) if streamed else buffer.getvalue()


def put(folder: Path, data: bytes, filename: str = FILENAME) -> Path:
    """Write a wheel's bytes into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / filename
    path.write_bytes(data)
    return path
