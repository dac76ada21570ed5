from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from git_repository import MadeRepository
from index_pages import index_file
from made_locks import lock
from wheelproof.core.errors import FetchError, RecipeError, UsageError, WheelproofError
from wheelproof.core.git import GitReference
from wheelproof.core.identity import Digest, LocalTarget, ReleaseTarget, parse_target
from wheelproof.pipeline import checkout
from wheelproof.pipeline.checkout import (
    fetch_checkout,
    fetch_locked,
    fitting,
    named_by_recipes,
    source_root,
)
from wheelproof.pipeline.facts import Known, hint_of
from wheelproof.pipeline.fingerprint import release_key
from wheelproof.pipeline.session import Session, Settings
from wheelproof.pipeline.subject import Release, local_subject, release_notes
from wheelproof.recipe.load import parse_recipe
from wheelproof.recipe.lock import Lock, LockedFile, LockedGit, parse_lock, render_lock
from wheelproof.recipe.schema import Override, RecipeChange, RepairChange
from wheelproof.report.document import PublishedFacts
from wheelproof.report.summary import describe_git

COMMIT = "0123456789" * 4
URL = "https://forge.example/demo.git"
GIT = LockedGit(url=URL, commit=COMMIT)
WHEEL = "demo_x-1.0-py3-none-any.whl"


@pytest.fixture
def made(tmp_path: Path) -> MadeRepository:
    return MadeRepository.at(tmp_path / "repository")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session(Settings(cache=tmp_path / "cache", recipes=_folder(tmp_path / "recipes"))) as session:
        yield session


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def overrides(*settings: str) -> tuple[Override, ...]:
    lines = "".join(f"  - set: {{{setting}}}\n    reason: For this test.\n" for setting in settings)
    return parse_recipe(f"schema: 1\nproject: demo\noverrides:\n{lines}", place="x").overrides


def reference(text: str | Path) -> GitReference:
    return GitReference.parse(str(text))


def test_a_checkout_is_a_file_of_the_cache_with_a_name_of_its_own(
    made: MadeRepository, session: Session
) -> None:
    commit = made.commit({"pyproject.toml": ""})
    found = fetch_checkout(session, reference(made.folder), root=source_root(WHEEL))
    assert found.source.filename == f"demo_x-1.0-git-{commit[:12]}.tar.gz"
    assert found.source.git == LockedGit(url=None, commit=commit)
    assert session.cache.get(Digest(found.source.sha256)) == found.path
    assert found.path.stat().st_size == found.source.size_bytes
    assert found.notes == (f"HEAD of the local repository is the commit {commit}",)
    again = fetch_checkout(session, reference(f"{made.folder}@{commit}"), root=source_root(WHEEL))
    assert (again.source, again.notes) == (found.source, ())


def test_what_a_reader_has_to_know_is_noted(made: MadeRepository, session: Session) -> None:
    at = made.commit(dict.fromkeys("abcd\x1b", "1"))
    made.git("update-index", "--add", "--cacheinfo", f"160000,{at},vendor")
    made.git("commit", "--quiet", "--message", "x")
    for name in "abcd":
        (made.folder / name).write_text("2")
    _, submodules, changed = fetch_checkout(session, reference(made.folder), root="x-1").notes
    assert submodules == "Submodules are not fetched, and empty: vendor"
    assert (
        changed
        == "4 files are (a, b, c, and 1 more) in the work tree not as in the commit: the commit was taken"
    )
    (_, submodules) = fetch_checkout(session, reference(f"{made.folder}@main"), root="x-1").notes
    assert "vendor" in submodules


def test_a_url_is_asked_once_for_a_commit(
    made: MadeRepository, tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = made.commit({"a": "1"})
    by_url = replace(reference(f"{made.folder}@{commit}"), url=URL)
    monkeypatch.setattr(GitReference, "local", property(lambda self: not self.place.startswith("http")))
    first = fetch_checkout(session, by_url, root="x-1")
    made.folder.rename(tmp_path / "gone")
    assert fetch_checkout(session, by_url, root="x-1") == first
    for other in (
        replace(by_url, url=f"{URL}2"),
        replace(by_url, rev="main"),
        replace(by_url, rev=COMMIT),
    ):
        with pytest.raises(UsageError):
            fetch_checkout(session, other, root="x-1")
    with pytest.raises(UsageError):
        fetch_checkout(session, by_url, root="x-1", git_folder=True)
    first.path.chmod(0o644)
    first.path.write_bytes(b"damaged")
    with pytest.raises(UsageError):
        fetch_checkout(session, by_url, root="x-1")


def test_offline_asks_no_url(tmp_path: Path, made: MadeRepository) -> None:
    made.commit({"a": "1"})
    with Session(Settings(cache=tmp_path / "cache", offline=True)) as session:
        with pytest.raises(FetchError, match="this run is offline"):
            fetch_checkout(session, reference(f"{URL}@v1"), root="x-1")
        assert fetch_checkout(session, reference(made.folder), root="x-1").source.git


def test_the_last_recipe_names_the_commit() -> None:
    found = overrides(
        f'git: "{URL}@{"1" * 40}"', "git-folder: true", f'git: "{URL}@{COMMIT}"', 'umask: "0002"'
    )
    named, folder = named_by_recipes(found)
    assert (str(named), folder) == (f"{URL}@{COMMIT}", True)
    assert named_by_recipes(overrides("git-folder: true", "git-folder: false")) == (None, False)


@pytest.mark.parametrize("text", [f"{URL}@v1", f"{URL}@{COMMIT[:12]}", f"/srv/x@{COMMIT}", URL, "-x"])
def test_a_recipe_names_no_tag_and_no_path(text: str) -> None:
    with pytest.raises(RecipeError, match=r"overrides\.0\.set\.git"):
        overrides(f'git: "{text}"')


def test_what_a_recipe_says_of_another_source_is_passed_over() -> None:
    found = overrides(f'git: "{URL}@{COMMIT}"', 'git-folder: true, umask: "0002"', "git-folder: false")
    assert [sorted(item.set.model_fields_set) for item in fitting(found, None)] == [["umask"]]
    assert fitting(found, GIT) == found
    other = LockedGit(url=None, commit=COMMIT)
    kept = [sorted(item.set.model_fields_set) for item in fitting(found, other)]
    assert kept == [["git_folder", "umask"], ["git_folder"]]
    assert [item.reason for item in fitting(found, None)] == ["For this test."]


def test_what_a_fitting_override_leaves_out_stays_left_out() -> None:
    change = RecipeChange(repair=RepairChange(platform="auto"), git_folder=True)
    (kept,) = fitting((Override(set=change, reason="For this test."),), None)
    assert kept.set.repair is not None
    assert kept.set.repair.model_fields_set == {"platform"}


def test_a_local_wheel_with_a_commit(made: MadeRepository, tmp_path: Path, session: Session) -> None:
    commit = made.commit({"a": "1"})
    wheel = tmp_path / WHEEL
    wheel.write_bytes(b"wheel")
    target = parse_target(str(wheel), git=reference(made.folder))
    assert isinstance(target, LocalTarget)
    subject = local_subject(session, target)
    assert subject.source.git == LockedGit(url=None, commit=commit)
    assert subject.notes[0].startswith("The wheel is local")
    recipe = "schema: 1\nproject: demo-x\noverrides:\n- set: {git-folder: true}\n  reason: For this test.\n"
    (_folder(tmp_path / "recipes" / "demo-x") / "x.yaml").write_text(recipe)
    assert local_subject(session, target).source.git == LockedGit(commit=commit, git_folder=True)


def test_targets_take_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git = reference(f"{URL}@v1")
    for text in ("demo==1.0", WHEEL):
        target = parse_target(text, git=git)
        assert isinstance(target, ReleaseTarget)
        assert target.git == git
    (tmp_path / WHEEL).touch()
    assert isinstance(parse_target(WHEEL, git=git), LocalTarget)
    with pytest.raises(UsageError, match="no file"):
        parse_target(f"dist/{WHEEL}", git=git)
    with pytest.raises(UsageError, match="one source"):
        parse_target(WHEEL, tmp_path / WHEEL, git)


def test_a_check_of_a_commit_is_never_skipped_as_unchanged(session: Session) -> None:
    wheel = index_file(WHEEL)
    target = parse_target("demo-x==1.0", git=reference(f"{URL}@v1"))
    assert isinstance(target, ReleaseTarget)
    release = Release(target=target, files=(wheel, index_file("demo_x-1.0.tar.gz")), selections=(), notes=())
    assert release_key(session, release, wheel) is None


def test_an_sdist_that_is_passed_over_is_noted() -> None:
    wheel, sdist = index_file(WHEEL), index_file("demo_x-1.0.tar.gz")
    notes = list(release_notes((wheel, sdist), wheel, None))
    assert notes[0] == "The release has an sdist, demo_x-1.0.tar.gz: a git commit was asked for instead"
    assert not [note for note in release_notes((wheel,), wheel, None) if "sdist" in note]


def git_lock(git: LockedGit, sha256: str = "d" * 64) -> Lock:
    name = f"demo-1-git-{git.commit[:12]}.tar.gz"
    return lock(source=LockedFile(filename=name, sha256=sha256, size_bytes=6, git=git))


def test_a_lock_says_that_its_source_is_a_git_tree() -> None:
    for git in (GIT, LockedGit(commit=COMMIT, git_folder=True), LockedGit(commit="a" * 64)):
        made = git_lock(git)
        assert parse_lock(render_lock(made), place="x") == made
    text = render_lock(git_lock(GIT))
    for old, new in ((COMMIT, COMMIT[:39]), (URL, "/srv/x"), (URL, "ext::x"), (URL, "https://me:pw@x/y")):
        with pytest.raises(RecipeError, match=r"source\.git"):
            parse_lock(text.replace(f'"{old}"', f'"{new}"'), place="x")


def test_a_result_says_that_its_source_is_a_git_tree() -> None:
    known = Known.from_lock(git_lock(GIT))
    assert known.source is not None
    assert known.source.git is not None
    said = f"built from git commit {COMMIT} of {URL}, not from an sdist"
    assert describe_git(known.source.git) == said
    assert known.grounds("Every member is the same") == f"Every member is the same; {said}"
    plain = Known.from_lock(lock())
    assert plain.grounds("Every member is the same") == "Every member is the same"
    assert plain.source is not None
    assert plain.source.git is None


def test_an_image_without_git_is_the_hint_only_where_git_is_there_to_be_asked() -> None:
    with_folder = Known.from_lock(git_lock(LockedGit(commit=COMMIT, git_folder=True)))
    assert "no git program" in hint_of(with_folder, "Look.")
    assert hint_of(with_folder, "Look.").startswith("Look. ")
    assert hint_of(replace(with_folder, packages={"git": "2.39"}), "Look.") == "Look."
    assert hint_of(replace(with_folder, packages={}), "Look.") == "Look."
    assert hint_of(Known.from_lock(git_lock(GIT)), "Look.") == "Look."
    assert hint_of(Known(target="x", published=PublishedFacts()), "Look.") == "Look."


def test_a_locked_tree_is_fetched_again_by_http_alone(
    made: MadeRepository, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = made.commit({"a": "1"})
    local = reference(f"{made.folder}@{commit}")
    sha256 = fetch_checkout(session, local, root="demo-1").source.sha256
    git = LockedGit(url=URL, commit=commit)
    assert fetch_locked(session, git_lock(git, sha256)) is False
    session.cache.path_of(Digest(sha256)).unlink()
    monkeypatch.setattr(checkout, "pinned", lambda text: local if text == f"{URL}@{commit}" else None)
    with pytest.raises(FetchError, match="has sha256:"):
        fetch_locked(session, git_lock(git, "a" * 64))
    session.cache.path_of(Digest(sha256)).unlink()
    assert fetch_locked(session, git_lock(git, sha256)) is True
    for url in (None, "ssh://git@forge.example/x", "git@forge.example:x", "git://forge.example/x"):
        with pytest.raises(WheelproofError, match="does not say where to fetch it by HTTP"):
            fetch_locked(session, git_lock(LockedGit(url=url, commit=commit), "a" * 64))
    assert fetch_locked(session, lock()) is False
