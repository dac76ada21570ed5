"""Making an image again from nothing, to see whether it comes out the same."""

from collections.abc import Callable
from dataclasses import dataclass

from wheelproof.container.definition import ImageDefinition
from wheelproof.container.engine import Engine
from wheelproof.container.inspection import inspect_made
from wheelproof.container.making import make_image, workshop
from wheelproof.container.pinned import Origin
from wheelproof.container.settings import ImageSettings
from wheelproof.core.identity import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """An image made again, beside what it should be.

    Attributes:
        name: the definition's name.
        made: the id of the image made now; the engine did not get it.
        rootfs: the digest of its one layer.
        packages: what is installed in it.
        expected: the pinned id, or None where none is known for the engine's architecture.
        in_engine: the id of the definition's image in the engine, or None where it has none.
        origin: what it was made from now.
        note: what made it.
    """

    name: str
    made: Digest
    rootfs: Digest
    packages: tuple[tuple[str, str], ...]
    expected: Digest | None
    in_engine: Digest | None
    origin: Origin
    note: str

    @property
    def same(self) -> bool:
        """It is the pinned image, and the engine's; a comparison with nothing at all is no match."""
        others = {self.expected, self.in_engine} - {None}
        return others == {self.made}


def verify_image(
    engine: Engine,
    definition: ImageDefinition,
    settings: ImageSettings,
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Verification:
    """Make an image again and compare its digest with the pin and with the engine's image.

    Raises:
        EngineError: it can't be made, or the engine failed.
    """
    present = inspect_made(engine, definition, settings)
    with workshop(engine, settings, on_progress) as shop:
        again = make_image(shop, definition)
    return Verification(
        name=definition.name,
        made=again.composed.image_id,
        rootfs=again.composed.diff_id,
        packages=again.composed.packages,
        expected=definition.digests.get(engine.facts.architecture),
        in_engine=present.image_id if present else None,
        origin=again.origin,
        note=again.note,
    )
