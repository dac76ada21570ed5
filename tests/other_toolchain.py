"""An image that differs from another in its C compiler alone: made of it in a container, named by digest."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from wheelproof.container import definition
from wheelproof.container.archive import LABEL
from wheelproof.container.engine import Engine
from wheelproof.container.pinned import PinnedImage
from wheelproof.core.shipped import shipped_folder

# The first name of all: of two images with one Python, the default is the later one.
_DEFINITION = "a-debian-trixie-gcc13"
OTHER_IMAGE = f"{_DEFINITION}-cc"
OTHER_COMPILER = "gcc-13"
# The image names no mirror, but dpkg's menu for apt has one that it offers.
_SCRIPT = f"""\
set -eu
mirror=$1
[ "$mirror" ] || mirror=$(grep -om1 'http://[^"]*/debian' /usr/lib/dpkg/methods/apt/setup)
echo "deb $mirror trixie main" > /etc/apt/sources.list
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -qy --no-install-recommends {OTHER_COMPILER}
for name in gcc x86_64-linux-gnu-gcc; do ln -sf "$name-13" "/usr/bin/$name"; done
rm -r /etc/apt/sources.list /var/lib/apt/lists/*
"""


@contextmanager
def other_toolchain(engine: Engine, base: PinnedImage, folder: Path) -> Iterator[str]:
    """The name of an image like ``base``, with another C compiler; it is gone behind the ``with``.

    Args:
        engine: where it is made.
        base: Debian 13 with its compilers.
        folder: where its definition is written, beside the shipped ones.
    """
    container = engine.client.containers.run(
        str(base.image_id), ["sleep", "infinity"], detach=True, init=True
    )
    try:
        argv = ["sh", "-c", _SCRIPT, "install", os.environ.get("WHEELPROOF_DEBIAN_MIRROR", "")]
        done = container.exec_run(argv)
        assert done.exit_code == 0, done.output
        label = json.dumps({"name": OTHER_IMAGE, "packages": [*base.packages, [OTHER_COMPILER, "13"]]})
        image = container.commit(conf={"Labels": {LABEL: label}})
    finally:
        container.remove(force=True)
    try:
        containers = folder / "containers"
        shutil.copytree(shipped_folder("containers"), containers)
        shipped = yaml.safe_load((containers / "images" / "debian-trixie-py3.13.yaml").read_text("utf-8"))
        digests = {engine.facts.architecture: image.id}
        made = {**shipped, "cc": {"packages": [OTHER_COMPILER], "digests": digests}}
        (containers / "images" / f"{_DEFINITION}.yaml").write_text(yaml.safe_dump(made), "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(definition, "shipped_folder", lambda _kind: containers)
            yield OTHER_IMAGE
    finally:
        image.remove(force=True)
