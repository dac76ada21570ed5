import contextlib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.source.cibuildwheel import Option, read_cibuildwheel

BUILD = "cp313-manylinux_x86_64"


def read(text: str, identifier: str = BUILD) -> dict[str, object]:
    return {option.name: option.text or option.value for option in read_cibuildwheel(text, identifier)}


def test_a_source_without_the_table_tells_nothing() -> None:
    for text in ("", "[tool]\n", "[tool.other]\n", "tool = 1\n", "[tool]\ncibuildwheel = 3\n", "no toml ="):
        assert read(text) == {}


def test_the_nearest_table_wins() -> None:
    text = """
    [tool.cibuildwheel]
    before-build = "make all"
    build-frontend = "build"
    [tool.cibuildwheel.linux]
    before-build = "make linux"
    [tool.cibuildwheel.macos]
    before-build = "make macos"
    [[tool.cibuildwheel.overrides]]
    select = "*musllinux*"
    before-build = "make musl"
    """
    macos = {"before-build": "make macos"}
    assert read(text) == {"before-build": "make linux", "build-frontend": "build", "macos": macos}
    assert read(text, "cp313-musllinux_x86_64")["before-build"] == "make musl"
    (option,) = [item for item in read_cibuildwheel(text, BUILD) if item.name == "before-build"]
    assert option.place == "tool.cibuildwheel.linux.before-build"


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (BUILD, {"manylinux-x86_64-image": "b"}),
        ("cp313t-manylinux_x86_64", {"manylinux-x86_64-image": "b"}),
        ("cp313-manylinux_aarch64", {"manylinux-aarch64-image": "a"}),
        ("cp313-musllinux_x86_64", {"musllinux-x86_64-image": "d"}),
        ("cp313-manylinux_riscv64", {}),
    ],
)
def test_an_image_is_that_of_its_own_platform(identifier: str, expected: dict[str, object]) -> None:
    text = """
    [tool.cibuildwheel]
    manylinux-aarch64-image = "a"
    manylinux-x86_64-image = "b"
    manylinux-pypy_x86_64-image = "c"
    manylinux--image = "e"
    [tool.cibuildwheel.linux]
    musllinux-x86_64-image = "d"
    """
    assert read(text, identifier) == expected


@pytest.mark.parametrize(
    ("select", "meets"),
    [
        ('"cp313-*"', True),
        ('"cp3{12,13}-manylinux_{aarch64,x86_64}"', True),
        ('"cp39-* *-manylinux_*"', True),
        ('["cp39-*", "*-manylinux_x86_64"]', True),
        ('"cp313t-*"', False),
        ('"*"', True),
        ('"cp3[0-9]*"', True),
        ('""', False),
        ("3", False),
        ("[3]", False),
        ('"{{{"', False),
    ],
)
def test_an_override_selects_builds(select: str, meets: bool) -> None:
    text = f"[tool.cibuildwheel]\n[[tool.cibuildwheel.overrides]]\nselect = {select}\nenvironment = 'A=1'\n"
    assert bool(read(text)) is meets


def test_braces_that_expand_to_too_much_are_left() -> None:
    assert read(f'[[tool.cibuildwheel.overrides]]\nselect = "{"{a,b}" * 60}"\nenvironment = "A=1"\n') == {}


@pytest.mark.parametrize(
    ("inherit", "expected"),
    [
        ("", "second"),
        ('inherit.before-all = "append"', "first && second"),
        ('inherit.before-all = "prepend"', "second && first"),
        ('inherit = "before-all"', "first && second"),
        ('inherit = "before-all: prepend"', "second && first"),
        ('inherit.before-all = "sideways"', "second"),
        ("inherit = 3", "second"),
    ],
)
def test_an_override_can_add_to_what_is_above_it(inherit: str, expected: str) -> None:
    text = f"""
    [tool.cibuildwheel]
    before-all = "first"
    [[tool.cibuildwheel.overrides]]
    select = "*"
    before-all = ["second"]
    {inherit}
    """
    assert read(text)["before-all"] == expected


def test_tables_are_added_to_by_name() -> None:
    text = """
    [tool.cibuildwheel.environment]
    A = "1"
    B = "2"
    [tool.cibuildwheel.linux]
    inherit.environment = "append"
    environment = {B = "3"}
    """
    assert read(text)["environment"] == {"A": "1", "B": "3"}


def test_lists_are_one_text() -> None:
    assert Option(name="before-build", value=["a", "b"], place="x").text == "a && b"
    assert Option(name="test-requires", value=["a", "b"], place="x").text == "a b"
    assert Option(name="build-verbosity", value=3, place="x").text == "3"


SETTINGS = st.recursive(
    st.text() | st.integers(0, 9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["select", "inherit", "linux", "environment", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["overrides", "linux", "inherit", "environment"]), SETTINGS))
def test_any_table_gives_options(table: dict[str, object]) -> None:
    with contextlib.suppress(TypeError):  # lists of tables beside other values are no TOML
        for option in read_cibuildwheel(tomli_w.dumps({"tool": {"cibuildwheel": table}}), BUILD):
            assert isinstance(option.text, str)


@given(st.text())
def test_any_text_gives_options_or_none(text: str) -> None:
    read_cibuildwheel(text, BUILD)
