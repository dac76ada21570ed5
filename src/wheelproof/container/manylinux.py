"""Which manylinux or musllinux image most likely built a wheel, by what cibuildwheel pinned when.

``tests/measure_manylinux.py`` reads the table (``manylinux.json``) from cibuildwheel's releases.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from wheelproof.container.reference import ImageReference
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable

# PEP 600 gives the older names in its own form.
_ALIASES = {
    "manylinux1": "manylinux_2_5",
    "manylinux2010": "manylinux_2_12",
    "manylinux2014": "manylinux_2_17",
}
_NUMBER = r"(?:0|[1-9][0-9]{0,3})"
_POLICY = re.compile(rf"(manylinux|musllinux)_({_NUMBER})_({_NUMBER})")
_PLATFORM = re.compile(
    rf"(?P<policy>{'|'.join(_ALIASES)}|{_POLICY.pattern})_(?P<architecture>[a-z0-9][a-z0-9_]{{0,31}})"
)
_LONGEST_TAG = 255


@dataclass(frozen=True, slots=True, order=True)
class Policy:
    """The oldest C library that a platform tag asks for: glibc (PEP 600) or musl (PEP 656).

    Attributes:
        family: ``manylinux`` or ``musllinux``.
        major: the library's major version.
        minor: its minor version.
    """

    family: str
    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.family}_{self.major}_{self.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release of cibuildwheel; ``uploaded`` is in UTC, ``wheel`` is the file that was read."""

    version: str
    uploaded: datetime
    wheel: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """An image as releases of cibuildwheel in a row pinned it.

    Attributes:
        policy: its name there, such as ``manylinux2014``.
        architecture: as wheel tags have it.
        repository: ``registry/name``.
        tag: the image's dated tag.
        digest: the image's, or None where it was pinned by its tag alone, which can move.
        since: the first of the releases, and the source.
        dropped: the release after the last of them, where it pins no image for the policy at all.
    """

    policy: str
    architecture: str
    repository: str
    tag: str
    digest: Digest | None
    since: Release
    dropped: Release | None

    @property
    def reference(self) -> ImageReference | None:
        """What ``--image`` takes; None where no digest is known."""
        if self.digest is None:
            return None
        return ImageReference(repository=self.repository, digest=self.digest)

    def __str__(self) -> str:
        return str(self.reference or f"{self.repository}:{self.tag}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The image for a wheel, or None; ``reason`` is a clause that says why, safe to show."""

    pin: Pin | None = None
    reason: str


def image_for(tag: str, when: datetime, machine: str) -> Choice:
    """Choose the newest pin at a moment for the highest policy in a set of platform tags that has an image.

    auditwheel tags a wheel with the policy that it is asked for, by default its image's, and with a lower one
    that the wheel meets. Whoever builds with the newest cibuildwheel builds in the image that it pins, unless
    the project names another: the choice is likely and proves nothing.

    Args:
        tag: a file name's platform tag, a compressed set as well (PEP 425, 600, 656).
        when: the wheel's upload, in UTC.
        machine: an architecture, as wheel tags have it.
    """
    named = frozenset(parse_platforms(tag))
    policies = {policy for policy, architecture in named if architecture == machine}
    problem = _problem(tag, machine, named, policies)
    if problem:
        return Choice(reason=problem)
    known = _pins_by_policy()
    with_image = [policy for policy in policies if (policy, machine) in known]
    if not with_image:
        return Choice(reason=f"no image was pinned for {max(policies)} on {printable(machine)}")
    pins = known[max(with_image), machine]
    pinned = [pin for pin in pins if pin.since.uploaded <= when]
    if not pinned:
        first = f"{pins[0].policy} on {machine} was first pinned on {pins[0].since.uploaded.date()}"
        return Choice(reason=f"{first}, and the wheel was uploaded on {when.date()}")
    return Choice(pin=pinned[-1], reason=_evidence(pinned[-1], when))


def parse_platforms(tag: str) -> Iterator[tuple[Policy, str]]:
    """Read the policies and architectures that a platform tag names; what is none is passed over.

    Args:
        tag: one tag, or several with full stops between (PEP 425).
    """
    for part in tag.split(".") if len(tag) <= _LONGEST_TAG else ():
        if match := _PLATFORM.fullmatch(part):
            yield parse_policy(match["policy"]), match["architecture"]


def parse_policy(name: str) -> Policy:
    """Read a policy's name, the older ones included; raises ValueError where it is none."""
    match = _POLICY.fullmatch(_ALIASES.get(name, name))
    if match is None:
        raise ValueError(f"not a policy: {printable(name)!r}")
    return Policy(match[1], int(match[2]), int(match[3]))


@cache
def known_pins() -> tuple[Pin, ...]:
    """Every pin by architecture and policy, the oldest first."""
    table = json.loads(resources.files("wheelproof.container").joinpath("manylinux.json").read_text("utf-8"))
    releases = {version: _release(version, row) for version, row in table["releases"].items()}
    return tuple(_pin(row, releases) for row in table["pins"])


def _problem(
    tag: str, machine: str, named: frozenset[tuple[Policy, str]], policies: set[Policy]
) -> str | None:
    """Why a tag leads to no policy of one kind."""
    shown = printable(tag, limit=_LONGEST_TAG)
    if not named:
        return f"{shown} names no manylinux or musllinux policy"
    if not policies:
        return f"{shown} is not for {printable(machine)}"
    if len({policy.family for policy in policies}) > 1:
        return f"{shown} names both manylinux and musllinux"
    return None


def _evidence(pin: Pin, when: datetime) -> str:
    said = (
        f"cibuildwheel {pin.since.version} pinned it on {pin.since.uploaded.date()}, "
        f"the newest pin for {pin.policy} on {pin.architecture} as of {when.date()}"
    )
    if pin.dropped and pin.dropped.uploaded <= when:
        said += f"; cibuildwheel {pin.dropped.version} pins none since {pin.dropped.uploaded.date()}"
    return said if pin.digest else f"{said}; by its tag alone, which can move"


@cache
def _pins_by_policy() -> Mapping[tuple[Policy, str], tuple[Pin, ...]]:
    found: dict[tuple[Policy, str], tuple[Pin, ...]] = {}
    for pin in known_pins():
        key = parse_policy(pin.policy), pin.architecture
        found[key] = (*found.get(key, ()), pin)
    return found


def _release(version: str, row: dict[str, str]) -> Release:
    return Release(
        version=version, uploaded=datetime.fromisoformat(row["uploaded"]), wheel=Digest.parse(row["wheel"])
    )


def _pin(row: dict[str, Any], releases: Mapping[str, Release]) -> Pin:
    return Pin(
        policy=row["policy"],
        architecture=row["architecture"],
        repository=row["repository"],
        tag=row["tag"],
        digest=Digest.parse(row["digest"]) if "digest" in row else None,
        since=releases[row["since"]],
        dropped=releases[row["dropped"]] if "dropped" in row else None,
    )
