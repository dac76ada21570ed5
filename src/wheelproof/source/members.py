"""What the members of a source archive are, whatever its format, and what reading them may take."""

import contextlib
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from wheelproof.core.errors import MalformedError
from wheelproof.core.identity import Digest

TOO_LARGE = "A source of this size is not checked."
BROKEN = "Fetch it again; if it stays, the archive itself is broken."


class SdistFormat(StrEnum):
    """The archive formats that are read."""

    TAR_GZ = "tar.gz"
    TAR_BZ2 = "tar.bz2"
    ZIP = "zip"


class MemberKind(StrEnum):
    """What a member of an archive is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    DEVICE = "device"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMember:
    """One member of a source archive; every text in it is the archive's own.

    Attributes:
        name: its path, without a leading ``./`` and a closing ``/``.
        size_bytes: of its content.
        mode: the permission bits.
        mtime: seconds since 1970 (a zip's time is read as UTC), or None where it has none.
        link: where a link leads.
    """

    name: str
    kind: MemberKind
    size_bytes: int
    mode: int
    mtime: int | None
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What reading an archive may take: members, bytes after decompression, seconds."""

    members: int = 200_000
    unpacked_bytes: int = 4 << 30
    reading_s: float = 600.0


class SourceArchive(ABC):
    """An archive's members, in order; ``unpacked_bytes`` counts while it is walked."""

    def __init__(self, form: SdistFormat, limits: ArchiveLimits) -> None:
        self.format = form
        self.limits = limits
        self.unpacked_bytes = 0
        self.notes: list[str] = []

    @abstractmethod
    def walk(self) -> Iterator[SourceMember]:
        """Give each member once."""

    @abstractmethod
    def open(self) -> IO[bytes]:
        """Open the file that ``walk`` gave last; read it inside ``reading``, before the next is asked for."""

    def read(self, limit_bytes: int) -> bytes:
        """Read the file that ``walk`` gave last, up to a limit."""
        with reading(), self.open() as stream:
            return stream.read(limit_bytes)

    def digest(self) -> Digest:
        """Digest the file that ``walk`` gave last."""
        with reading(), self.open() as stream:
            return Digest.of_stream(stream)

    def check_count(self, count: int) -> None:
        """Raise MalformedError where there are more members than the limit."""
        if count > self.limits.members:
            raise MalformedError(f"has more than {self.limits.members} members", hint=TOO_LARGE)


# What the standard library raises on archives that break their format, as fuzzing showed.
_FORMAT_ERRORS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
    RuntimeError,
    OSError,
)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Turn what a library raises on a broken archive into MalformedError; wraps library calls only."""
    try:
        yield
    except _FORMAT_ERRORS as error:
        raise MalformedError(f"can't be read: {type(error).__name__}", hint=BROKEN) from error


def clean_name(name: str) -> str:
    """Drop a leading ``./`` and a closing slash, as every unpacker does."""
    while name.startswith("./"):
        name = name[2:]
    return name.rstrip("/") if name.strip("/") else name
