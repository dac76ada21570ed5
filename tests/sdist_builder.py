"""Source distributions for tests, from text and from members that no honest archiver writes."""

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROOT = "demo-1.0"
FILENAME = f"{ROOT}.tar.gz"
WHEEL = f"{ROOT}-py3-none-any.whl"
MTIME = 1_700_000_000
_PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
_WHEEL = "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"

# A backend with nothing but the standard library; ``make`` writes a wheel.
_BACKEND = f"""\
import os, sys, time, zipfile

def make(out, name={WHEEL!r}):
    with zipfile.ZipFile(os.path.join(out, name), "w") as wheel:
        for path, text in (
            ("demo.py", "x = 1\\n"),
            ("demo-1.0.dist-info/METADATA", {_METADATA!r}),
            ("demo-1.0.dist-info/WHEEL", {_WHEEL!r}),
            ("demo-1.0.dist-info/RECORD", ""),
        ):
            wheel.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), text)
    return name

def build_wheel(out, config_settings=None, metadata_directory=None):
"""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of a tar, as it is written."""

    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644


def backend(body: str) -> str:
    """The text of a backend whose ``build_wheel(out, …)`` has this body."""
    return _BACKEND + "".join(f"    {line}\n" for line in body.strip("\n").splitlines())


def tree(body: str = "return make(out)", more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The files of a source tree with such a backend."""
    return {
        "PKG-INFO": _METADATA,
        "pyproject.toml": _PYPROJECT,
        "backend.py": backend(body),
        **(more or {}),
    }


def members(files: Mapping[str, str]) -> list[Member]:
    """Files as a tar's members, below the one top folder."""
    return [Member(name=f"{ROOT}/{name}", content=text.encode()) for name, text in files.items()]


def tar(contents: Sequence[Member]) -> bytes:
    """An uncompressed tar; names are written as they are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in contents:
            info = tarfile.TarInfo(member.name)
            info.size, info.mode, info.mtime = len(member.content), member.mode, MTIME
            info.type, info.linkname = member.kind, member.link
            archive.addfile(info, io.BytesIO(member.content))
    return stream.getvalue()


def tar_gz(contents: Sequence[Member]) -> bytes:
    """The usual sdist."""
    return gzip.compress(tar(contents), mtime=0)


def tar_bz2(contents: Sequence[Member]) -> bytes:
    """An old kind of sdist."""
    return bz2.compress(tar(contents))


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip, as sdists from Windows were."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{ROOT}/{name}", (2020, 2, 2, 2, 2, 2)), text)
    return stream.getvalue()
