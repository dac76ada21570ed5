"""What a source is built with, and which variations can be varied: settled before anything is built."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from wheelproof.advise.project import read_archive
from wheelproof.container.image import ensure_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.settings import read_settings
from wheelproof.core.errors import FetchError, NotCheckedError, UsageError
from wheelproof.core.untrusted import printable
from wheelproof.infer.rules import INTERPRETERS
from wheelproof.pipeline.lock import fetch_files
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.clock import ARCHITECTURE, CLOCK
from wheelproof.rebuild.record import Phase
from wheelproof.recipe.lock import LockedChoice
from wheelproof.recipe.schema import Recipe
from wheelproof.vary.source import VariedSource
from wheelproof.vary.variation import BY_ID

# A zip can't tell an earlier time (1980-01-01).
_EARLIEST = 315_532_800


@dataclass(frozen=True, slots=True, kw_only=True)
class VaryOptions:
    """What a user may say.

    Attributes:
        variations: the ids of those that are varied; all where there are none.
        excepted: the ids of those that are not.
        repeat: how often at least nothing is varied again.
        source_date_epoch: it is set, to the newest of the source's times.
        python: the interpreter's version, ``X.Y``; None for the newest that the source allows.
        as_of: the instant whose state of the index counts; None for now.
        config_settings: what the backend's hooks are given (PEP 517).
    """

    variations: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    repeat: int = 0
    source_date_epoch: bool = True
    python: str | None = None
    as_of: datetime | None = None
    config_settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What every build of a run has in common.

    Attributes:
        source: what is built.
        recipe: how, where nothing is varied.
        choices: where each value of the recipe comes from.
        image: what in.
        as_of: the instant whose state of the index counts.
    """

    source: VariedSource
    recipe: Recipe
    choices: tuple[LockedChoice, ...]
    image: PinnedImage
    as_of: datetime


def chosen_variations(options: VaryOptions) -> tuple[str, ...]:
    """The ids of the variations that are asked for, in their order.

    Raises:
        UsageError: there is none of that id, or none is left.
    """
    for name in (*options.variations, *options.excepted):
        if name not in BY_ID:
            raise UsageError(
                f"There is no variation {printable(name)!r}", hint=f"There are {', '.join(BY_ID)}."
            )
    wanted = options.variations or tuple(BY_ID)
    chosen = tuple(name for name in BY_ID if name in wanted and name not in options.excepted)
    if not chosen:
        raise UsageError("No variation is left", hint="Leave out --except, or name others.")
    return chosen


def settle(session: Session, source: VariedSource, options: VaryOptions) -> Settled:
    """Choose how and in what a source is built, and have the image.

    Raises:
        UsageError: there is no such image.
        NotCheckedError: no image has the interpreter.
        MalformedError: the source breaks its format.
        EngineError: the engine failed, or the image can't be had.
    """
    name, python = _image_name(session, source, options)
    session.say(Phase.IMAGE, name)
    image = ensure_image(
        session.engine,
        name,
        require_pinned=session.settings.require_pinned,
        settings=read_settings(offline=session.settings.offline),
        on_progress=lambda line: session.say(Phase.IMAGE, line),
    )
    if options.python is not None and image.python != options.python:
        raise UsageError(
            f"{name} has Python {image.python}, not {options.python}", hint="Leave out --python or --image."
        )
    stamp = max(source.sdist.newest_mtime or 0, _EARLIEST) if options.source_date_epoch else None
    legacy = image.python.startswith("2.")
    choices = (
        python,
        _choice(
            "source-date-epoch",
            "unset" if stamp is None else str(stamp),
            "Asked for by --no-source-date-epoch" if stamp is None else "The newest of the source's times",
        ),
    )
    return Settled(
        source=source,
        recipe=Recipe(
            python=image.python,
            image=image.name,
            frontend="setup.py" if legacy else "pep517",
            source_date_epoch=stamp,
            environment=source.environment,
            config_settings=options.config_settings,
        ),
        choices=choices,
        image=image,
        as_of=(options.as_of or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0),
    )


def refused_variations(session: Session, chosen: Sequence[str], image: PinnedImage) -> dict[str, str]:
    """Why some of the variations can't be varied here; what holds the clock is fetched."""
    return dict(_refused(session, chosen, image))


def _refused(session: Session, chosen: Sequence[str], image: PinnedImage) -> Iterator[tuple[str, str]]:
    legacy = image.python.startswith("2.")
    if "processors" in chosen:
        if legacy:
            yield "processors", "Python 2.7 can't leave processors to others"
        elif session.engine.facts.processors < 2:
            yield "processors", "the engine's host has one processor"
    if "time" in chosen:
        if session.engine.facts.architecture != ARCHITECTURE:
            yield "time", f"what holds the clock is for {ARCHITECTURE} alone"
            return
        try:
            fetch_files(session, (CLOCK,))
        except FetchError as error:
            yield "time", f"what holds the clock can't be had: {error.message}"


def _image_name(session: Session, source: VariedSource, options: VaryOptions) -> tuple[str, LockedChoice]:
    """The image, and why it is this one."""
    if session.settings.image is not None:
        return session.settings.image, _choice("image", session.settings.image, "Asked for by --image")
    images = session.default_images()
    compilers = read_archive(source.path).is_compiled
    python, why = options.python, "Asked for by --python"
    if python is None:
        python, why = _newest_python(source), "The newest default image whose interpreter the source allows"
    name = images.get((python, compilers))
    if name is None:
        raise NotCheckedError(
            f"No image has Python {python}", hint="`wheelproof image list` shows what there is."
        )
    more = "; there is source to be compiled" if compilers else ""
    return name, _choice("image", name, f"{why}{more}")


def _newest_python(source: VariedSource) -> str:
    versions = [version for version, _ in INTERPRETERS]
    try:
        allowed = SpecifierSet(source.requires_python)
    except InvalidSpecifier:
        return versions[-1]
    found = [version for version in versions if allowed.contains(f"{version}.9")]
    if not found:
        raise NotCheckedError(
            f"No default image has a Python that the source allows: "
            f"{printable(source.requires_python, limit=80)}",
            hint="Name an image with --image, or an interpreter with --python.",
        )
    return found[-1]


def _choice(name: str, value: str, evidence: str) -> LockedChoice:
    return LockedChoice(field=name, value=value, origin="default", evidence=evidence)
