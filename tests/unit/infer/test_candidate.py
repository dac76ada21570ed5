import pytest

from made_evidence import IMAGES, candidate, evidence
from wheelproof.core.errors import NotCheckedError
from wheelproof.infer.candidate import Candidate, Inference, default, inferred
from wheelproof.recipe.catalog import Choice

PYTHON = default("python", "3.11", "its day")


def of(*found: Inference, compilers: bool = False) -> Candidate:
    return Candidate.of((PYTHON, *found), IMAGES, compilers=compilers)


def choices(found: Candidate) -> dict[str, tuple[str, str]]:
    shown = {choice.field: (choice.value, choice.origin) for choice in found.choices}
    assert len(shown) == len(found.choices)
    return shown


def test_inferences_add_up_to_a_recipe_with_a_reason_for_each_value() -> None:
    found = of(
        inferred("constraints", "==1", "a line", key="setuptools"),
        inferred("constraints", "==2", "a line", key="wheel"),
        inferred("environment", "1", "a line", key="NO_SPEEDUPS"),
        inferred("source-date-epoch", None, "a time"),
        inferred("arguments", ("--universal", "--x"), "a tag"),
        inferred("executable-bits", False, "modes"),
    )
    assert found.recipe.constraints == {"setuptools": "==1", "wheel": "==2"}
    assert found.recipe.environment == {"NO_SPEEDUPS": "1"}
    assert (found.recipe.source_date_epoch, found.recipe.executable_bits) == (None, False)
    assert found.recipe.arguments == ("--universal", "--x")
    assert choices(found) == {
        "python": ("3.11", "default"),
        "constraints.setuptools": ("==1", "inferred"),
        "constraints.wheel": ("==2", "inferred"),
        "environment.NO_SPEEDUPS": ("1", "inferred"),
        "source-date-epoch": ("unset", "inferred"),
        "arguments": ("--universal --x", "inferred"),
        "executable-bits": ("False", "inferred"),
        "image": ("py3.11", "default"),
    }


def test_the_image_is_the_pythons() -> None:
    assert of().recipe.image == "py3.11"
    assert of(compilers=True).recipe.image == "py3.11-cc"
    with pytest.raises(NotCheckedError, match=r"No image has the Python 3\.12 "):
        Candidate.of([default("python", "3.12", "x")], IMAGES, compilers=False)


def test_a_change_keeps_the_rest() -> None:
    first = of(inferred("constraints", "==1", "a line", key="wheel"))
    changed = first.changed([inferred("constraints", ">=2", "marks", key="setuptools")], IMAGES)
    assert changed.recipe.constraints == {"wheel": "==1", "setuptools": ">=2"}
    assert changed.recipe == first.recipe.model_copy(update={"constraints": changed.recipe.constraints})
    assert set(choices(changed)) == {*choices(first), "constraints.setuptools"}
    assert first.recipe.constraints == {"wheel": "==1"}


def test_a_changed_value_has_the_new_reason_alone() -> None:
    changed = of().changed([inferred("python", "3.9", "requirements differ")], IMAGES)
    (choice,) = [choice for choice in changed.choices if choice.field == "python"]
    assert choice == Choice(field="python", value="3.9", origin="inferred", evidence="requirements differ")


def test_an_entry_can_be_taken_back() -> None:
    first = of(inferred("constraints", "==1", "a line", key="setuptools"))
    changed = first.changed([inferred("constraints", None, "the newest", key="setuptools")], IMAGES)
    assert changed.recipe.constraints == {}
    assert choices(changed)["constraints.setuptools"] == ("unset", "inferred")


def test_another_python_moves_to_its_image_of_the_same_kind() -> None:
    for compilers, image in ((False, "py3.9"), (True, "py3.9-cc")):
        changed = of(compilers=compilers).changed([inferred("python", "3.9", "x")], IMAGES)
        assert changed.recipe.image == image
        assert choices(changed)["image"] == (image, "default")


def test_an_image_that_was_chosen_by_name_stays() -> None:
    first = of().changed([inferred("image", "registry/own", "asked for")], IMAGES)
    assert first.recipe.image == "registry/own"
    assert first.changed([inferred("python", "3.9", "x")], IMAGES).recipe.image == "registry/own"
    both = of().changed([inferred("python", "3.9", "x"), inferred("image", "py3.14", "y")], IMAGES)
    assert (both.recipe.python, both.recipe.image) == ("3.9", "py3.14")


def test_a_python_that_no_image_has_is_not_checked() -> None:
    with pytest.raises(NotCheckedError, match=r"Python 3\.8"):
        of().changed([inferred("python", "3.8", "x")], IMAGES)


def test_no_change_is_the_same_candidate() -> None:
    first = candidate(evidence())
    assert first.changed([], IMAGES) == first
