"""Where in a source a content stands: each file by its digest."""

from pathlib import Path

from wheelproof.core.errors import MalformedError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.source.archive import open_archive
from wheelproof.source.members import ArchiveLimits, MemberKind


def digest_files(
    path: Path, filename: str | None = None, *, limits: ArchiveLimits | None = None
) -> dict[Digest, str]:
    """Read every file of a source distribution.

    Args:
        path: where it lies.
        filename: what errors call it, where that is not the path's last part.
        limits: what reading it may take.

    Returns:
        The files' digests, each with its path below the top folder, the first of several.

    Raises:
        MalformedError: it breaks its format or passes a limit.
        OSError: it can't be read.
    """
    found: dict[Digest, str] = {}
    try:
        with open_archive(path, limits or ArchiveLimits()) as archive:
            for member in archive.walk():
                if member.kind is MemberKind.FILE:
                    found.setdefault(archive.digest(), member.name.partition("/")[2])
    except MalformedError as error:
        raise MalformedError(
            f"{printable(filename or path.name)}: {error.message}", hint=error.hint
        ) from error
    return found
