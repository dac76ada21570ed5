"""mmdebstrap inside a Debian image in the engine, for machines that can't run it themselves."""

import io
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from wheelproof.container.debian import Bootstrap, read_stages
from wheelproof.container.engine import Engine, engine_errors
from wheelproof.container.registry import pull_image
from wheelproof.container.settings import ImageSettings
from wheelproof.core.errors import EngineError

_TIMEOUT_S = 3600
_LOG_BYTES = 65536
_LABEL = "wheelproof.builder"

# $1 is a mirror or empty, the rest is mmdebstrap's command.
_INSIDE = """\
set -eu
mirror=$1; shift
export TMPDIR=/work DEBIAN_FRONTEND=noninteractive
if ! command -v mmdebstrap >/dev/null; then
  if [ -n "$mirror" ]; then
    . /etc/os-release
    rm -rf /etc/apt/sources.list.d/*
    echo "deb $mirror $VERSION_CODENAME main" > /etc/apt/sources.list
  fi
  apt-get -q update
  apt-get -q install -y --no-install-recommends mmdebstrap
fi
exec "$@"
"""


def run_in_builder(
    engine: Engine,
    settings: ImageSettings,
    plan: Bootstrap,
    target: Path,
    on_progress: Callable[[str], None],
) -> str | None:
    """Run mmdebstrap in the builder image and take what it made out to ``target``.

    The plan's own target lies in a volume of the container: nothing of this machine is mounted, so that
    the engine may be on another one.

    Returns:
        The log's end where mmdebstrap failed, else None.

    Raises:
        EngineError: the builder image can't be had, or the engine failed.
    """
    try:
        image_id = pull_image(engine, settings.builder, offline=settings.offline, on_progress=on_progress)
    except EngineError as error:
        raise EngineError(
            error.message,
            hint="Install mmdebstrap on this machine, or set WHEELPROOF_BUILDER_IMAGE to a Debian image that "
            "the engine can pull, as registry/name@sha256:….",
        ) from error
    with engine_errors("run mmdebstrap in a container"):
        container = engine.client.containers.create(
            str(image_id),
            entrypoint=["/bin/sh", "-c", _INSIDE, "builder"],
            command=[settings.mirror or "", *plan.argv],
            environment=dict(plan.environment),
            labels={_LABEL: "1"},
            volumes=[str(Path(plan.target).parent)],
            # mmdebstrap mounts /proc and /sys in the tree that it makes; a rootless engine grants no less.
            cap_add=["SYS_ADMIN"],
            security_opt=["apparmor=unconfined", "seccomp=unconfined"],
        )
        try:
            container.start()
            log = _follow(container, on_progress)
            if int(container.wait(timeout=_TIMEOUT_S)["StatusCode"]) != 0:
                return log
            _take_out(container, plan.target, target)
        finally:
            container.remove(force=True, v=True)
    return None


def _follow(container: Any, on_progress: Callable[[str], None]) -> str:
    report = read_stages(on_progress)
    kept = bytearray()
    for chunk in container.logs(stream=True, follow=True):
        report(chunk)
        kept += chunk
        del kept[:-_LOG_BYTES]
    return kept.decode("utf-8", "replace")


def _take_out(container: Any, path: str, target: Path) -> None:
    chunks, _ = container.get_archive(path)
    with tarfile.open(fileobj=io.BufferedReader(_Chunks(iter(chunks))), mode="r|") as tar:
        for member in tar:
            stream = tar.extractfile(member)
            if stream is not None:
                with target.open("wb") as file:
                    shutil.copyfileobj(stream, file, 1 << 20)
                return
    raise EngineError("The engine gave no root file system", hint="Try again.")


class _Chunks(io.RawIOBase):
    """Pieces from the engine, read as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
