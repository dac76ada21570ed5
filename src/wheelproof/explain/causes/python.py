"""Causes in Python source, bytecode and scripts."""

import re
from collections.abc import Iterable

from wheelproof.explain.causes.cause import Cause, Closing, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.compiled import compare_source
from wheelproof.explain.causes.lines import Line, changed_lines, is_text, listed, quoted

_PYTHON = frozenset({Kind.PYTHON})
_BYTECODE = frozenset({Kind.BYTECODE})
_PYC_HEADER_BYTES = 16
# CPython from 3.7 on; before it, and in other implementations, numbers lie elsewhere.
_FLAGGED_MAGIC_NUMBERS = range(3390, 4000)
# Of released versions; CPython keeps the list in importlib's own source.
_MAGIC_NUMBERS = {
    3394: "3.7",
    3413: "3.8",
    3425: "3.9",
    3439: "3.10",
    3495: "3.11",
    3531: "3.12",
    3571: "3.13",
}
_VERSION_FILE = re.compile(r"(?:^|/)(?:_*version_*|_*about_*|_version_info|_scm_version|git_version)\.pyi?$")
_VERSION_NAME = re.compile(
    r"(?i)\b(?:__)?(?:version|full_version|short_version|version_tuple|commit_id|git_(?:revision|hash|version|sha)"
    r"|release|revision|full-revisionid|build_date)(?:__)?\b"
)

# What a line at a module's top level defines or imports.
_DEFINES = re.compile(
    r"(?:async +)?(?:def|class) +(?P<definition>\w+)"
    r"|(?P<variable>[^\W\d]\w*) *(?::[^=]*)?=(?!=)"
    r"|(?:from +(?P<source>[\w.]+) +)?import +(?P<module>[\w.]+)"
)


def _formatting(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    difference = compare_source(published.content, rebuilt.content)
    if difference is None or difference:
        return None
    changes = changed_lines(published.content, rebuilt.content)
    lines = f"{len(changes.published)} lines only published, {len(changes.rebuilt)} only rebuilt"
    return Evidence(text=f"it compiles to the same; {lines}")


def _code(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    difference = compare_source(published.content, rebuilt.content)
    if not difference:
        return None
    changes = changed_lines(published.content, rebuilt.content)
    left, right = _defined(changes.published), _defined(changes.rebuilt)
    changed = (difference.changed | (left & right)) - {"<lambda>", "<genexpr>", "<listcomp>"}
    parts = (
        ("changed", changed),
        ("only published", (difference.only_published | left) - right - changed),
        ("only rebuilt", (difference.only_rebuilt | right) - left - changed),
    )
    named = "; ".join(f"{what}: {listed(sorted(names))}" for what, names in parts if names)
    numbers = [line.number for line in (*changes.published[:1], *changes.rebuilt[:1])]
    place = f"line {min(numbers)}: " if numbers else ""
    return Evidence(text=f"{place}{named or 'what the module runs when it is imported'}")


def _defined(lines: Iterable[Line]) -> frozenset[str]:
    """What lines at the top level define; what is inside a definition is told by the code itself."""
    found = set()
    for line in lines:
        if match := _DEFINES.match(line.text):
            imported = match["source"] or match["module"]
            found.add(f"import of {imported}" if imported else match["definition"] or match["variable"])
    return frozenset(found)


def _version_file(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    changes = changed_lines(published.content, rebuilt.content)
    lines = (*changes.published, *changes.rebuilt)
    if not lines or not is_text(published.content):
        return None
    named = [line for line in lines if _VERSION_NAME.search(line.text)]
    if not named or not (_VERSION_FILE.search(published.name) or len(named) == len(lines)):
        return None
    one, other = (
        side[0].text.strip() if side else "nothing" for side in (changes.published, changes.rebuilt)
    )
    return Evidence(text=f"line {lines[0].number}: {quoted(one)} published, {quoted(other)} rebuilt")


def _is_timed(data: bytes) -> bool:
    """The header is PEP 552's with a source's time and size; an older one has code in their place."""
    is_known = int.from_bytes(data[:2], "little") in _FLAGGED_MAGIC_NUMBERS
    return is_known and len(data) > _PYC_HEADER_BYTES and data[2:8] == b"\r\n\0\0\0\0"


def _untimed(side: MemberSide) -> bytes:
    data = side.content
    return b"".join((data[:8], bytes(4), memoryview(data)[12:])) if _is_timed(data) else data


def _time_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = published.content, rebuilt.content
    if not (_is_timed(left) and _is_timed(right)) or left[8:12] == right[8:12]:
        return None
    one, other = (int.from_bytes(data[8:12], "little") for data in (left, right))
    return f"bytes 8 to 11: the source's time {one} published, {other} rebuilt"


def _bytecode(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = published.content[:4], rebuilt.content[:4]
    if left == right or any(magic[2:] != b"\r\n" for magic in (left, right)):
        return None
    one, other = (_describe_magic(int.from_bytes(magic[:2], "little")) for magic in (left, right))
    return Evidence(text=f"bytes 0 to 3: {one} published, {other} rebuilt")


def _describe_magic(number: int) -> str:
    python = _MAGIC_NUMBERS.get(number)
    return f"magic number {number}" + (f" (Python {python})" if python else "")


def _shebang(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = (side.content.split(b"\n", 1)[0][:400] for side in (published, rebuilt))
    if left == right or not left.startswith(b"#!") or not right.startswith(b"#!"):
        return None
    one, other = (quoted(line.decode("utf-8", "backslashreplace")) for line in (left, right))
    return Evidence(text=f"line 1: {one} published, {other} rebuilt")


PYTHON: tuple[Cause, ...] = (
    Naming(
        id="version-file",
        family=Family.PYTHON,
        title="a generated version file says something else",
        why="A tool writes the version, and often the commit, into a module while building. From an sdist "
        "it knows less than in a git checkout, and its own version changes the file's text.",
        tools="setuptools-scm (`__commit_id__` since 9), hatch-vcs, versioneer, pbr, setup.py of the "
        "project's own.",
        mend="Pin the tool, and build every wheel from the sdist.",
        link="https://setuptools-scm.readthedocs.io/",
        kinds=frozenset({Kind.PYTHON, Kind.TEXT}),
        recognise=_version_file,
    ),
    Naming(
        id="python-formatting",
        family=Family.PYTHON,
        title="comments or formatting of Python code differ, the code does not",
        why="Both sides compile to the same code. A formatter, a licence header or a generator's comment "
        "came in between. It is named and not closed: the wheels hold different files.",
        tools="Formatters, generators that write comments, release scripts.",
        mend="Build every wheel from the sdist, after the last change.",
        link="https://docs.python.org/3/library/dis.html",
        kinds=_PYTHON,
        recognise=_formatting,
    ),
    Naming(
        id="python-code",
        family=Family.PYTHON,
        title="Python code differs",
        why="The wheel was built from another source than the sdist holds: uncommitted changes, a later or "
        "earlier commit, a patch, a generator; or somebody changed it.",
        tools="Wheels built in a working tree; build scripts that edit sources.",
        mend="Build every wheel from the sdist, in a clean environment.",
        link="https://packaging.python.org/en/latest/guides/section-build-and-publish/",
        kinds=_PYTHON,
        recognise=_code,
    ),
    Closing(
        id="pyc-time",
        family=Family.PYTHON,
        title="bytecode records another time of its source",
        why="The header of a .pyc holds the modification time of the file it was compiled from. The code is "
        "the same.",
        tools="compileall and py_compile, unless SOURCE_DATE_EPOCH is set or hash-based files are asked for.",
        mend="Leave bytecode out of wheels: installers compile it.",
        link="https://peps.python.org/pep-0552/",
        kinds=_BYTECODE,
        normalise=_untimed,
        evidence=_time_evidence,
    ),
    Naming(
        id="bytecode-version",
        family=Family.PYTHON,
        title="bytecode was compiled by another Python",
        why="Each feature version of Python has bytecode of its own, with a magic number of its own.",
        tools="Wheels that carry .pyc files.",
        mend="Leave bytecode out of wheels: installers compile it.",
        link="https://peps.python.org/pep-3147/",
        kinds=_BYTECODE,
        recognise=_bytecode,
    ),
    Naming(
        id="script-interpreter",
        family=Family.PYTHON,
        title="a script names another interpreter",
        why="Build tools put the interpreter into the first line of a script, with its path or options. "
        "Installers only write over `#!python`.",
        tools="setuptools' build_scripts, conda-build, projects that copy installed scripts.",
        mend="Declare console_scripts instead of shipping scripts.",
        link="https://packaging.python.org/en/latest/specifications/binary-distribution-format/",
        kinds=frozenset({Kind.SCRIPT, Kind.PYTHON, Kind.OTHER}),
        recognise=_shebang,
    ),
)
