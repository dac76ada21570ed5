"""Recipe files from YAML, with the line and the path of every mistake."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from wheelproof.core.errors import RecipeError
from wheelproof.core.untrusted import printable
from wheelproof.core.validation import describe_mistakes
from wheelproof.recipe.schema import RecipeFile

_LIMIT_BYTES = 1 << 20


def parse_recipe(text: str, *, place: str) -> RecipeFile:
    """Read one recipe file.

    Args:
        text: the YAML.
        place: what to call the file in an error.

    Raises:
        RecipeError: it is no YAML or breaks the schema; every mistake is named with its path.
    """
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise RecipeError(
            f"{place}{line} is not YAML: {printable(str(getattr(error, 'problem', error)))}",
            hint="Mend the file; docs/recipes.md shows one.",
        ) from None
    try:
        return RecipeFile.model_validate(value)
    except ValidationError as error:
        raise RecipeError(
            f"{place} breaks the recipe schema: {describe_mistakes(error)}", hint="See docs/recipes.md."
        ) from None


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
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise RecipeError(f"{path} is larger than any recipe", hint="A recipe is a short YAML file.")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} can't be read: {error}", hint="Check the path.") from None
    return parse_recipe(text, place=str(path))
