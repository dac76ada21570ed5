"""``--git`` with bad input: one sentence, what to do next, and the right exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_index import FakeIndex
from git_repository import MadeRepository
from made_project import MadeProject
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode

DEMO = MadeProject()


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and no engine."""
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel()})
        yield index


@pytest.fixture
def made(tmp_path: Path) -> MadeRepository:
    made = MadeRepository.at(tmp_path / "repository")
    made.commit({"pyproject.toml": "[build-system]\nrequires = []\n"})
    return made


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def ended_with(ended: Ended, code: ExitCode, said: str) -> None:
    assert ended.exit_code == code
    assert said in ended.err + ended.out
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("git", "said"),
    [
        ("", "names no git repository"),
        ("--upload-pack=x", "names no git repository"),
        ("https://forge.example/demo.git", "comes without a commit"),
        ("ext::touch hacked@v1", "can't be fetched by ext"),
        ("{made}@none", "does not have a tag or branch none"),
        ("{made}@HEAD~1", "is no tag, branch or commit"),
        ("{made}/none@v1", "There is no folder"),
        ("{cache}", "There is no folder"),
        ("{made}@1111111111111111111111111111111111111111", "does not have the commit 1111"),
    ],
)
def test_what_names_no_commit_is_an_error_of_use(
    index: FakeIndex, made: MadeRepository, tmp_path: Path, git: str, said: str
) -> None:
    text = git.format(made=made.folder, cache=tmp_path / "none")
    ended_with(check(index, "demo==1.0", f"--git={text}"), ExitCode.USAGE, said)
    ended_with(
        run_inside("lock", "--index-url", index.url, "demo==1.0", f"--git={text}"), ExitCode.USAGE, said
    )


def test_a_source_beside_a_source_and_a_lock(index: FakeIndex, made: MadeRepository, tmp_path: Path) -> None:
    for name in (DEMO.wheel_name, DEMO.sdist_name):
        (tmp_path / name).touch()
    both = ("--sdist", tmp_path / DEMO.sdist_name, "--git", made.folder)
    ended_with(check(index, tmp_path / DEMO.wheel_name, *both), ExitCode.USAGE, "A wheel has one source")
    locked = check(index, "--locked", tmp_path / "x", "--git", made.folder)
    ended_with(locked, ExitCode.USAGE, "A lock settles what is checked")


def test_no_git_program(index: FakeIndex, made: MadeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    ended = check(index, "demo==1.0", "--git", made.folder)
    ended_with(ended, ExitCode.FETCH, "The git program can't be run")
    assert ended.result["verdict"] == "not-checked"
    assert "Install git" in ended.result["failure"]["hint"]


def test_a_hostile_commit_is_malformed(index: FakeIndex, made: MadeRepository) -> None:
    blob = made.put("blob", b"x")
    commit = made.put_commit(made.put_tree(("100644", b".git\x1b", blob), ("100644", b"git~1", blob)))
    ended = check(index, "demo==1.0", "--git", f"{made.folder}@{commit}")
    ended_with(ended, ExitCode.MALFORMED, "is a name that git keeps for itself")
    assert "\x1b" not in ended.out + ended.err


def test_a_recipe_with_a_branch_is_a_recipe_error(index: FakeIndex, tmp_path: Path) -> None:
    (tmp_path / "recipes" / "demo").mkdir(parents=True)
    setting = "{git: https://forge.example/x@main}"
    text = f"schema: 1\nproject: demo\noverrides:\n- set: {setting}\n  reason: For a test.\n"
    (tmp_path / "recipes" / "demo" / "x.yaml").write_text(text)
    ended = check(index, "demo==1.0", "--recipes", tmp_path / "recipes")
    ended_with(ended, ExitCode.RECIPE, "is not URL@COMMIT")


def test_a_recipe_names_the_source_of_a_release_without_an_sdist(
    index: FakeIndex, made: MadeRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as a check comes without an engine: the commit is looked for, and nothing else."""
    (tmp_path / "recipes" / "demo").mkdir(parents=True)
    url = f"http://127.0.0.1:{index.server.port}/demo.git"
    text = (
        f"schema: 1\nproject: demo\noverrides:\n- set: {{git: '{url}@{'1' * 40}'}}\n  reason: For a test.\n"
    )
    (tmp_path / "recipes" / "demo" / "x.yaml").write_text(text)
    ended = check(index, "demo==1.0", "--recipes", tmp_path / "recipes")
    ended_with(ended, ExitCode.FETCH, f"The git repository {url} can't be read")
    assert any(path.startswith("/demo.git/info/refs") for path in index.server.paths())
