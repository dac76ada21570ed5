"""The facts that inference reads of a published wheel: never the content of what it installs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from wheelproof.wheel.archive import Member, MemberType
from wheelproof.wheel.facts import Wheel

_SCRIPT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*=", re.MULTILINE)
_ENTRY_POINTS_BYTES = 1 << 20
_PERMISSIONS = 0o777
_GENERATED = ("METADATA", "RECORD", "WHEEL", "entry_points.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFacts:
    """One member's envelope.

    Attributes:
        name: its path in the wheel.
        time: the DOS time, read as UTC; None where it is no time.
        mode: permission bits; None where the archive has none.
    """

    name: str
    time: datetime | None
    mode: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a published wheel says about how it was built.

    Attributes:
        filename: the wheel's.
        interpreters: the interpreter tags of its name (``py3``, ``cp313``).
        pure: it claims to run on any platform.
        generator: WHEEL's Generator, or None.
        metadata_version: METADATA's, or None.
        requires_python: METADATA's, or None.
        scripts: the names of its console and GUI scripts.
        entries: the members' envelopes, directories left out.
        dist_info: the name of its ``.dist-info`` folder.
        upload_time: when the index received it, or None.
    """

    filename: str
    interpreters: frozenset[str]
    pure: bool
    generator: str | None
    metadata_version: str | None
    requires_python: str | None
    scripts: tuple[str, ...]
    entries: tuple[EntryFacts, ...]
    dist_info: str
    upload_time: datetime | None

    def times(self) -> tuple[datetime, ...]:
        """The members' distinct times, sorted."""
        return _distinct(entry.time for entry in self.entries)

    def generated_times(self) -> tuple[datetime, ...]:
        """The distinct times of what a backend writes rather than copies, sorted."""
        names = {f"{self.dist_info}/{name}" for name in _GENERATED}
        return _distinct(entry.time for entry in self.entries if entry.name in names)


def gather_evidence(wheel: Wheel, *, upload_time: datetime | None) -> Evidence:
    """Read the evidence off a published wheel; raises MalformedError where a member can't be read."""
    entry_points = wheel.archive.find(f"{wheel.dist_info}/entry_points.txt")
    text = wheel.archive.read(entry_points, limit_bytes=_ENTRY_POINTS_BYTES) if entry_points else b""
    return Evidence(
        filename=wheel.filename,
        interpreters=frozenset(tag.interpreter for tag in wheel.name.tags),
        pure=all(tag.platform == "any" for tag in wheel.name.tags),
        generator=wheel.wheel_file.generator or None,
        metadata_version=wheel.metadata.metadata_version or None,
        requires_python=wheel.metadata.requires_python or None,
        scripts=tuple(_SCRIPT.findall(text.decode("utf-8", "replace"))),
        entries=tuple(
            EntryFacts(name=member.name, time=_time(member), mode=(member.mode & _PERMISSIONS) or None)
            for member in wheel.archive.members
            if member.type is not MemberType.DIRECTORY
        ),
        dist_info=wheel.dist_info,
        upload_time=upload_time,
    )


def _time(member: Member) -> datetime | None:
    """DOS times have no zone: what writes wheels writes UTC where SOURCE_DATE_EPOCH rules."""
    try:
        return datetime(*member.dos_time, tzinfo=UTC)
    except ValueError:
        return None


def _distinct(times: Iterable[datetime | None]) -> tuple[datetime, ...]:
    return tuple(sorted({time for time in times if time is not None}))
