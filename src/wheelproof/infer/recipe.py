"""The recipe that the evidence adds up to, with the reason for every value."""

from collections.abc import Mapping
from typing import Any

from wheelproof.core.errors import NotCheckedError
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.rules import RULES
from wheelproof.recipe.catalog import Choice
from wheelproof.recipe.schema import Recipe


def infer_recipe(
    evidence: Evidence, images: Mapping[tuple[str, bool], str]
) -> tuple[Recipe, tuple[Choice, ...]]:
    """Infer a recipe.

    Args:
        evidence: what the wheel and the sdist say.
        images: the default image by Python version and whether it has compilers.

    Raises:
        NotCheckedError: no image has the Python that the wheel needs.
    """
    values: dict[str, Any] = {}
    choices: list[Choice] = []
    for rule in RULES:
        for found in rule(evidence):
            name = found.field.replace("-", "_")
            if isinstance(found.value, tuple):
                key, value = found.value
                values.setdefault(name, {})[key] = value
                field, shown = f"{found.field}.{key}", value
            else:
                values[name] = found.value
                field, shown = found.field, "unset" if found.value is None else str(found.value)
            choices.append(Choice(field=field, value=shown, origin=found.origin, evidence=found.evidence))
    compilers = not evidence.pure
    image = images.get((values["python"], compilers))
    if image is None:
        raise NotCheckedError(
            f"No image has the Python {values['python']} that {evidence.filename} needs",
            hint="`wheelproof image list` shows what there is; a recipe or --image can name another.",
        )
    form = (
        "one with compilers, as it is for one platform"
        if compilers
        else "the slim one, as it is for any platform"
    )
    choices.append(
        Choice(field="image", value=image, origin="default", evidence=f"Python {values['python']}: {form}")
    )
    return Recipe(image=image, **values), tuple(choices)
