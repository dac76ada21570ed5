"""A registry on loopback, which the engine takes without TLS, and images in it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import docker.errors
import pytest

from wheelproof.container.engine import Engine
from wheelproof.core.identity import Digest


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A registry that keeps its images in a folder; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    program = shutil.which("docker-registry")
    assert program, "apt-get install docker-registry (make test does)"
    settings = folder / "registry.yml"
    settings.write_text(
        f"version: 0.1\nhttp: {{addr: '{address}'}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", settings], stdout=log, stderr=log)
    try:
        _wait_until_it_listens(address)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.contextmanager
def pushed_image(engine: Engine, image_id: Digest, repository: str) -> Iterator[str]:
    """An image in the registry, by digest, and under that name no longer in the engine."""
    engine.client.images.get(str(image_id)).tag(repository, "pushed")
    lines = list(engine.client.images.push(repository, tag="pushed", stream=True, decode=True))
    (digest,) = [line["aux"]["Digest"] for line in lines if "aux" in line]
    # A digest that the engine knows for an image of its own would make a pull needless.
    _forget(engine, f"{repository}:pushed", f"{repository}@{digest}")
    try:
        yield f"{repository}@{digest}"
    finally:
        _forget(engine, f"{repository}@{digest}")


def _forget(engine: Engine, *names: str) -> None:
    for name in names:
        with contextlib.suppress(docker.errors.ImageNotFound):
            engine.client.images.remove(name)


def _wait_until_it_listens(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.1)
    pytest.fail(f"the registry does not listen at {address}, pid {os.getpid()}")
