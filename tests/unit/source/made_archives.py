"""Source archives made from a dict of texts, and hostile ones made by hand."""

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

PKG_INFO = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nRequires-Python: >=3.9\n\nA description.\n"
DEMO = {"demo-1.0/PKG-INFO": PKG_INFO, "demo-1.0/setup.py": "from setuptools import setup\nsetup()\n"}


def member(name: str, content: bytes = b"", **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mtime = 1_700_000_000
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info, content


def members(texts: Mapping[str, str | bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [member(name, text if isinstance(text, bytes) else text.encode()) for name, text in texts.items()]


def tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]], **options: object) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **options) as archive:  # type: ignore[call-overload]
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tar_gz(folder: Path, texts: Mapping[str, str | bytes], filename: str = "demo-1.0.tar.gz") -> Path:
    return write(folder, gzip.compress(tar(members(texts)), 1), filename)


def tar_bz2(folder: Path, texts: Mapping[str, str | bytes], filename: str = "demo-1.0.tar.bz2") -> Path:
    return write(folder, bz2.compress(tar(members(texts))), filename)


def zipped(folder: Path, texts: Mapping[str, str | bytes], filename: str = "demo-1.0.zip") -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            info = zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20))
            info.external_attr = 0o100644 << 16
            archive.writestr(info, text)
    return write(folder, buffer.getvalue(), filename)


def write(folder: Path, data: bytes, filename: str = "demo-1.0.tar.gz") -> Path:
    path = folder / filename
    path.write_bytes(data)
    return path
