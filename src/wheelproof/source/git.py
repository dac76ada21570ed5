"""A commit of a git repository, found by its name and fetched; nothing is checked out."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from wheelproof.core.child import ChildResult
from wheelproof.core.errors import FetchError, MalformedError, UsageError, WheelproofError
from wheelproof.core.git import COMMIT, GitReference
from wheelproof.core.untrusted import printable
from wheelproof.source.git_objects import ObjectKind, ObjectStore
from wheelproof.source.git_program import Git, said
from wheelproof.source.members import TOO_LARGE, ArchiveLimits

# Tags that come along with a tree: so many, and those with names that every program reads alike.
TAGS = 100
_TAG = re.compile(r"refs/tags/[A-Za-z0-9_+][A-Za-z0-9._+-]*(/[A-Za-z0-9_+][A-Za-z0-9._+-]*)*")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
_KEPT = "refs/heads/source"
_OWN_REFS = ("refs/heads/", "refs/tags/")
_MANY = 100_000_000
_PEELED = "^{}"
_NOT_THERE = "Name a tag, a branch or a commit that is there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag that points at the commit: its full name, and the object that it names first."""

    name: str
    object_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedCommit:
    """A commit whose objects are at hand.

    Attributes:
        commit: its full id.
        tags: those that point at it.
        objects: all objects of its tree.
    """

    commit: str
    tags: tuple[Tag, ...]
    objects: ObjectStore


@dataclass(slots=True)
class Repository:
    """A repository that a user named.

    Attributes:
        reference: as it was named.
        git: runs git for it.
    """

    reference: GitReference
    git: Git
    _refs: dict[str, str] | None = field(default=None)

    def resolve(self) -> str:
        """The full id of the commit that was named.

        Raises:
            UsageError: there is no such tag, branch or commit, or no such repository on this machine.
            FetchError: the repository can't be read.
        """
        rev = self.reference.rev
        if rev is not None and COMMIT.fullmatch(rev):
            return rev
        refs = self.refs()
        if rev is None or rev == "HEAD":
            names = ["HEAD"]
        elif rev.startswith(_OWN_REFS):
            names = [rev]
        else:
            names = [f"refs/tags/{rev}", f"refs/heads/{rev}"]
        found = {name: _peeled(refs, name) for name in names if name in refs}
        if len(set(found.values())) > 1:
            raise UsageError(
                f"{printable(str(rev))} is a tag and a branch of {self.reference.shown}",
                hint=f"Write @{names[0]} or @{names[1]}.",
            )
        if found:
            return next(iter(found.values()))
        if rev is not None and _ABBREVIATED.fullmatch(rev):
            return self._unabbreviated(rev)
        what = "a commit" if rev is None else f"a tag or branch {rev}"
        raise UsageError(f"{self.reference.shown} does not have {what}", hint=_NOT_THERE)

    def refs(self) -> dict[str, str]:
        """What references point at, by full name; with ``^{}`` behind it, the commit of a tag."""
        if self._refs is None:
            ended = self.git.run("ls-remote", "--quiet", "--", self._place())
            if not ended.ok:
                raise self._unreadable(ended)
            lines = ended.stdout.decode("utf-8", "replace").splitlines()
            pairs = (line.split("\t", 1) for line in lines if "\t" in line)
            self._refs = {name: commit for commit, name in pairs if COMMIT.fullmatch(commit)}
        return self._refs

    def tags(self, commit: str) -> tuple[Tag, ...]:
        """The tags that point at a commit, by name; raises as ``refs`` does."""
        refs = self.refs()
        names = sorted(name for name in refs if _TAG.fullmatch(name) and _peeled(refs, name) == commit)
        usable = [name for name in names if ".." not in name and not name.endswith((".lock", "."))]
        return tuple(Tag(name=name, object_id=refs[name]) for name in usable[:TAGS])

    def fetch(
        self, commit: str, *, tags: tuple[Tag, ...] = (), limits: ArchiveLimits | None = None
    ) -> FetchedCommit:
        """Fetch a commit's tree, without its history, and the tags that point at it.

        Raises:
            UsageError: the repository of this machine does not have the commit.
            FetchError: the repository can't be read, lacks the commit, or no branch or tag of it leads there.
            MalformedError: it is no commit, or its tree passes a limit.
        """
        packed = self._new("packed", commit)
        named = [f"+{tag.object_id}:{tag.name}" for tag in tags if tag.object_id != commit]
        ended = _fetch(self.git, self._place(), packed, (f"+{commit}:{_KEPT}", *named), "--depth=1")
        if not ended.ok:
            packed = self._history("history", commit)  # not every server gives a commit by its id
        if not self._has(packed, commit, ObjectKind.COMMIT):
            raise self._no_commit(commit)
        self._refuse_stray(commit)
        _refuse_large(self.git, packed, commit, limits or ArchiveLimits())
        return self._unpacked(packed, commit, tags)

    def _unpacked(self, packed: Path, commit: str, tags: tuple[Tag, ...]) -> FetchedCommit:
        """The commit's own objects, each in a file."""
        loose = self._new("loose", commit)
        there = [
            tag for tag in tags if tag.object_id == commit or self._has(packed, tag.object_id, ObjectKind.TAG)
        ]
        named = [f"+{tag.object_id}:{tag.name}" for tag in there if tag.object_id != commit]
        wanted = (f"+{commit}:{_KEPT}", *named)
        ended = _fetch(self.git.local(), _url(packed), loose, wanted, "--depth=1", unpack=True)
        if not ended.ok:
            raise FetchError(f"The commit {commit} can't be unpacked: {said(ended)}", hint="Give an sdist.")
        objects = ObjectStore(loose / "objects", len(commit))
        return FetchedCommit(
            commit=commit, tags=tuple(tag for tag in there if _tags(objects, tag, commit)), objects=objects
        )

    def _refuse_stray(self, commit: str) -> None:
        """A forge gives the commits of every fork under one address: a branch or tag has to lead there."""
        if self.reference.local or self.reference.commit is None:
            return
        if any(commit == target for name, target in self.refs().items() if name.startswith(_OWN_REFS)):
            return
        if not self._has(self._history("reach", commit, "--filter=tree:0"), commit, ObjectKind.COMMIT):
            raise FetchError(
                f"No branch and no tag of {self.reference.shown} leads to the commit {commit}",
                hint="It can be of a fork: name a commit that the project has published.",
            )

    def _unabbreviated(self, rev: str) -> str:
        """The one commit that a branch or a tag leads to and whose id begins so."""
        folder = self._history("history", rev)
        ended = self.git.local().run("-C", folder, "rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}")
        found = ended.stdout.decode("ascii", "replace").strip()
        if not ended.ok or not found.startswith(rev) or not COMMIT.fullmatch(found):
            raise UsageError(
                f"{self.reference.shown} does not have a tag, a branch or one commit {rev}", hint=_NOT_THERE
            )
        return found

    def _history(self, name: str, rev: str, *options: str) -> Path:
        """All that branches and tags lead to."""
        folder = self._new(name, rev)
        wanted = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        ended = _fetch(self.git, self._place(), folder, wanted, "--update-shallow", *options)
        if not ended.ok:
            raise self._unreadable(ended)
        return folder

    def _new(self, name: str, commit: str) -> Path:
        folder = self.git.folder / name
        if not folder.exists():
            form = "sha256" if len(commit) == 64 else "sha1"
            options = ("--quiet", "--bare", "--template=", f"--object-format={form}")
            ended = self.git.run("init", *options, folder)
            if not ended.ok:
                raise FetchError(f"git can't make a repository: {said(ended)}", hint="Bring git up to date.")
        return folder

    def _has(self, folder: Path, object_id: str, kind: ObjectKind) -> bool:
        ended = self.git.local().run("-C", folder, "cat-file", "-t", object_id)
        return ended.ok and ended.stdout.strip() == kind.encode()

    def _place(self) -> str:
        reference = self.reference
        return _url(Path(reference.place).absolute()) if reference.local else reference.place

    def _unreadable(self, ended: ChildResult) -> WheelproofError:
        place = self.reference.shown
        if self.reference.local:
            return UsageError(
                f"{place} is no git repository that can be read: {said(ended)}",
                hint="Name the repository's top folder.",
            )
        return FetchError(
            f"The git repository {place} can't be read: {said(ended)}",
            hint="Check the address and that no password is asked for, or give a local clone.",
        )

    def _no_commit(self, commit: str) -> WheelproofError:
        message = f"{self.reference.shown} does not have the commit {commit}"
        if self.reference.local:
            hint = "If the clone is shallow, run in it: git fetch --unshallow"
            return UsageError(message, hint=hint)
        return FetchError(message, hint=_NOT_THERE)


@contextlib.contextmanager
def open_repository(reference: GitReference) -> Iterator[Repository]:
    """Use a repository; what is fetched of it lies in a temporary folder while the block runs.

    Raises:
        UsageError: there is nothing at the local path.
    """
    if reference.local and not os.path.isdir(reference.place):  # noqa: PTH112 - a path may be too long
        raise UsageError(f"There is no folder {reference.shown}", hint="Name a git repository's top folder.")
    with tempfile.TemporaryDirectory(prefix="wheelproof-", ignore_cleanup_errors=True) as name:
        yield Repository(reference=reference, git=Git.of(reference, Path(name)))


def _fetch(
    git: Git, place: str, folder: Path, refs: Sequence[str], *options: str, unpack: bool = False
) -> ChildResult:
    """Fetch into one pack, whose size is limited as a file's is, or each object into a file."""
    always = ("--quiet", "--no-tags", "--no-write-fetch-head", *options)
    return git.run(
        "-C",
        folder,
        "fetch",
        *always,
        "--",
        place,
        *refs,
        settings=(f"fetch.unpackLimit={_MANY if unpack else 1}",),
    )


def _refuse_large(git: Git, folder: Path, commit: str, limits: ArchiveLimits) -> None:
    """What a tree would unpack to is known before it is."""
    ended = git.local().run("-C", folder, "ls-tree", "-r", "-t", "-z", "-l", "--full-tree", commit)
    if not ended.ok:
        raise MalformedError(
            f"The commit {commit} can't be read: {said(ended)}", hint="Run in the repository: git fsck"
        )
    heads = [line.split(b"\t", 1)[0].split() for line in ended.stdout.split(b"\0")[:-1]]
    if len(heads) > limits.members:
        raise MalformedError(f"The commit {commit} has more than {limits.members} members", hint=TOO_LARGE)
    total = sum(int(head[3]) for head in heads if head[3] != b"-")
    if total > limits.unpacked_bytes:
        raise MalformedError(
            f"The commit {commit} unpacks to more than {limits.unpacked_bytes} bytes", hint=TOO_LARGE
        )


def _tags(objects: ObjectStore, tag: Tag, commit: str) -> bool:
    """Whether a tag is the commit's own name, or an object that says so."""
    if tag.object_id == commit:
        return True
    text = objects.read(tag.object_id, ObjectKind.TAG)
    return text.startswith(f"object {commit}\ntype commit\n".encode())


def _peeled(refs: dict[str, str], name: str) -> str:
    return refs.get(name + _PEELED, refs[name])


def _url(path: Path) -> str:
    return f"file://{quote(str(path))}"
