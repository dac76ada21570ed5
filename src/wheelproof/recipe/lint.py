"""What is odd about a recipe that its schema allows: what can't apply, changes nothing, or never shows."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

import yaml
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from wheelproof.recipe.mistake import Mistake, mistake_at
from wheelproof.recipe.schema import Override, Patch, RecipeChange, RecipeFile

_WILDCARD = re.compile(r"[*?\[]")
_REASON_CHARS = 10
# Where in the document, and what is wrong there.
Said: TypeAlias = tuple[tuple[str, ...], str]


def lint_recipe(recipe: RecipeFile, node: yaml.Node | None) -> tuple[Mistake, ...]:
    """What is odd about each override by itself, in the order of the lines."""
    found = [
        mistake_at(node, ("overrides", place, *(_key(part) for part in path)), message)
        for place, override in enumerate(recipe.overrides)
        for path, message in _lint_override(recipe, override)
    ]
    return tuple(sorted(found))


def shadowed(overrides: Sequence[Override]) -> Iterator[tuple[int, int]]:
    """The overrides of which later ones replace all that they set, by position: (the earlier, the later)."""
    for earlier, override in enumerate(overrides):
        for later in range(earlier + 1, len(overrides)):
            if _covers(overrides[later], override):
                yield earlier, later
                break


def _key(part: str) -> int | str:
    return int(part) if part.isdecimal() else part


def _lint_override(recipe: RecipeFile, override: Override) -> Iterator[Said]:
    if SpecifierSet(override.versions).is_unsatisfiable():
        yield ("versions",), f"no version can be {override.versions}"
    if not _can_meet(override.wheel, recipe.normalized_project):
        yield ("wheel",), f"no wheel of {recipe.project} can be called {override.wheel}"
    if len(override.reason.strip()) < _REASON_CHARS:
        yield ("reason",), "it says nothing: write why inference can't know this"
    yield from _lint_change(override.set)


def _lint_change(change: RecipeChange) -> Iterator[Said]:
    for project, specifier in (change.constraints or {}).items():
        if SpecifierSet(specifier).is_unsatisfiable():
            yield ("set", "constraints", project), f"no version can be {specifier}"
    if change.arguments and change.frontend == "pep517":
        yield ("set", "arguments"), "they are for frontend: setup.py alone, and this sets pep517"
    if change.config_settings and change.frontend == "setup.py":
        yield ("set", "config-settings"), "they are for frontend: pep517 alone, and this sets setup.py"
    for place, patch in enumerate(change.patches or ()):
        for field, message in _lint_patch(patch):
            yield ("set", "patches", str(place), field), message
    for place, command in enumerate(change.before or ()):
        if not command.strip():
            yield ("set", "before", str(place)), "the command is empty"


def _lint_patch(patch: Patch) -> Iterator[tuple[str, str]]:
    if patch.old == patch.new:
        yield "new", "it is the same as old: the patch changes nothing, and the verdict is capped for it"
    path = PurePosixPath(patch.file)
    if path.is_absolute() or ".." in path.parts:
        yield "file", "it has to lie below the source's top folder"


def _can_meet(pattern: str, project: str) -> bool:
    """Whether a pattern can meet a wheel's file name of a project, as far as its literal ends tell."""
    parts = _WILDCARD.split(pattern)
    if len(parts) == 1:
        try:
            return parse_wheel_filename(pattern)[0] == project
        except InvalidWheelFilename:
            return False
    head, dash, _ = parts[0].partition("-")
    named = canonicalize_name(head)
    starts = named == project if dash else project.startswith(named.rstrip("-"))
    tail = "" if "[" in pattern else parts[-1]
    return starts and (tail.endswith(".whl") or ".whl".endswith(tail))


def _covers(later: Override, earlier: Override) -> bool:
    """Whether the later one applies wherever the earlier one does, and sets all that the earlier one sets."""
    versions = not later.versions or SpecifierSet(later.versions) == SpecifierSet(earlier.versions)
    wheels = later.wheel in {"*", "*.whl", earlier.wheel}
    return versions and wheels and _names(earlier.set) <= _names(later.set)


def _names(change: RecipeChange) -> set[tuple[str, str]]:
    """What a change sets, the entries of tables one by one: they are merged."""
    values = change.model_dump(exclude_unset=True)
    return {
        (name, key) for name, value in values.items() for key in (value if isinstance(value, dict) else ("",))
    }
