"""Recipe files from YAML, with the line and the path of every mistake."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from wheelproof.core.errors import RecipeError
from wheelproof.core.untrusted import printable
from wheelproof.recipe.mistake import Mistake, mistake_at, schema_mistakes
from wheelproof.recipe.schema import RecipeFile

_LIMIT_BYTES = 1 << 20
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A recipe file as it was read.

    Attributes:
        recipe: what it says; None where it breaks the schema.
        node: the YAML document, which knows the lines; None where it is empty or no YAML.
        mistakes: what breaks the schema, in the order of the lines.
        is_yaml: whether there is a document at all.
    """

    recipe: RecipeFile | None
    node: yaml.Node | None
    mistakes: tuple[Mistake, ...] = ()
    is_yaml: bool = True


def parse_recipe(text: str, *, place: str) -> RecipeFile:
    """Read one recipe file.

    Args:
        text: the YAML.
        place: what to call the file in an error.

    Raises:
        RecipeError: it is no YAML or breaks the schema; every mistake is named with its path and its line.
    """
    reading = read_recipe(text)
    if reading.recipe is not None:
        return reading.recipe
    if not reading.is_yaml:
        (mistake,) = reading.mistakes
        raise RecipeError(
            f"{place}, line {mistake.line} {mistake.message}",
            hint="Mend the file; docs/recipes.md shows one.",
        )
    shown = [str(mistake) for mistake in reading.mistakes[:_SHOWN]]
    more = [f"and {len(reading.mistakes) - _SHOWN} more"] if len(reading.mistakes) > _SHOWN else []
    raise RecipeError(
        f"{place} breaks the recipe schema: {'; '.join([*shown, *more])}",
        hint="docs/recipes.md and `wheelproof recipe explain` tell of every field.",
    )


def read_recipe(text: str) -> Reading:
    """Read one recipe file, or every mistake in it."""
    try:
        node, value = _compose(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        mistake = Mistake(
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else 1,
            path="",
            message=f"is not YAML: {printable(str(getattr(error, 'problem', error)))}",
        )
        return Reading(recipe=None, node=None, mistakes=(mistake,), is_yaml=False)
    try:
        # Python's own names of the fields are no second spelling.
        recipe = RecipeFile.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        return Reading(recipe=None, node=node, mistakes=schema_mistakes(node, error))
    empty = _empty_fields(recipe, node)
    return Reading(recipe=None if empty else recipe, node=node, mistakes=empty)


def _compose(text: str) -> tuple[yaml.Node | None, object]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _empty_fields(recipe: RecipeFile, node: yaml.Node | None) -> tuple[Mistake, ...]:
    """What is to be set, and to nothing: in the models None stands for what is left out."""
    return tuple(
        mistake_at(
            node, ("overrides", place, "set", field.alias or name), "it is empty: fill it in, or leave it out"
        )
        for place, override in enumerate(recipe.overrides)
        for name, field in type(override.set).model_fields.items()
        if name in override.set.model_fields_set and getattr(override.set, name) is None
    )


class _Loader(yaml.SafeLoader):
    """YAML without its surprise that the last of two equal keys wins in silence."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[object, object]:
    seen = set()
    for key, _ in node.value:
        name = (key.tag, str(key.value))
        if name in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_recipe(path: Path) -> RecipeFile:
    """Read a recipe file; raises RecipeError as ``parse_recipe`` does, and where it can't be read."""
    return parse_recipe(recipe_text(path), place=str(path))


def recipe_text(path: Path) -> str:
    """The text of a recipe file; raises RecipeError where it can't be read."""
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise RecipeError(f"{path} is larger than any recipe", hint="A recipe is a short YAML file.")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} can't be read: {error}", hint="Check the path.") from None
