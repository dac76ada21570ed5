"""A recipe that may be the one that a wheel was built with, and what speaks for each of its values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wheelproof.core.errors import NotCheckedError
from wheelproof.recipe.catalog import Choice
from wheelproof.recipe.schema import Recipe

Value = str | int | bool | tuple[str, ...] | None
# The default image by Python version and whether it has compilers.
Images = Mapping[tuple[str, bool], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """One value for a recipe, and what says so.

    Attributes:
        field: the recipe's field.
        key: which entry of it, where it is a table.
        value: its value; None is what an entry or a field has that is left unset.
        origin: ``inferred`` from evidence, or a ``default`` for want of it.
        evidence: a sentence without a full stop.
    """

    field: str
    key: str = ""
    value: Value
    origin: str
    evidence: str

    @property
    def place(self) -> str:
        """The field, with the key behind a dot."""
        return f"{self.field}.{self.key}" if self.key else self.field


def inferred(field: str, value: Value, evidence: str, *, key: str = "") -> Inference:
    """A value that evidence gives."""
    return Inference(field=field, key=key, value=value, origin="inferred", evidence=evidence)


def default(field: str, value: Value, evidence: str, *, key: str = "") -> Inference:
    """A value for want of evidence."""
    return Inference(field=field, key=key, value=value, origin="default", evidence=evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recipe, with the reason for every value of it."""

    recipe: Recipe
    choices: tuple[Choice, ...]

    @classmethod
    def of(cls, inferences: Iterable[Inference], images: Images, *, compilers: bool) -> "Candidate":
        """The candidate that inferences add up to; raises NotCheckedError where no image can build it."""
        values: dict[str, object] = {}
        choices: dict[str, Choice] = {}
        for found in inferences:
            _set(values, found)
            choices[found.place] = _choice(found)
        if "image" not in values:
            image = _image(str(values["python"]), images, compilers=compilers)
            values["image"] = image.value
            choices[image.place] = _choice(image)
        return cls(recipe=Recipe.model_validate(values), choices=tuple(choices.values()))

    def changed(self, inferences: Iterable[Inference], images: Images) -> "Candidate":
        """This candidate with other values; another Python moves it to that Python's image.

        Raises:
            NotCheckedError: no image can build it.
        """
        values = self.recipe.model_dump(by_alias=True)
        choices = {choice.field: choice for choice in self.choices}
        changes = list(inferences)
        named = {name: place for place, name in images.items()}
        python = next((str(found.value) for found in changes if found.field == "python"), None)
        if python and self.recipe.image in named and not any(found.field == "image" for found in changes):
            changes.append(_image(python, images, compilers=named[self.recipe.image][1]))
        for found in changes:
            _set(values, found)
            choices[found.place] = _choice(found)
        return Candidate(recipe=Recipe.model_validate(values), choices=tuple(choices.values()))


def _set(values: dict[str, object], found: Inference) -> None:
    if not found.key:
        values[found.field] = found.value
        return
    table = values.get(found.field, {})
    entries = dict(table) if isinstance(table, Mapping) else {}
    if found.value is None:
        entries.pop(found.key, None)
    else:
        entries[found.key] = found.value
    values[found.field] = entries


def _choice(found: Inference) -> Choice:
    value = found.value
    shown = "unset" if value is None else " ".join(value) if isinstance(value, tuple) else str(value) or "any"
    return Choice(field=found.place, value=shown, origin=found.origin, evidence=found.evidence)


def _image(python: str, images: Images, *, compilers: bool) -> Inference:
    image = images.get((python, compilers))
    if image is None:
        raise NotCheckedError(
            f"No image has the Python {python} that the wheel needs",
            hint="`wheelproof image list` shows what there is; a recipe or --image can name another.",
        )
    form = "with compilers, as it is for one platform" if compilers else "slim, as it is for any platform"
    return Inference(
        field="image", value=image, origin="default", evidence=f"The image of Python {python}, {form}"
    )
