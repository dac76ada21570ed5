"""Which modules of a setuptools project its MANIFEST.in keeps out of the sdist."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from wheelproof.advise.project import Project
from wheelproof.advise.setup_py import SetupPy, literal, read_setup_py

_DIRECTIVES = 500
_PATTERN_CHARS = 200
_DEEP = 2
# A set of characters, with its exclamation mark, or one character.
_PIECE = re.compile(r"\[(!?)([^\]/]+)\]|(.)", re.DOTALL)
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)
_TAKES = {"include", "recursive-include", "global-include", "graft"}
_LEAVES = {"exclude", "recursive-exclude", "global-exclude", "prune"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Modules that one line of a MANIFEST.in keeps out of the sdist, sorted."""

    line: int
    directive: str
    files: tuple[str, ...]


def left_out(text: str, files: frozenset[str]) -> tuple[LeftOut, ...]:
    """Those of some files, all of them in the sdist by default, that a MANIFEST.in leaves out.

    Args:
        text: the MANIFEST.in.
        files: their paths.
    """
    gone: dict[str, int] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines[:_DIRECTIVES], 1):
        action, *words = line.partition("#")[0].split() or [""]
        if action not in _TAKES | _LEAVES:
            continue
        matched = {name for pattern in _patterns(action, words) for name in files if pattern.fullmatch(name)}
        for name in matched:
            if action in _LEAVES:
                gone.setdefault(name, number)
            else:
                gone.pop(name, None)
    return tuple(
        LeftOut(
            line=number,
            directive=lines[number - 1].strip(),
            files=tuple(sorted(name for name, at in gone.items() if at == number)),
        )
        for number in sorted(set(gone.values()))
    )


def _patterns(action: str, words: Sequence[str]) -> Iterator[re.Pattern[str]]:
    if action.startswith("recursive-"):
        folder, *globs = words or [""]
        words = [f"{folder.rstrip('/')}/**/{glob}" for glob in globs]
    elif action.startswith("global-"):
        words = [f"**/{glob}" for glob in words]
    elif action in {"graft", "prune"}:
        words = [f"{folder.rstrip('/')}/**" for folder in words]
    for word in words:
        if (pattern := pattern_of(word)) is not None:
            yield pattern


def pattern_of(glob: str) -> re.Pattern[str] | None:
    """A pattern as setuptools and PEP 639 read it: ``*`` stays within a folder, ``**`` does not.

    None where it is too long to be tried.
    """
    if len(glob) > _PATTERN_CHARS or glob.count("**") > _DEEP:
        return None
    return re.compile(_regex(glob.removeprefix("./")), re.DOTALL)


def _regex(glob: str) -> str:
    parts = glob.split("/")
    text = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:[^/]+/)*"
        else:
            text += _segment(part) + ("" if last else "/")
    return text


def _segment(part: str) -> str:
    first, *others = re.split(r"\*+", part)
    text = _fixed(first)
    for place, piece in enumerate(others):
        last = place == len(others) - 1
        # The shortest match of all but the last star is as good as any: nothing is tried twice.
        text += f"[^/]*{_fixed(piece)}" if last else f"(?>[^/]*?{_fixed(piece)})"
    return text


def _fixed(piece: str) -> str:
    """What has no star in it: question marks, sets of characters, and what stands for itself."""
    text = ""
    for negated, listed, other in _PIECE.findall(piece):
        if listed:
            text += f"[{'^/' if negated else ''}{_set(listed)}]" if _set(listed) else "(?!)"
        else:
            text += "[^/]" if other == "?" else re.escape(other)
    return text


def _set(listed: str) -> str:
    """The characters of a set; a range that goes downwards is left out."""
    return "".join(
        (f"{re.escape(low)}-{re.escape(high)}" if low <= high else "") if low else re.escape(one)
        for low, high, one in _RANGE.findall(listed)
    )


def packaged_modules(project: Project) -> frozenset[str]:
    """The modules that setuptools puts into the wheel, as far as its settings say so in literals."""
    if project.backend != "setuptools":
        return frozenset()
    setup = read_setup_py(project.texts.get("setup.py", ""))
    folders = frozenset(_folders(project, setup))
    return frozenset(
        name for name in project.files if name.endswith(".py") and name.rpartition("/")[0] in folders
    )


def _folders(project: Project, setup: SetupPy) -> Iterator[str]:
    root = _root(project, setup)
    if root is None:
        return
    configured = project.tool("setuptools").get("packages")
    options = project.setup_cfg.get("options", {})
    if isinstance(configured, list):
        yield from _listed(configured, root, project)
    elif isinstance(configured, dict):
        yield from _found(project, project.tool("setuptools", "packages", "find"), root)
    elif options.get("packages", "").strip().startswith("find"):
        section = project.setup_cfg.get("options.packages.find", {})
        yield from _found(project, {key: value.split() for key, value in section.items()}, root)
    elif "packages" in options:
        yield from _listed(options["packages"].split(), root, project)
    elif isinstance(packages := literal(setup.arguments.get("packages")), list):
        yield from _listed(packages, root, project)


def _root(project: Project, setup: SetupPy) -> str | None:
    """The folder that packages lie in; None where each can have another."""
    option = project.setup_cfg.get("options", {}).get("package_dir")
    stated = literal(setup.arguments.get("package_dir"))
    if "package_dir" in setup.arguments and not isinstance(stated, dict):
        return None
    tables: list[Mapping[str, object]] = [
        project.tool("setuptools", "package-dir"),
        stated if isinstance(stated, dict) else {},
        dict(re.findall(r"(?m)^[ \t]*([\w.]*)[ \t]*=[ \t]*([\w./]+)[ \t]*$", option or "")),
    ]
    named = {key: value for table in tables for key, value in table.items()}
    if set(named) - {""}:
        return None
    return str(named.get("", "")).strip("./")


def _listed(packages: Sequence[object], root: str, project: Project) -> Iterator[str]:
    for package in packages:
        folder = str(PurePosixPath(root, str(package).replace(".", "/")))
        if f"{folder}/__init__.py" in project.files:
            yield folder


def _found(project: Project, find: Mapping[str, Any], root: str) -> Iterator[str]:
    where = _words(find.get("where")) or [root]
    include, exclude = _words(find.get("include")) or ["*"], _words(find.get("exclude"))
    packages = {name.rpartition("/")[0] for name in project.files if name.endswith("/__init__.py")}
    for top in (str(PurePosixPath(word)).removeprefix(".") for word in where[:10]):
        for folder in packages:
            inside = folder.removeprefix(f"{top}/") if top else folder
            if top and inside == folder:
                continue
            parts = inside.split("/")
            above = ["/".join(filter(None, [top, *parts[:end]])) for end in range(1, len(parts))]
            if not all(parent in packages for parent in above):
                continue
            package = inside.replace("/", ".")
            if _matches(package, include) and not _matches(package, exclude):
                yield folder


def _matches(package: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(package, pattern) for pattern in patterns[:50] if len(pattern) <= _PATTERN_CHARS)


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
