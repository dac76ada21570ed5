"""A git tree in the place of an sdist: fetched, made one file of, and kept by its sha256."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wheelproof.core.errors import FetchError
from wheelproof.core.git import GitReference, pinned
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.lock import Lock, LockedFile, LockedGit
from wheelproof.recipe.schema import Override, RecipeChange

if TYPE_CHECKING:
    from wheelproof.source.git import FetchedCommit, Repository
    from wheelproof.source.git_tree import GitTree

_MEMO = "git-tree"
# How the file is written; another way gives other bytes, and is another number.
_FORM = 1
_COMMIT_CHARS = 12
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A git tree as one file in the cache.

    Attributes:
        source: the file, and the commit whose tree it is.
        path: where it lies.
        notes: what a reader has to know about it.
    """

    source: LockedFile
    path: Path
    notes: tuple[str, ...]


def source_root(wheel: str) -> str:
    """What the top folder of a source is called, by its wheel's file name: ``name-version`` (PEP 625)."""
    return "-".join(wheel.split("-")[:2])


def fetch_checkout(
    session: Session, reference: GitReference, *, root: str, git_folder: bool = False
) -> Checkout:
    """Have the tree of a commit in the cache.

    Args:
        session: the connections.
        reference: the commit, as it was named.
        root: the top folder's name.
        git_folder: a minimal ``.git`` comes along.

    Raises:
        UsageError: there is no such commit, or no such repository on this machine.
        FetchError: the repository can't be read.
        MalformedError: the commit breaks git's format, passes a limit, or has names that lead out of it.
    """
    session.say(Phase.DOWNLOAD, f"git {reference}")
    if reference.url is not None and not git_folder and reference.commit is not None:
        known = _known(session, reference.url, reference.commit, root)
        if known is not None:
            return known
    if session.settings.offline and not reference.local:
        raise FetchError(
            f"{reference} is not in the cache, and this run is offline",
            hint="Run once without --offline, or give a local clone with --git.",
        )
    # Few checks have a git source, and each would wait for what reads one.
    from wheelproof.source.git import open_repository  # noqa: PLC0415
    from wheelproof.source.git_archive import write_archive  # noqa: PLC0415
    from wheelproof.source.git_tree import read_tree  # noqa: PLC0415

    with open_repository(reference) as repository:
        commit = repository.resolve()
        tags = repository.tags(commit) if git_folder else ()
        fetched = repository.fetch(commit, tags=tags)
        tree = read_tree(fetched.objects, commit)
        notes = tuple(_notes(repository, fetched, tree))
        with tempfile.NamedTemporaryFile(prefix="wheelproof-") as stream:
            write_archive(stream, fetched, tree, root=root, git_folder=git_folder)
            stream.flush()
            digest = session.cache.add_file(Path(stream.name))
    if reference.url is not None and not git_folder:
        memo = {"sha256": digest.hex, "notes": list(_notes_of_tree(tree))}
        session.cache.put_memo(_MEMO, _key(reference.url, commit, root), memo)
    git = LockedGit(url=reference.url, commit=commit, git_folder=git_folder)
    return _checkout(session, git, root, digest, notes)


def named_by_recipes(overrides: Sequence[Override]) -> tuple[GitReference | None, bool]:
    """The commit that recipes name as the source, the last one, and whether they ask for a ``.git``."""
    changes = [override.set for override in overrides]
    commits = [change.git for change in changes if change.git is not None]
    folders = [change.git_folder for change in changes if change.git_folder is not None]
    return (pinned(commits[-1]) if commits else None), bool(folders and folders[-1])


def fitting(overrides: Sequence[Override], git: LockedGit | None) -> tuple[Override, ...]:
    """Overrides without what they say of another source than the one that was taken."""
    taken = f"{git.url}@{git.commit}" if git else ""
    found = []
    for override in overrides:
        passed_over = set() if override.set.git == taken else {"git"}
        passed_over |= set() if git else {"git_folder"}
        left = override.set.model_fields_set - passed_over
        if left:
            change = RecipeChange.model_validate(override.set.model_dump(include=left, exclude_unset=True))
            found.append(override.model_copy(update={"set": change}))
    return tuple(found)


def fetch_locked(session: Session, lock: Lock) -> bool:
    """Have the git tree that a lock names, from its repository where it is not in the cache.

    Returns:
        Whether the repository was asked, so that the commit is more than the lock's word.

    Raises:
        FetchError: it can't be had, or is not what the lock says.
    """
    source = lock.source
    if source.git is None or session.cache.get(Digest(source.sha256)) is not None:
        return False
    if source.git.url is None or not source.git.url.startswith(("https://", "http://")):
        raise FetchError(
            f"{source.filename} is a git tree, and the lock does not say where to fetch it by HTTP",
            hint="Replay it in its evidence folder, or lock again with --git.",
        )
    reference = pinned(f"{source.git.url}@{source.git.commit}")
    root = source_root(lock.published.filename)
    found = fetch_checkout(session, reference, root=root, git_folder=source.git.git_folder)
    if found.source.sha256 != source.sha256:
        raise FetchError(
            f"The tree of {reference} has {Digest(found.source.sha256)}, not {Digest(source.sha256)}",
            hint="The lock is for other bytes, or the commit has other tags since: lock again.",
        )
    return True


def _known(session: Session, url: str, commit: str, root: str) -> Checkout | None:
    """The tree as it was fetched before, from the same address."""
    memo = session.cache.get_memo(_MEMO, _key(url, commit, root))
    if not isinstance(memo, dict):
        return None
    with contextlib.suppress(KeyError, TypeError, ValueError):
        digest, notes = Digest(memo["sha256"]), tuple(str(note) for note in memo["notes"])
        if session.cache.get(digest) is not None:
            return _checkout(session, LockedGit(url=url, commit=commit), root, digest, notes)
    return None


def _key(url: str, commit: str, root: str) -> Digest:
    return Digest.of_bytes(repr((_FORM, url, commit, root)).encode())


def _checkout(
    session: Session, git: LockedGit, root: str, digest: Digest, notes: tuple[str, ...]
) -> Checkout:
    path = session.cache.path_of(digest)
    name = f"{root}-git-{git.commit[:_COMMIT_CHARS]}.tar.gz"
    source = LockedFile(filename=name, sha256=digest.hex, size_bytes=path.stat().st_size, git=git)
    return Checkout(source=source, path=path, notes=notes)


def _notes(repository: "Repository", fetched: "FetchedCommit", tree: "GitTree") -> Iterator[str]:
    from wheelproof.source.git_work_tree import changed_files  # noqa: PLC0415

    reference = repository.reference
    if reference.commit is None:
        where = printable(reference.url) if reference.url else "the local repository"
        yield f"{printable(reference.rev or 'HEAD')} of {where} is the commit {fetched.commit}"
    yield from _notes_of_tree(tree)
    if reference.local and reference.rev is None:
        changed = changed_files(Path(reference.place), fetched.objects, tree)
        if changed:
            yield f"{_files(changed)} in the work tree not as in the commit: the commit was taken"


def _notes_of_tree(tree: "GitTree") -> Iterator[str]:
    if tree.submodules:
        yield f"Submodules are not fetched, and empty: {_list([entry.path for entry in tree.submodules])}"


def _files(paths: Sequence[bytes]) -> str:
    return f"{len(paths)} {'file is' if len(paths) == 1 else 'files are'} ({_list(paths)})"


def _list(paths: Sequence[bytes]) -> str:
    shown = [printable(path.decode("utf-8", "backslashreplace"), limit=80) for path in paths[:_NAMED]]
    return ", ".join([*shown, *([f"and {len(paths) - _NAMED} more"] if len(paths) > _NAMED else [])])
