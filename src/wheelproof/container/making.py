"""Making an image from its definition, once at a time, and handing it to the engine."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from wheelproof.container.archive import ComposedImage, compose_image, write_archive
from wheelproof.container.bootstrap import Workshop, is_reachable
from wheelproof.container.debian import snapshot_mirror
from wheelproof.container.definition import ImageDefinition
from wheelproof.container.engine import Engine, engine_errors
from wheelproof.container.layer import write_layer
from wheelproof.container.pinned import Origin
from wheelproof.container.records import ImageRecord, now, write_record
from wheelproof.container.settings import ImageSettings
from wheelproof.core.errors import EngineError

_LOCK_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeImage:
    """An image as it was made.

    Attributes:
        composed: the image.
        origin: what its packages came from.
        note: what made it.
    """

    composed: ComposedImage
    origin: Origin
    note: str


@contextlib.contextmanager
def workshop(
    engine: Engine, settings: ImageSettings, on_progress: Callable[[str], None]
) -> Iterator[Workshop]:
    """Open a workshop in a temporary folder, which goes away with what is in it."""
    with tempfile.TemporaryDirectory(prefix="wheelproof-image-", ignore_cleanup_errors=True) as folder:
        yield Workshop(engine=engine, settings=settings, work=Path(folder), on_progress=on_progress)


def make_image(shop: Workshop, definition: ImageDefinition) -> MadeImage:
    """Make an image, from its snapshot where that can be reached, else from the mirror.

    The engine does not get it yet, and it lasts as long as the workshop.

    Raises:
        EngineError: it can't be made.
    """
    rootfs, origin, note = _make_rootfs(shop, definition)
    layer = shop.work / "layer.tar"
    packages = write_layer(rootfs, layer, epoch_s=definition.epoch_s)
    rootfs.unlink()
    composed = compose_image(
        definition,
        architecture=shop.engine.facts.architecture,
        layer=layer,
        packages=packages,
    )
    return MadeImage(composed=composed, origin=origin, note=note)


def _make_rootfs(shop: Workshop, definition: ImageDefinition) -> tuple[Path, Origin, str]:
    archive = shop.settings.snapshot
    if archive is None:
        shop.on_progress("the current mirror serves, as asked for")
    elif not is_reachable(archive):
        shop.on_progress("the snapshot archive can't be reached: the current mirror serves")
    else:
        try:
            return _from(shop, definition, "snapshot", snapshot_mirror(archive, definition))
        except EngineError as error:
            shop.on_progress(f"the snapshot failed, and the current mirror serves: {error.message}")
    return _from(shop, definition, "mirror", shop.settings.mirror)


def _from(
    shop: Workshop, definition: ImageDefinition, origin: Origin, mirror: str | None
) -> tuple[Path, Origin, str]:
    rootfs, note = shop.make_rootfs(definition, mirror)
    return rootfs, origin, note


def load_image(shop: Workshop, definition: ImageDefinition, made: MadeImage) -> None:
    """Hand an image to the engine, and remember how it was made.

    Raises:
        EngineError: the engine does not take it, or the note can't be written.
    """
    shop.on_progress("loading it into the engine")
    archive = shop.work / "image.tar"
    write_archive(made.composed, archive)
    with engine_errors("load an image"), archive.open("rb") as stream:
        shop.engine.client.images.load(stream)
    record = ImageRecord(
        image_id=str(made.composed.image_id),
        name=definition.name,
        fingerprint=str(definition.fingerprint(shop.engine.facts.architecture)),
        origin=made.origin,
        note=made.note,
        python=definition.python,
        interpreter=definition.interpreter,
        made_at=now(),
    )
    write_record(shop.settings.folder, made.composed.image_id, record)


@contextlib.contextmanager
def one_at_a_time(folder: Path, name: str, on_progress: Callable[[str], None]) -> Iterator[None]:
    """Hold the right to make one image, across processes.

    Raises:
        EngineError: the folder can't be written, or another process holds it for an hour.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            on_progress(f"waiting for another process that makes {name}")
            lock.acquire(timeout=_LOCK_S)
    except (OSError, filelock.Timeout) as error:
        raise EngineError(
            f"The lock on {name} in {folder} can't be had: {error}",
            hint="Set WHEELPROOF_CACHE to a folder that you may write to.",
        ) from error
    try:
        yield
    finally:
        lock.release()
