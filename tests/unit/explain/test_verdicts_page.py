"""``docs/verdicts.md`` says what the code does: verdicts, findings, exit codes."""

import re
from pathlib import Path

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.explain.findings import FINDINGS

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


def test_exit_codes_are_the_codes_own() -> None:
    rows = dict(table("Exit codes"))
    assert [int(code) for code in rows] == list(ExitCode)
    assert rows[str(int(ExitCode.NOT_BUILT))] == Verdict.NOT_BUILT
    assert rows[str(int(ExitCode.NOT_CHECKED))] == Verdict.NOT_CHECKED
