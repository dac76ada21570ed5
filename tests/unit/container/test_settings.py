from pathlib import Path

import pytest

from wheelproof.container.definition import load_sources
from wheelproof.container.settings import read_settings
from wheelproof.core.errors import UsageError

BUILDER = "registry.example/debian@sha256:" + "0f" * 32


def test_without_variables_the_shipped_sources_and_mmdebstraps_mirror_serve() -> None:
    settings = read_settings({})

    assert settings.snapshot == load_sources().snapshot
    assert settings.mirror is None
    assert str(settings.builder) == load_sources().builder
    assert not settings.always_in_builder
    assert settings.folder.name == "images"


def test_variables_say_where_images_come_from() -> None:
    settings = read_settings(
        {
            "WHEELPROOF_DEBIAN_SNAPSHOT": "off",
            "WHEELPROOF_DEBIAN_MIRROR": "http://mirror.example/debian",
            "WHEELPROOF_BUILDER_IMAGE": BUILDER,
            "WHEELPROOF_CACHE": "/somewhere",
        },
        offline=True,
    )

    assert settings.snapshot is None
    assert settings.mirror == "http://mirror.example/debian"
    assert str(settings.builder) == BUILDER
    assert settings.always_in_builder
    assert settings.folder == Path("/somewhere/images")
    assert settings.offline


@pytest.mark.parametrize(
    "address", ["mirror.example", "ftp://a/b", "http://", "http://a b", "http://a\n--x", "-x"]
)
@pytest.mark.parametrize("name", ["WHEELPROOF_DEBIAN_MIRROR", "WHEELPROOF_DEBIAN_SNAPSHOT"])
def test_what_is_no_address_is_refused(name: str, address: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        read_settings({name: address})


def test_a_builder_by_tag_is_refused() -> None:
    with pytest.raises(UsageError, match="tag"):
        read_settings({"WHEELPROOF_BUILDER_IMAGE": "debian:trixie"})
