"""What is remembered about images that were made or pulled here: a small file each, beside the engine."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from wheelproof.container.pinned import Origin
from wheelproof.core.errors import EngineError
from wheelproof.core.identity import Digest


class ImageRecord(BaseModel):
    """How one image came to be.

    Attributes:
        image_id: the image.
        name: the definition's name, or ``registry/name@sha256:…``.
        fingerprint: of the definition that it was made from; empty for an image from a registry.
        origin: where its content came from.
        note: what else is to be said of how it was made.
        python: the interpreter's version.
        interpreter: the interpreter's path.
        made_at: when, RFC 3339.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
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


def write_record(folder: Path, key: Digest, record: ImageRecord) -> None:
    """Remember an image; a reader never sees half a file.

    Args:
        folder: of the records.
        key: the image's id where it was made here, the manifest's digest where it was pulled.
        record: what is to be remembered.

    Raises:
        EngineError: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=".record-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(record.model_dump_json(indent=2))
        Path(name).replace(folder / f"{key.hex}.json")
    except OSError as error:
        raise EngineError(
            f"What is known about an image can't be written to {folder}: {error.strerror}",
            hint="Make room there, or set WHEELPROOF_CACHE to another folder.",
        ) from error


def read_record(folder: Path, key: Digest) -> ImageRecord | None:
    """What is remembered under a key; None where nothing is, or the file is damaged."""
    try:
        return ImageRecord.model_validate_json((folder / f"{key.hex}.json").read_bytes())
    except (OSError, ValidationError):
        return None


def find_records(folder: Path, fingerprint: Digest) -> list[ImageRecord]:
    """The images made here from one definition, the latest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            record = read_record(folder, Digest.parse(path.stem))
        except ValueError:
            continue
        if record and record.fingerprint == str(fingerprint):
            found.append(record)
    return sorted(found, key=lambda record: (record.made_at, record.image_id), reverse=True)
