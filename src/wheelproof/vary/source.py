"""What is built: an sdist, a git checkout or a folder of this machine, as one file in the cache."""

import posixpath
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from wheelproof.core.errors import NotCheckedError, UsageError
from wheelproof.core.git import GitReference
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.pipeline.scm_version import told_versions
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.plan import RESERVED_FOLDERS
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.lock import LockedFile, LockedGit
from wheelproof.source.sdist import Sdist, read_sdist

_COMMIT_CHARS = 12
_NAMED = 5
_UNKNOWN = Version("0.0.0")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariedSource:
    """A source that was read.

    Attributes:
        file: it, as one file.
        path: where that lies.
        sdist: what it says.
        environment: variables that tell its build tools a version which they would ask git for.
        notes: what a reader has to know about it.
    """

    file: LockedFile
    path: Path
    sdist: Sdist
    environment: dict[str, str]
    notes: tuple[str, ...]

    @property
    def requires_python(self) -> str:
        """The interpreters that it is for, as it says itself; empty where it does not."""
        if self.sdist.package_info and self.sdist.package_info.requires_python:
            return self.sdist.package_info.requires_python
        project = tomllib.loads(self.sdist.texts.get("pyproject.toml", "")).get("project")
        said = project.get("requires-python") if isinstance(project, dict) else None
        return said if isinstance(said, str) else ""


def open_source(session: Session, path: Path) -> VariedSource:
    """Take a source into the cache, and read it.

    A git checkout whose files are as its commit has them is that commit; any other folder is as it lies.

    Raises:
        UsageError: there is nothing at the path, it is no project, or it can't be read.
        MalformedError: it breaks its format or passes a limit.
        FetchError: the git repository can't be read.
        NotCheckedError: it can't be laid out in the sandbox.
    """
    session.say(Phase.DOWNLOAD, f"{path} from this machine")
    if path.is_dir():
        return _of_folder(session, path)
    if not path.is_file():
        raise UsageError(f"There is nothing at {printable(str(path))}", hint="Check the path.")
    if path.suffix == ".whl":
        raise UsageError(f"{printable(path.name)} is a wheel", hint="Name the source that it is made from.")
    try:
        digest = session.cache.add_file(path)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", hint="Check the file.") from None
    return _read(session, digest, path.name, notes=())


def _of_folder(session: Session, folder: Path) -> VariedSource:
    if not any((folder / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg")):
        raise UsageError(
            f"{printable(str(folder))} has no pyproject.toml and no setup.py", hint="Name a project's folder."
        )
    name = folder.resolve().name
    root = name if _PLAIN_NAME.fullmatch(name) and name not in RESERVED_FOLDERS else "source"
    notes: tuple[str, ...] = ()
    if (folder / ".git").exists():
        found = _of_commit(session, folder, root)
        if isinstance(found, VariedSource):
            return found
        notes = found
    from wheelproof.source.folder import write_folder  # noqa: PLC0415 - an sdist does without

    with tempfile.NamedTemporaryFile(prefix="wheelproof-") as stream:
        packed = write_folder(stream, folder, root=root)
        stream.flush()
        digest = session.cache.add_file(Path(stream.name))
    if packed.usual:
        names = sorted({posixpath.basename(path) for path in packed.usual})
        notes = (*notes, f"Left out of the source: {_list(names)}")
    if packed.odd:
        notes = (*notes, f"Left out for leading out of the source, or being no file: {_list(packed.odd)}")
    return _read(session, digest, f"{root}.tar.gz", notes=notes, told=True)


def _of_commit(session: Session, folder: Path, root: str) -> VariedSource | tuple[str, ...]:
    """The commit of a checkout, or why it is not taken."""
    from wheelproof.source.git import open_repository  # noqa: PLC0415 - few sources are checkouts
    from wheelproof.source.git_archive import write_archive  # noqa: PLC0415
    from wheelproof.source.git_tree import read_tree  # noqa: PLC0415
    from wheelproof.source.git_work_tree import changed_files  # noqa: PLC0415

    reference = GitReference(place=str(folder.resolve()), rev=None, scheme="file", url=None)
    with open_repository(reference) as repository:
        commit = repository.resolve()
        fetched = repository.fetch(commit)
        tree = read_tree(fetched.objects, commit)
        changed = changed_files(folder, fetched.objects, tree)
        if changed:
            names = _list([path.decode("utf-8", "backslashreplace") for path in changed])
            return (f"Not as in the commit {commit[:_COMMIT_CHARS]}, so the folder was taken: {names}",)
        with tempfile.NamedTemporaryFile(prefix="wheelproof-") as stream:
            write_archive(stream, fetched, tree, root=root, git_folder=False)
            stream.flush()
            digest = session.cache.add_file(Path(stream.name))
    notes: tuple[str, ...] = ("What git does not track is not in the source",)
    if tree.submodules:
        paths = [entry.path.decode("utf-8", "backslashreplace") for entry in tree.submodules]
        notes = (*notes, f"Submodules are empty: {_list(paths)}")
    filename = f"{root}-git-{commit[:_COMMIT_CHARS]}.tar.gz"
    return _read(session, digest, filename, notes=notes, git=LockedGit(commit=commit), told=True)


def _read(
    session: Session,
    digest: Digest,
    filename: str,
    *,
    notes: tuple[str, ...],
    git: LockedGit | None = None,
    told: bool = False,
) -> VariedSource:
    path = session.cache.path_of(digest)
    sdist = read_sdist(path, filename=filename)
    if sdist.root in RESERVED_FOLDERS:
        raise NotCheckedError(
            f"{printable(filename)} has the top folder {sdist.root}, as one of the sandbox's own",
            hint="Give it as an sdist whose top folder is name-version (PEP 625).",
        )
    environment: dict[str, str] = {}
    if told:
        version = _version(sdist)
        for override in told_versions(sdist, version):
            environment |= override.set.environment or {}
        if environment:
            notes = (*notes, f"Build tools that ask git for the version were told {version}")
    file = LockedFile(filename=filename, sha256=digest.hex, size_bytes=path.stat().st_size, git=git)
    return VariedSource(file=file, path=path, sdist=sdist, environment=environment, notes=notes)


def _version(sdist: Sdist) -> Version:
    text: Any = sdist.package_info.version if sdist.package_info else None
    try:
        return Version(text or "")
    except InvalidVersion:
        return _UNKNOWN


def _list(names: list[str] | tuple[str, ...]) -> str:
    shown = [printable(name, limit=80) for name in names[:_NAMED]]
    more = len(names) - _NAMED
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
