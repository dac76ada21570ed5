"""The facts that inference reads, and nothing else of the published wheel: never its content."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from packaging.utils import NormalizedName, parse_wheel_filename

from wheelproof.source.sdist import Sdist
from wheelproof.wheel.wheel import Wheel

_SCRIPT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*=", re.MULTILINE)


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
    """What a published wheel and its sdist say about how the wheel was built.

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

    def times(self, *, dist_info: bool) -> tuple[datetime, ...]:
        """The distinct times of the members inside or outside of ``.dist-info``, sorted."""
        return _sorted_times(
            entry.time for entry in self.entries if entry.name.startswith(f"{self.dist_info}/") is dist_info
        )


def gather_evidence(wheel: Wheel, sdist: Sdist, *, upload_time: datetime | None) -> Evidence:
    """Read the evidence off a wheel and its sdist; raises MalformedError where the wheel can't be read."""
    _name, _version, _build, tags = parse_wheel_filename(wheel.filename)
    return Evidence(
        filename=wheel.filename,
        interpreters=frozenset(tag.interpreter for tag in tags),
        pure=all(tag.platform == "any" for tag in tags),
        generator=wheel.generator,
        metadata_version=wheel.metadata_version,
        requires_python=wheel.requires_python,
        scripts=tuple(_SCRIPT.findall(wheel.entry_points)),
        entries=tuple(wheel.entries),
        dist_info=wheel.dist_info,
        upload_time=upload_time,
    )


def project_of(filename: str) -> NormalizedName:
    """The project that a wheel's name names."""
    return parse_wheel_filename(filename)[0]


def _sorted_times(times: Iterable[datetime | None]) -> tuple[datetime, ...]:
    return tuple(sorted({time.replace(tzinfo=UTC) for time in times if time is not None}))
