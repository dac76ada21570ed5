"""``docs/verdicts.md`` says what the code does: verdicts, findings, exit codes."""

import re
from pathlib import Path

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.explain import relaxation, runnable
from wheelproof.explain.findings import FINDINGS
from wheelproof.recipe.schema import Recipe
from wheelproof.wheel.archive import Limits
from wheelproof.wheel.metadata import LINES_LIMIT, METADATA_LIMIT_BYTES, WHEEL_LIMIT_BYTES
from wheelproof.wheel.record import RECORD_LIMIT_BYTES, RECORD_LIMIT_ROWS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")


def table(heading: str) -> list[tuple[str, str]]:
    """The first two cells of each row of the table under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip().strip("`") for cell in line.split("|")[1:3]]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    return [(first, second) for first, second in rows[2:]]


def test_findings_are_the_codes_own() -> None:
    assert table("Findings") == [(str(identity), meaning) for identity, meaning in FINDINGS.items()]


def test_verdicts_are_the_codes_own() -> None:
    assert [verdict for verdict, _ in table("Verdicts")] == list(Verdict)
    named = re.findall(r"`([a-z-]+)`", PAGE.split("The levels, strongest first, are ")[1].split(".")[0])
    assert named == list(LEVELS)


def test_limits_are_the_codes_own() -> None:
    rows, limits = dict(table("Limits")), Limits()
    directory = f"{limits.directory_bytes >> 20} MiB"
    assert rows == {
        "members": f"{limits.members:,}: more need zip64",
        "the central directory": directory,
        "all local headers": directory,
        "a member's name": f"{limits.name_bytes:,} bytes",
        "all names in memory": f"{limits.names_bytes >> 20} MiB, at one to four bytes a character",
        "a member's content": f"{limits.member_bytes >> 30} GiB",
        "all contents": f"{limits.total_bytes >> 30} GiB, and past {limits.ratio_from_bytes >> 20} MiB "
        f"no more than {limits.ratio} times the file",
        "RECORD": f"{RECORD_LIMIT_BYTES >> 20} MiB and {RECORD_LIMIT_ROWS:,} rows",
        "METADATA": f"{METADATA_LIMIT_BYTES >> 20} MiB and {LINES_LIMIT:,} lines",
        "WHEEL": f"{WHEEL_LIMIT_BYTES >> 20} MiB and {LINES_LIMIT:,} lines",
    }


def test_exit_codes_are_the_codes_own() -> None:
    rows = dict(table("Exit codes"))
    assert [int(code) for code in rows] == list(ExitCode)
    assert rows[str(int(ExitCode.NOT_BUILT))] == Verdict.NOT_BUILT
    assert rows[str(int(ExitCode.NOT_CHECKED))] == Verdict.NOT_CHECKED


def test_what_is_never_left_out_is_the_codes_own() -> None:
    never = dict(table("What a recipe takes back"))
    named = {what: set(re.findall(r"[.\w]+", members.replace("`", ""))) for what, members in never.items()}
    assert named["Python code"] == set(runnable._PYTHON)
    assert set(runnable._EXTENSIONS) <= named["compiled libraries"]
    assert set(runnable._STARTUP) | runnable._STARTUP_MODULES <= named["what Python runs when it starts"]
    assert named["what is installed outside the packages"] >= runnable._SITE_PACKAGES
    assert named["what describes the wheel"] == set(relaxation._DESCRIBING)


def test_the_fields_that_take_back_a_part_are_a_recipes() -> None:
    section = PAGE.split("\n## What a recipe takes back\n")[1].split("\n## ")[0]
    listed = section.split("\n- ", 1)[1].split("\n\nAll that")[0]
    assert {"patches", "before", "exclude"} <= set(re.findall(r"`([a-z_]+)`", listed)) & set(
        Recipe.model_fields
    )
