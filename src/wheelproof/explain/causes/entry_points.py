"""Causes in entry_points.txt and top_level.txt."""

import re
from collections import Counter

from wheelproof.explain.causes.cause import Cause, Closing, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.lines import decode, listed, quoted

_ENTRY_POINTS = frozenset({Kind.ENTRY_POINTS})
_TOP_LEVEL = frozenset({Kind.TOP_LEVEL})
_SPEC = "https://packaging.python.org/en/latest/specifications/entry-points/"
_SECTION = re.compile(r"\[([A-Za-z0-9_.\-]+)\]")
# Neither a comment nor anything that configparser and importlib.metadata take apart differently.
_ENTRY = re.compile(r"([^\s=:#;\[\]%]+)[ \t]*=[ \t]*([^\s#;%][^#;%\t]*)")
# An installer makes a file of each of these, so their order is lost.
_SCRIPTS = frozenset({"console_scripts", "gui_scripts"})

# Such a file has a line for each of its project's commands or packages.
_LIMIT_BYTES = 1 << 18

Entries = dict[str, tuple[tuple[str, str], ...]]


def parse_entry_points(data: bytes) -> Entries | None:
    """The entries by section, in order; None where readers could take the file apart differently."""
    text = decode(data) if len(data) <= _LIMIT_BYTES else None
    if text is None or "\r" in text:
        return None
    found: dict[str, list[tuple[str, str]]] = {}
    section = ""
    for line in (line.rstrip(" \t") for line in text.split("\n")):
        if header := _SECTION.fullmatch(line):
            section = header[1]
            if section in found:
                return None
            found[section] = []
        elif section and (entry := _ENTRY.fullmatch(line)):
            found[section].append((entry[1], entry[2]))
        elif line:
            return None
    if any(max(Counter(name for name, _ in entries).values(), default=0) > 1 for entries in found.values()):
        return None
    return {name: tuple(entries) for name, entries in found.items()}


def _normalised(side: MemberSide) -> bytes:
    entries = parse_entry_points(side.content)
    return side.content if entries is None else _render(entries)


def _render(entries: Entries) -> bytes:
    lines: list[str] = []
    for section, pairs in sorted(entries.items()):
        lines.append(f"[{section}]")
        lines += [f"{name} = {value}" for name, value in (sorted(pairs) if section in _SCRIPTS else pairs)]
    return "".join(f"{line}\n" for line in lines).encode()


def _layout_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = parse_entry_points(published.content), parse_entry_points(rebuilt.content)
    if left is None or right is None or _render(left) != _render(right):
        return None
    return f"the same {sum(map(len, left.values()))} entries in the sections {listed(sorted(left))}"


def _changed(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = parse_entry_points(published.content), parse_entry_points(rebuilt.content)
    if left is None or right is None:
        return None
    one, other = (
        {f"[{s}] {n} = {v}" for s, pairs in side.items() for n, v in pairs} for side in (left, right)
    )
    if one == other:
        return None
    only = (listed(sorted(one - other)) or "nothing", listed(sorted(other - one)) or "nothing")
    return Evidence(text=f"{only[0]} published, {only[1]} rebuilt")


def _names(data: bytes) -> list[str] | None:
    text = decode(data) if len(data) <= _LIMIT_BYTES else None
    if text is None or "\r" in text or not text.endswith("\n"):
        return None
    return text.splitlines()


def _sorted_names(side: MemberSide) -> bytes:
    names = _names(side.content)
    return side.content if names is None else "".join(f"{name}\n" for name in sorted(names)).encode()


def _order_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = _names(published.content), _names(rebuilt.content)
    if not left or not right or left == right or sorted(left) != sorted(right):
        return None
    return f"the same {len(left)} names, first {quoted(left[0])} published, {quoted(right[0])} rebuilt"


ENTRY_POINTS: tuple[Cause, ...] = (
    Closing(
        id="entry-points-layout",
        family=Family.DIST_INFO,
        title="entry_points.txt has another layout",
        why="Blanks around the equals sign, empty lines, the order of sections and of scripts mean nothing "
        "to those who read the file. The order of plug-ins within a section may, and is kept.",
        tools="setuptools copied the project's own text before 60 and renders it since; other backends "
        "render it.",
        mend="Pin the backend, or declare the entry points in pyproject.toml.",
        link=_SPEC,
        kinds=_ENTRY_POINTS,
        normalise=_normalised,
        evidence=_layout_evidence,
    ),
    Naming(
        id="entry-points-changed",
        family=Family.DIST_INFO,
        title="the entry points differ",
        why="They were computed while building, often from the name of the interpreter, or the source "
        "differs. Installers make programs of them, and plug-ins are found by them.",
        tools="pip's own setup.py names an entry after the interpreter (`pip3.11`); so did others.",
        mend="Declare the entry points in pyproject.toml, and build with the Python of the release.",
        link=_SPEC,
        kinds=_ENTRY_POINTS,
        recognise=_changed,
    ),
    Closing(
        id="top-level-order",
        family=Family.DIST_INFO,
        title="the names in top_level.txt stand in another order",
        why="The file lists importable names, one a line; its readers take a set.",
        tools="Old setuptools on a Python whose dictionaries have no order.",
        mend="Update setuptools: it sorts by now.",
        link="https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html#top-level-txt-conflict-management-metadata",
        kinds=_TOP_LEVEL,
        normalise=_sorted_names,
        evidence=_order_evidence,
    ),
)
