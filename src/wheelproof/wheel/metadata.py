"""What a wheel says about itself: its file name, its WHEEL and its METADATA.

Follows the binary distribution format and the core metadata of the packaging specifications.
"""

import contextlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import PurePath

from packaging.metadata import parse_email
from packaging.tags import Tag, parse_tag
from packaging.utils import (
    BuildTag,
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from wheelproof.core.errors import MalformedError
from wheelproof.core.untrusted import printable
from wheelproof.wheel.anomaly import Anomaly, AnomalyKind, AnomalyLog
from wheelproof.wheel.archive import TOO_LARGE, Archive

WHEEL_LIMIT_BYTES = 1 << 20
METADATA_LIMIT_BYTES = 2 << 20
# Each line takes far more memory than its text.
LINES_LIMIT = 100_000
_NAME_LIMIT = 255
_TAGS_LIMIT = 10_000
_SUFFIX = ".dist-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelName:
    """A wheel's file name, taken apart."""

    project: NormalizedName
    version: Version
    build: BuildTag
    tags: frozenset[Tag]


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFacts:
    """What the WHEEL file says; every text as it stands there, empty where it is absent."""

    wheel_version: str
    generator: str
    root_is_purelib: bool
    tags: tuple[str, ...]
    build: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataFacts:
    """What METADATA says; every text as it stands there, empty where it is absent."""

    metadata_version: str
    name: str
    version: str
    requires_python: str
    requires_dist: tuple[str, ...]
    license_files: tuple[str, ...]


def parse_name(filename: str) -> WheelName:
    """Take a wheel's file name apart; raises MalformedError where it is not one."""
    try:
        if (
            len(filename) > _NAME_LIMIT
            or not filename.isascii()
            or filename != PurePath(printable(filename)).name
        ):
            raise InvalidWheelFilename(filename)
        project, version, build, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        raise MalformedError(
            f"{printable(filename)} is not the file name of a wheel",
            hint="A wheel is called name-version-python-abi-platform.whl.",
        ) from None
    return WheelName(project=project, version=version, build=build, tags=tags)


def find_dist_info(archive: Archive) -> str:
    """The name of the one ``.dist-info`` directory; raises MalformedError where there is none, or several."""
    found = sorted(
        {
            top
            for top, slash, _ in (member.name.partition("/") for member in archive.members)
            if slash and top.lower().endswith(_SUFFIX)
        }
    )
    match found:
        case [name]:
            return name
        case []:
            problem = "it has no .dist-info directory"
        case _:
            problem = f"it has {len(found)} .dist-info directories, installers accept one"
    raise MalformedError(f"{printable(archive.filename)}: {problem}", hint="It is not an installable wheel.")


def read_wheel_file(archive: Archive, dist_info: str) -> WheelFacts:
    """Read ``WHEEL``; raises MalformedError where it is absent or beyond reading."""
    text = _read(archive, f"{dist_info}/WHEEL", WHEEL_LIMIT_BYTES).decode("utf-8", "replace")
    message = HeaderParser().parsestr(text)
    return WheelFacts(
        wheel_version=_header(message, "Wheel-Version"),
        generator=_header(message, "Generator"),
        root_is_purelib=_header(message, "Root-Is-Purelib").lower() == "true",
        tags=tuple(str(tag).strip() for tag in message.get_all("Tag", [])),
        build=_header(message, "Build"),
    )


def read_metadata(archive: Archive, dist_info: str) -> MetadataFacts:
    """Read ``METADATA``; raises MalformedError where it is absent or beyond reading."""
    raw, _ = parse_email(_read(archive, f"{dist_info}/METADATA", METADATA_LIMIT_BYTES))
    return MetadataFacts(
        metadata_version=raw.get("metadata_version", ""),
        name=raw.get("name", ""),
        version=raw.get("version", ""),
        requires_python=raw.get("requires_python", ""),
        requires_dist=tuple(raw.get("requires_dist", ())),
        license_files=tuple(raw.get("license_files", ())),
    )


def check_names(
    name: WheelName, dist_info: str, wheel: WheelFacts, metadata: MetadataFacts
) -> tuple[Anomaly, ...]:
    """Hold the file name, the directory's name, WHEEL and METADATA against each other."""
    log = AnomalyLog()
    directory_name, _, directory_version = dist_info.removesuffix(_SUFFIX).rpartition("-")
    for where, stated_name, stated_version in (
        (dist_info, directory_name, directory_version),
        ("METADATA", metadata.name, metadata.version),
    ):
        if canonicalize_name(stated_name) != name.project:
            log.add(
                AnomalyKind.NAME_MISMATCH, where, f"{stated_name!r} against {name.project} in the file name"
            )
        if not _is_version(stated_version, name.version):
            log.add(
                AnomalyKind.VERSION_MISMATCH,
                where,
                f"{stated_version!r} against {name.version} in the file name",
            )
    stated = _parse_tags(wheel.tags)
    if stated != name.tags:
        shown = ", ".join(sorted(map(str, stated ^ name.tags)))
        log.add(AnomalyKind.TAGS_MISMATCH, "WHEEL", f"only in one of file name and WHEEL: {shown}")
    for_any = all(tag.platform == "any" for tag in name.tags)
    if wheel.root_is_purelib != for_any:
        says = "true" if wheel.root_is_purelib else "false"
        log.add(AnomalyKind.PURELIB_MISMATCH, "WHEEL", f"Root-Is-Purelib is {says}")
    return log.close()


def _read(archive: Archive, name: str, limit_bytes: int) -> bytes:
    member = archive.find(name)
    if member is None:
        raise MalformedError(
            f"{printable(archive.filename)}: there is no {printable(name)}",
            hint="It is not an installable wheel.",
        )
    data = archive.read(member, limit_bytes=limit_bytes)
    if data.count(b"\n") > LINES_LIMIT:
        raise MalformedError(
            f"{printable(archive.filename)}: {printable(name)} has more than {LINES_LIMIT} lines",
            hint=TOO_LARGE,
        )
    return data


def _header(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip()


def _is_version(text: str, version: Version) -> bool:
    try:
        # A directory's name can't hold a hyphen, so a local version's comes as an underscore.
        return Version(text.replace("_", "-")) == version
    except InvalidVersion:
        return False


def _parse_tags(texts: Iterable[str]) -> set[Tag]:
    tags: set[Tag] = set()
    room = _TAGS_LIMIT
    for text in texts:
        parts = text.split("-")
        # A tag of a.b-c.d-e.f stands for eight, and a hostile one for billions.
        room -= math.prod(part.count(".") + 1 for part in parts)
        if room < 0:
            break
        if len(parts) == 3:
            with contextlib.suppress(ValueError):  # what is no tag can't be the file name's either
                tags |= parse_tag(text)
    return tags
