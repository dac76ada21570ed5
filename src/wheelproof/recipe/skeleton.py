"""A recipe's values as YAML, each with where it comes from, and the recipe file that somebody fills in."""

from collections.abc import Iterator, Mapping

import yaml
from packaging.utils import NormalizedName
from packaging.version import Version

from wheelproof.core.untrusted import printable
from wheelproof.recipe.catalog import Choice, shown_value
from wheelproof.recipe.schema import Recipe

# What is said of a value that neither inference nor a recipe nor a flag gives.
NOTHING = "Nothing sets it"
_EVIDENCE_CHARS = 300
_NO_WIDTH = 1 << 20


def list_choices(recipe: Recipe, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Where every value of a recipe comes from, in the order of its fields."""
    found = {choice.field: choice for choice in choices}
    return tuple(
        found.get(place) or Choice(field=place, value=_shown(value), origin="default", evidence=NOTHING)
        for name, value in _values(recipe).items()
        for place, value in _places(name, value)
    )


def render_set(recipe: Recipe, choices: tuple[Choice, ...]) -> str:
    """The values of a recipe as a ``set:`` of an override; what is empty is left out."""
    lines = (
        f"{indent}# {text}" if told else f"{indent}{text}" for indent, text, told in _lines(recipe, choices)
    )
    return "\n".join(("set:", *(f"  {line}" for line in lines))) + "\n"


def render_skeleton(
    project: NormalizedName,
    version: Version,
    wheel: str,
    recipe: Recipe,
    choices: tuple[Choice, ...],
    *,
    schema: str | None = None,
) -> str:
    """A recipe file with one override: what to set and the reason are empty, until somebody fills them in.

    Args:
        project: whose it is.
        version: the release.
        wheel: the file name of the wheel that the values were inferred from.
        recipe: the values.
        choices: where they come from.
        schema: where an editor finds the JSON Schema, as a path or an address; it is not told where None.
    """
    modeline = () if schema is None else (f"# yaml-language-server: $schema={schema}",)
    lines = (
        *modeline,
        "# Corrects how releases are rebuilt. `wheelproof recipe explain` tells of each field.",
        _pair("schema", 1),
        _pair("project", str(project)),
        "overrides:",
        f"  - {_pair('versions', f'=={version}')}",
        f"    # Below stand the values that {printable(wheel)} is rebuilt with if nothing is set.",
        "    # Uncomment and correct what is wrong, and delete the rest.",
        "    set:",
        *(
            f"      #{f' {text}' if told else indent + text}"
            for indent, text, told in _lines(recipe, choices)
        ),
        "    # Why inference can't know it, in a sentence that a reader can check.",
        "    reason:",
    )
    return "\n".join(lines) + "\n"


def _lines(recipe: Recipe, choices: tuple[Choice, ...]) -> Iterator[tuple[str, str, bool]]:
    """Lines below ``set``, each with its indentation and whether it tells of the value below it."""
    by_field = {choice.field: choice for choice in choices}
    left_out = _values(Recipe.model_construct(python="", image=""))
    for name, value in _values(recipe).items():
        unset = value is None and name != "source-date-epoch"
        if unset or (value == left_out[name] and name not in by_field):
            continue
        if isinstance(value, Mapping):
            yield "", f"{name}:", False
            for key, item in value.items():
                yield from _entry("  ", key, item, by_field.get(f"{name}.{key}"))
        else:
            yield from _entry("", name, "unset" if value is None else value, by_field.get(name))


def _entry(indent: str, key: str, value: object, choice: Choice | None) -> Iterator[tuple[str, str, bool]]:
    if choice is not None:
        yield indent, f"{choice.origin}: {printable(choice.evidence, limit=_EVIDENCE_CHARS)}", True
    for line in _pair(key, value).split("\n"):
        yield indent, line, False


def _pair(key: str, value: object) -> str:
    return yaml.safe_dump({key: value}, width=_NO_WIDTH, sort_keys=False).removesuffix("\n")


def _values(recipe: Recipe) -> dict[str, object]:
    return recipe.model_dump(mode="json", by_alias=True)


def _places(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value.get("tool") == "none":
        yield f"{name}.tool", "none"
    elif isinstance(value, Mapping) and value:
        yield from ((f"{name}.{key}", item) for key, item in value.items())
    else:
        yield name, value


def _shown(value: object) -> str:
    if value is None:
        return "unset"
    return "empty" if value in ({}, []) else shown_value(value) or "any"
