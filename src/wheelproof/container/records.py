"""What is remembered about images that were made or pulled here: a small file an image, named by its id."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from wheelproof.container.pinned import Origin
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest


class ImageRecord(BaseModel):
    """How one image came to be; the image itself stands in the engine.

    Attributes:
        name: the definition's name, or ``registry/name@sha256:…``.
        fingerprint: of the definition that it was made from; empty for an image from a registry.
        origin: where its content came from.
        note: what else is to be said of how it was made.
        python: the interpreter's version.
        interpreter: the interpreter's path.
        made_at: when, RFC 3339.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fingerprint: str
    origin: Origin
    note: str
    python: str
    interpreter: str
    made_at: str


def now() -> str:
    """The time, as records hold it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_record(folder: Path, image_id: Digest, record: ImageRecord) -> None:
    """Remember an image; a reader never sees half a file.

    Raises:
        EngineError: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".record-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(record.model_dump_json(indent=2))
        Path(name).replace(folder / f"{image_id.hex}.json")
    except OSError as error:
        raise EngineError(
            f"What is known about an image can't be written to {folder}: {error.strerror}",
            hint="Make room there, or set WHEELPROOF_CACHE to another folder.",
        ) from error


def read_record(folder: Path, image_id: Digest) -> ImageRecord | None:
    """What is remembered about an image; None where nothing is, or the file is damaged."""
    try:
        return ImageRecord.model_validate_json((folder / f"{image_id.hex}.json").read_bytes())
    except (OSError, ValidationError):
        return None


def find_records(folder: Path, fingerprint: Digest) -> list[tuple[Digest, ImageRecord]]:
    """The images made here from one definition, the latest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            image_id = Digest.parse(path.stem)
        except ValueError:
            continue
        record = read_record(folder, image_id)
        if record and record.fingerprint == str(fingerprint):
            found.append((image_id, record))
    return sorted(found, key=lambda pair: (pair[1].made_at, pair[0]), reverse=True)
