"""What auditwheel leaves in a wheel that it repairs: the libraries that it took in, and a bill of them."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from wheelproof.wheel.facts import Wheel

# Where auditwheel writes its SBOM, below dist-info.
REPAIR_SBOM = "sboms/auditwheel.cdx.json"
_RECORD_BYTES = 8 << 20
# JSON takes up to thirty times its size when it is read.
_SBOM_BYTES = 1 << 20
_PACKAGES = 500
_WORD_CHARS = 400
# ``libfoo-0cf96a72.so.1``: the first digits of the sha256 that the library had before it was changed.
_VENDORED = re.compile(r"[^/]+\.libs/(?P<base>[^/]+?)-(?P<hash>[0-9a-f]{8})(?P<end>\.[^/]*)?")
# Where the images that wheels are repaired in have their libraries.
_FOLDERS = (
    "/usr/lib64", "/lib64", "/usr/lib", "/lib", "/usr/local/lib", "/usr/local/lib64",
    "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu", "/lib/aarch64-linux-gnu",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VendoredPackage:
    """A package of a distribution that a vendored library is from, as auditwheel's SBOM names it.

    Attributes:
        name: the package's.
        version: its version, as the distribution writes it.
        place: the sha256 of the library's path where it was taken from, or empty.
    """

    name: str
    version: str
    place: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSbom:
    """auditwheel's SBOM (CycloneDX), which it writes since 6.5.0 where it takes in libraries of packages.

    Attributes:
        auditwheel: the version that it names; empty where it names none.
        packages: what the libraries are from.
    """

    auditwheel: str
    packages: tuple[VendoredPackage, ...]

    def package_of(self, member: str) -> VendoredPackage | None:
        """The package of a vendored library: the one whose place it has, or the only one there is."""
        name = vendored_name(member)
        if name is None:
            return None
        places = {hashlib.sha256(f"{folder}/{name}".encode()).hexdigest() for folder in _FOLDERS}
        named = [package for package in self.packages if package.place in places]
        if named:
            return named[0]
        return self.packages[0] if len(self.packages) == 1 and not self.packages[0].place else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairMarks:
    """What says that auditwheel repaired a wheel.

    Attributes:
        sbom: its SBOM, or None.
        libraries: the members of ``NAME.libs/`` that are named as it names what it takes in.
        record_lines: RECORD has CRLF line ends, as every version of it writes them.
    """

    sbom: RepairSbom | None
    libraries: tuple[str, ...]
    record_lines: bool

    def __bool__(self) -> bool:
        return bool(self.sbom or self.libraries or self.record_lines)


def vendored_name(member: str) -> str | None:
    """The file name that a library had before auditwheel took it in; None for what is no such member."""
    found = _VENDORED.fullmatch(member)
    return found["base"] + (found["end"] or "") if found else None


def read_repair_marks(wheel: Wheel) -> RepairMarks:
    """Look for auditwheel's marks; raises MalformedError where a member can't be read."""
    names = (member.name for member in wheel.archive.members)
    return RepairMarks(
        sbom=read_repair_sbom(wheel),
        libraries=tuple(name for name in names if vendored_name(name) is not None),
        record_lines=_read(wheel, "RECORD", _RECORD_BYTES).endswith(b"\r\n"),
    )


def read_repair_sbom(wheel: Wheel) -> RepairSbom | None:
    """Auditwheel's SBOM in a wheel; None where there is none that can be read as one."""
    return parse_repair_sbom(_read(wheel, REPAIR_SBOM, _SBOM_BYTES))


def parse_repair_sbom(text: bytes) -> RepairSbom | None:
    """Read what auditwheel's SBOM says of itself and of packages; None where it is none."""
    try:
        document = json.loads(text)
        if document["bomFormat"] != "CycloneDX":
            return None
        tools = [tool for tool in document["metadata"]["tools"] if tool["name"] == "auditwheel"]
        packages = document["components"][1:]
        return RepairSbom(
            auditwheel=_word(tools[0]["version"]),
            packages=tuple(_package(package) for package in packages[:_PACKAGES]),
        )
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None


def _package(component: dict[str, Any]) -> VendoredPackage:
    place = _word(component["bom-ref"]).rpartition("#")[2]
    return VendoredPackage(
        name=_word(component["name"]),
        version=_word(component["version"]),
        place=place if re.fullmatch("[0-9a-f]{64}", place) else "",
    )


def _word(value: object) -> str:
    if not isinstance(value, str) or len(value) > _WORD_CHARS:
        raise ValueError("not a word")
    return value


def _read(wheel: Wheel, name: str, limit_bytes: int) -> bytes:
    """A member of the ``.dist-info`` folder; nothing where it is not there, or larger than one has to be."""
    member = wheel.archive.find(f"{wheel.dist_info}/{name}")
    if member is None or member.size_bytes > limit_bytes:
        return b""
    return wheel.archive.read(member, limit_bytes=limit_bytes)
