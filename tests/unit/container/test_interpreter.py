"""Which of an image's interpreters a wheel asks for."""

import pytest

from wheelproof.container.interpreter import WantedPython

USUAL = WantedPython(version="3.13", folder="cp313-cp313")
THREADED = WantedPython(version="3.13", folder="cp313-cp313t")


def test_the_folder_of_manylinux_is_asked_first() -> None:
    assert USUAL.names() == (
        "/opt/python/cp313-cp313/bin/python",
        "python3.13",
        "python3",
        "python",
    )
    assert THREADED.names() == ("/opt/python/cp313-cp313t/bin/python", "python3.13t")


@pytest.mark.parametrize(
    ("wanted", "version", "path", "fits"),
    [
        (USUAL, "3.13", "/opt/python/cp313-cp313/bin/python", True),
        (USUAL, "3.13", "/opt/python/cp313-cp313t/bin/python", False),
        (USUAL, "3.12", "/opt/python/cp312-cp312/bin/python", False),
        (USUAL, "3.13", "/usr/bin/python3", True),
        (USUAL, "3.13", "/usr/bin/python3.13t", False),
        (USUAL, "3.6", "/usr/bin/python3", False),
        (THREADED, "3.13", "/opt/python/cp313-cp313t/bin/python", True),
        (THREADED, "3.13", "/opt/python/cp313-cp313/bin/python", False),
        (THREADED, "3.13", "/usr/local/bin/python3.13t", True),
        (THREADED, "3.13", "/usr/local/bin/python3.13", False),
    ],
)
def test_another_version_or_kind_is_another_interpreter(
    wanted: WantedPython, version: str, path: str, fits: bool
) -> None:
    assert wanted.is_at(version, path) is fits
