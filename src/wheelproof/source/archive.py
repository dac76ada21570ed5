"""The archives that source distributions come in, told apart by their bytes."""

import bz2
import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path

from wheelproof.core.errors import MalformedError
from wheelproof.source.members import ArchiveLimits, SdistFormat, SourceArchive
from wheelproof.source.tar import TarArchive
from wheelproof.source.zip import ZipArchive


@contextlib.contextmanager
def open_archive(path: Path, limits: ArchiveLimits) -> Iterator[SourceArchive]:
    """Open a source archive by what it is, not by what it is called.

    Raises:
        MalformedError: it is none of the formats that are read. ``walk`` and ``read`` raise it where the
            archive breaks its format or passes a limit. Its message is to follow the archive's name.
        OSError: the file can't be read.
    """
    with path.open("rb") as stream:
        magic = stream.read(4)
        stream.seek(0)
        if magic.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield TarArchive(unpacked, SdistFormat.TAR_GZ, limits)
        elif magic.startswith(b"BZh"):
            with bz2.BZ2File(stream) as unpacked:
                yield TarArchive(unpacked, SdistFormat.TAR_BZ2, limits)
        elif magic == b"PK\x03\x04":
            yield ZipArchive(stream, limits)
        else:
            raise MalformedError(
                "is no .tar.gz, .tar.bz2 or .zip archive", hint="Only these sdists are read."
            )
