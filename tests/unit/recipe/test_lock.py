import contextlib
import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock

from wheelproof.core.errors import RecipeError
from wheelproof.recipe.lock import (
    Lock,
    LockedBuild,
    LockedChoice,
    LockedFile,
    LockedImage,
    LockedRequirement,
    LockedStep,
    parse_lock,
    render_lock,
)
from wheelproof.recipe.schema import Recipe

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def digest(letter: str) -> str:
    return letter * 64


def build() -> LockedBuild:
    return LockedBuild(
        backend="backend",
        environment={"TZ": "UTC"},
        umask="0022",
        folder="/build/demo-1",
        steps=(LockedStep(phase="prepare", argv=("a",)), LockedStep(phase="build", argv=("b", "c"))),
    )


def lock(**changes: object) -> Lock:
    wheel = LockedRequirement(
        name="setuptools",
        version="80",
        file=LockedFile(
            filename="setuptools-80-py3-none-any.whl", sha256=digest("a"), size_bytes=3, upload_time=WHEN
        ),
    )
    from_source = LockedRequirement(
        name="docopt",
        version="0.6.2",
        file=LockedFile(filename="docopt-0.6.2.tar.gz", sha256=digest("b"), size_bytes=4),
        requires=(wheel,),
        build=build(),
    )
    values: dict[str, object] = {
        "tool": "wheelproof 1",
        "target": "demo==1",
        "project": "demo",
        "version": "1",
        "published": LockedFile(
            filename="demo-1-py3-none-any.whl", sha256=digest("c"), size_bytes=5, yanked=""
        ),
        "source": LockedFile(filename="demo-1.tar.gz", sha256=digest("d"), size_bytes=6),
        "requirements": (from_source, wheel),
        "as_of": WHEN,
        "frontend": (),
        "image": LockedImage(
            name="debian",
            image_id=f"sha256:{digest('e')}",
            rootfs=(f"sha256:{digest('f')}",),
            python="3.13",
            interpreter="/usr/bin/python3.13",
            packages={"libc6": "2.41"},
            pin_met=False,
            pin="the mirror moved on",
        ),
        "build": build(),
        "recipe": Recipe(python="3.13", image="debian", source_date_epoch=None, constraints={"x": "==1"}),
        "choices": (LockedChoice(field="python", value="3.13", origin="default", evidence="its day"),),
        "notes": ("one",),
    }
    return Lock.model_validate(values | changes)


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


def test_every_file_is_listed_once_and_the_published_wheel_first() -> None:
    names = [file.filename for file in lock().files()]
    assert names == [
        "demo-1-py3-none-any.whl",
        "demo-1.tar.gz",
        "docopt-0.6.2.tar.gz",
        "setuptools-80-py3-none-any.whl",
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
