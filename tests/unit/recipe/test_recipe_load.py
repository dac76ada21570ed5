import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.core.errors import RecipeError
from wheelproof.recipe.catalog import Choice, RecipeCatalog, apply_overrides
from wheelproof.recipe.load import load_recipe, parse_recipe, read_recipe
from wheelproof.recipe.schema import Override, Recipe, RecipeChange, Repair, applies

GOOD = """\
schema: 1
project: Demo.Project
overrides:
  - versions: ">=1,<2"
    wheel: "*-none-any.whl"
    set:
      python: "3.9"
      source-date-epoch: unset
      constraints: {setuptools: "==65.0"}
      environment: {DEMO_PURE: "1"}
    reason: The release was made on an old machine.
"""


def test_a_good_recipe_is_read() -> None:
    recipe = parse_recipe(GOOD, place="demo.yaml")
    assert recipe.normalized_project == "demo-project"
    (override,) = recipe.overrides
    assert override.set.source_date_epoch == "unset"
    assert applies(override, Version("1.5rc1"))
    assert not applies(override, Version("2"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("python: ", "pyhton: ", "overrides.0.set.pyhton"),
        ('"3.9"', "3.9", "overrides.0.set.python"),
        ('python: "3.9"', 'umask: "22"', "overrides.0.set.umask"),
        ('"==65.0"', "newest", "not a version specifier"),
        ('python: "3.9"', "requires: ['not a requirement!']", "not a requirement"),
        ("DEMO_PURE", "PATH", "PATH is set by the sandbox"),
        ("DEMO_PURE", "'A=B'", "not a variable's name"),
        ("epoch: unset", "epoch: -1", "source-date-epoch"),
        ('python: "3.9"', "environment: {A: b}", "'environment' stands twice"),
    ],
)
def test_a_typo_is_named_with_its_path(old: str, new: str, said: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new)
    with pytest.raises(RecipeError, match=said):
        parse_recipe(text, place="demo.yaml")


def test_every_mistake_is_named_with_its_line() -> None:
    text = (
        GOOD.replace("python: ", "pyhton: ")
        .replace("epoch: unset", "epoch: -1")
        .replace("schema: 1", "schema: 2")
    )
    reading = read_recipe(text)
    assert reading.recipe is None
    assert [(item.line, item.column, item.path) for item in reading.mistakes] == [
        (1, 9, "schema"),
        (7, 7, "overrides.0.set.pyhton"),
        (8, 26, "overrides.0.set.source-date-epoch"),
    ]
    with pytest.raises(
        RecipeError, match=r"overrides\.0\.set\.pyhton: there is no such field.*\(line 7\); over"
    ):
        parse_recipe(text, place="x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("python:", "overrides.0.set.python: it is empty: fill it in, or leave it out"),
        ("source_date_epoch: 1", "did you mean source-date-epoch?"),
        ("umask: 22", "it has to be text: put it in quotation marks"),
        ("constraints: []", "it has to be a table"),
        ("requires: cython", "it has to be a list"),
    ],
)
def test_what_people_get_wrong_is_told_in_their_words(change: str, said: str) -> None:
    text = f"schema: 1\nproject: x\noverrides:\n- set:\n    {change}\n  reason: because of the test\n"
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, place="x")
    assert said in caught.value.message


def test_many_mistakes_are_counted() -> None:
    fields = ", ".join(f"a{number}: 1" for number in range(30))
    with pytest.raises(RecipeError, match=r"and 23 more$"):
        parse_recipe(f"{{{fields}}}", place="x")


def test_an_override_needs_a_reason_and_something_to_set() -> None:
    with pytest.raises(RecipeError, match=r"overrides\.0\.reason"):
        parse_recipe(GOOD.replace("    reason: The release was made on an old machine.\n", ""), place="x")
    with pytest.raises(RecipeError, match="sets nothing"):
        parse_recipe(
            GOOD[: GOOD.index("    set:")] + "    set: {}\n    reason: long enough it is\n", place="x"
        )


def test_yaml_errors_name_the_line() -> None:
    with pytest.raises(RecipeError, match=r"demo.yaml, line 3 is not YAML"):
        parse_recipe("schema: 1\nproject: x\n  bad: [\n", place="demo.yaml")


@given(st.text())
def test_any_text_is_a_recipe_or_a_recipe_error(text: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, place="any")
    assert caught.value.message.isprintable()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_is_a_recipe_or_a_recipe_error(value: object) -> None:
    with contextlib.suppress(RecipeError):
        parse_recipe(yaml.safe_dump(value), place="any")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="can't be read"):
        load_recipe(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="can't be read"):
        load_recipe(tmp_path / "bytes.yaml")


def test_the_catalog_matches_version_and_wheel(tmp_path: Path) -> None:
    folder = tmp_path / "demo-project"
    folder.mkdir()
    (folder / "demo.yaml").write_text(GOOD)
    catalog = RecipeCatalog(tmp_path)
    name = canonicalize_name("demo_project")
    assert len(catalog.overrides(name, Version("1.1"), "demo_project-1.1-py3-none-any.whl")) == 1
    assert not catalog.overrides(name, Version("1.1"), "demo_project-1.1-cp313-cp313-linux_x86_64.whl")
    assert not catalog.overrides(name, Version("3"), "demo_project-3-py3-none-any.whl")
    assert not catalog.overrides(canonicalize_name("other"), Version("1"), "other-1-py3-none-any.whl")


def test_a_recipe_in_another_project_s_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "demo.yaml").write_text(GOOD)
    with pytest.raises(RecipeError, match=r"names the project Demo\.Project"):
        RecipeCatalog(tmp_path).overrides(
            canonicalize_name("other"), Version("1"), "other-1-py3-none-any.whl"
        )


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="There is no folder"):
        RecipeCatalog(tmp_path / "none")


def test_overrides_replace_values_and_their_evidence() -> None:
    recipe = Recipe(python="3.13", image="a", constraints={"wheel": "==0.45"}, source_date_epoch=5)
    choices: tuple[Choice, ...] = (
        Choice(field="python", value="3.13", origin="default", evidence="its day"),
        Choice(field="constraints.wheel", value="==0.45", origin="inferred", evidence="Generator"),
    )
    change = RecipeChange(python="3.9", constraints={"setuptools": "<60"}, source_date_epoch="unset")
    override = Override(set=change, reason="because of the test")
    recipe, choices = apply_overrides(recipe, choices, (override,))
    assert recipe.python == "3.9"
    assert recipe.source_date_epoch is None
    assert recipe.constraints == {"wheel": "==0.45", "setuptools": "<60"}
    origins = {choice.field: choice.origin for choice in choices}
    assert origins == {
        "python": "recipe",
        "constraints.wheel": "inferred",
        "constraints.setuptools": "recipe",
        "source-date-epoch": "recipe",
    }


def test_a_repair_is_overruled_part_by_part() -> None:
    recipe = Recipe(
        python="3.13", image="a", repair=Repair(tool="auditwheel", platform="manylinux_2_17_x86_64")
    )
    choices = (
        Choice(field="repair.platform", value="manylinux_2_17_x86_64", origin="inferred", evidence="x"),
    )
    text = GOOD.replace("python: ", "repair: {auditwheel: '<6', options: [--strip]}\n      python: ")
    (override,) = parse_recipe(text, place="x").overrides[:1]
    recipe, told = apply_overrides(recipe, choices, (override,))
    assert recipe.repair == Repair(
        tool="auditwheel", platform="manylinux_2_17_x86_64", auditwheel="<6", options=("--strip",)
    )
    origins = {choice.field: choice.origin for choice in told if choice.field.startswith("repair")}
    assert origins == {
        "repair.platform": "inferred",
        "repair.auditwheel": "recipe",
        "repair.options": "recipe",
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("tool: delocate", "overrides.0.set.repair.tool"),
        ("platform: macosx_11_0_arm64", "overrides.0.set.repair.platform"),
        ("plat: auto", "did you mean platform?"),
        ("auditwheel: 6.4.2", "is not a version specifier"),
    ],
)
def test_a_repair_that_there_can_not_be_is_named(change: str, said: str) -> None:
    text = (
        f"schema: 1\nproject: x\noverrides:\n- set: {{repair: {{{change}}}}}\n  reason: because of the test\n"
    )
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, place="x")
    assert said in caught.value.message
