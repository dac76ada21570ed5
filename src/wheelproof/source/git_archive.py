"""A commit's tree as a ``.tar.gz`` whose bytes depend on the commit alone."""

from collections.abc import Iterator
from functools import partial
from typing import IO

from wheelproof.source.git import FetchedCommit
from wheelproof.source.git_folder import git_files
from wheelproof.source.git_objects import ObjectKind
from wheelproof.source.git_tree import EntryKind, GitTree
from wheelproof.source.stored import write_gzip
from wheelproof.source.tar_writer import TarMember, TarType, tar_pieces


def write_archive(
    stream: IO[bytes], fetched: FetchedCommit, tree: GitTree, *, root: str, git_folder: bool
) -> None:
    """Write a tree below one top folder.

    Members are sorted and have the commit's time, the modes 0644 and 0755, and no owner. Contents are those
    of the commit's blobs: no attribute of git is applied. Submodules are empty folders.

    Args:
        stream: where to.
        fetched: the objects.
        tree: what they add up to.
        root: the top folder's name.
        git_folder: a minimal ``.git`` comes along.

    Raises:
        MalformedError: an object is not what its id says.
    """
    members = [*_tree_members(fetched, tree), *(_git_members(fetched, tree) if git_folder else ())]
    members.sort(key=lambda member: member.path)
    write_gzip(stream, tar_pieces(members, root.encode(), tree.time))


def _tree_members(fetched: FetchedCommit, tree: GitTree) -> Iterator[TarMember]:
    yield TarMember(path=b"", kind=TarType.FOLDER, mode=0o755)
    for entry in tree.entries:
        match entry.kind:
            case EntryKind.SYMLINK:
                yield TarMember(path=entry.path, kind=TarType.LINK, mode=0o777, link=entry.link)
            case EntryKind.SUBMODULE:
                yield TarMember(path=entry.path, kind=TarType.FOLDER, mode=0o755)
            case EntryKind.FILE | EntryKind.EXECUTABLE:
                yield TarMember(
                    path=entry.path,
                    mode=0o755 if entry.kind is EntryKind.EXECUTABLE else 0o644,
                    size=entry.size_bytes,
                    content=partial(fetched.objects.chunks, entry.object_id, ObjectKind.BLOB),
                )


def _git_members(fetched: FetchedCommit, tree: GitTree) -> Iterator[TarMember]:
    yield TarMember(path=b".git/refs", kind=TarType.FOLDER, mode=0o755)  # without it, git sees no repository
    for file in git_files(fetched, tree):
        yield TarMember(path=f".git/{file.path}".encode(), size=file.size_bytes, content=file.content)
