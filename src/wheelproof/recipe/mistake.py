"""A mistake in a recipe file: its line and column, its path in the document, and what is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from wheelproof.core.untrusted import printable
from wheelproof.recipe.fields import find_field, names_in, part_at

Path = tuple[int | str, ...]
# What pydantic calls them is Python's own.
_SHAPES = {"model_type": "table", "dict_type": "table", "tuple_type": "list"}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One mistake; safe to show.

    Attributes:
        line: counted from 1.
        column: counted from 1.
        path: where it is in the document, such as ``overrides.0.set.umask``; empty for the whole.
        message: what is wrong, without a full stop.
    """

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """The path and the message, the line behind."""
        return f"{self.path or 'the document'}: {self.message} (line {self.line})"


def mistake_at(
    node: yaml.Node | None, path: Sequence[int | str], message: str, *, key: bool = False
) -> Mistake:
    """A mistake at a place of a document.

    Args:
        node: the document; None where there is none.
        path: the keys and positions that lead to the place; what is not there counts as its parent's.
        message: what is wrong.
        key: it is about the last key itself, not about its value.
    """
    found = _follow(node, path, key=key)[0]
    line, column = (found.start_mark.line, found.start_mark.column) if found else (0, 0)
    shown = printable(".".join(str(part) for part in path))
    return Mistake(line=line + 1, column=column + 1, path=shown, message=printable(message))


def schema_mistakes(node: yaml.Node | None, error: ValidationError) -> tuple[Mistake, ...]:
    """Every place of a document that breaks the schema, in the order of the lines."""
    problems = error.errors(include_url=False, include_context=False)
    # A list whose items are wrong is not called too short beside them.
    deeper = {problem["loc"][:length] for problem in problems for length in range(len(problem["loc"]))}
    found: dict[Path, list[str]] = {}
    keys: set[Path] = set()
    for problem in problems:
        if problem["loc"] in deeper:
            continue
        place = problem["loc"]
        if problem["type"] == "extra_forbidden":
            keys.add(place)
        elif problem["type"] != "missing":
            # Behind the place stand the names of a union's types.
            place = place[: _follow(node, place)[1]]
        found.setdefault(place, []).append(_message(problem, place))
    return tuple(
        sorted(
            mistake_at(node, place, " or ".join(dict.fromkeys(said)), key=place in keys)
            for place, said in found.items()
        )
    )


def _message(problem: ErrorDetails, place: Path) -> str:
    if problem["type"] == "extra_forbidden":
        return _unknown(str(place[-1]), names_in(part_at(place[:-1])))
    if problem["type"] == "missing":
        return "it is missing"
    field = find_field(".".join(str(part) for part in place))
    if problem["input"] is None:
        told = f": fill it in. {field.first_sentence}" if field else ""
        return f"it is empty{told}"
    if problem["type"] == "string_type" and isinstance(problem["input"], int | float):
        return "it has to be text: put it in quotation marks"
    if problem["type"] in _SHAPES:
        return f"it has to be a {_SHAPES[problem['type']]}"
    said = problem["msg"].removeprefix("Value error, ")
    return (
        f"{said}, such as {' '.join(field.example.split())}"
        if field and _is_short(problem, field.example)
        else said
    )


def _is_short(problem: ErrorDetails, example: str) -> bool:
    return problem["type"] != "value_error" and "\n" not in example


def _unknown(name: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(name[:100].replace("_", "-"), allowed, n=1)
    meant = f"; did you mean {close[0]}?" if close else "."
    return f"there is no such field{meant} There are {', '.join(allowed)}"


def _follow(
    node: yaml.Node | None, path: Sequence[int | str], *, key: bool = False
) -> tuple[yaml.Node | None, int]:
    """The node that a path leads to, or the last one on the way, and how many steps there were."""
    for steps, part in enumerate(path):
        following = dict(_below(node)).get(part)
        if following is None:
            return node, steps
        node = following[0 if key and steps + 1 == len(path) else 1]
    return node, len(path)


def _below(node: yaml.Node | None) -> Iterator[tuple[int | str, tuple[yaml.Node, yaml.Node]]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), (key, value)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield place, (value, value)
