"""Which manylinux or musllinux image most likely built a wheel, by what cibuildwheel pinned when.

``tests/measure_manylinux.py`` reads the table (``manylinux.json``) from cibuildwheel's releases.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from wheelproof.container.reference import ImageReference
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.wheel.platforms import LONGEST_TAG, Policy, parse_platforms, parse_policy


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
    shown = printable(tag, limit=LONGEST_TAG)
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
