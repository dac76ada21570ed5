"""A git commit in the place of an sdist: checked, locked, replayed, and never taken for one."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_index import FakeIndex
from git_repository import MadeRepository, served
from made_project import BACKEND, NO_REQUIRES, MadeProject
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.cache import Cache

DEMO = MadeProject()
# Fails where the tree has a ``.git``, or where it has none.
EXPORTED = f'import os\nassert not os.path.lexists(".git")\n{BACKEND}'
WITH_GIT = f'import os\nassert os.path.exists(".git/index")\nassert os.path.isdir(".git/refs")\n{BACKEND}'
ASKING = f'import os, subprocess\nsubprocess.check_call(["git", "describe", "--tags"])\n{BACKEND}'
TOLD = f"""\
import os
assert os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"] == TOLD
assert "PBR_VERSION" not in os.environ
{BACKEND}"""


def files(backend: str = EXPORTED, pyproject: str = NO_REQUIRES) -> dict[str, bytes]:
    members = {f"wheel/{name}": content for name, content in DEMO.members().items()}
    return {"pyproject.toml": pyproject.encode(), "backend.py": backend.encode(), **members}


@pytest.fixture
def repository(tmp_path: Path) -> MadeRepository:
    return MadeRepository.at(tmp_path / "repository")


@pytest.fixture
def index(cache: Cache, image: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIndex]:
    assert image
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel()})
        yield index


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def choices(result: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {choice["field"]: choice for choice in result["environment"]["choices"]}


def with_recipe(folder: Path, setting: str) -> Path:
    (folder / "recipes" / "demo").mkdir(parents=True)
    text = (
        f"schema: 1\nproject: demo\noverrides:\n  - set: {{{setting}}}\n    reason: The test asks for it.\n"
    )
    (folder / "recipes" / "demo" / "made.yaml").write_text(text)
    return folder / "recipes"


def test_a_release_without_an_sdist_is_built_from_a_commit(
    index: FakeIndex, repository: MadeRepository, tmp_path: Path
) -> None:
    commit = repository.commit(files())
    repository.git("tag", "v1.0")
    repository.commit({"backend.py": "raise RuntimeError"})
    ended = check(index, "demo==1.0", "--git", f"{repository.folder}@v1.0", "-o", tmp_path / "evidence")
    result = ended.result
    assert ended.exit_code == ExitCode.REACHED, ended.out
    assert result["verdict"] == "identical"
    assert result["reason"].endswith(
        f"; built from git commit {commit} of a local repository, not from an sdist"
    )
    assert result["source"]["git"] == {"url": None, "commit": commit, "git_folder": False}
    assert result["source"]["filename"] == f"demo-1.0-git-{commit[:12]}.tar.gz"
    assert f"v1.0 of the local repository is the commit {commit}" in result["notes"]
    evidence = tmp_path / "evidence"
    assert str(repository.folder) not in ended.out + (evidence / "pylock.toml").read_text()
    assert f"git commit {commit}" in (evidence / "README.txt").read_text()
    assert "not from an sdist" in (evidence / "report.html").read_text()
    lock = tomllib.loads((evidence / "pylock.toml").read_text())["tool"]["wheelproof"]
    assert lock["source"]["git"] == {"commit": commit, "git-folder": False}


def test_a_third_party_replays_it_without_the_repository(
    index: FakeIndex,
    repository: MadeRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cache: Cache,
) -> None:
    repository.commit(files())
    evidence = tmp_path / "evidence"
    first = check(index, "demo==1.0", "--git", repository.folder, "-o", evidence).result
    repository.folder.rename(tmp_path / "gone")
    other = Cache(tmp_path / "cache")
    (frontend,) = (evidence / "inputs").glob("installer-*.whl")
    other.add_file(frontend)
    monkeypatch.setenv("WHEELPROOF_CACHE", str(other.root))
    ended = run_inside("check", "--locked", evidence / "pylock.toml", "--offline", "--format", "json")
    again = ended.result
    assert ended.exit_code == ExitCode.REACHED, ended.out
    assert again["source"] == first["source"]
    assert again["rebuilt"] == first["rebuilt"]
    assert again["reason"] == first["reason"]
    assert again["notes"][-1] == "That the source is the tree of this commit is the lock's word"
    (evidence / "inputs" / first["source"]["filename"]).unlink()
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path / "empty"))
    ended = run_inside("check", "--locked", evidence / "pylock.toml", "--offline", "--format", "json")
    assert ended.exit_code == ExitCode.FETCH
    assert "does not say where to fetch it" in ended.result["reason"]


def test_a_recipe_names_the_commit_and_a_replay_fetches_it_again(
    index: FakeIndex,
    repository: MadeRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cache: Cache,
) -> None:
    commit = repository.commit(files())
    with served(repository, tmp_path / "served") as (_, url):
        recipes = with_recipe(tmp_path, f"git: '{url}@{commit}'")
        evidence = tmp_path / "evidence"
        first = check(index, "demo==1.0", "--recipes", recipes, "-o", evidence).result
        assert first["verdict"] == "identical"
        assert f"; built from git commit {commit} of {url}, not from an sdist" in first["reason"]
        assert choices(first)["git"] == {
            "field": "git",
            "value": f"{url}@{commit}",
            "origin": "recipe",
            "evidence": "The test asks for it.",
        }
        (evidence / "inputs" / first["source"]["filename"]).unlink()
        other = Cache(tmp_path / "cache")
        other.add_file(next((evidence / "inputs").glob("installer-*.whl")))
        monkeypatch.setenv("WHEELPROOF_CACHE", str(other.root))
        again = check(index, "--locked", evidence / "pylock.toml").result
        assert (again["source"], again["rebuilt"]) == (first["source"], first["rebuilt"])
        assert again["notes"] == first["notes"] == []


def test_an_sdist_that_is_passed_over_is_said(index: FakeIndex, repository: MadeRepository) -> None:
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist()})
    repository.commit(files())
    ended = check(index, "demo==1.0", "--git", repository.folder)
    said = f"The release has an sdist, {DEMO.sdist_name}: a git commit was asked for instead"
    assert said in ended.result["notes"]
    assert "not from an sdist" in ended.result["reason"]
    plain = check(index, "demo==1.0").result
    assert plain["source"]["git"] is None
    assert "git" not in plain["reason"]


def test_another_commit_gives_another_verdict(index: FakeIndex, repository: MadeRepository) -> None:
    repository.commit({**files(), "wheel/demo/__init__.py": "NAME = 'other'\n"})
    ended = check(index, "demo==1.0", "--git", repository.folder)
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert ended.result["verdict"] == "different"
    assert "not from an sdist" in ended.result["reason"]


def test_a_local_wheel_and_a_local_commit(
    index: FakeIndex, repository: MadeRepository, tmp_path: Path
) -> None:
    repository.commit(files())
    (repository.folder / "backend.py").write_text("raise RuntimeError")
    wheel = tmp_path / DEMO.wheel_name
    wheel.write_bytes(DEMO.wheel())
    ended = check(index, wheel, "--git", repository.folder, "--image", "debian-bookworm-py3.11")
    assert ended.exit_code == ExitCode.REACHED, ended.out
    assert (
        "1 file is (backend.py) in the work tree not as in the commit: the commit was taken"
        in (ended.result["notes"])
    )


def test_a_tool_that_would_ask_git_is_told_the_release(
    index: FakeIndex, repository: MadeRepository, tmp_path: Path
) -> None:
    tool = MadeProject(name="hatch_vcs", version="0.4")
    index.publish("hatch-vcs", {tool.wheel_name: tool.wheel()}, upload_time="2024-01-01T00:00:00Z")
    pyproject = NO_REQUIRES.replace("[]", '["hatch-vcs"]')
    repository.commit(files(TOLD.replace("== TOLD", '== "1.0"'), pyproject))
    ended = check(index, "demo==1.0", "--git", repository.folder)
    assert ended.exit_code == ExitCode.REACHED, ended.out
    choice = choices(ended.result)["environment.SETUPTOOLS_SCM_PRETEND_VERSION"]
    assert (choice["value"], choice["origin"]) == ("1.0", "inferred")
    assert choice["evidence"].startswith("The build requires hatch-vcs, which takes the version from git")

    repository.commit(files(TOLD.replace("== TOLD", '== "7"'), pyproject))
    recipes = with_recipe(tmp_path, 'environment: {SETUPTOOLS_SCM_PRETEND_VERSION: "7"}')
    ended = check(index, "demo==1.0", "--git", repository.folder, "--recipes", recipes)
    assert ended.exit_code == ExitCode.REACHED, ended.out
    choice = choices(ended.result)["environment.SETUPTOOLS_SCM_PRETEND_VERSION"]
    assert (choice["value"], choice["origin"]) == ("7", "recipe")


def test_a_git_folder_comes_along_where_a_recipe_asks(
    index: FakeIndex, repository: MadeRepository, tmp_path: Path
) -> None:
    repository.commit(files(WITH_GIT))
    recipes = with_recipe(tmp_path, "git-folder: true")
    ended = check(index, "demo==1.0", "--git", repository.folder, "--recipes", recipes)
    assert ended.exit_code == ExitCode.REACHED, ended.out
    assert ended.result["source"]["git"]["git_folder"] is True
    assert ", with its .git, not from an sdist" in ended.result["reason"]
    assert choices(ended.result)["git-folder"]["origin"] == "recipe"


def test_an_image_without_git_is_the_hint(
    index: FakeIndex, repository: MadeRepository, tmp_path: Path
) -> None:
    repository.commit(files(ASKING))
    recipes = with_recipe(tmp_path, "git-folder: true")
    ended = check(index, "demo==1.0", "--git", repository.folder, "--recipes", recipes)
    assert ended.exit_code == ExitCode.NOT_BUILT
    assert "the image no git program" in ended.result["failure"]["hint"]
    assert ended.result["source"]["git"]["git_folder"] is True


def test_hostile_names_and_links_build_in_the_sandbox_alone(
    index: FakeIndex, repository: MadeRepository
) -> None:
    blob = repository.put("blob", b"x")
    link = repository.put("blob", b"/etc/passwd")
    honest = repository.commit(files())
    tree = repository.git("rev-parse", f"{honest}^{{tree}}")
    listed = [line.split(None, 3) for line in repository.git("ls-tree", tree).splitlines()]
    entries = [(mode, name.encode(), at) for mode, _, at, name in listed]
    odd = [("100644", b"\x1b[2J", blob), ("100644", b"README", blob), ("100644", b"readme", blob)]
    commit = repository.put_commit(repository.put_tree(*odd, *entries, ("120000", b"zlink", link)))
    ended = check(index, "demo==1.0", "--git", f"{repository.folder}@{commit}")
    assert ended.exit_code == ExitCode.REACHED, ended.out
    assert "\x1b" not in ended.out + ended.err


def test_a_release_without_any_source_names_the_option(index: FakeIndex) -> None:
    ended = check(index, "demo==1.0")
    assert ended.exit_code == ExitCode.NOT_CHECKED
    assert "--git URL@REV" in ended.result["failure"]["hint"]


def test_a_lock_of_a_commit_is_the_same_every_time(
    index: FakeIndex, repository: MadeRepository, tmp_path: Path
) -> None:
    commit = repository.commit(files())
    texts = []
    for place in ("one", "two"):
        MadeRepository(folder=tmp_path).git("clone", "--quiet", str(repository.folder), place)
        ended = run_inside(
            "lock", "--index-url", index.url, "demo==1.0", "--git", f"{tmp_path / place}@{commit}"
        )
        assert ended.exit_code == 0, ended.err
        texts.append(ended.out)
    assert texts[0] == texts[1]
    assert json.dumps(commit) in texts[0]
