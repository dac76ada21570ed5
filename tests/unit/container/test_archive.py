import json
import tarfile
from pathlib import Path

from wheelproof.container.archive import LABEL, compose_image, write_archive
from wheelproof.container.definition import ImageDefinition
from wheelproof.core.identity import Digest

DEFINITION = ImageDefinition(
    name="debian-test",
    suite="bookworm",
    snapshot="20260712T000000Z",
    python="3.11",
    interpreter="/usr/bin/python3.11",
    packages=("python3",),
    digests={},
)
PACKAGES = (("apt", "2.6.1"), ("python3", "3.11.2-1+b1"))


def test_the_same_layer_gives_the_same_id_for_ever(tmp_path: Path) -> None:
    layer = tmp_path / "layer.tar"
    layer.write_bytes(b"layer")
    image = compose_image(DEFINITION, architecture="amd64", layer=layer, packages=PACKAGES)

    assert image.diff_id == Digest.of_bytes(b"layer")
    # Pins in containers/images are such ids: a change here calls for measuring them all again.
    assert str(image.image_id) == "sha256:defcc4eec4f539fedb9ed2aee1c0bff2ec8b9f6cdeaded6f84c5f825611c4ce1"
    assert image.tag == f"wheelproof/debian-test:{image.image_id.hex[:12]}"


def test_the_configuration_names_layer_packages_and_snapshot(tmp_path: Path) -> None:
    layer = tmp_path / "layer.tar"
    layer.write_bytes(b"layer")
    image = compose_image(DEFINITION, architecture="arm64", layer=layer, packages=PACKAGES)
    config = json.loads(image.config)

    assert config["rootfs"]["diff_ids"] == [str(Digest.of_bytes(b"layer"))]
    assert config["architecture"] == "arm64"
    assert config["created"] == "2026-07-12T00:00:00Z"
    assert json.loads(config["config"]["Labels"][LABEL]) == {
        "name": "debian-test",
        "packages": [["apt", "2.6.1"], ["python3", "3.11.2-1+b1"]],
        "snapshot": "20260712T000000Z",
    }


def test_the_archive_holds_what_an_engine_loads(tmp_path: Path) -> None:
    layer = tmp_path / "some-layer.tar"
    layer.write_bytes(b"layer")
    image = compose_image(DEFINITION, architecture="amd64", layer=layer, packages=PACKAGES)
    write_archive(image, tmp_path / "image.tar")

    with tarfile.open(tmp_path / "image.tar") as tar:
        held = {member.name: file.read() for member in tar if (file := tar.extractfile(member))}
    (entry,) = json.loads(held["manifest.json"])
    assert held[entry["Config"]] == image.config
    assert [held[name] for name in entry["Layers"]] == [b"layer"]
    assert entry["RepoTags"] == [image.tag]
