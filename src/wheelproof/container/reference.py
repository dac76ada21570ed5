"""Images of others, named ``registry/name@sha256:…``: a tag may move, a digest can't."""

import re
from dataclasses import dataclass

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable

# The grammar of github.com/distribution/reference, the tag optional and the digest required.
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<repository>(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z0-9:+._-]+))?"
)
_LONGEST = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """An image in a registry.

    Attributes:
        repository: ``registry/name``; without a registry the engine's default one is meant.
        digest: the manifest's, or the manifest list's.
    """

    repository: str
    digest: Digest

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}"


def parse_reference(text: str) -> ImageReference:
    """Read ``registry/name@sha256:…``; a tag beside the digest says nothing more and is dropped.

    Raises:
        UsageError: the text is no image reference, or has no digest: a tag alone is refused.
    """
    shown = printable(text)
    match = _REFERENCE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise UsageError(f"{shown!r} is not an image", hint="Write registry/name@sha256:<64 hex digits>.")
    if match["digest"] is None:
        raise UsageError(
            f"{shown} names an image by tag, and a tag can move",
            hint="Write registry/name@sha256:…, the digest that `docker pull` or the registry shows.",
        )
    try:
        digest = Digest.parse(match["digest"]) if match["digest"].startswith("sha256:") else None
    except ValueError:
        digest = None
    if digest is None:
        raise UsageError(f"{shown} has no sha256 digest", hint="Write @sha256: and 64 lower-case hex digits.")
    return ImageReference(repository=match["repository"], digest=digest)
