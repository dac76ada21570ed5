"""The build-system table of a pyproject.toml (PEP 517, 518), and what holds where there is none."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
LEGACY_REQUIRES = ("setuptools>=40.8.0",)

_PROBLEMS = 20
_BACKEND = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(:[^\W\d]\w*(\.[^\W\d]\w*)*)?")
# tomllib takes quadratic time and memory for a key of many parts. Strings are not told apart from keys here:
# what joins a hundred words by dots after a line's start, a brace or a comma is refused in either.
_DEEP_KEY = re.compile(
    rb"""(?:^[ \t]*+\[{0,2}+|[{,])[ \t]*+
    (?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystem:
    """How a source tree wants to be built.

    Attributes:
        requires: requirement specifiers (PEP 508) as they stand, in their order.
        build_backend: an object reference, ``module:object``.
        backend_path: folders in the tree that hold the backend, relative to its root.
        declared: a ``[build-system]`` table is there; else these are the defaults.
    """

    requires: tuple[str, ...] = LEGACY_REQUIRES
    build_backend: str = LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()
    declared: bool = False


def parse_build_system(text: bytes) -> BuildSystem:
    """Read a pyproject.toml's ``[build-system]`` table; other tables are not judged.

    Args:
        text: the file's bytes.

    Raises:
        MalformedError: it is no TOML, or the table breaks PEP 517 or 518; each problem has its place.
    """
    document = parse_toml(text)
    if "build-system" not in document:
        return BuildSystem()
    table = document["build-system"]
    if not isinstance(table, dict):
        raise _malformed(["build-system: is not a table"])
    problems = [*_problems_of_requires(table), *_problems_of_backend(table), *_problems_of_path(table)]
    if problems:
        raise _malformed(problems)
    return BuildSystem(
        requires=tuple(table["requires"]),
        build_backend=table.get("build-backend", LEGACY_BACKEND),
        backend_path=tuple(table.get("backend-path", ())),
        declared=True,
    )


def parse_toml(text: bytes) -> dict[str, object]:
    """Read a pyproject.toml; raises MalformedError where it is no TOML."""
    if _DEEP_KEY.search(text):
        raise _malformed(["a key with a hundred parts"])
    try:
        return tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise _malformed(
            [f"is not TOML: {printable(str(error) or 'nested too deeply', limit=160)}"]
        ) from None


def _problems_of_requires(table: dict[str, object]) -> Iterator[str]:
    if "requires" not in table:
        yield "build-system.requires: is missing"
        return
    requires = table["requires"]
    if not isinstance(requires, list):
        yield "build-system.requires: is not a list"
        return
    for number, text in enumerate(requires):
        place = f"build-system.requires[{number}]"
        if not isinstance(text, str):
            yield f"{place}: is not a string"
            continue
        try:
            Requirement(text)
        except InvalidRequirement:
            yield f"{place}: {printable(text, limit=80)!r} is not a requirement (PEP 508)"


def _problems_of_backend(table: dict[str, object]) -> Iterator[str]:
    backend = table.get("build-backend", LEGACY_BACKEND)
    if not isinstance(backend, str):
        yield "build-system.build-backend: is not a string"
    elif not _BACKEND.fullmatch(backend):
        yield f"build-system.build-backend: {printable(backend, limit=80)!r} is not an object reference"


def _problems_of_path(table: dict[str, object]) -> Iterator[str]:
    folders = table.get("backend-path", [])
    if not isinstance(folders, list):
        yield "build-system.backend-path: is not a list"
        return
    if "backend-path" in table and "build-backend" not in table:
        yield "build-system.backend-path: has no build-backend beside it"
    for number, folder in enumerate(folders):
        place = f"build-system.backend-path[{number}]"
        if not isinstance(folder, str) or "\0" in folder:
            yield f"{place}: is not a path"
        elif PurePosixPath(folder).is_absolute() or ".." in PurePosixPath(folder).parts:
            yield f"{place}: {printable(folder, limit=80)!r} leads out of the tree"


def _malformed(problems: list[str]) -> MalformedError:
    more = len(problems) - _PROBLEMS
    shown = problems[:_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
    return MalformedError(
        f"pyproject.toml: {'; '.join(shown)}",
        hint="No frontend can build this source: compare the sdist with what its project publishes.",
    )
