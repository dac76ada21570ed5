import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.recipe.lint import lint_recipe, shadowed
from wheelproof.recipe.load import read_recipe
from wheelproof.recipe.schema import Override, RecipeChange

GOOD = """\
schema: 1
project: Demo.Project
overrides:
  - versions: ">=1,<2"
    wheel: "demo_project-*.whl"
    set:
      frontend: setup.py
      arguments: [--universal]
      patches: [{file: setup.py, old: a, new: b}]
      before: ["true"]
      constraints: {setuptools: "<60"}
    reason: The release was made on an old machine.
"""


def lint(text: str) -> list[str]:
    reading = read_recipe(text)
    assert reading.recipe is not None
    return [
        f"{item.line}:{item.column} {item.path} {item.message}"
        for item in lint_recipe(reading.recipe, reading.node)
    ]


def test_nothing_is_odd_about_a_good_recipe() -> None:
    assert lint(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('">=1,<2"', '">=2,<1"', "4:15 overrides.0.versions no version can be >=2,<1"),
        (
            '"demo_project-*.whl"',
            '"other-*.whl"',
            "5:12 overrides.0.wheel no wheel of Demo.Project can be called",
        ),
        ('"demo_project-*.whl"', '"demo_project-*.tar.gz"', "5:12 overrides.0.wheel no wheel"),
        ('"demo_project-*.whl"', "demo_project-1.whl", "5:12 overrides.0.wheel no wheel"),
        ("new: b", "new: a", "9:47 overrides.0.set.patches.0.new it is the same as old"),
        ("file: setup.py", "file: ../setup.py", "9:24 overrides.0.set.patches.0.file it has to lie below"),
        ("file: setup.py", "file: /setup.py", "9:24 overrides.0.set.patches.0.file it has to lie below"),
        (
            "frontend: setup.py",
            "frontend: pep517",
            "8:18 overrides.0.set.arguments they are for frontend: setup.py",
        ),
        (
            "arguments: [--universal]",
            "config-settings: {a: b}",
            "overrides.0.set.config-settings they are for",
        ),
        ('["true"]', '["true", " "]', "10:24 overrides.0.set.before.1 the command is empty"),
        ('"<60"', '"<60,>61"', "11:33 overrides.0.set.constraints.setuptools no version can be"),
        (
            "The release was made on an old machine.",
            '"            "',
            "12:13 overrides.0.reason it says nothing",
        ),
    ],
)
def test_what_is_odd_is_named_with_its_place(old: str, new: str, said: str) -> None:
    assert old in GOOD
    (found,) = lint(GOOD.replace(old, new))
    assert said in found


@pytest.mark.parametrize(
    "wheel",
    [
        "*",
        "*.whl",
        "Demo_Project-1.0-py3-none-any.whl",
        "demo*",
        "*-none-any.whl",
        "demo_project-1.[0-9]-*",
        "d?mo*",
    ],
)
def test_patterns_that_can_meet_a_wheel_are_fine(wheel: str) -> None:
    assert lint(GOOD.replace("demo_project-*.whl", wheel)) == []


def override(change: RecipeChange, versions: str = "", wheel: str = "*.whl") -> Override:
    return Override(versions=versions, wheel=wheel, set=change, reason="because of the test")


ONE = RecipeChange(umask="0002", constraints={"wheel": "<1"})


@pytest.mark.parametrize(
    ("earlier", "later", "hidden"),
    [
        (override(ONE), override(ONE), True),
        (override(ONE, "<2,>1"), override(ONE, ">1,<2"), True),
        (override(ONE, "<2"), override(ONE), True),
        (override(ONE, wheel="demo-1-*"), override(ONE), True),
        (override(ONE), override(ONE, "<2"), False),
        (override(ONE), override(ONE, wheel="demo-1-*"), False),
        (override(ONE), override(RecipeChange(umask="0022")), False),
        (override(ONE), override(RecipeChange(umask="0022", constraints={"setuptools": "<1"})), False),
        (override(RecipeChange(umask="0002")), override(ONE), True),
    ],
)
def test_an_override_is_hidden_where_a_later_one_replaces_all_of_it(
    earlier: Override, later: Override, hidden: bool
) -> None:
    assert list(shadowed([earlier, later])) == ([(0, 1)] if hidden else [])


@given(st.text(min_size=1), st.text(min_size=10))
def test_any_pattern_and_reason_can_be_looked_at(wheel: str, reason: str) -> None:
    reading = read_recipe(GOOD)
    assert reading.recipe is not None
    (one,) = reading.recipe.overrides
    changed = one.model_copy(update={"wheel": wheel, "reason": reason})
    found = lint_recipe(reading.recipe.model_copy(update={"overrides": (changed,)}), reading.node)
    assert all(item.message.isprintable() for item in found)
