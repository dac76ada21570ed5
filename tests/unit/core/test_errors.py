"""Exit codes are a table, and this holds the program to it."""

import re
from pathlib import Path

import pytest

from wheelproof.core import errors
from wheelproof.core.errors import ExitCode, WheelproofError
from wheelproof.core.shipped import shipped_folder

PAGE = Path(__file__).parents[3] / "docs" / "verdicts.md"
CLASSES = [
    item
    for item in vars(errors).values()
    if isinstance(item, type) and issubclass(item, WheelproofError) and item is not WheelproofError
]


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [item.exit_code for item in CLASSES]
    assert sorted(codes) == sorted(set(ExitCode) - {ExitCode.REACHED, ExitCode.NOT_REACHED})


def test_no_code_has_two_names() -> None:
    assert [code.value for code in ExitCode] == list(range(9))
    assert len(ExitCode.__members__) == 9


def test_the_page_has_them_all() -> None:
    codes = {int(number) for number in re.findall(r"^\| ([0-9]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)}
    assert codes == set(ExitCode)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_says_what_to_do(kind: type[WheelproofError]) -> None:
    error = kind("It is so", hint="Do that.")
    assert (str(error), error.message, error.hint) == ("It is so", "It is so", "Do that.")
    assert kind("It is so").hint == ""


def test_shipped_data() -> None:
    assert (shipped_folder("containers")).is_dir()
    assert (shipped_folder("recipes")).is_dir()
    with pytest.raises(FileNotFoundError, match="install it again"):
        shipped_folder("nothing-of-the-kind")
