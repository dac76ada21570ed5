"""Data that comes with the program, in a checkout and installed: ``containers/`` and ``recipes/``."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(name: str) -> Path:
    """Where a top-level data folder lies: inside the installed package, else in the checkout it runs from.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for folder in (_PACKAGE / "_shipped" / name, _PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"wheelproof's own {name}/ folder is missing: install it again")
