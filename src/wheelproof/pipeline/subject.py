"""The two files that a check is about, fetched and verified."""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.utils import InvalidWheelFilename, NormalizedName, parse_wheel_filename
from packaging.version import Version

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import LocalTarget, ReleaseTarget
from wheelproof.core.untrusted import printable
from wheelproof.fetch.download import download
from wheelproof.fetch.listing import IndexFile
from wheelproof.pipeline.select import Selection, select_sdist, select_wheels
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.locking import locked_file
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.lock import LockedFile

# Most wheels of a release come together; later come those for newer Pythons, and those of a taken account.
_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A published wheel and the sdist that it is held against, both in the cache.

    Attributes:
        target: what was asked for.
        project: the project's normalised name.
        version: the release.
        published: the wheel.
        published_path: where it lies.
        source: the sdist.
        source_path: where it lies.
        as_of: when the wheel was built at the latest.
        notes: what a reader has to know about the files.
    """

    target: str
    project: NormalizedName
    version: Version
    published: LockedFile
    published_path: Path
    source: LockedFile
    source_path: Path
    as_of: datetime
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release as the index has it, with the wheels that were asked for."""

    target: ReleaseTarget
    files: tuple[IndexFile, ...]
    selections: tuple[Selection, ...]
    notes: tuple[str, ...]


def find_release(
    session: Session, target: ReleaseTarget, *, pattern: str | None, everything: bool
) -> Release:
    """Look a release up and choose its wheels.

    Raises:
        FetchError: the index failed, or has no such project or version.
        NotCheckedError: nothing of the release can be checked.
        UsageError: the pattern meets no wheel.
    """
    session.say(Phase.INDEX, str(target))
    listing = session.index.project(target.project)
    files = listing.release(target.version)
    notes = []
    if listing.status != "active":
        reason = f": {printable(listing.status_reason)}" if listing.status_reason else ""
        notes.append(f"The index marks the project as {printable(listing.status)}{reason}")
    selections = select_wheels(
        files,
        pattern=target.wheel or pattern,
        everything=everything and target.wheel is None,
        pythons={python for python, _ in session.default_images()},
        machine=platform.machine(),
    )
    return Release(target=target, files=files, selections=selections, notes=tuple(notes))


def fetch_subject(session: Session, release: Release, wheel: IndexFile) -> Subject:
    """Fetch a wheel of a release and the release's sdist.

    Raises:
        NotCheckedError: there is no sdist, or no sha256 for one of them.
        FetchError: a download failed, or is not what the index says.
    """
    sdist = select_sdist(release.files)
    paths = []
    for file in (wheel, sdist):
        session.say(Phase.DOWNLOAD, file.filename)
        paths.append(download(file, http=session.http, cache=session.cache))
    return Subject(
        target=str(release.target),
        project=release.target.project,
        version=release.target.version,
        published=_with_yanked(locked_file(wheel, paths[0].size_bytes), wheel),
        published_path=paths[0].path,
        source=_with_yanked(locked_file(sdist, paths[1].size_bytes), sdist),
        source_path=paths[1].path,
        as_of=wheel.upload_time or datetime.now(UTC),
        notes=(*release.notes, *release_notes(release.files, wheel, sdist)),
    )


def local_subject(session: Session, target: LocalTarget) -> Subject:
    """Take a wheel and an sdist of this machine into the cache; raises UsageError where they are none."""
    try:
        project, version, _, _ = parse_wheel_filename(target.wheel.name)
    except InvalidWheelFilename as error:
        raise UsageError(
            printable(str(error)), hint="A wheel is called name-version-python-abi-platform.whl."
        ) from None
    session.say(Phase.DOWNLOAD, f"{target.wheel.name} from this machine")
    files = []
    for path in (target.wheel, target.sdist):
        try:
            digest = session.cache.add_file(path)
        except OSError as error:
            raise UsageError(f"{path} can't be read: {error}", hint="Check the path.") from None
        stored = session.cache.path_of(digest)
        files.append(
            (LockedFile(filename=path.name, sha256=digest.hex, size_bytes=stored.stat().st_size), stored)
        )
    (published, published_path), (source, source_path) = files
    return Subject(
        target=target.wheel.name,
        project=project,
        version=version,
        published=published,
        published_path=published_path,
        source=source,
        source_path=source_path,
        as_of=datetime.now(UTC),
        notes=("Both files are local: no index vouches for them, and build requirements are those of today",),
    )


def _with_yanked(locked: LockedFile, file: IndexFile) -> LockedFile:
    return locked.model_copy(update={"yanked": file.yanked_reason or ""}) if file.yanked else locked


def release_notes(files: Sequence[IndexFile], wheel: IndexFile, sdist: IndexFile) -> Iterator[str]:
    """What the index says of a wheel and its release that a reader has to know."""
    for file in (wheel, sdist):
        if file.yanked:
            reason = f": {printable(file.yanked_reason)}" if file.yanked_reason else ""
            yield f"{printable(file.filename)} is yanked{reason}"
    if wheel.upload_time is None:
        yield "The index gives no upload time: build requirements are those of today"
        return
    later = wheel.upload_time - min(file.upload_time for file in files if file.upload_time)
    if later > _SOON:
        yield f"{printable(wheel.filename)} was uploaded {later.days} days after the release's first file"
