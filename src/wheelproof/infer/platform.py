"""What a wheel for one platform says about where it was compiled: its tags, executable files and SBOM."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from wheelproof.compare.toolchain import find_rustc, name_toolchain
from wheelproof.core.untrusted import printable
from wheelproof.wheel.facts import Wheel
from wheelproof.wheel.members import Member, MemberType
from wheelproof.wheel.native.facts import Format, Image
from wheelproof.wheel.native.read import HEAD_BYTES, native_format, read_native
from wheelproof.wheel.repair import REPAIR_SBOM

# Reading is bounded: the smallest files first, since what compiled one compiled the others.
_FILES = 24
_FILES_BYTES = 64 << 20
_SBOM_BYTES = 4 << 20
_NAMES = 12
_PATHS = 4000
_PATH_CHARS = 300
# auditwheel's copies of libraries that others built, and its account of where they came from.
_LIBRARIES = re.compile(r"[^/]+\.libs/")
_PURL = re.compile(r'"pkg:(?:rpm|deb|apk)/([a-z0-9][a-z0-9._-]{0,40})/')
_PATH = re.compile(r"(?<![\w.+~/-])/(?!/)[\w.+~-]+(?:/[\w.+~-]+)*")
_CPYTHON = re.compile(r"cp[23][0-9]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformEvidence:
    """The marks of a toolchain and of a place, all of them safe to print but the paths.

    Attributes:
        tag: the platform tags of the wheel's name, sorted and joined by full stops.
        interpreters: as a manylinux image names their folders (``cp313-cp313t``), where the name has them.
        later_too: it is for an interpreter and those after it, or for any (``abi3``, ``py3``).
        files: how many ELF files it has of its own.
        compilers: as they signed, in short: ``GCC 14.2.1 (Red Hat 14.2.1-11)``.
        rustc: the versions of rustc that are named.
        distributions: those whose packages auditwheel's SBOM names.
        paths: absolute paths in debug information and data.
    """

    tag: str
    interpreters: tuple[str, ...] = ()
    later_too: bool = False
    files: int = 0
    compilers: tuple[str, ...] = ()
    rustc: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


def read_platform(wheel: Wheel) -> PlatformEvidence | None:
    """Read the marks off a wheel; None where it is for any platform.

    Raises:
        MalformedError: a member can't be read.
    """
    tags = wheel.name.tags
    if all(tag.platform == "any" for tag in tags):
        return None
    natives = sorted(_natives(wheel), key=lambda member: (member.size_bytes, member.name))
    images = list(_images(wheel, natives))
    folders = (f"{tag.interpreter}-{tag.abi}" for tag in tags if _CPYTHON.fullmatch(tag.interpreter))
    return PlatformEvidence(
        tag=".".join(sorted({tag.platform for tag in tags})),
        interpreters=tuple(sorted({folder for folder in folders if "-cp" in folder})),
        later_too=all(tag.abi in {"abi3", "none"} for tag in tags),
        files=len(natives),
        compilers=_distinct(
            name for image in images for name in name_toolchain(image.origin) if "rustc" not in name
        ),
        rustc=_distinct(name for image in images for name in sorted(_rustc(image))),
        distributions=tuple(sorted(_distributions(wheel))[:_NAMES]),
        paths=tuple(islice(dict.fromkeys(_paths(images)), _PATHS)),
    )


def _natives(wheel: Wheel) -> Iterator[Member]:
    """The ELF files of the wheel's own code."""
    for member in wheel.archive.members:
        if member.type is MemberType.FILE and member.size_bytes and not _LIBRARIES.match(member.name):
            head = next(wheel.archive.open(member), b"")
            if native_format(head[:HEAD_BYTES]) is Format.ELF:
                yield member


def _images(wheel: Wheel, natives: Iterable[Member]) -> Iterator[Image]:
    """What the first files say, as many as may be read."""
    left_bytes = _FILES_BYTES
    for member in islice(natives, _FILES):
        left_bytes -= member.size_bytes
        if left_bytes < 0:
            return
        facts = read_native(io.BytesIO(wheel.archive.read(member, limit_bytes=member.size_bytes)))
        if facts is not None:
            yield from facts.images


def _rustc(image: Image) -> frozenset[str]:
    return find_rustc((*image.origin.compilers.names, *image.origin.producers.names))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(printable(name) for name in names if name), _NAMES))


def _distributions(wheel: Wheel) -> frozenset[str]:
    member = wheel.archive.find(f"{wheel.dist_info}/{REPAIR_SBOM}")
    if member is None or member.size_bytes > _SBOM_BYTES:
        return frozenset()
    text = wheel.archive.read(member, limit_bytes=_SBOM_BYTES).decode("utf-8", "replace")
    return frozenset(_PURL.findall(text))


def _paths(images: Iterable[Image]) -> Iterator[str]:
    for image in images:
        for text in (*image.origin.debug_paths.names, *image.strings.names):
            yield from (path for path in _PATH.findall(text[:_PATH_CHARS]))
