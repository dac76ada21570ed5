"""Causes in data files whose format is known."""

import json
import re
import zlib

from wheelproof.explain.causes.cause import (
    EXPLAIN_LIMIT_BYTES,
    Cause,
    Closing,
    Evidence,
    Family,
    Kind,
    MemberSide,
    Naming,
)
from wheelproof.explain.causes.lines import decode, listed, quoted
from wheelproof.wheel.repair import REPAIR_SBOM

_GZIP = frozenset({Kind.GZIP})
_SBOM = frozenset({Kind.SBOM})
_GZIP_MAGIC = b"\x1f\x8b\x08"
_JSON_LIMIT_BYTES = 2 << 20
# Each value takes far more memory than its text.
_JSON_LIMIT_VALUES = 200_000
_SERIAL = re.compile(rb'("serialNumber"\s*:\s*")([^"\\]{0,100})"')
_TIMESTAMP = re.compile(rb'("timestamp"\s*:\s*")([^"\\]{0,100})"')


def _untimed(side: MemberSide) -> bytes:
    data = side.content
    return data[:4] + bytes(4) + data[8:] if data.startswith(_GZIP_MAGIC) and len(data) > 18 else data


def _gzip_time_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = published.content, rebuilt.content
    if left[:3] != _GZIP_MAGIC or right[:3] != _GZIP_MAGIC or left[4:8] == right[4:8]:
        return None
    one, other = (int.from_bytes(data[4:8], "little") for data in (left, right))
    return f"bytes 4 to 7: time {one} published, {other} rebuilt"


def _compression(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = _inflate(published.content), _inflate(rebuilt.content)
    if left is None or left != right:
        return None
    sizes = f"{published.size_bytes} published, {rebuilt.size_bytes} rebuilt"
    return Evidence(text=f"the same {len(left)} bytes of content; compressed {sizes}")


def _inflate(data: bytes) -> bytes | None:
    """The content of a gzip stream of one part, where it is not larger than what is explained."""
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = stream.decompress(data, EXPLAIN_LIMIT_BYTES)
    except zlib.error:
        return None
    return content if stream.eof and not stream.unused_data else None


def _describes_wheel(side: MemberSide) -> bool:
    """It lies where SBOMs of the wheel itself do (PEP 770); elsewhere it is data that programs may read."""
    return side.name.startswith(f"{side.dist_info}/sboms/")


def _without_serial(side: MemberSide) -> bytes:
    data = side.content
    document = _load(data) if _describes_wheel(side) else None
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        return data
    metadata = document.get("metadata")
    data = _blanked(data, _SERIAL, b'"serialNumber"', document.get("serialNumber"))
    stated = metadata.get("timestamp") if isinstance(metadata, dict) else None
    return _blanked(data, _TIMESTAMP, b'"timestamp"', stated)


def _blanked(data: bytes, pattern: re.Pattern[bytes], key: bytes, value: object) -> bytes:
    """Empty the one string of a key, where it is that of the place that was looked at."""
    found = pattern.search(data)
    if found is None or data.count(key) != 1 or not isinstance(value, str) or found[2] != value.encode():
        return data
    return data[: found.start(2)] + data[found.end(2) :]


def _serial_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    for pattern, what in ((_SERIAL, "serialNumber"), (_TIMESTAMP, "timestamp")):
        left, right = pattern.search(published.content), pattern.search(rebuilt.content)
        if left and right and left[2] != right[2]:
            one, other = (quoted(found[2].decode("utf-8", "backslashreplace")) for found in (left, right))
            return f"{what}: {one} published, {other} rebuilt"
    return None


def _without_echoes(side: MemberSide) -> bytes:
    """Auditwheel's SBOM without its wheel's file name, and without packages where their libraries differ."""
    data = side.content
    document = _load(data)
    if side.name != f"{side.dist_info}/{REPAIR_SBOM}" or not isinstance(document, dict):
        return data
    try:
        if json.dumps(document).encode() != data or document["metadata"]["tools"][0]["name"] != "auditwheel":
            return data
        own = document["metadata"]["component"]
        wheel, *_ = document["components"]
        if wheel != own or own["bom-ref"].partition("?")[2] != f"file_name={side.filename}":
            return data
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        return data
    if side.vendors_others:
        document = {**document, "components": [wheel], "dependencies": []}
    return json.dumps(document).replace(f"?file_name={side.filename}", "?file_name=").encode()


def _echo_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    found = []
    if published.filename != rebuilt.filename:
        found.append("each names its own wheel's file")
    if published.vendors_others and (packages := _components(published, rebuilt)):
        found.append(f"packages of libraries that differ: {packages.text}")
    return "; ".join(found) or None


def _load(data: bytes) -> object:
    if len(data) > _JSON_LIMIT_BYTES or sum(map(data.count, (b",", b"[", b"{"))) > _JSON_LIMIT_VALUES:
        return None
    text = decode(data)
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _components(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = _names(_load(published.content)), _names(_load(rebuilt.content))
    if left == right:
        return None
    only = (listed(sorted(left - right)) or "nothing", listed(sorted(right - left)) or "nothing")
    return Evidence(text=f"{only[0]} published, {only[1]} rebuilt")


def _names(document: object) -> frozenset[str]:
    found = document.get("components") if isinstance(document, dict) else None
    components = found if isinstance(found, list) else []
    return frozenset(
        f"{component.get('name')} {component.get('version')}"
        for component in components
        if isinstance(component, dict)
    )


def _json_layout(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    left, right = _load(published.content), _load(rebuilt.content)
    if left is None or right is None:
        return None
    try:
        if json.dumps(left, sort_keys=True) != json.dumps(right, sort_keys=True):
            return None
        ordered = json.dumps(left) == json.dumps(right)
    except (ValueError, RecursionError):
        return None
    return Evidence(text=f"equal values, {'other blanks' if ordered else 'keys in another order'}")


DATA: tuple[Cause, ...] = (
    Closing(
        id="gzip-time",
        family=Family.DATA,
        title="a gzip stream records another time",
        why="The header of a gzip stream holds the time at which it was compressed, or of the file it was "
        "made from.",
        tools="gzip without -n; Python's gzip module without mtime.",
        mend="Compress with `gzip -n`, or pass mtime=0.",
        link="https://reproducible-builds.org/docs/archives/",
        kinds=_GZIP,
        normalise=_untimed,
        evidence=_gzip_time_evidence,
    ),
    Naming(
        id="gzip-compression",
        family=Family.DATA,
        title="a gzip stream was compressed differently",
        why="Other versions and builds of the compressor give other bytes for the same content.",
        tools="zlib against zlib-ng, zlib-rs and miniz; another level.",
        mend="Put the compressed file into the sdist instead of making it in the build.",
        link="https://reproducible-builds.org/docs/archives/",
        kinds=_GZIP,
        recognise=_compression,
    ),
    Closing(
        id="sbom-serial",
        family=Family.DATA,
        title="a bill of materials has another serial number or time",
        why="CycloneDX asks for a serial number of each document's own and lets it state when it was made. "
        "This is told of SBOMs in dist-info/sboms/ (PEP 770): elsewhere such a file is data that a program "
        "may read.",
        tools="maturin 1.12 (random even with SOURCE_DATE_EPOCH), later ones without SOURCE_DATE_EPOCH; "
        "cargo-cyclonedx.",
        mend="Update maturin to 1.13 or later and set SOURCE_DATE_EPOCH.",
        link="https://cyclonedx.org/docs/1.6/json/#serialNumber",
        kinds=_SBOM,
        normalise=_without_serial,
        evidence=_serial_evidence,
    ),
    Closing(
        id="sbom-follows",
        family=Family.DATA,
        title="auditwheel's SBOM only repeats what differs elsewhere",
        why="It names the wheel by its file name, and the packages that vendored libraries were taken from. "
        "Where the name differs that is a finding, and where the libraries differ they are open themselves.",
        tools="auditwheel since 6.5.0, in an image with other libraries or asked for another platform.",
        mend="Build and repair in the image of the release.",
        link="https://peps.python.org/pep-0770/",
        kinds=_SBOM,
        normalise=_without_echoes,
        evidence=_echo_evidence,
    ),
    Naming(
        id="sbom-components",
        family=Family.DATA,
        title="the bills of materials list other components",
        why="The build resolved other versions of its dependencies, or vendored other packages of the "
        "system.",
        tools="maturin without a committed Cargo.lock; auditwheel since 6.5.0, which lists the vendored "
        "libraries.",
        mend="Commit Cargo.lock, and build in the image of the release.",
        link="https://peps.python.org/pep-0770/",
        kinds=_SBOM,
        recognise=_components,
    ),
    Naming(
        id="json-layout",
        family=Family.DATA,
        title="JSON has another layout",
        why="The same values were written with other blanks or in another order of keys.",
        tools="Generators that dump dictionaries without sort_keys, another version of the generator.",
        mend="Write with sort_keys=True and a fixed indent.",
        link="https://reproducible-builds.org/docs/stable-inputs/",
        kinds=frozenset({Kind.TEXT, Kind.SBOM, Kind.OTHER}),
        recognise=_json_layout,
    ),
)
