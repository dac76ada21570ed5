"""The two files that a check is about, the wheel and its source, fetched and verified."""

import platform
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.utils import InvalidWheelFilename, NormalizedName, parse_wheel_filename
from packaging.version import Version

from wheelproof.core.errors import FetchError, NotCheckedError, UsageError
from wheelproof.core.git import GitReference
from wheelproof.core.identity import LocalTarget, ReleaseTarget, Target
from wheelproof.core.untrusted import printable
from wheelproof.fetch.download import download
from wheelproof.fetch.listing import FileKind, IndexFile
from wheelproof.pipeline.checkout import Checkout, fetch_checkout, named_by_recipes, source_root
from wheelproof.pipeline.select import Selection, refusal, select_sdist, select_wheels
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.locking import locked_file
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.lock import LockedFile

# Most wheels of a release come together; later come those for newer Pythons, and those of a taken account.
_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A published wheel and the source that it is held against, both in the cache.

    Attributes:
        target: what was asked for.
        project: the project's normalised name.
        version: the release.
        published: the wheel.
        published_path: where it lies.
        source: the sdist, or a git tree in its place.
        source_path: where it lies.
        as_of: when the wheel was built at the latest.
        notes: what a reader has to know about the files.
        paired_by_user: that the two belong together is the user's word, and no index's.
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
    paired_by_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release as the index has it, with the wheels that were asked for."""

    target: ReleaseTarget
    files: tuple[IndexFile, ...]
    selections: tuple[Selection, ...]
    notes: tuple[str, ...]


def find_subject(session: Session, target: Target, *, pattern: str | None = None) -> Subject:
    """Fetch the one wheel that a target is, and its source.

    Args:
        session: the connections.
        target: a release, a wheel of one, or two local files.
        pattern: which wheel of a release, as a file name or shell pattern.

    Raises:
        FetchError: the index or a download failed.
        NotCheckedError: the release has no such pair of files, or the wheel can't be rebuilt here.
        UsageError: the pattern meets no wheel or several, or a local file is none.
    """
    if isinstance(target, LocalTarget):
        return local_subject(session, target)
    release = find_release(session, target, pattern=pattern, everything=False)
    if len(release.selections) > 1:
        raise UsageError(
            f"{printable(pattern or '')} meets {len(release.selections)} wheels, and one is wanted",
            hint="Name one wheel with --wheel.",
        )
    (selection,) = release.selections
    if selection.refusal is not None:
        name = printable(selection.wheel.filename)
        raise NotCheckedError(f"{name} can't be rebuilt here: {selection.refusal}")
    return fetch_subject(session, release, selection.wheel)


def find_release(
    session: Session,
    target: ReleaseTarget,
    *,
    pattern: str | None,
    everything: bool,
    pins: Collection[str] = (),
) -> Release:
    """Look a release up and choose its wheels.

    Args:
        session: the connections.
        target: what to look up.
        pattern: which wheels, as a file name or shell pattern.
        everything: every wheel.
        pins: sha256 digests of which a wheel has to have one; any will do where there are none.

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
        _pinned(files, pins) if pins else files,
        pattern=target.wheel or pattern,
        everything=everything and target.wheel is None,
        pythons={python for python, _ in session.default_images()},
        machine=platform.machine(),
    )
    return Release(target=target, files=files, selections=selections, notes=tuple(notes))


def _pinned(files: Sequence[IndexFile], pins: Collection[str]) -> tuple[IndexFile, ...]:
    """The files that are what somebody else says they are, by digest."""
    wheels = [file for file in files if file.kind is FileKind.WHEEL]
    found = tuple(file for file in wheels if file.digest and file.digest.hex in pins)
    if wheels and not found:
        raise FetchError(
            f"None of the release's {len(wheels)} wheels on the index has a sha256 that the list pins",
            hint="The list is for other files: find out which of the two is right.",
        )
    return found


def fetch_subject(session: Session, release: Release, wheel: IndexFile) -> Subject:
    """Fetch a wheel of a release and its source: the sdist, or the commit that the target or a recipe names.

    Raises:
        NotCheckedError: there is no source, or no sha256 for one of the files.
        FetchError: a download failed, or is not what the index says; the git repository can't be read.
        MalformedError: the commit breaks git's format.
        RecipeError: a recipe is wrong.
        UsageError: the repository does not have what the target names.
    """
    target = release.target
    reference, git_folder = _git_of(session, release, wheel)
    sdist = None if reference else select_sdist(release.files)
    published, published_path = _downloaded(session, wheel)
    if reference is None:
        assert sdist is not None  # noqa: S101 - there is one of the two
        source, source_path = _downloaded(session, sdist)
        found = Checkout(source=source, path=source_path, notes=())
    else:
        root = source_root(wheel.filename)
        found = fetch_checkout(session, reference, root=root, git_folder=git_folder)
    return Subject(
        target=str(target),
        project=target.project,
        version=target.version,
        published=published,
        published_path=published_path,
        source=found.source,
        source_path=found.path,
        as_of=wheel.upload_time or datetime.now(UTC),
        notes=(*release.notes, *release_notes(release.files, wheel, sdist), *found.notes),
    )


def _git_of(session: Session, release: Release, wheel: IndexFile) -> tuple[GitReference | None, bool]:
    """The commit that is the source in the sdist's place, and whether its ``.git`` comes along."""
    target = release.target
    if target.git is None and any(file.kind is FileKind.SDIST for file in release.files):
        return None, False
    overrides = session.catalog.overrides(target.project, target.version, wheel.filename)
    named, git_folder = named_by_recipes(overrides)
    return target.git or named, git_folder


def _downloaded(session: Session, file: IndexFile) -> tuple[LockedFile, Path]:
    session.say(Phase.DOWNLOAD, file.filename)
    found = download(file, http=session.http, cache=session.cache)
    locked = locked_file(file, found.size_bytes)
    if file.yanked:
        locked = locked.model_copy(update={"yanked": file.yanked_reason or ""})
    return locked, found.path


def local_subject(session: Session, target: LocalTarget) -> Subject:
    """Take a wheel of this machine and its source into the cache.

    Raises:
        UsageError: they are none, or the repository does not have what the target names.
        NotCheckedError: the wheel can't be rebuilt here.
        FetchError: the git repository can't be read.
        MalformedError: the commit breaks git's format.
        RecipeError: a recipe is wrong.
    """
    try:
        project, version, _, _ = parse_wheel_filename(target.wheel.name)
    except InvalidWheelFilename as error:
        raise UsageError(
            printable(str(error)), hint="A wheel is called name-version-python-abi-platform.whl."
        ) from None
    pythons = {python for python, _ in session.default_images()}
    reason = refusal(target.wheel.name, pythons=pythons, machine=platform.machine())
    if reason is not None:
        hint = "Name a wheel for this platform, or for any."
        raise NotCheckedError(f"It can't be rebuilt here: {reason}", hint=hint)
    session.say(Phase.DOWNLOAD, f"{target.wheel.name} from this machine")
    published, published_path = _local_file(session, target.wheel)
    if target.git is not None:
        overrides = session.catalog.overrides(project, version, published.filename)
        root = source_root(published.filename)
        folder = named_by_recipes(overrides)[1]
        found = fetch_checkout(session, target.git, root=root, git_folder=folder)
        note = "The wheel is local: no index vouches for it, and build requirements are those of today"
    else:
        assert target.sdist is not None  # noqa: S101 - a target has one of the two
        source, path = _local_file(session, target.sdist)
        found = Checkout(source=source, path=path, notes=())
        note = "Both files are local: no index vouches for them, and build requirements are those of today"
    return Subject(
        target=target.wheel.name,
        project=project,
        version=version,
        published=published,
        published_path=published_path,
        source=found.source,
        source_path=found.path,
        as_of=datetime.now(UTC),
        notes=(note, *found.notes),
        paired_by_user=True,
    )


def _local_file(session: Session, path: Path) -> tuple[LockedFile, Path]:
    try:
        digest = session.cache.add_file(path)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error}", hint="Check the path.") from None
    stored = session.cache.path_of(digest)
    return LockedFile(filename=path.name, sha256=digest.hex, size_bytes=stored.stat().st_size), stored


def release_notes(files: Sequence[IndexFile], wheel: IndexFile, sdist: IndexFile | None) -> Iterator[str]:
    """What the index says of a wheel and its release that a reader has to know.

    Args:
        files: those of the release.
        wheel: the one that is checked.
        sdist: its source; None where that is a git tree.
    """
    passed_over = next((file for file in files if file.kind is FileKind.SDIST), None)
    if sdist is None and passed_over is not None:
        name = printable(passed_over.filename)
        yield f"The release has an sdist, {name}: a git commit was asked for instead"
    for file in (wheel, sdist):
        if file is not None and file.yanked:
            reason = f": {printable(file.yanked_reason)}" if file.yanked_reason else ""
            yield f"{printable(file.filename)} is yanked{reason}"
    if wheel.upload_time is None:
        yield "The index gives no upload time: build requirements are those of today"
        return
    later = wheel.upload_time - min(file.upload_time for file in files if file.upload_time)
    if later > _SOON:
        yield f"{printable(wheel.filename)} was uploaded {later.days} days after the release's first file"
