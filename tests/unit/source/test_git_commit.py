"""Commits as sources: found, fetched, judged, and written as the same bytes every time."""

import contextlib
import gzip
import hashlib
import io
import os
import socket
import subprocess
import tarfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_repository import WHEN, MadeRepository, served
from wheelproof.core.errors import FetchError, MalformedError, UsageError, WheelproofError
from wheelproof.core.git import GitReference
from wheelproof.source import git_program
from wheelproof.source.git import FetchedCommit, open_repository
from wheelproof.source.git_archive import write_archive
from wheelproof.source.git_objects import ObjectKind, ObjectStore
from wheelproof.source.git_program import Git
from wheelproof.source.git_tree import EntryKind, GitTree, TreeEntry, read_tree
from wheelproof.source.git_work_tree import changed_files
from wheelproof.source.members import ArchiveLimits
from wheelproof.source.sdist import Sdist, read_sdist
from wheelproof.source.stored import write_gzip, zlib_pieces, zlib_size

FILES: dict[str, str | bytes] = {
    "pyproject.toml": "[build-system]\nrequires = []\n",
    "demo/__init__.py": "x = 1\n",
    "demo/dat\u00e4.txt": b"\x00\n",
    f"demo/{'long' * 40}.txt": "",
    ".gitattributes": "* export-subst eol=crlf\ndemo export-ignore\n*.py filter=lfs\n",
    "version.txt": "$Format:%H$\n",
}
SMALL = ArchiveLimits(members=50, unpacked_bytes=1 << 20)


@pytest.fixture
def made(tmp_path: Path) -> MadeRepository:
    return MadeRepository.at(tmp_path / "repository")


def archive(
    text: str | Path, *, git_folder: bool = False, limits: ArchiveLimits | None = None
) -> tuple[str, bytes]:
    """The commit that a reference leads to, and its tree as a file."""
    with open_repository(GitReference.parse(str(text))) as repository:
        commit = repository.resolve()
        fetched = repository.fetch(commit, tags=repository.tags(commit) if git_folder else (), limits=limits)
        tree = read_tree(fetched.objects, commit, limits=limits)
        stream = io.BytesIO()
        write_archive(stream, fetched, tree, root="demo-1.0", git_folder=git_folder)
    return commit, stream.getvalue()


def contents(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar if member.isreg()}
        return {name.removeprefix("demo-1.0/"): file.read() for name, file in files.items() if file}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def raw(files: dict[str, str | bytes]) -> dict[str, bytes]:
    return {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}


def unpack(data: bytes, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(folder, filter="fully_trusted")
    return folder / "demo-1.0"


def test_a_tree_holds_the_bytes_of_the_blobs_whatever_attributes_say(made: MadeRepository) -> None:
    commit = made.commit(FILES)
    found, data = archive(made.folder)
    assert found == commit
    assert contents(data) == raw(FILES)


def test_the_same_commit_has_the_same_bytes_on_every_machine(made: MadeRepository) -> None:
    """The digests were written down once: no version of Python, zlib or git may change them."""
    made.commit(FILES)
    made.git("tag", "--annotate", "v1.0", "--message", "One")
    commit, data = archive(f"{made.folder}@v1.0")
    assert commit == "edad77b80bc9163f65e8467fe45b47c440266761"
    assert (
        hashlib.sha256(data).hexdigest() == "1e832f596f7c077d419157e1185b39a4bcee1db1613d8c69d8784fe27a8c39a1"
    )
    with_git = archive(f"{made.folder}@v1.0", git_folder=True)[1]
    assert (
        hashlib.sha256(with_git).hexdigest()
        == "6d6624c3c270ac3f37d9a86a794f55d7e9d50edacd774fff2d429405de181766"
    )


def test_where_a_commit_comes_from_does_not_show(made: MadeRepository, tmp_path: Path) -> None:
    first = made.commit({"a": "1"})
    commit = made.commit(FILES)
    clone = MadeRepository(folder=tmp_path / "clone")
    made.git("clone", "--quiet", "--no-local", ".", str(clone.folder))
    clone.git("repack", "-adfq", "--depth=50")
    shallow = tmp_path / "shallow"
    made.git("clone", "--quiet", "--depth=1", f"file://{made.folder}", str(shallow))
    made.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    places = (f"{made.folder}@{commit}", clone.folder, shallow, f"file://{tmp_path}/bare@{commit}")
    assert len({archive(place)[1] for place in places}) == 1
    with pytest.raises(UsageError, match=f"does not have the commit {first}") as caught:
        archive(f"{shallow}@{first}")
    assert "--unshallow" in caught.value.hint


def test_members_are_plain(made: MadeRepository) -> None:
    made.commit({"run.sh": "x", "b": "", "a/b": ""})
    (made.folder / "run.sh").chmod(0o700)
    (made.folder / "link").symlink_to("a/b")
    made.commit({})
    data = archive(made.folder)[1]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = {member.name: member for member in tar}
    assert list(members) == sorted(members)
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members.values()} == {(0, 0, "", "", WHEN)}
    modes = {name.removeprefix("demo-1.0"): member.mode for name, member in members.items()}
    assert modes == {"": 0o755, "/a/b": 0o644, "/b": 0o644, "/link": 0o777, "/run.sh": 0o755}
    assert members["demo-1.0/link"].linkname == "a/b"


def test_a_tag_a_branch_and_a_commit_lead_to_it(made: MadeRepository) -> None:
    first = made.commit({"a": "1"})
    made.git("tag", "light")
    made.git("tag", "--annotate", "heavy", "--message", "x")
    made.git("branch", "old/1.x")
    second = made.commit({"a": "2"})
    for rev in ("light", "heavy", "refs/tags/heavy", "old/1.x", "refs/heads/old/1.x", first, first[:9]):
        assert archive(f"{made.folder}@{rev}")[0] == first
    for rev in ("main", "HEAD"):
        assert archive(f"{made.folder}@{rev}")[0] == second
    made.git("tag", "old/1.x", second)
    with pytest.raises(UsageError, match="is a tag and a branch") as caught:
        archive(f"{made.folder}@old/1.x")
    assert "@refs/tags/old/1.x or @refs/heads/old/1.x" in caught.value.hint


@pytest.mark.parametrize("rev", ["none", "refs/pull/1/head", "abcdef0", "0" * 40, "HEAD@v1"])
def test_what_a_repository_does_not_have_is_said(made: MadeRepository, rev: str) -> None:
    made.commit({"a": "1"})
    made.git("update-ref", "refs/pull/1/head", "HEAD")
    with pytest.raises(UsageError) as caught:
        archive(f"{made.folder}@{rev}")
    assert caught.value.hint


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").touch()
    for place, said in (("plain", "is no git repository"), ("none", "no folder"), ("file", "no folder")):
        with pytest.raises(UsageError, match=said):
            archive(tmp_path / place)
    empty = MadeRepository.at(tmp_path / "empty")
    with pytest.raises(UsageError, match="does not have a commit"):
        archive(empty.folder)


def test_a_tag_of_something_else_is_said(made: MadeRepository) -> None:
    made.commit({"a": "1"})
    made.git("tag", "blob", made.git("rev-parse", "HEAD:a"))
    with pytest.raises(WheelproofError, match="does not have the commit"):
        archive(f"{made.folder}@blob")


def test_a_missing_program_is_said(made: MadeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    made.commit({"a": "1"})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FetchError, match="git program can't be run") as caught:
        archive(made.folder)
    assert "Install git" in caught.value.hint


def test_submodules_are_empty_folders(made: MadeRepository) -> None:
    at = made.commit({"a": "1"})
    made.git("update-index", "--add", "--cacheinfo", f"160000,{at},vendor/other")
    made.git("commit", "--quiet", "--message", "x")
    data = archive(made.folder)[1]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getmember("demo-1.0/vendor/other").isdir()
    assert read_sdist_of(made.folder, data).root == "demo-1.0"


def read_sdist_of(folder: Path, data: bytes) -> Sdist:
    path = folder / "demo-1.0.tar.gz"
    path.write_bytes(data)
    return read_sdist(path)


def test_a_tree_is_read_as_an_sdist_is(made: MadeRepository) -> None:
    made.commit(FILES | {"setup.py": "setup()\n"})
    sdist = read_sdist_of(made.folder, archive(made.folder)[1])
    assert (sdist.root, sdist.package_info, sdist.build_system.declared) == ("demo-1.0", None, True)
    assert sdist.has_setup_py
    assert sdist.newest_mtime == WHEN


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_git_folder_is_one_that_git_can_use(tmp_path: Path, form: str) -> None:
    made = MadeRepository.at(tmp_path / "made", f"--object-format={form}")
    made.commit({"old": "1"})
    made.git("tag", "v0.9")
    made.commit(FILES)
    (made.folder / "run.sh").touch(mode=0o755)
    (made.folder / "link").symlink_to("run.sh")
    commit = made.commit({})
    made.git("tag", "--annotate", "v1.0", "--message", "One")
    made.git("tag", "light/1")
    folder = unpack(archive(made.folder, git_folder=True)[1], tmp_path / "out")
    there = MadeRepository(folder=folder)
    assert there.git("rev-parse", "HEAD") == commit
    assert there.git("status", "--porcelain") == ""
    assert there.git("describe", "--tags", "--dirty", "--long", "--match", "v*") == f"v1.0-0-g{commit[:7]}"
    assert there.git("tag").split() == ["light/1", "v1.0"]
    assert there.git("rev-list", "--count", "HEAD") == "1"
    assert there.git("fsck", "--strict") == ""
    assert "demo/__init__.py" in there.git("ls-files").splitlines()
    assert there.git("diff", "HEAD") == ""
    assert there.git("archive", "--output", str(tmp_path / "archive.tar"), "HEAD") == ""
    (folder / "demo" / "__init__.py").write_text("x = 2\n")
    assert there.git("describe", "--tags", "--dirty").endswith("-dirty")


def test_a_git_folder_has_no_more_than_the_commit(made: MadeRepository, tmp_path: Path) -> None:
    made.git("config", "core.fsmonitor", "touch hacked")
    hook = made.folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hacked\n")
    hook.chmod(0o755)
    made.commit({"a": "1"})
    folder = unpack(archive(made.folder, git_folder=True)[1], tmp_path / "out")
    names = {path.relative_to(folder / ".git").parts[0] for path in (folder / ".git").rglob("*")}
    assert names == {"HEAD", "config", "index", "objects", "packed-refs", "refs"}
    assert "hacked" not in (folder / ".git" / "config").read_text()


def test_nothing_in_a_repository_makes_git_run_a_program(made: MadeRepository, tmp_path: Path) -> None:
    """Every setting of a repository's own that names a program, as far as one is read by what is run here."""
    mark = tmp_path / "hacked"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    made.commit({".gitattributes": "* filter=x diff=x merge=x\n", "a": "1"})
    for name in (
        "core.fsmonitor", "core.sshCommand", "core.askPass", "core.editor", "core.pager", "core.gitProxy",
        "core.alternateRefsCommand", "filter.x.clean", "filter.x.smudge", "filter.x.process",
        "diff.x.textconv", "diff.external", "uploadpack.packObjectsHook", "credential.helper", "gpg.program",
        "alias.fetch", "alias.ls-remote", "gc.recentObjectsHook", "hook.x.command", "ssh.variant",
    ):  # fmt: skip
        made.git("config", name, str(program))
    made.git("config", "core.hooksPath", str(tmp_path))
    made.git("config", "protocol.ext.allow", "always")
    made.git("config", "url.ext::program.insteadOf", "file://")
    for name in (
        "post-checkout",
        "reference-transaction",
        "post-index-change",
        "pre-auto-gc",
        "fsmonitor-watchman",
    ):
        (tmp_path / name).symlink_to(program)
    (made.folder / "a").write_text("changed")
    archive(made.folder, git_folder=True)
    assert not mark.exists()


def test_the_environment_of_git_is_ours(tmp_path: Path) -> None:
    own = {
        "PATH": "/bin",
        "HOME": "/x",
        "GIT_DIR": "/x",
        "GIT_CONFIG_COUNT": "1",
        "GIT_EXEC_PATH": "/x",
        "LD_PRELOAD": "x",
    }
    reference = GitReference.parse("https://forge.example/x@v1")
    environment = Git.of(reference, tmp_path).environment(own)
    assert not {"GIT_DIR", "GIT_CONFIG_COUNT", "GIT_EXEC_PATH", "LD_PRELOAD"} & set(environment)
    assert environment["GIT_ALLOW_PROTOCOL"] == "https"
    assert environment["HOME"] == str(tmp_path)
    assert Path(environment["GIT_CONFIG_GLOBAL"]) == tmp_path / ".gitconfig"
    assert Git.of(reference, tmp_path).local().environment(own)["GIT_ALLOW_PROTOCOL"] == "file"


def test_git_that_does_not_end_is_ended(
    made: MadeRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(git_program, "TIMEOUT_S", 0.2)
    with pytest.raises(FetchError, match="did not end within"):
        archive(made.folder)


@pytest.mark.parametrize(
    ("mode", "name", "said"),
    [
        ("100644", b"..", "leads out"),
        ("100644", b".", "leads out"),
        ("40000", b"..", "leads out"),
        ("100644", b"../a", "leads out"),
        ("100644", b"/etc/passwd", "leads out"),
        ("100644", b"", "leads out"),
        ("100644", b".git", "keeps for itself"),
        ("40000", b".GIT", "keeps for itself"),
        ("40000", b".git ", "keeps for itself"),
        ("100644", b".git::$INDEX_ALLOCATION", "keeps for itself"),
        ("40000", b"git~1", "keeps for itself"),
        ("100666", b"a", "does not write"),
        ("120000", b"l", "is a link of 0 bytes"),
    ],
)
def test_a_tree_with_hostile_names_is_refused(
    made: MadeRepository, mode: str, name: bytes, said: str
) -> None:
    made.commit({"a": "1"})
    at = made.put_tree() if mode == "40000" else made.put("blob", b"")
    commit = made.put_commit(made.put_tree((mode, name, at)))
    with pytest.raises(MalformedError, match=said) as caught:
        tree_of(made, commit)
    assert caught.value.message.isprintable()


def tree_of(made: MadeRepository, commit: str) -> GitTree:
    """Read from the repository's own objects, past what git itself refuses on the way."""
    return read_tree(ObjectStore(made.folder / ".git" / "objects", 40), commit, limits=SMALL)


def test_a_hostile_tree_never_comes_out_of_git_either(made: MadeRepository) -> None:
    made.commit({"a": "1"})
    commit = made.put_commit(made.put_tree(("100644", b"../a", made.put("blob", b"x"))))
    with pytest.raises(WheelproofError):
        archive(f"{made.folder}@{commit}")


def test_one_name_that_stands_twice_is_refused(made: MadeRepository) -> None:
    made.commit({"a": "1"})
    blob, link = made.put("blob", b"x"), made.put("blob", b"/etc")
    for entries in (
        (("100644", b"a", blob), ("100755", b"a", blob)),
        (("120000", b"a", link), ("40000", b"a", made.put_tree(("100644", b"passwd", blob)))),
    ):
        with pytest.raises(MalformedError, match="stands twice"):
            tree_of(made, made.put_commit(made.put_tree(*entries)))


def test_odd_but_harmless_names_are_kept_and_noted(made: MadeRepository) -> None:
    made.commit({"a": "1"})
    blob = made.put("blob", b"x")
    names = (b"\x1b[2J", b"a\nb", b"back\\slash", b"caf\xe9", b"readme", b"README")
    commit = made.put_commit(made.put_tree(*(("100644", name, blob) for name in sorted(names))))
    data = archive(f"{made.folder}@{commit}")[1]
    found = {os.fsencode(name) for name in contents(data)}
    assert found == set(names)
    notes = read_sdist_of(made.folder, data).notes
    assert all(note.isprintable() for note in notes)
    assert any("control characters" in note for note in notes)


def test_a_link_out_of_the_tree_is_kept_and_noted(made: MadeRepository) -> None:
    made.commit({"a": "1"})
    (made.folder / "out").symlink_to("/etc/passwd")
    (made.folder / "up").symlink_to("../../x")
    (made.folder / "far").symlink_to("long/" * 50)
    made.commit({})
    data = archive(made.folder)[1]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getmember("demo-1.0/out").linkname == "/etc/passwd"
        assert tar.getmember("demo-1.0/far").linkname == "long/" * 50
    assert sum("links out of its top folder" in note for note in read_sdist_of(made.folder, data).notes) == 2


def test_a_bomb_of_trees_and_one_of_bytes_are_refused(made: MadeRepository) -> None:
    made.commit({"a": "1"})
    tree = made.put_tree(("100644", b"f", made.put("blob", b"lol")))
    for _ in range(12):
        tree = made.put_tree(*(("40000", bytes([letter]), tree) for letter in b"abcdefghij"))
    with pytest.raises(MalformedError, match="more than 50 members"):
        tree_of(made, made.put_commit(tree))
    with pytest.raises(WheelproofError, match=r"printed more|more than 50 members"):
        archive(f"{made.folder}@{made.put_commit(tree)}", limits=SMALL)
    zeros = made.put("blob", bytes(600 << 10))
    wide = made.put_tree(("100644", b"a", zeros), ("100644", b"b", zeros))
    commit = made.put_commit(wide)
    with pytest.raises(MalformedError, match="unpacks to more than"):
        tree_of(made, commit)
    with pytest.raises(MalformedError, match="unpacks to more than"):
        archive(f"{made.folder}@{commit}", limits=SMALL)
    deep = made.put_tree(("100644", b"f", made.put("blob", b"x")))
    for _ in range(30):
        deep = made.put_tree(("40000", b"d" * 200, deep))
    with pytest.raises(MalformedError, match="a path of"):
        tree_of(made, made.put_commit(deep))


@pytest.mark.parametrize(
    ("stamp", "expected"), [("0 +0000", 0), ("-5 +0000", 0), ("99999999999999 +0000", 0o77777777777)]
)
def test_a_time_that_a_tar_can_not_hold_is_the_nearest(
    made: MadeRepository, stamp: str, expected: int
) -> None:
    made.commit({"a": "1"})
    commit = made.put_commit(made.put_tree(("100644", b"f", made.put("blob", b"x"))), time=stamp)
    assert tree_of(made, commit).time == expected


def test_an_object_that_is_not_what_its_id_says_is_refused(made: MadeRepository) -> None:
    commit = made.commit({"a": "1"})
    objects = ObjectStore(made.folder / ".git" / "objects", 40)
    blob = read_tree(objects, commit).entries[0].object_id
    path = objects.folder / blob[:2] / blob[2:]
    path.chmod(0o644)
    for data in (b"blob 1\x002", b"blob 2\x001", b"blob 1\x0012", b"tree 1\x001", b"blob x\x001", b""):
        path.write_bytes(zlib.compress(data))
        with pytest.raises(MalformedError):
            objects.read(blob, ObjectKind.BLOB)
    path.unlink()
    with pytest.raises(MalformedError, match="is not there, or is damaged"):
        objects.read(blob, ObjectKind.BLOB)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200), kind=st.sampled_from(list(ObjectKind)), packed=st.booleans())
def test_any_bytes_are_an_object_or_malformed(
    tmp_path: Path, data: bytes, kind: ObjectKind, packed: bool
) -> None:
    object_id = "ab" * 20
    (tmp_path / "ab").mkdir(exist_ok=True)
    (tmp_path / "ab" / ("ab" * 19)).write_bytes(zlib.compress(data) if packed else data)
    with pytest.raises(MalformedError):
        ObjectStore(tmp_path, 40).read(object_id, kind)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.binary(max_size=120) | st.lists(st.tuples(
    st.sampled_from([b"100644", b"40000", b"120000", b"160000", b"100755", b"777"]), st.binary(max_size=8),
    st.sampled_from(range(256)))).map(
        lambda lines: b"".join(b"%b %b\0%b" % (mode, name, bytes([at]) * 20) for mode, name, at in lines)
    ))  # fmt: skip
def test_any_tree_is_read_or_malformed(made_once: MadeRepository, data: bytes) -> None:
    commit = made_once.put_commit(made_once.put("tree", data))
    entries: tuple[TreeEntry, ...] = ()
    with contextlib.suppress(MalformedError):
        entries = tree_of(made_once, commit).entries
    for entry in entries:
        assert entry.kind is EntryKind.SUBMODULE  # nothing else of it is there
        assert not {b"", b".", b".."} & set(entry.path.split(b"/"))


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeRepository:
    return MadeRepository.at(tmp_path_factory.mktemp("once") / "repository")


@given(st.lists(st.binary(max_size=70_000), max_size=4))
def test_a_stored_stream_is_what_any_reader_takes(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    stream = io.BytesIO()
    write_gzip(stream, pieces)
    assert gzip.decompress(stream.getvalue()) == whole
    packed = b"".join(zlib_pieces(pieces))
    assert zlib.decompress(packed) == whole
    assert len(packed) == zlib_size(len(whole))
    again = io.BytesIO()
    write_gzip(again, [whole])
    assert again.getvalue() == stream.getvalue()


def test_a_work_tree_is_held_against_its_commit(made: MadeRepository, tmp_path: Path) -> None:
    commit = made.commit({"same": "1", "changed": "1", "gone": "1", "pipe": "1", "folder/file": "1"})
    (made.folder / "link").symlink_to("same")
    commit = made.commit({})
    objects = ObjectStore(made.folder / ".git" / "objects", 40)
    tree = read_tree(objects, commit)
    assert changed_files(made.folder, objects, tree) == ()
    (made.folder / "changed").write_text("2")
    (made.folder / "gone").unlink()
    (made.folder / "pipe").unlink()
    os.mkfifo(made.folder / "pipe")
    (made.folder / "link").unlink()
    (made.folder / "link").symlink_to("changed")
    (made.folder / "new").touch()
    assert changed_files(made.folder, objects, tree) == (b"changed", b"gone", b"link", b"pipe")
    assert changed_files(tmp_path, objects, tree) == ()


def test_a_repository_by_http(made: MadeRepository, tmp_path: Path) -> None:
    made.commit({"a": "1"})
    made.commit(FILES)
    made.git("tag", "v1.0")
    with served(made, tmp_path / "served") as (bare, url):
        by_http(bare, url)


def by_http(bare: MadeRepository, url: str) -> None:
    assert archive(f"{url}@v1.0") == archive(f"{bare.folder}@v1.0")
    first = bare.git("rev-parse", "HEAD~1")
    for rev in (first, first[:10]):
        assert archive(f"{url}@{rev}")[0] == first
    for rev, said in (("v2", "does not have a tag or branch v2"), ("0" * 40, "does not have the commit")):
        with pytest.raises(WheelproofError, match=said):
            archive(f"{url}@{rev}")
    with pytest.raises(FetchError, match="can't be read"):
        archive(f"{url}.none@v1.0")


@pytest.fixture
def daemon(made: MadeRepository, unused_port: int) -> Iterator[str]:
    made.commit({"a": "1"})
    command = ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={unused_port}"]
    with subprocess.Popen(
        [*command, f"--base-path={made.folder.parent}"], stderr=subprocess.DEVNULL
    ) as process:
        url = f"git://127.0.0.1:{unused_port}/repository"
        until = time.monotonic() + 30
        while subprocess.run(["git", "ls-remote", url], capture_output=True, check=False).returncode:
            assert time.monotonic() < until
            time.sleep(0.02)
        yield url
        process.terminate()


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_commit_that_no_branch_leads_to_is_refused(made: MadeRepository, daemon: str) -> None:
    """A forge gives the commits of every fork under a repository's own address."""
    own = made.commit({"a": "2"})
    made.commit({"a": "3"})
    tree = made.git("rev-parse", "HEAD^{tree}")
    stray = made.git("commit-tree", tree, "-m", "stray")
    made.git("update-ref", "refs/pull/1/head", stray)
    made.git("config", "uploadpack.allowFilter", "true")
    assert archive(f"{daemon}@{own}") == archive(f"{made.folder}@{own}")
    with pytest.raises(FetchError, match=r"No branch and no tag of .* leads to the commit"):
        archive(f"{daemon}@{stray}")
    assert archive(f"{made.folder}@{stray}")[0] == stray


def test_a_repository_that_can_not_be_reached_is_said(unused_port: int) -> None:
    for scheme in ("http", "git"):
        with pytest.raises(FetchError, match="can't be read") as caught:
            archive(f"{scheme}://127.0.0.1:{unused_port}/x@v1")
        assert caught.value.message.isprintable()
        assert caught.value.hint


def test_a_password_is_in_no_message(unused_port: int) -> None:
    with pytest.raises(FetchError) as caught:
        archive(f"http://me:secret@127.0.0.1:{unused_port}/x@v1")
    assert "secret" not in caught.value.message + caught.value.hint


def test_tags_with_odd_names_stay_away(made: MadeRepository) -> None:
    commit = made.commit({"a": "1"})
    for name in ("v1", "-v1", "a b", "w\u00e4", "a@b"):
        (made.folder / ".git" / "refs" / "tags" / name).write_text(f"{commit}\n")
    with open_repository(GitReference.parse(str(made.folder))) as repository:
        tags = repository.tags(commit)
        fetched: FetchedCommit = repository.fetch(commit, tags=tags)
    assert [tag.name for tag in fetched.tags] == ["refs/tags/v1"]
