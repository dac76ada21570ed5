"""What the engine has, told as pinned images: from the image, its definition and what is remembered of it."""

import json
from collections.abc import Iterator
from typing import Any

import docker.errors

from wheelproof.container.archive import LABEL
from wheelproof.container.definition import ImageDefinition, find_definition
from wheelproof.container.engine import Engine, engine_errors
from wheelproof.container.pinned import Origin, Pin, PinnedImage
from wheelproof.container.records import ImageRecord, find_records, read_record
from wheelproof.container.reference import ImageReference, parse_reference
from wheelproof.container.settings import ImageSettings
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest

# What "env" is handed as arguments is bounded by the kernel.
_VARIABLES_CHARS = 32_768


def find_image(engine: Engine, name: str, image_id: Digest, settings: ImageSettings) -> PinnedImage | None:
    """An image that the engine has, by its id; None where it has none, or none of that name.

    Args:
        engine: where it is looked for.
        name: a definition's name, or ``registry/name@sha256:…``.
        image_id: its id.
        settings: where what is remembered lies.

    Raises:
        UsageError: the name is neither.
        EngineError: the engine failed.
    """
    attributes = inspect_image(engine, image_id)
    if attributes is None:
        return None
    definition = find_definition(name)
    if definition is not None:
        if _label(attributes).get("name") != definition.name:
            return None
        return describe_made(engine, definition, attributes, read_record(settings.folder, image_id))
    reference = parse_reference(name)
    record = read_record(settings.folder, reference.digest)
    if record is None or record.image_id != str(image_id):
        return None
    return describe_pulled(reference, attributes, record)


def inspect_made(engine: Engine, definition: ImageDefinition, settings: ImageSettings) -> PinnedImage | None:
    """The image of a definition that the engine has: the pinned one, else the latest made here.

    Raises:
        EngineError: the engine failed.
    """
    architecture = engine.facts.architecture
    expected = definition.digests.get(architecture)
    records = find_records(settings.folder, definition.fingerprint(architecture))
    known = {Digest.parse(record.image_id): record for record in records}
    for image_id in (*([expected] if expected else []), *known):
        attributes = inspect_image(engine, image_id)
        if attributes is not None:
            return describe_made(engine, definition, attributes, known.get(image_id))
    return None


def inspect_image(engine: Engine, image_id: Digest) -> dict[str, Any] | None:
    """What the engine says about an image; None where it has none of that id."""
    with engine_errors("inspect an image"):
        try:
            attributes: dict[str, Any] = engine.client.images.get(str(image_id)).attrs
        except docker.errors.ImageNotFound:
            return None
    return attributes


def describe_made(
    engine: Engine, definition: ImageDefinition, attributes: dict[str, Any], record: ImageRecord | None
) -> PinnedImage:
    """Tell an image that was made from a definition, from what the engine and its record say."""
    image_id = Digest.parse(str(attributes["Id"]))
    expected = definition.digests.get(engine.facts.architecture)
    origin: Origin = record.origin if record else "engine"
    return PinnedImage(
        name=definition.name,
        image_id=image_id,
        rootfs=_layers(attributes),
        architecture=str(attributes.get("Architecture", "")),
        python=definition.python,
        interpreter=definition.interpreter,
        packages=tuple((str(name), str(version)) for name, version in _label(attributes).get("packages", ())),
        pin=Pin(
            met=image_id == expected,
            expected=expected,
            origin=origin,
            snapshot=definition.snapshot,
            reason=explain_pin(definition, image_id, expected, origin),
        ),
    )


def explain_pin(
    definition: ImageDefinition, image_id: Digest, expected: Digest | None, origin: Origin
) -> str:
    """Say in one sentence why the pin of an image made from a definition is met, or is not."""
    if "+" in definition.name:
        return "no digest is known for it, with packages beside those of its definition"
    if expected is None:
        return "no digest is known for this architecture"
    pinned = f"pinned for Debian {definition.suite} as of {definition.snapshot}"
    if image_id == expected:
        return f"it has the digest that is {pinned}"
    match origin:
        case "mirror":
            return f"it was made from a current mirror, and is not what is {pinned}"
        case "snapshot":
            return f"it was made from the snapshot, and yet is not what is {pinned}"
        case _:
            return f"it is not what is {pinned}, and nothing says what it was made from"


def describe_pulled(
    reference: ImageReference, attributes: dict[str, Any], record: ImageRecord
) -> PinnedImage:
    """Tell an image that was pulled by its digest, from what the engine and its record say."""
    return PinnedImage(
        name=str(reference),
        image_id=Digest.parse(str(attributes["Id"])),
        rootfs=_layers(attributes),
        architecture=str(attributes.get("Architecture", "")),
        python=record.python,
        interpreter=record.interpreter,
        packages=(),
        pin=Pin(
            met=True,
            expected=reference.digest,
            origin="registry",
            snapshot=None,
            reason="it was pulled by its digest",
        ),
        variables=tuple(_variables(attributes)),
    )


def _variables(attributes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The environment of an image's configuration; raises EngineError where it is more than any needs."""
    texts = [str(text) for text in (attributes.get("Config") or {}).get("Env") or ()]
    if sum(map(len, texts)) > _VARIABLES_CHARS:
        raise EngineError(
            f"The image sets variables of more than {_VARIABLES_CHARS} characters",
            hint="Take an image that sets fewer.",
        )
    for name, separator, value in (text.partition("=") for text in texts):
        if name and separator and "\0" not in name + value:
            yield name, value


def _layers(attributes: dict[str, Any]) -> tuple[Digest, ...]:
    return tuple(Digest.parse(str(layer)) for layer in (attributes.get("RootFS") or {}).get("Layers") or ())


def _label(attributes: dict[str, Any]) -> dict[str, Any]:
    text = ((attributes.get("Config") or {}).get("Labels") or {}).get(LABEL)
    try:
        label = json.loads(text) if text else {}
    except ValueError:
        return {}
    return label if isinstance(label, dict) else {}
