import re
import sqlite3
from pathlib import Path

import typer.main

from doc_pages import blocks, named, page, rows, section
from wheelproof.batch.targets import parse_targets
from wheelproof.cli.main import app
from wheelproof.core.errors import ExitCode
from wheelproof.store.results import INDEX_NAME, ResultStore, _Document

TEXT = page("docs/batch.md")
LIST = TEXT.partition("## A run")[0]


def targets(text: str) -> list[str]:
    return [str(entry.target) for entry in parse_targets(text, place="list").entries]


def test_each_form_of_a_list_is_read() -> None:
    lines, requirements = blocks(LIST, "text")
    assert targets(lines) == ["six==1.17.0", "click-8.1.7-py3-none-any.whl"]
    (entry,) = parse_targets(requirements, place="list").entries
    assert (str(entry.target), len(entry.sha256)) == ("click==8.1.7", 2)
    (lock,) = blocks(LIST, "toml")
    (entry,) = parse_targets(lock, place="list").entries
    assert (str(entry.target), len(entry.sha256)) == ("six==1.17.0", 1)
    (packages,) = blocks(LIST, "json")
    assert targets(packages) == ["six-1.17.0-py2.py3-none-any.whl", "click==8.1.7", "click==8.1.6"]


def test_what_can_not_be_checked_is_skipped_for_the_reason_that_is_named() -> None:
    for line, reason in rows(section(TEXT, "The list")):
        (skipped,) = parse_targets(line.strip("`"), place="list").skipped
        assert skipped.reason == reason


def test_the_options_are_those_of_the_command() -> None:
    commands = getattr(typer.main.get_command(app), "commands")  # noqa: B009
    known = {name: {option.opts[0] for option in commands[name].params} for name in ("batch", "check")}
    assert set(named(section(TEXT, "A run"))) == (known["batch"] - known["check"] - {"path"}) | {"--timeout"}
    defaults = {option.opts[0]: option.default for option in commands["batch"].params}
    for row in rows(section(TEXT, "A run")):
        if found := re.search(r"; (\d+) where left out", row[1]):
            assert int(found[1]) == defaults[row[0].strip("`")]


def test_what_is_kept(tmp_path: Path) -> None:
    tables = section(TEXT, "What is kept").split("\n\n|")
    assert named(f"|{tables[1]}") == [field.alias or name for name, field in _Document.model_fields.items()]
    with ResultStore(tmp_path):
        connection = sqlite3.connect(tmp_path / INDEX_NAME)
        for table, text in (("results", tables[2]), ("history", tables[3])):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            assert named(f"|{text}") == columns
        connection.close()


def test_the_exit_codes_are_those_of_a_run() -> None:
    codes = [int(code) for row in rows(section(TEXT, "In CI")) for code in row[0].split(", ")]
    assert sorted(codes) == [code for code in ExitCode if code <= ExitCode.ENGINE]
