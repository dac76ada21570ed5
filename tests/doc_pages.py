"""The pages of documentation, as the tests that hold them against the code read them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_HEADING = re.compile(r"^(#+) +(.+)$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    """A page below the project's root."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    lines = _prose(text)
    for line in lines:
        found = _HEADING.match(line)
        if found and found[2] == heading:
            break
    else:
        raise AssertionError(f"there is no heading {heading!r}")
    below = []
    for line in lines:
        if _HEADING.match(line):
            break
        below.append(line)
    return "\n".join(below)


def rows(text: str) -> list[list[str]]:
    """The cells of the tables' rows, without their headers; a bar in a cell is written ``\\|``."""
    found = []
    lines = text.splitlines()
    for place, line in enumerate(lines):
        header = place + 1 < len(lines) and lines[place + 1].startswith("|---")
        if line.startswith("| ") and not header:
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def named(text: str) -> list[str]:
    """The first cell of each row, where it is code."""
    return [row[0].strip("`") for row in rows(text) if row[0].startswith("`")]


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of the headings."""
    found = [_HEADING.match(line) for line in _prose(text)]
    return {re.sub(r"[^\w\- ]", "", match[2].lower()).replace(" ", "-") for match in found if match}


def links(text: str) -> list[str]:
    """The targets of the links, outside code."""
    return [target for line in _prose(text) for target in _LINK.findall(re.sub(r"`[^`]*`", "", line))]


def _prose(text: str) -> Iterator[str]:
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield line
