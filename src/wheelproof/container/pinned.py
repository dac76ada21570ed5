"""A pinned image: what containers are created from, always by digest, and how well the pin was met."""

from dataclasses import dataclass
from typing import Literal

from wheelproof.core.identity import Digest

Origin = Literal["snapshot", "mirror", "registry", "engine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What an image was expected to be, and whether it is that.

    Attributes:
        met: the image has the expected digest.
        expected: that digest: an image id, or a manifest digest where ``origin`` is ``registry``;
            None where none is known for the architecture.
        origin: what the image was made from; ``engine`` where the engine had it and no record says.
        snapshot: the dated state of Debian that it is to come from, or None.
        reason: one sentence, without a full stop, that says why it is met or not.
    """

    met: bool
    expected: Digest | None
    origin: Origin
    snapshot: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedImage:
    """An image in the engine, known by its digest.

    Attributes:
        name: a definition's name, or ``registry/name@sha256:…``.
        image_id: the digest of the image's configuration, which names its layers by digest.
        rootfs: the digests of its layers, uncompressed, bottom first (diff ids).
        architecture: as image configurations write it.
        python: the interpreter's version, ``X.Y``.
        interpreter: the interpreter's path in the image.
        packages: Debian packages and versions as in the root file system; empty for images of others.
        pin: how well it is pinned.
        variables: what its configuration sets, where it is an image of others: how it finds its compilers.
    """

    name: str
    image_id: Digest
    rootfs: tuple[Digest, ...]
    architecture: str
    python: str
    interpreter: str
    packages: tuple[tuple[str, str], ...]
    pin: Pin
    variables: tuple[tuple[str, str], ...] = ()
