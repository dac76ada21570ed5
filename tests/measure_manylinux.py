"""Which manylinux and musllinux images cibuildwheel pinned when: reads its releases and writes the table.

Run this file where cibuildwheel has new releases; the wheels that were read before are in the cache. Of each
wheel one member is read, and nothing is run. A release counts where it is final, not yanked, and newer than
all that were uploaded before it: what someone who took the newest one got.
"""

import configparser
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from wheelproof.core.untrusted import printable
from wheelproof.fetch.download import download
from wheelproof.fetch.listing import FileKind, IndexFile
from wheelproof.pipeline.session import Session
from wheelproof.wheel.archive import Limits
from wheelproof.wheel.platforms import parse_policy
from wheelproof.wheel.reader import read_archive

TABLE = Path(__file__).resolve().parents[1] / "src" / "wheelproof" / "container" / "manylinux.json"
_PROJECT = "cibuildwheel"
_MEMBER = "cibuildwheel/resources/pinned_docker_images.cfg"
_WHEEL_BYTES = 16 << 20
_MEMBER_BYTES = 1 << 20
_LIMITS = Limits(
    members=2_000, directory_bytes=1 << 20, member_bytes=_WHEEL_BYTES, total_bytes=4 * _WHEEL_BYTES
)
# Images of PyPy: since cibuildwheel 2.0 the same as without it, and before that PyPy's own.
_PYPY = "pypy_"
_REPOSITORY = r"(?P<repository>[a-z0-9.-]+(?:/[a-z0-9._-]+)+)"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_BY_TAG = re.compile(rf"{_REPOSITORY}:(?P<tag>{_TAG})")
_BY_DIGEST = re.compile(rf"{_REPOSITORY}@(?P<digest>sha256:[0-9a-f]{{64}})\s+#\s*(?P<tag>{_TAG})")
_ARCHITECTURE = re.compile(r"[a-z0-9_]{1,32}")

# An image by architecture and policy: its repository, its tag and, where the release gives it, its digest.
Pins = Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A release and what it pins; ``uploaded`` is ISO 8601 in UTC, ``wheel`` the file's sha256."""

    version: str
    uploaded: str
    wheel: str
    pins: Pins


def main() -> None:
    """Read every release, and write the table."""
    with Session() as session:
        readings = list(_readings(session))
    TABLE.write_text(render_table(readings), "utf-8")
    print(f"{len(readings)} releases of {_PROJECT}, {len(list(pin_rows(readings)))} pins")


def released(files: Iterable[IndexFile]) -> Iterator[IndexFile]:
    """The wheels of the releases that count, by upload."""
    newest = Version("0")
    wheels = [file for file in files if file.kind is FileKind.WHEEL and not file.yanked]
    dated = [(file.upload_time, file.version, file) for file in wheels if file.upload_time and file.version]
    for _, version, file in sorted(dated, key=lambda row: row[:2]):
        if not version.is_prerelease and version > newest:
            newest = version
            yield file


def parse_pins(text: str) -> Pins:
    """Read a file of pins.

    Raises:
        ValueError: it is none, or an image in it is neither ``image:tag`` nor ``image@digest # tag``.
    """
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(f"not a file of pins: {printable(str(error))}") from error
    pins: dict[tuple[str, str], Mapping[str, str]] = {}
    for architecture in parser.sections():
        if not _ARCHITECTURE.fullmatch(architecture):
            raise ValueError(f"not an architecture: {printable(architecture)!r}")
        if architecture.startswith(_PYPY):
            continue
        for policy, image in parser[architecture].items():
            parse_policy(policy)
            match = _BY_DIGEST.fullmatch(image) or _BY_TAG.fullmatch(image)
            if match is None:
                raise ValueError(f"not a pin: {printable(image)!r}")
            pins[architecture, policy] = match.groupdict()
    return pins


def pin_rows(readings: list[Reading]) -> Iterator[dict[str, str]]:
    """A row for each image that releases in a row pin, by architecture, policy and time."""
    for architecture, policy in sorted({key for reading in readings for key in reading.pins}):
        pinned: Mapping[str, str] | None = None
        row: dict[str, str] = {}
        for reading in readings:
            now = reading.pins.get((architecture, policy))
            if now == pinned:
                continue
            if pinned:
                yield row if now else {**row, "dropped": reading.version}
            pinned = now
            row = {"architecture": architecture, "policy": policy, **(now or {}), "since": reading.version}
        if pinned:
            yield row


def render_table(readings: list[Reading]) -> str:
    """The table, a row a line."""
    releases = {
        reading.version: {"uploaded": reading.uploaded, "wheel": reading.wheel} for reading in readings
    }
    lines = [f"  {json.dumps(version)}: {json.dumps(release)}" for version, release in releases.items()]
    pins = [f"  {json.dumps(row)}" for row in pin_rows(readings)]
    parts = (' "releases": {', ",\n".join(lines), " },", ' "pins": [', ",\n".join(pins), " ]")
    return "\n".join(("{", *parts, "}", ""))


def _readings(session: Session) -> Iterator[Reading]:
    seen = False
    for file in released(session.index.project(_PROJECT).files):
        wheel = download(file, http=session.http, cache=session.cache, limit_bytes=_WHEEL_BYTES)
        archive = read_archive(wheel.path, _LIMITS, filename=file.filename)
        member = archive.find(_MEMBER)
        if member is None:
            # Before 1.4.0 there was none. Later, a file that moved must not pass for one without pins.
            if seen:
                raise SystemExit(f"{file.filename} has no {_MEMBER}")
            continue
        seen = True
        assert file.upload_time is not None
        yield Reading(
            version=str(file.version),
            uploaded=file.upload_time.replace(microsecond=0).isoformat(),
            wheel=str(wheel.digest),
            pins=parse_pins(archive.read(member, limit_bytes=_MEMBER_BYTES).decode("utf-8")),
        )


if __name__ == "__main__":
    main()
