"""Which files of a release are checked: the wheels, and the sdist that they are held against."""

import fnmatch
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelproof.core.errors import NotCheckedError, UsageError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.listing import FileKind, IndexFile

_INTERPRETER = re.compile(r"(?:cp|py)([23])([0-9]{0,3})")
# What puts build requirements into place needs Python 3.7 at least, or 2.7.
_OLDEST_MINOR = 7
_SDIST_ORDER = (".tar.gz", ".tgz", ".zip", ".tar.bz2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A wheel of a release.

    Attributes:
        wheel: the published wheel.
        refusal: why it can't be rebuilt here, or None.
    """

    wheel: IndexFile
    refusal: str | None


def select_wheels(
    files: Sequence[IndexFile],
    *,
    pattern: str | None,
    everything: bool,
    pythons: Collection[str],
    machine: str,
) -> tuple[Selection, ...]:
    """Choose among a release's wheels.

    Without a pattern the ``none-any`` wheel is taken, else the one for this platform and the newest Python.

    Args:
        files: the release's files.
        pattern: a file name or a shell pattern of them.
        everything: take all wheels, those that can't be rebuilt here with the reason.
        pythons: the Python versions that there are images for.
        machine: this platform's architecture, as wheel tags have it.

    Raises:
        NotCheckedError: the release has no wheel, or none that can be rebuilt here.
        UsageError: the pattern meets none.
    """
    wheels = [file for file in files if file.kind is FileKind.WHEEL]
    if not wheels:
        raise NotCheckedError(
            "The release has no wheel on the index", hint="There is nothing to compare with."
        )
    selections = [
        Selection(wheel=file, refusal=refusal(file.filename, pythons=pythons, machine=machine))
        for file in wheels
    ]
    if pattern is not None:
        met = tuple(item for item in selections if fnmatch.fnmatchcase(item.wheel.filename, pattern))
        if not met:
            names = ", ".join(printable(file.filename, limit=120) for file in wheels[:8])
            raise UsageError(
                f"No wheel of the release is called {printable(pattern)}", hint=f"There are {names}."
            )
        return met
    if everything:
        return tuple(selections)
    possible = [item for item in selections if item.refusal is None]
    if not possible:
        reason = (
            selections[0].refusal if len(selections) == 1 else f"none of its {len(selections)} wheels can be"
        )
        raise NotCheckedError(
            f"Nothing of the release can be rebuilt here: {reason}",
            hint="--all lists each wheel with the reason.",
        )
    return (min(possible, key=lambda item: _preference(item.wheel.filename, pythons)),)


def select_sdist(files: Sequence[IndexFile]) -> IndexFile:
    """The release's sdist, the format of PEP 625 first.

    Raises:
        NotCheckedError: there is none.
    """
    sdists = [file for file in files if file.kind is FileKind.SDIST]
    if not sdists:
        raise NotCheckedError(
            "The release has no sdist on the index: there is no source to rebuild it from",
            hint="Name the commit that it was built from with --git URL@REV, or check a local wheel with "
            "--sdist PATH.",
        )
    return min(sdists, key=lambda file: (_format_rank(file.filename), file.filename))


def refusal(filename: str, *, pythons: Collection[str], machine: str) -> str | None:
    """Why a wheel can't be rebuilt here, in a sentence; None where it can, or the publisher's image may."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return "its name breaks the rules for wheels' names"
    platforms = sorted({tag.platform for tag in tags})
    if not any(_platform_fits(platform, machine) for platform in platforms):
        return f"it is for {', '.join(platforms[:3])}, and builds here are for Linux on {machine}"
    if not any(_has_image(tag, pythons) or _may_have_image(tag) for tag in tags):
        wanted = ", ".join(sorted({tag.interpreter for tag in tags})[:5])
        return f"it is for {wanted}, and there is no image for that"
    return None


def _platform_fits(platform: str, machine: str) -> bool:
    return platform == "any" or (
        platform.startswith(("manylinux", "musllinux", "linux")) and platform.endswith(f"_{machine}")
    )


def _has_image(tag: Tag, pythons: Collection[str]) -> bool:
    found = _INTERPRETER.fullmatch(tag.interpreter)
    if not found:
        return False
    major, minor = found.groups()
    if tag.interpreter.startswith("py") or tag.abi == "abi3":
        return any(python.startswith(f"{major}.") for python in pythons)
    return f"{major}.{minor}" in pythons


def _may_have_image(tag: Tag) -> bool:
    """The images of manylinux and musllinux have interpreters that no image of wheelproof's own has."""
    found = _INTERPRETER.fullmatch(tag.interpreter)
    return (
        found is not None
        and tag.interpreter.startswith("cp3")
        and tag.platform.startswith(("manylinux", "musllinux"))
        and int(found[2] or 0) >= _OLDEST_MINOR
    )


def _preference(filename: str, pythons: Collection[str]) -> tuple[bool, bool, bool, bool, list[int], str]:
    """Pure before native, glibc before musl, what has an image here, stable interpreters' newest."""
    tags = parse_wheel_filename(filename)[3]
    pure = all(tag.platform == "any" for tag in tags)
    python_3 = any(tag.interpreter.startswith(("py3", "cp3")) for tag in tags)
    minors = [int(found[2] or 0) for tag in tags if (found := _INTERPRETER.fullmatch(tag.interpreter))]
    threaded = any(tag.abi.endswith("t") for tag in tags)
    musl = not pure and all(tag.platform.startswith("musllinux") for tag in tags)
    elsewhere = not any(_has_image(tag, pythons) for tag in tags)
    return not pure, musl, threaded or not python_3, elsewhere, [-max(minors, default=0)], filename


def _format_rank(filename: str) -> int:
    return next((rank for rank, end in enumerate(_SDIST_ORDER) if filename.endswith(end)), len(_SDIST_ORDER))
