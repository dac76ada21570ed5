import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelproof.recipe.catalog import Choice, apply_change
from wheelproof.recipe.load import parse_recipe, read_recipe
from wheelproof.recipe.schema import Patch, Recipe
from wheelproof.recipe.skeleton import NOTHING, list_choices, render_set, render_skeleton

BARE = Recipe(python="3.11", image="debian")
_TEXT = st.text(max_size=30)
_NAME = st.text(st.characters(exclude_characters="=\0", codec="utf-8"), min_size=1, max_size=8)
_RECIPES = st.builds(
    Recipe,
    python=st.sampled_from(["2.7", "3.13"]),
    version_info=st.none() | st.just("3.6"),
    image=st.text(min_size=1, max_size=30),
    constraints=st.dictionaries(_TEXT, st.sampled_from(["<1", "==2", ""]), max_size=2),
    source_date_epoch=st.none() | st.integers(0, 1 << 31),
    executable_bits=st.booleans(),
    environment=st.dictionaries(
        _NAME.map(lambda name: f"x{name}"), _TEXT.map(lambda t: t.replace("\0", "")), max_size=2
    ),
    arguments=st.lists(_TEXT, max_size=2).map(tuple),
    patches=st.lists(st.builds(Patch, file=_NAME, old=_NAME, new=_TEXT), max_size=2).map(tuple),
    before=st.lists(_TEXT, max_size=2).map(tuple),
)


def choices(*fields: str, evidence: str = "it says so") -> tuple[Choice, ...]:
    return tuple(Choice(field=field, value="x", origin="inferred", evidence=evidence) for field in fields)


@settings(deadline=None, max_examples=40)
@given(_RECIPES, _TEXT)
def test_what_is_shown_as_yaml_is_the_same_recipe_again(recipe: Recipe, evidence: str) -> None:
    shown = render_set(recipe, choices("python", "source-date-epoch", evidence=evidence))
    document = {
        "schema": 1,
        "project": "demo",
        "overrides": [{"reason": "because of it", **yaml.safe_load(shown)}],
    }
    (override,) = parse_recipe(yaml.safe_dump(document), place="x").overrides
    assert apply_change(BARE, override.set) == recipe


@settings(deadline=None, max_examples=40)
@given(_RECIPES, _TEXT)
def test_a_skeleton_lacks_two_things_whatever_the_wheel_says(recipe: Recipe, evidence: str) -> None:
    fields = ("python", "source-date-epoch", *(f"environment.{name}" for name in recipe.environment))
    text = render_skeleton(
        canonicalize_name("demo"),
        Version("1!1.0+x"),
        f"demo{evidence}.whl",
        recipe,
        choices(*fields, evidence=evidence),
    )
    reading = read_recipe(text)
    assert [item.path for item in reading.mistakes] == ["overrides.0.set", "overrides.0.reason"]
    document = yaml.safe_load(text)
    assert document["overrides"] == [{"versions": "==1!1.0+x", "set": None, "reason": None}]


def test_a_skeleton_is_a_recipe_once_it_is_filled_in() -> None:
    recipe = Recipe(python="3.11", image="a", constraints={"wheel": "==0.40"}, source_date_epoch=5)
    found = choices("python", "image", "constraints.wheel", "source-date-epoch", "umask")
    text = render_skeleton(
        canonicalize_name("demo"), Version("1.0"), "demo.whl", recipe, found, schema="../recipe.schema.json"
    )
    assert text.startswith("# yaml-language-server: $schema=../recipe.schema.json\n")
    lines = text.replace("    reason:", "    reason: because of the test").splitlines()
    uncommented = "\n".join(line.replace("#", "", 1) if "# " not in line else line for line in lines)
    (override,) = parse_recipe(uncommented.replace("#  wheel", "  wheel"), place="x").overrides
    assert apply_change(BARE, override.set) == recipe
    assert override.versions == "==1.0"


def test_every_value_of_a_recipe_is_listed_in_order_and_what_nothing_sets_is_a_default() -> None:
    recipe = Recipe(python="3.11", image="a", constraints={"wheel": "<1", "a": ""}, executable_bits=False)
    found = list_choices(recipe, choices("constraints.wheel", "python", "executable-bits"))
    assert [item.field for item in found] == [
        place
        for field in Recipe.model_fields.values()
        for place in (
            {"constraints": ("constraints.wheel", "constraints.a"), "repair": ("repair.tool",)}.get(
                str(field.alias), (field.alias,)
            )
        )
    ]
    values = {item.field: (item.value, item.origin, item.evidence) for item in found}
    assert values["python"] == ("x", "inferred", "it says so")
    assert values["constraints.a"] == ("any", "default", NOTHING)
    assert values["requires"] == ("empty", "default", NOTHING)
    assert values["source-date-epoch"] == ("unset", "default", NOTHING)
    assert values["umask"] == ("0022", "default", NOTHING)


def test_what_nothing_sets_is_left_out_of_the_yaml() -> None:
    assert yaml.safe_load(render_set(BARE, ())) == {"set": {"python": "3.11", "image": "debian"}}
