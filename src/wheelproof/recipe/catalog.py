"""The recipes at hand, and which overrides a wheel gets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.utils import NormalizedName
from packaging.version import Version

from wheelproof.core.errors import RecipeError
from wheelproof.core.shipped import shipped_folder
from wheelproof.recipe.load import load_recipe
from wheelproof.recipe.schema import Override, Recipe, RecipeChange, RepairChange, applies


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where one value of a recipe comes from.

    Attributes:
        field: the recipe's field, with the key behind a dot where it is a table.
        value: the value as text.
        origin: ``inferred``, ``default``, ``recipe`` or ``flag``.
        evidence: what says so, in a sentence.
    """

    field: str
    value: str
    origin: str
    evidence: str


class RecipeCatalog:
    """The overrides under one folder, ``<folder>/<project>/*.yaml``, read when a project is asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder if folder is not None else shipped_folder("recipes")
        if not self._folder.is_dir():
            raise RecipeError(f"There is no folder {self._folder}", hint="Check --recipes.")

    def overrides(self, project: NormalizedName, version: Version, wheel: str) -> tuple[Override, ...]:
        """The overrides for a wheel, in file and document order; raises RecipeError for a bad file."""
        return tuple(self._matching(project, version, wheel))

    def _matching(self, project: NormalizedName, version: Version, wheel: str) -> Iterator[Override]:
        for path in sorted((self._folder / project).glob("*.yaml")):
            recipe = load_recipe(path)
            if recipe.normalized_project != project:
                raise RecipeError(
                    f"{path} names the project {recipe.project}, and its folder names {project}",
                    hint="Move the file, or correct the name.",
                )
            for override in recipe.overrides:
                if applies(override, version) and fnmatchcase(wheel, override.wheel):
                    yield override


def apply_change(recipe: Recipe, change: RecipeChange) -> Recipe:
    """The recipe with an override's fields set; tables are merged key by key, lists are replaced."""
    update: dict[str, object] = {}
    for name in change.model_fields_set:
        value = getattr(change, name)
        if name == "source_date_epoch" and value == "unset":
            value = None
        elif isinstance(value, RepairChange):
            parts = {part: getattr(value, part) for part in value.model_fields_set}
            value = recipe.repair.model_copy(update=parts)
        elif isinstance(value, dict):
            value = {**getattr(recipe, name), **value}
        update[name] = value
    return recipe.model_copy(update=update)


def apply_overrides(
    recipe: Recipe, choices: tuple[Choice, ...], overrides: tuple[Override, ...], *, origin: str = "recipe"
) -> tuple[Recipe, tuple[Choice, ...]]:
    """Lay overrides over an inferred recipe; each replaces the choices that it overrules."""
    for override in overrides:
        recipe = apply_change(recipe, override.set)
        changed = override.set.model_dump(by_alias=True, exclude_unset=True)
        fields = {
            f"{field}.{key}" if isinstance(value, dict) else field: shown_value(
                value[key] if isinstance(value, dict) else value
            )
            for field, value in changed.items()
            for key in (value if isinstance(value, dict) else ("",))
        }
        choices = tuple(choice for choice in choices if choice.field not in fields) + tuple(
            Choice(field=field, value=value, origin=origin, evidence=override.reason)
            for field, value in fields.items()
        )
    return recipe, choices


def shown_value(value: object) -> str:
    """A value of a recipe as text: text as it is, everything else as JSON, which is YAML too."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
