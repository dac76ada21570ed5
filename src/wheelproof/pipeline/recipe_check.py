"""Recipe files held against their schema and against what a check would make of them: nothing is built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import yaml

from wheelproof.container.definition import ImageDefinition, find_definition, load_definitions
from wheelproof.container.image import check_image_name
from wheelproof.core.errors import RecipeError, UsageError
from wheelproof.explain.relaxation import never_left_out
from wheelproof.recipe.lint import lint_recipe, shadowed
from wheelproof.recipe.load import read_recipe, recipe_text
from wheelproof.recipe.mistake import Mistake, mistake_at
from wheelproof.recipe.schema import Override, RecipeChange, RecipeFile

# What may stand for a pattern's ``*``.
_STANDS_FOR = ("", "x", "x.py", "x.dist-info", "x.dist-info/")
_VARIED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMistake:
    """A mistake and the file that it is in."""

    file: Path
    mistake: Mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRecipes:
    """What a look at recipe files gave.

    Attributes:
        files: how many there are.
        overrides: how many overrides are in those that could be read.
        mistakes: all of them, by file and line.
    """

    files: int
    overrides: int
    mistakes: tuple[FileMistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    recipe: RecipeFile | None
    node: yaml.Node | None
    mistakes: tuple[Mistake, ...]


def check_recipes(paths: Sequence[Path]) -> CheckedRecipes:
    """Look for every mistake in recipe files.

    Args:
        paths: files, and folders with ``<project>/*.yaml`` in them; where a file lies in its folder counts
            only for a folder.

    Raises:
        UsageError: a path is not there.
    """
    definitions = load_definitions()
    files: dict[Path, _File] = {}
    placed: list[FileMistake] = []
    for path in paths:
        for file in _files_below(path):
            if file not in files:
                files[file] = _read(file, definitions)
            if path.is_dir():
                placed += [FileMistake(file=file, mistake=found) for found in _misplaced(files[file])]
    found = [
        FileMistake(file=item.path, mistake=mistake) for item in files.values() for mistake in item.mistakes
    ]
    every = {*found, *placed, *_shadowed(list(files.values()))}
    return CheckedRecipes(
        files=len(files),
        overrides=sum(len(item.recipe.overrides) for item in files.values() if item.recipe),
        mistakes=tuple(sorted(every, key=lambda item: (item.file, item.mistake))),
    )


def _files_below(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*.y*ml") if file.suffix in {".yaml", ".yml"})
    if not path.is_file():
        raise UsageError(f"There is no file or folder {path}", hint="Check the path.")
    return [path]


def _read(path: Path, definitions: Mapping[str, ImageDefinition]) -> _File:
    try:
        reading = read_recipe(recipe_text(path))
    except RecipeError as error:
        return _File(path=path, recipe=None, node=None, mistakes=(mistake_at(None, (), error.message),))
    mistakes = reading.mistakes
    if reading.recipe is not None:
        own = lint_recipe(reading.recipe, reading.node)
        others = (
            mistake_at(reading.node, ("overrides", place, "set", *where), message)
            for place, override in enumerate(reading.recipe.overrides)
            for where, message in (*_images(override.set, definitions), *_exclusions(override.set))
        )
        mistakes = (*own, *others)
    return _File(path=path, recipe=reading.recipe, node=reading.node, mistakes=mistakes)


def _misplaced(file: _File) -> Iterator[Mistake]:
    """What a check would not find, or refuse."""
    if file.path.suffix != ".yaml":
        yield mistake_at(None, (), "it is never read: recipes are called *.yaml")
    folder = file.path.absolute().parent.name
    if file.recipe is not None and file.recipe.normalized_project != folder:
        wanted = file.recipe.normalized_project
        yield mistake_at(file.node, ("project",), f"its folder is {folder}, and has to be {wanted}")


def _shadowed(files: Sequence[_File]) -> Iterator[FileMistake]:
    """Overrides that never show, for a later one in a project's folder replaces all that they set."""
    folders: dict[tuple[Path, str], list[tuple[_File, int, Override]]] = {}
    for file in sorted(files, key=lambda item: item.path):
        for place, override in enumerate(file.recipe.overrides if file.recipe else ()):
            key = (file.path.parent, file.recipe.normalized_project if file.recipe else "")
            folders.setdefault(key, []).append((file, place, override))
    for entries in folders.values():
        for earlier, later in shadowed([override for *_, override in entries]):
            file, place, _ = entries[earlier]
            other, position, _ = entries[later]
            where = f"overrides.{position}" + ("" if other is file else f" of {other.path.name}")
            message = f"it never shows: {where} applies where it does and sets all that it sets"
            yield FileMistake(file=file.path, mistake=mistake_at(file.node, ("overrides", place), message))


def _images(
    change: RecipeChange, definitions: Mapping[str, ImageDefinition]
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    pythons = {definition.python for definition in definitions.values()}
    if change.image is None:
        if change.python is not None and change.python not in pythons:
            yield (
                ("python",),
                f"no image has it: there are {', '.join(sorted(pythons, key=_minor))}; or set image",
            )
        return
    try:
        check_image_name(change.image)
    except UsageError as error:
        yield ("image",), f"{error.message}. {error.hint}".removesuffix(".")
        return
    defined = find_definition(change.image)
    if defined is not None and change.python not in {None, defined.python}:
        yield ("python",), f"the image {change.image} has Python {defined.python}"


def _minor(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split("."))


def _exclusions(change: RecipeChange) -> Iterator[tuple[tuple[int | str, ...], str]]:
    for place, pattern in enumerate(change.exclude or ()):
        name = _meets(pattern)
        if name is not None:
            said = f"it meets {name} too, which is compared all the same"
            yield ("exclude", place), f"{said}: name plain data alone, such as demo/*.mo"


def _meets(pattern: str) -> str | None:
    """A member that a pattern meets and that is compared all the same; None where none comes to mind."""
    parts = pattern.replace("?", "x").split("*")
    stars = min(len(parts) - 1, _VARIED)
    fixed = ["x"] * (len(parts) - 1 - stars)
    for chosen in product(_STANDS_FOR, repeat=stars):
        # The outer ones decide what a name begins and ends with.
        between = [*chosen[:1], *fixed, *chosen[1:]]
        name = parts[0] + "".join(star + part for star, part in zip(between, parts[1:], strict=True))
        if fnmatchcase(name, pattern) and never_left_out(name, _dist_info(name)):
            return name
    return None


def _dist_info(name: str) -> str:
    top = name.partition("/")[0]
    return top if top.endswith(".dist-info") else "x.dist-info"
