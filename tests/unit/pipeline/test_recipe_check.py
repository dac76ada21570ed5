"""Recipe files and folders: where they lie, which images they name, what they leave out."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.core.errors import UsageError
from wheelproof.explain.relaxation import never_left_out
from wheelproof.pipeline.recipe_check import _dist_info, _meets, check_recipes

GOOD = """\
schema: 1
project: Demo.Project
overrides:
  - set: {umask: "0002"}
    reason: The release script sets it.
"""


def recipe(tmp_path: Path, text: str = GOOD, name: str = "demo-project/demo.yaml") -> Path:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


def mistakes(*paths: Path) -> list[str]:
    return [f"{item.file.name} {item.mistake}" for item in check_recipes(paths).mistakes]


def test_a_good_folder_has_no_mistake(tmp_path: Path) -> None:
    recipe(tmp_path)
    (tmp_path / "README.md").write_text("# Recipes")
    found = check_recipes([tmp_path])
    assert (found.files, found.overrides, found.mistakes) == (1, 1, ())


def test_the_shipped_recipes_have_no_mistake() -> None:
    assert check_recipes([Path(__file__).parents[3] / "recipes"]).mistakes == ()


def test_a_file_that_no_check_would_find_is_said_for_a_folder_and_not_for_a_file(tmp_path: Path) -> None:
    paths = [recipe(tmp_path, name="other/demo.yaml"), recipe(tmp_path, name="demo-project/demo.yml")]
    assert mistakes(tmp_path) == [
        "demo.yml the document: it is never read: recipes are called *.yaml (line 1)",
        "demo.yaml project: its folder is other, and has to be demo-project (line 2)",
    ]
    assert mistakes(*paths) == []


def test_a_file_that_is_named_twice_is_checked_once(tmp_path: Path) -> None:
    path = recipe(tmp_path, GOOD.replace("umask", "umsk"))
    assert len(mistakes(tmp_path, path, tmp_path)) == 1


def test_a_file_that_can_not_be_read_keeps_no_other_from_its_check(tmp_path: Path) -> None:
    recipe(tmp_path, name="demo-project/b.yaml", text=GOOD.replace('"0002"', "2"))
    (tmp_path / "demo-project" / "a.yaml").write_bytes(b"\xff\xfe")
    first, second = mistakes(tmp_path)
    assert "can't be read" in first
    assert second.startswith("b.yaml overrides.0.set.umask: it has to be text")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file or folder"):
        check_recipes([tmp_path / "none"])


def test_an_override_that_another_file_of_the_project_hides_is_said(tmp_path: Path) -> None:
    recipe(tmp_path)
    recipe(tmp_path, name="demo-project/later.yaml")
    said = "it never shows: overrides.0 of later.yaml applies where it does and sets all that it sets"
    assert mistakes(tmp_path) == [f"demo.yaml overrides.0: {said} (line 4)"]
    recipe(tmp_path, GOOD.replace("umask", "python").replace("0002", "3.9"), "demo-project/later.yaml")
    assert mistakes(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('python: "3.10"', "set.python: no image has it: there are 2.7, 3.9, 3.11, 3.13, 3.14; or set image"),
        ("image: debian-bookworm", "set.image: There is no image 'debian-bookworm'"),
        ('image: "x.example/y:1"', "set.image: x.example/y:1 names an image by tag"),
        (
            'python: "3.9", image: debian-bookworm-py3.11',
            "set.python: the image debian-bookworm-py3.11 has Python 3.11",
        ),
        ("exclude: ['*']", "set.exclude.0: it meets "),
        ("exclude: ['a/*.mo', 'demo/*']", "set.exclude.1: it meets demo/x.py too"),
    ],
)
def test_what_a_check_would_refuse_or_not_do_is_said(tmp_path: Path, change: str, said: str) -> None:
    (found,) = mistakes(recipe(tmp_path, GOOD.replace('umask: "0002"', change)))
    assert said in found


@pytest.mark.parametrize(
    "change",
    ['python: "3.11", image: debian-bookworm-py3.11', f"image: x/y@sha256:{'0' * 64}", 'python: "2.7"'],
)
def test_images_that_may_serve_are_fine(tmp_path: Path, change: str) -> None:
    assert mistakes(recipe(tmp_path, GOOD.replace('umask: "0002"', change))) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.py",
        "demo/*",
        "demo*",
        "*.pth",
        "demo/_x.so",
        "*/METADATA",
        "demo-1.0.dist-info/RECORD",
        "*.dist-info/*",
    ],
)
def test_a_pattern_that_meets_what_runs_or_describes_is_told_by_an_example(pattern: str) -> None:
    name = _meets(pattern)
    assert name is not None
    assert fnmatchcase(name, pattern)
    assert never_left_out(name, _dist_info(name))


@pytest.mark.parametrize(
    "pattern", ["demo/*.mo", "*.json", "*/licenses/*.txt", "demo/data/table?.csv", "a*b*c*d.mo"]
)
def test_a_pattern_for_plain_data_is_fine(pattern: str) -> None:
    assert _meets(pattern) is None


@given(st.text("*?[]ax./", max_size=12))
def test_any_pattern_has_a_true_example_or_none(pattern: str) -> None:
    name = _meets(pattern)
    assert name is None or (fnmatchcase(name, pattern) and never_left_out(name, _dist_info(name)))
