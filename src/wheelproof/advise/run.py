"""Advice on one thing on this machine: read it, and ask every rule."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from wheelproof.advise.advice import Advice, ProjectAdvice, Seen, Severity, WheelAdvice
from wheelproof.advise.built import read_built
from wheelproof.advise.project import Project, read_archive, read_folder
from wheelproof.advise.rules import ADVICE
from wheelproof.core.errors import UsageError
from wheelproof.core.untrusted import printable

# What one rule says of one thing.
_SHOWN_PER_RULE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One piece of advice, and what it was given for."""

    advice: Advice
    seen: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """All that there is to advise.

    Attributes:
        name: what it is about; not safe to print.
        kind: ``folder``, ``sdist`` or ``wheel``.
        given: in the order of the rules.
        notes: what could not be looked at; safe to print.
    """

    name: str
    kind: str
    given: tuple[Given, ...]
    notes: tuple[str, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many pieces of advice have a severity."""
        return sum(given.advice.severity is severity for given in self.given)


def advise(path: Path, sdist: Path | None = None) -> Advised:
    """Say what in a source tree, an sdist or a wheel will not reproduce; nothing is built or run.

    Args:
        path: a folder, an sdist, or a file whose name ends in ``.whl``.
        sdist: the one that a wheel should come from, to hold the wheel against.

    Raises:
        UsageError: there is nothing at the path, the folder is no Python project, or an sdist was named
            beside something that is no wheel.
        MalformedError: a wheel, an sdist or a pyproject.toml breaks its format.
        OSError: something can't be read.
    """
    is_wheel = path.suffix == ".whl" and path.is_file()
    if sdist is not None and not is_wheel:
        raise UsageError("--sdist goes with a wheel", hint="Name the wheel that is made from it.")
    for file in filter(None, (path, sdist)):
        if not file.exists():
            raise UsageError(f"There is nothing at {file}", hint="Check the path.")
    if is_wheel:
        return _of_wheel(path, sdist)
    return _of_folder(path) if path.is_dir() else _of_sdist(path)


def _of_wheel(path: Path, sdist: Path | None) -> Advised:
    built = read_built(path, sdist)
    left = built.not_searched
    return Advised(
        name=path.name,
        kind="wheel",
        given=_given((advice, advice.look(built)) for advice in ADVICE if isinstance(advice, WheelAdvice)),
        notes=(f"{left} members of native code are too large to be searched for random names",)
        if left
        else (),
    )


def _of_folder(path: Path) -> Advised:
    if not any((path / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg")):
        raise UsageError(
            f"{printable(str(path))} has no pyproject.toml and no setup.py", hint="Name a project's folder."
        )
    return _of_project(path.resolve().name, "folder", read_folder(path))


def _of_sdist(path: Path) -> Advised:
    return _of_project(path.name, "sdist", read_archive(path))


def _of_project(name: str, kind: str, project: Project) -> Advised:
    return Advised(
        name=name,
        kind=kind,
        given=_given(
            (advice, advice.look(project)) for advice in ADVICE if isinstance(advice, ProjectAdvice)
        ),
        notes=project.notes,
    )


def _given(asked: Iterable[tuple[Advice, Iterator[Seen]]]) -> tuple[Given, ...]:
    return tuple(
        Given(advice=advice, seen=seen) for advice, found in asked for seen in islice(found, _SHOWN_PER_RULE)
    )
