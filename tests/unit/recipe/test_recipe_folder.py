"""Where a source tree may lie in the sandbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.container.policy import BUILD_FOLDER, INPUT_FOLDER, Policy
from wheelproof.core.errors import RecipeError
from wheelproof.rebuild.plan import ENVIRONMENT_FOLDER
from wheelproof.recipe.folder import check_folder
from wheelproof.recipe.load import parse_recipe


@pytest.mark.parametrize(
    "folder",
    ["/project", "/project/python", "/builds/demo/demo", "/tmp/pip-req-build-x_1", "/build/demo-1"],
)
def test_a_place_of_its_own_is_taken(folder: str) -> None:
    assert check_folder(folder) == folder


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("", "absolute path"),
        ("/", "absolute path"),
        ("project", "absolute path"),
        ("//project", "absolute path"),
        ("/project/", "absolute path"),
        ("/project/..", "absolute path"),
        ("/project/../etc", "absolute path"),
        ("/./project", "absolute path"),
        ("/.project", "absolute path"),
        ("/a b", "absolute path"),
        ("/a:rw", "absolute path"),
        ("/a\n", "absolute path"),
        ("/a\x1b[31m", "absolute path"),
        ("/" + "a/" * 120 + "a", "absolute path"),
        ("/usr", "below /usr"),
        ("/usr/src/demo", "below /usr"),
        ("/etc/demo", "below /etc"),
        ("/proc/self", "below /proc"),
        ("/in", "below /in"),
        ("/out/demo", "below /out"),
        ("/root/demo", "below /root"),
        ("/tmp", "needs beside its source"),
        ("/opt", "needs beside its source"),
        ("/opt/python/cp313-cp313", "needs beside its source"),
        ("/build/env/x", "needs beside its source"),
    ],
)
def test_a_place_that_others_need_is_refused_with_the_reason(folder: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        check_folder(folder)
    assert str(caught.value).isprintable()


def test_every_place_of_the_sandbox_is_refused() -> None:
    home = f"{BUILD_FOLDER}/home"
    for place in (*Policy().room_bytes(), INPUT_FOLDER, ENVIRONMENT_FOLDER, home, "/dev/shm"):
        with pytest.raises(ValueError, match=place):
            check_folder(place)


def said_of(text: str) -> tuple[str, str]:
    """The folder, or else what is said of it."""
    try:
        return check_folder(text), ""
    except ValueError as error:
        return "", str(error)


@given(st.text() | st.text(alphabet="/.abin"))
def test_what_is_taken_is_one_plain_path_and_what_is_not_can_be_shown(text: str) -> None:
    folder, reason = said_of(text)
    assert bool(folder) != bool(reason)
    assert reason.isprintable()
    assert not folder or (folder.startswith("/") and not {"", ".", ".."} & set(folder.split("/")[1:]))


def test_a_recipe_names_the_mistake() -> None:
    text = (
        "schema: 1\nproject: demo\noverrides:\n  - set: {folder: /usr/lib}\n    reason: because of the test\n"
    )
    with pytest.raises(RecipeError, match=r"overrides.0.set.folder: .*below /usr"):
        parse_recipe(text, place="x")
