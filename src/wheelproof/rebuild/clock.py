"""A clock that stands still where a build asks for the time, at the same moment in each build.

It is libfaketime, which programs load before the C library: from a wheel on the index, pinned here. Its
library is for x86-64 alone. Programs that are linked statically, and the times of files, keep the true clock.
"""

import zipfile
from pathlib import Path

from wheelproof.container.inputs import SandboxInput
from wheelproof.recipe.lock import LockedFile

CLOCK = LockedFile(
    filename="libfaketime-3.0.1-py3-none-any.whl",
    sha256="5eed7c17f3d4ba0f6f828de4975f69a622b06b1e792674e6c1b069c0689fab79",
    size_bytes=92987,
)
ARCHITECTURE = "amd64"
_LIBRARY = "libfaketime/vendor/libfaketime/src/libfaketime.so.1"


def clock_files(wheel: Path, moment: int) -> tuple[SandboxInput, ...]:
    """What lies below the input folder for a build whose clock stands still.

    Args:
        wheel: the file that ``CLOCK`` is.
        moment: the time that it shows, in seconds since 1970.
    """
    with zipfile.ZipFile(wheel) as archive:
        library = archive.read(_LIBRARY)
    return (
        SandboxInput(path="clock/libfaketime.so.1", content=library),
        SandboxInput(path="clock/now", content=f"{moment}\n".encode()),
    )
