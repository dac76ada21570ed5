"""The files that a sandbox may read, as the engine takes them."""

import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxInput:
    """A file that the sandbox may read: its path below the input folder, and a file or bytes."""

    path: str
    content: Path | bytes


def write_inputs(stream: IO[bytes], inputs: Sequence[SandboxInput]) -> None:
    """Write a tar of the inputs: owned by root, readable by all, with no time of its own."""
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in sorted({str(Path(item.path).parent) for item in inputs} - {"."}):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
        for item in inputs:
            info = tarfile.TarInfo(item.path)
            info.mode = 0o644
            if isinstance(item.content, bytes):
                info.size = len(item.content)
                archive.addfile(info, io.BytesIO(item.content))
            else:
                info.size = item.content.stat().st_size
                with item.content.open("rb") as source:
                    archive.addfile(info, source)
