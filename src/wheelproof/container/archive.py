"""An image's own files: its configuration, whose digest is its id, and the archive that an engine loads."""

import io
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wheelproof.container.definition import ImageDefinition
from wheelproof.core.identity import Digest

LABEL = "wheelproof.image"
REPOSITORY = "wheelproof"
# What can't stand in a repository's name; the tag tells images of one such name apart.
_UNFIT = re.compile(r"[^a-z0-9.-]+")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedImage:
    """An image, whole but not yet in an engine.

    Attributes:
        config: the configuration's bytes; their digest is the image's id.
        layer: the root file system's tar.
        diff_id: that tar's digest.
        tag: what the image is called in the engine, for people to read; nothing is created from it.
        packages: what is installed in it.
    """

    config: bytes
    layer: Path
    diff_id: Digest
    tag: str
    packages: tuple[tuple[str, str], ...]

    @property
    def image_id(self) -> Digest:
        """The digest of the configuration."""
        return Digest.of_bytes(self.config)


def compose_image(
    definition: ImageDefinition, *, architecture: str, layer: Path, packages: tuple[tuple[str, str], ...]
) -> ComposedImage:
    """Put an image together; the same layer gives the same image id, on any machine and at any time."""
    diff_id = Digest.of_file(layer)
    config = render_config(definition, architecture=architecture, diff_id=diff_id, packages=packages)
    return ComposedImage(
        config=config,
        layer=layer,
        diff_id=diff_id,
        tag=f"{REPOSITORY}/{_UNFIT.sub('-', definition.name).strip('-')}:{Digest.of_bytes(config).hex[:12]}",
        packages=packages,
    )


def render_config(
    definition: ImageDefinition,
    *,
    architecture: str,
    diff_id: Digest,
    packages: tuple[tuple[str, str], ...],
) -> bytes:
    """Write an image configuration (OCI image specification, ``config.md``); nothing in it varies."""
    label = {
        "name": definition.name,
        "packages": [list(package) for package in packages],
        "snapshot": definition.snapshot,
    }
    config: dict[str, Any] = {
        "architecture": architecture,
        "config": {
            "Cmd": ["/bin/sh"],
            "Env": [f"PATH={_PATH}"],
            "Labels": {LABEL: json.dumps(label, sort_keys=True, separators=(",", ":"))},
        },
        "created": definition.created,
        "history": [{"created": definition.created, "created_by": "mmdebstrap"}],
        "os": "linux",
        "rootfs": {"diff_ids": [str(diff_id)], "type": "layers"},
    }
    return json.dumps(config, sort_keys=True, separators=(",", ":")).encode()


def write_archive(image: ComposedImage, path: Path) -> None:
    """Write what ``docker load`` and ``podman load`` read (the ``docker-archive`` format)."""
    config_name = f"{image.image_id.hex}.json"
    manifest = [{"Config": config_name, "RepoTags": [image.tag], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as tar:
        tar.add(image.layer, "layer.tar", filter=_plain)
        for name, data in ((config_name, image.config), ("manifest.json", json.dumps(manifest).encode())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member
