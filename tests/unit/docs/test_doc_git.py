"""The page about git holds the code's own lists and numbers, and its examples can be meant."""

from pathlib import Path

import pytest

from doc_pages import blocks, page, rows, section
from git_repository import MadeRepository
from wheelproof.core.errors import ExitCode
from wheelproof.core.git import SCHEMES, GitReference
from wheelproof.pipeline.checkout import fetch_checkout
from wheelproof.pipeline.scm_version import SCM_TOOLS
from wheelproof.pipeline.session import Session, Settings
from wheelproof.recipe.load import parse_recipe
from wheelproof.report.document import GitFacts
from wheelproof.report.summary import describe_git
from wheelproof.source import git, git_program
from wheelproof.source.members import ArchiveLimits

TEXT = page("docs/git.md")
PLAIN = " ".join(TEXT.split())


def test_every_tool_is_listed_with_its_variable() -> None:
    said = {row[0].strip("`"): row[1] for row in rows(section(TEXT, "The version"))}
    assert said == {
        tool.project: f"`{tool.variable}`" if tool.variable else "none; a note says so" for tool in SCM_TOOLS
    }


def test_the_numbers_are_those_of_the_code() -> None:
    limits = ArchiveLimits()
    assert f"{limits.members:,} members and {limits.unpacked_bytes >> 30} GiB" in PLAIN
    assert f"{git_program.TIMEOUT_S / 60:g} minutes, {git_program.MEMORY_BYTES >> 30} GiB of memory" in PLAIN
    assert f"and {git_program.FILE_BYTES >> 30} GiB a file" in PLAIN
    assert f"{git.TAGS} tags at most" in PLAIN


def test_every_way_to_reach_a_repository_is_named() -> None:
    listed = ", ".join(f"`{scheme}`" for scheme in SCHEMES[:-1])
    assert f"by {listed} or `{SCHEMES[-1]}`" in PLAIN


def test_the_examples_name_commits() -> None:
    (console, *_) = blocks(TEXT, "console")
    named = [line.split("--git ")[1].split()[0] for line in console.splitlines()]
    assert [GitReference.parse(text).rev for text in named] == ["v1.0", "0123456789" * 4, None, "v1.0"]


@pytest.mark.parametrize("example", blocks(TEXT, "yaml"))
def test_the_recipes_are_recipes(example: str) -> None:
    assert parse_recipe(example.replace("<64 hexadecimal digits>", "0" * 64), place="docs/git.md").overrides


def test_the_report_says_what_the_page_shows() -> None:
    facts = GitFacts(url="https://forge.example/demo.git", commit="0123456789" * 4)
    (shown,) = blocks(TEXT, "text")
    assert describe_git(facts) in " ".join(shown.split())


def test_the_name_of_the_file_is_the_one_that_is_given(tmp_path: Path) -> None:
    made = MadeRepository.at(tmp_path / "made")
    commit = made.commit({"a": "1"})
    with Session(Settings(cache=tmp_path / "cache")) as session:
        found = fetch_checkout(session, GitReference.parse(str(made.folder)), root="name-version")
    assert "`name-version-git-<commit>.tar.gz`" in TEXT
    assert found.source.filename == f"name-version-git-{commit[:12]}.tar.gz"


def test_the_exit_codes_are_those_of_the_code() -> None:
    codes = [int(row[1]) for row in rows(section(TEXT, "How it is fetched"))]
    assert codes == [ExitCode.USAGE, ExitCode.RECIPE, ExitCode.FETCH, ExitCode.MALFORMED]
