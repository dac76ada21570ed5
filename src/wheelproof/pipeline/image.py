"""The image of a rebuild: the publisher's where it can be had, else what is near, named and not taken."""

import re
from collections.abc import Iterable

from wheelproof.container.definition import ImageDefinition, find_definition, load_definitions
from wheelproof.container.image import ensure_image
from wheelproof.container.interpreter import WantedPython
from wheelproof.container.manylinux import known_pins
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.reference import parse_reference
from wheelproof.container.settings import read_settings
from wheelproof.core.errors import EngineError, NotCheckedError, UsageError
from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Candidate
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.platform import PlatformEvidence
from wheelproof.infer.publisher import UNKNOWN
from wheelproof.pipeline.session import Session
from wheelproof.rebuild.record import Phase
from wheelproof.wheel.platforms import parse_platforms

_GCC = re.compile(r"GCC ([0-9]+)")


def have_image(session: Session, candidate: Candidate, evidence: Evidence) -> PinnedImage:
    """Have the image that a candidate names.

    Args:
        session: the connections.
        candidate: the recipe, and where its values come from.
        evidence: of the published wheel.

    Raises:
        NotCheckedError: it is the publisher's and can't be had, or it can't build a wheel of these tags.
        EngineError: the engine failed, or an image that was asked for can't be had.
        UsageError: the image that was asked for is named by tag.
    """
    name, platform = candidate.recipe.image, evidence.platform
    choice = next(item for item in candidate.choices if item.field == "image")
    own = platform is None or find_definition(name) is not None
    if platform is not None and own:
        _refuse_musl(platform, name)
    inferred = choice.origin == "inferred" and not own
    if inferred:
        nearest = describe_nearest(candidate.recipe.python, evidence)
        _refuse_unpinned(name, choice.evidence, nearest)
        if evidence.publisher is None or name != evidence.publisher.image:
            _refuse_stranger(name, choice.evidence, nearest)
    engine = session.engine  # what fails here is no image's fault
    try:
        image = ensure_image(
            engine,
            name,
            require_pinned=session.settings.require_pinned,
            settings=read_settings(offline=session.settings.offline),
            wanted=wanted_python(platform, candidate.recipe.python) if platform else None,
            on_progress=lambda line: session.say(Phase.IMAGE, line),
        )
    except EngineError as error:
        if not inferred:
            raise
        raise NotCheckedError(
            f"The image that most likely built it can't be had: {error.message}",
            hint=describe_nearest(candidate.recipe.python, evidence),
        ) from error
    if platform is not None:
        _refuse_python(platform, image)
    return image


def wanted_python(platform: PlatformEvidence, python: str) -> WantedPython:
    """The interpreter that a wheel's tags ask for; the usual one of a version where they name none."""
    digits = f"cp{python.replace('.', '')}"
    named = [folder for folder in platform.interpreters if folder.startswith(f"{digits}-")]
    return WantedPython(version=python, folder=named[0] if named else f"{digits}-{digits}")


def nearest_image(python: str, platform: PlatformEvidence | None) -> ImageDefinition | None:
    """The image of wheelproof's own whose compiler is the closest to a wheel's, and that its tags allow.

    Args:
        python: the interpreter that the wheel asks for, ``X.Y``.
        platform: what it says of its toolchain.
    """
    if platform is None or _is_musl(platform) or any(name.endswith("t") for name in platform.interpreters):
        return None
    least = _number(python)
    fitting = [
        definition
        for definition in load_definitions().values()
        if definition.compiler
        and (
            definition.python == python
            or (
                platform.later_too
                and _number(definition.python)[0] == least[0]
                and _number(definition.python) > least
            )
        )
    ]
    wanted = max(_versions(platform.compilers), default=None)
    return min(
        fitting,
        key=lambda item: (
            0 if wanted is None else min(abs(found - wanted) for found in _versions([item.compiler])),
            _number(item.python),
            item.name,
        ),
        default=None,
    )


def describe_nearest(python: str, evidence: Evidence) -> str:
    """What to do where the publisher's image can't be had, in whole sentences; safe to show."""
    by_digest = "--image registry/name@sha256:… takes any image by its digest."
    platform = evidence.platform
    nearest = nearest_image(python, platform)
    if nearest is None:
        musl = platform is not None and _is_musl(platform)
        why = "has musl" if musl else f"has the Python {python} that it asks for"
        return f"No image of wheelproof's own {why}. {by_digest}"
    compilers = platform.compilers if platform else ()
    theirs = f", and not by {', '.join(compilers[:2])}" if compilers else ""
    rust = " It has no rustc, which the wheel's files name." if platform and platform.rustc else ""
    return (
        f"The nearest is {nearest.name}, which compiles by {nearest.compiler}{theirs}: "
        f"wheelproof check {printable(evidence.filename)} --image {nearest.name}.{rust} {by_digest}"
    )


def _refuse_unpinned(name: str, evidence: str, hint: str) -> None:
    if name == UNKNOWN:
        raise NotCheckedError(f"Which image built it is not known: {evidence}", hint=hint)
    try:
        parse_reference(name)
    except UsageError:
        raise NotCheckedError(
            f"It was most likely built in {printable(name)}, of which no digest is known, and a tag can move",
            hint=hint,
        ) from None


def _refuse_stranger(name: str, evidence: str, hint: str) -> None:
    """A source may name any image, and what that holds can end up in a wheel."""
    repository = parse_reference(name).repository
    if repository not in {pin.repository for pin in known_pins()}:
        raise NotCheckedError(
            f"{evidence}: it is built in {printable(name)}, which is none of manylinux' or musllinux' own",
            hint=f"Where you trust that image, name it with --image. {hint}",
        )


def _refuse_musl(platform: PlatformEvidence, name: str) -> None:
    if _is_musl(platform):
        raise NotCheckedError(
            f"It is for musl, and the image {name} is Debian's, with glibc",
            hint="Name a musllinux image by its digest: --image registry/name@sha256:…",
        )


def _refuse_python(platform: PlatformEvidence, image: PinnedImage) -> None:
    """An interpreter of another version would leave a wheel of other tags."""
    if not platform.interpreters or platform.later_too:
        return
    versions = [folder.partition("-")[0] for folder in platform.interpreters]
    if f"cp{image.python.replace('.', '')}" not in versions:
        raise NotCheckedError(
            f"It is for {', '.join(versions[:3])}, and the image {printable(image.name)} has "
            f"Python {image.python}",
            hint="Name an image that has it with --image; `wheelproof image list` shows wheelproof's own.",
        )


def _is_musl(platform: PlatformEvidence) -> bool:
    families = {policy.family for policy, _ in parse_platforms(platform.tag)}
    return families == {"musllinux"}


def _versions(compilers: Iterable[str]) -> list[int]:
    return [int(found[1]) for name in compilers if (found := _GCC.match(name))]


def _number(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split("."))
