"""How the program starts: what it loads, what it offers, how it writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from running import PROGRAM, run_inside, run_program
from wheelproof.cli.main import app
from wheelproof.core.errors import ExitCode

HEAVY = ("docker", "filelock", "pydantic", "pypi_simple", "requests", "rich", "urllib3", "yaml")


def paths(group: typer.Typer, *before: str) -> list[tuple[str, ...]]:
    """Every command and group, as it is called."""
    found = [
        (*before, command.name or getattr(command.callback, "__name__", ""))
        for command in group.registered_commands
    ]
    for below in group.registered_groups:
        assert below.typer_instance is not None
        found += [(*before, str(below.name)), *paths(below.typer_instance, *before, str(below.name))]
    return found


COMMANDS = [(), *paths(app)]


def test_the_commands_are_there() -> None:
    assert {"check", "lock", "inspect", "doctor", "image", "cache"} <= {path[0] for path in COMMANDS if path}
    assert {("image", name) for name in ("list", "build", "verify", "pull")} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long, short = run_inside(*command, "--help"), run_inside(*command, "-h")
    assert long == short
    assert (long.exit_code, long.err) == (ExitCode.REACHED, "")
    assert long.out.startswith(f"Usage: {' '.join(('wheelproof', *command))}")
    assert max(map(len, long.out.splitlines())) <= 80


@pytest.mark.parametrize("command", [(), ("image",), ("cache",)], ids=" ".join)
def test_a_group_without_a_command_shows_its_help(command: tuple[str, ...]) -> None:
    ended = run_inside(*command)
    assert ended.exit_code == ExitCode.USAGE
    assert "Commands:" in ended.err


def test_version() -> None:
    ended = run_program("--version")
    assert ended.out.startswith("wheelproof ")
    assert (ended.exit_code, ended.err) == (ExitCode.REACHED, "")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\nfrom wheelproof.cli.main import main\nsys.argv = ['wheelproof', '--help']\n"
        "try: main()\nexcept SystemExit: print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stderr)
    assert "wheelproof.cli.main" in loaded
    assert [name for name in HEAVY if name in loaded] == []


class TestCompletion:
    def complete(self, words: str) -> list[str]:
        count = len(words.split(" ")) - 1
        environment = {"_WHEELPROOF_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(count)}
        return run_program(environment=environment).out.split()

    def test_commands(self) -> None:
        assert self.complete("wheelproof che") == ["check"]
        assert {"check", "lock", "doctor"} <= set(self.complete("wheelproof "))

    def test_options_and_values(self) -> None:
        assert "--require-pinned" in self.complete("wheelproof check --req")
        assert set(self.complete("wheelproof check --require ")) == {"identical", "same-content", "explained"}

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_scripts(self, shell: str) -> None:
        given = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
        ended = run_program("--show-completion", shell, environment=given)
        assert ended.exit_code == ExitCode.REACHED
        assert "_WHEELPROOF_COMPLETE=" in ended.out

    def test_installing(self, tmp_path: Path) -> None:
        given = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
        ended = run_program("--install-completion", "bash", environment=given)
        assert ended.exit_code == ExitCode.REACHED
        (script,) = (tmp_path / ".bash_completions").iterdir()
        assert "_WHEELPROOF_COMPLETE=" in script.read_text("utf-8")
        assert str(script) in (tmp_path / ".bashrc").read_text("utf-8")


class TestOutput:
    """Where standard output takes no more, the end is not that of a check that did not reach its level."""

    def end(self, stdout: int | None, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [PROGRAM, "--help"],
            env=os.environ | environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    def test_a_full_disk(self) -> None:
        with Path("/dev/full").open("w") as full:
            code, said = self.end(full.fileno())
        assert code == ExitCode.USAGE
        assert said == "wheelproof: There is no room left where the output goes.\nMake room, and try again.\n"

    def test_a_reader_that_has_gone(self) -> None:
        read, write = os.pipe()
        os.close(read)
        assert self.end(write) == (141, "")
        os.close(write)

    def test_no_standard_output(self) -> None:
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" --help >&-', PROGRAM], stderr=subprocess.PIPE, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_what_the_locale_can_not_write(self, tmp_path: Path) -> None:
        folder = tmp_path / "大小"
        folder.mkdir()
        done = subprocess.run(
            [PROGRAM, "cache", "show"],
            env=os.environ | {"PYTHONIOENCODING": "latin-1", "WHEELPROOF_CACHE": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert r"/\u5927\u5c0f" in done.stdout
