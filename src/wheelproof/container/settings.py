"""Where images come from on this machine: what variables say, else ``containers/sources.yaml``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wheelproof.container.definition import load_sources
from wheelproof.container.reference import ImageReference, parse_reference
from wheelproof.core.errors import UsageError
from wheelproof.core.places import cache_root
from wheelproof.core.untrusted import printable

_OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """Where packages come from, and what runs mmdebstrap.

    Attributes:
        snapshot: address of the archive of Debian's past states, or None where it is not to be tried.
        mirror: address of a current mirror; mmdebstrap's own default where None.
        builder: image that mmdebstrap runs in where it can't run on this machine.
        always_in_builder: run it there even where this machine could.
        folder: what is remembered about images.
        interpreter: its path in an image from a registry; the usual names are tried where None.
        offline: only what the engine has already.
    """

    snapshot: str | None
    mirror: str | None
    builder: ImageReference
    always_in_builder: bool
    folder: Path
    interpreter: str | None = None
    offline: bool = False


def read_settings(
    environment: Mapping[str, str] = os.environ, *, interpreter: str | None = None, offline: bool = False
) -> ImageSettings:
    """Settle where images come from.

    Args:
        environment: ``WHEELPROOF_DEBIAN_SNAPSHOT`` (an address, or ``off``), ``WHEELPROOF_DEBIAN_MIRROR``
            (an address), ``WHEELPROOF_BUILDER_IMAGE`` (``registry/name@sha256:…``) and
            ``WHEELPROOF_CACHE`` (a folder) are read from it.
        interpreter: path of the interpreter in an image from a registry.
        offline: nothing is made or pulled.

    Raises:
        UsageError: an address or the image's name is malformed.
        RecipeError: ``containers/sources.yaml`` is broken.
    """
    sources = load_sources()
    snapshot = environment.get("WHEELPROOF_DEBIAN_SNAPSHOT") or sources.snapshot
    mirror = environment.get("WHEELPROOF_DEBIAN_MIRROR")
    builder = environment.get("WHEELPROOF_BUILDER_IMAGE")
    return ImageSettings(
        snapshot=None if snapshot == _OFF else _address(snapshot),
        mirror=_address(mirror) if mirror else None,
        builder=parse_reference(builder or sources.builder),
        always_in_builder=bool(builder),
        folder=cache_root(environment) / "images",
        interpreter=interpreter,
        offline=offline,
    )


def _address(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme not in {"http", "https"} or not separator or not rest or not rest.isprintable() or " " in rest:
        raise UsageError(
            f"{printable(text)!r} is not the address of a Debian archive", hint="Write http://host/path."
        )
    return text
