"""Having an image: found in the engine by its digest, else made from its definition or pulled by digest."""

from collections.abc import Callable

from wheelproof.container.definition import ImageDefinition, find_definition, load_definitions
from wheelproof.container.engine import Engine
from wheelproof.container.inspection import describe_pulled, find_image, inspect_image, inspect_made
from wheelproof.container.interpreter import WantedPython
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.records import ImageRecord, now, read_record, write_record
from wheelproof.container.reference import ImageReference, parse_reference
from wheelproof.container.registry import probe_python, pull_image
from wheelproof.container.settings import ImageSettings, read_settings
from wheelproof.core.errors import EngineError, UsageError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable

Progress = Callable[[str], None]


def ensure_image(
    engine: Engine,
    name: str,
    *,
    require_pinned: bool = False,
    settings: ImageSettings | None = None,
    wanted: WantedPython | None = None,
    on_progress: Progress = lambda _: None,
) -> PinnedImage:
    """Have an image in the engine: there already, or made or pulled now.

    Args:
        engine: where it is to be.
        name: a definition's name, or ``registry/name@sha256:…``.
        require_pinned: an image that is not the pinned one is an error.
        settings: where images come from; as the environment has it where None.
        wanted: which of a pulled image's interpreters it has to be; any of the usual names where None.
        on_progress: told what goes on, a line at a time.

    Raises:
        UsageError: there is no such image, or it is named by tag.
        EngineError: it can't be had, or it is not the pinned one and has to be.
        NotCheckedError: it was pulled, and has not the interpreter that is wanted.
    """
    settings = settings or read_settings()
    definition = find_definition(name)
    if definition is None:
        return _ensure_pulled(engine, parse_image_name(name), settings, wanted, on_progress)
    image = _ensure_made(engine, definition, settings, require_pinned=require_pinned, say=on_progress)
    if require_pinned and not image.pin.met:
        raise EngineError(
            f"{name} is not the pinned image: {image.pin.reason}",
            hint="Set WHEELPROOF_DEBIAN_SNAPSHOT to an archive of Debian's past states that can be reached, "
            "or do without --require-pinned.",
        )
    return image


def ensure_locked_image(
    engine: Engine,
    name: str,
    image_id: Digest,
    *,
    interpreter: str | None = None,
    offline: bool = False,
    on_progress: Progress = lambda _: None,
) -> PinnedImage:
    """Have the very image that a lock names.

    Args:
        engine: where it is to be.
        name: the definition or reference that the lock names.
        image_id: the id that the lock names.
        interpreter: the path that the lock names, asked where a registry's image is new to this machine.
        offline: nothing is made or pulled.
        on_progress: told what goes on, a line at a time.

    Raises:
        EngineError: it is not there, and can't be made or pulled again.
    """
    settings = read_settings(interpreter=interpreter, offline=offline)
    image = find_image(engine, name, image_id, settings) or ensure_image(
        engine, name, settings=settings, on_progress=on_progress
    )
    if image.image_id != image_id:
        raise EngineError(
            f"The lock needs {printable(name)} as {image_id}, and what can be had here is {image.image_id}: "
            f"{image.pin.reason}",
            hint="Load that image into the engine, or lock again.",
        )
    return image


def _ensure_made(
    engine: Engine,
    definition: ImageDefinition,
    settings: ImageSettings,
    *,
    require_pinned: bool,
    say: Progress,
) -> PinnedImage:
    def found() -> PinnedImage | None:
        image = inspect_made(engine, definition, settings)
        # What a mirror gave is made again where only the pinned image will do.
        return image if image is None or image.pin.met or not require_pinned else None

    image = found()
    if image is None:
        from wheelproof.container.making import one_at_a_time  # noqa: PLC0415 - most runs make none

        _refuse_offline(settings, definition.name)
        with one_at_a_time(settings.folder, f"{definition.name}-{engine.facts.architecture}", say):
            image = found() or _make(engine, definition, settings, say)
    return image


def _make(engine: Engine, definition: ImageDefinition, settings: ImageSettings, say: Progress) -> PinnedImage:
    from wheelproof.container.making import load_image, make_image, workshop  # noqa: PLC0415

    say(f"making {definition.name}")
    with workshop(engine, settings, say) as shop:
        made = make_image(shop, definition)
        load_image(shop, definition, made)
    image = find_image(engine, definition.name, made.composed.image_id, settings)
    if image is None:
        raise EngineError(
            f"The engine did not keep {definition.name} as {made.composed.image_id}",
            hint="Look at the engine's own log.",
        )
    return image


def _ensure_pulled(
    engine: Engine,
    reference: ImageReference,
    settings: ImageSettings,
    wanted: WantedPython | None,
    say: Progress,
) -> PinnedImage:
    image_id = pull_image(engine, reference, offline=settings.offline, on_progress=say)
    attributes = inspect_image(engine, image_id)
    if attributes is None:
        raise EngineError(f"The engine lost {reference} after pulling it", hint="Try again.")
    record = read_record(settings.folder, reference.digest)
    asked = settings.interpreter
    known = record is not None and record.image_id == str(image_id)
    if known and record and wanted and not asked:
        known = wanted.is_at(record.python, record.interpreter)
    if record is None or not known or asked not in {None, record.interpreter}:
        version, path = probe_python(engine, image_id, asked, wanted)
        record = ImageRecord(
            image_id=str(image_id),
            name=str(reference),
            fingerprint="",
            origin="registry",
            note="pulled by digest",
            python=version,
            interpreter=path,
            made_at=now(),
        )
        write_record(settings.folder, reference.digest, record)
    return describe_pulled(reference, attributes, record)


def _refuse_offline(settings: ImageSettings, name: str) -> None:
    if settings.offline:
        raise EngineError(
            f"The image {name} is not in the engine, and without a network it can't be had",
            hint=f"Run `wheelproof image build {name}` with a network first.",
        )


def check_image_name(name: str) -> None:
    """Refuse a name that no image can have; raises UsageError."""
    if find_definition(name) is None:
        parse_image_name(name)


def parse_image_name(name: str) -> ImageReference:
    """Read the name of an image that no definition has; raises UsageError for a tag, or what is no name."""
    if "/" not in name and "@" not in name and ":" not in name:
        raise UsageError(
            f"There is no image {printable(name)!r}",
            hint=f"There are {', '.join(load_definitions())}, each also with +PACKAGE,PACKAGE, and any "
            "registry/name@sha256:….",
        )
    return parse_reference(name)
