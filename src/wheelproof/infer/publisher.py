"""The rules for the image that most likely built a wheel for one platform, and where its source lay there."""

import contextlib
from collections.abc import Iterator, Mapping

from wheelproof.core.untrusted import printable
from wheelproof.infer.candidate import Inference, Value, inferred
from wheelproof.infer.evidence import Evidence
from wheelproof.infer.platform import PlatformEvidence
from wheelproof.recipe.folder import check_folder

# What stands for an image where nothing says which it was.
UNKNOWN = "unknown"
_PROJECT = "/project"
_SHOWN = 3


def image(evidence: Evidence, settled: Mapping[str, Value]) -> Iterator[Inference]:
    """The image that compiled a wheel's executable files: by who signed them, else by its tags and day."""
    platform, publisher = evidence.platform, evidence.publisher
    if platform is None or publisher is None or not platform.files:
        return
    own = publisher.own.get(str(settled["python"]))
    if own is not None:
        why = f"Its files were compiled by {platform.compilers[0]}, which this image has"
        yield inferred("image", own, why)
    elif publisher.evidence:
        why = "; ".join((publisher.evidence, *_seen(platform)))
        yield inferred("image", publisher.image or UNKNOWN, why)


def folder(evidence: Evidence, _settled: Mapping[str, Value]) -> Iterator[Inference]:
    """Paths of sources in a wheel's executable files begin with the place where the source lay."""
    platform, source = evidence.platform, evidence.source
    if platform is None or source is None:
        return
    found: dict[str, list[str]] = {}
    for path in platform.paths:
        for place in _places(path, source.files):
            found.setdefault(place, []).append(path)
    if found:
        place = max(found, key=lambda place: (len(found[place]), place == _PROJECT, place))
        why = f"Its executable files name {printable(found[place][0])}, which is a file of the source there"
        yield inferred("folder", place, why)
        return
    below = next((path for path in platform.paths if f"{path}/".startswith(f"{_PROJECT}/")), None)
    if below is not None:
        why = f"Its executable files name {printable(below)}: cibuildwheel has the source in {_PROJECT}"
        yield inferred("folder", _PROJECT, why)


def _places(path: str, files: frozenset[str]) -> Iterator[str]:
    """Where the source lay if a path is one of its files, by the longest part of the path that is one.

    Rust's own are left out: what rustc names by an absolute path belongs to a dependency.
    """
    parts = path.removeprefix("/").split("/")
    for count in range(1, len(parts)):
        if "/".join(parts[count:]) in files and not path.endswith(".rs"):
            with contextlib.suppress(ValueError):
                yield check_folder("/" + "/".join(parts[:count]))
            return


def _seen(platform: PlatformEvidence) -> Iterator[str]:
    """What else tells of the image."""
    if platform.compilers:
        yield f"compiled by {', '.join(platform.compilers[:_SHOWN])}"
    if platform.rustc:
        yield f"with {platform.rustc[0]}"
    if platform.distributions:
        yield f"auditwheel's SBOM names packages of {', '.join(platform.distributions[:_SHOWN])}"
