"""Which image most likely built a wheel for Linux: what its tags, its day and its compilers say together."""

import re
from dataclasses import replace
from datetime import datetime

from wheelproof.container.definition import load_definitions
from wheelproof.container.manylinux import image_for, known_pins
from wheelproof.infer.evidence import Evidence, Publisher
from wheelproof.infer.platform import PlatformEvidence
from wheelproof.wheel.platforms import parse_platforms

# The policies whose images, for x86-64 and aarch64, have a GCC of Red Hat's; those of musl have Alpine's.
_RED_HAT = ((2, 5), (2, 12), (2, 17), (2, 28), (2, 34))
_VENDORS = re.compile(r"\b(Red Hat|Alpine|Debian|Ubuntu|conda-forge|Homebrew|SUSE)\b", re.IGNORECASE)


def with_publisher(evidence: Evidence) -> Evidence:
    """Evidence with the image that it leads to, where the wheel is for one platform."""
    if evidence.platform is None:
        return evidence
    return replace(evidence, publisher=find_publisher(evidence.platform, evidence.upload_time))


def find_publisher(platform: PlatformEvidence, when: datetime | None) -> Publisher:
    """Find the image that most likely built a wheel.

    Args:
        platform: what the wheel says of its toolchain.
        when: its upload; None where it is not known, and the newest image is taken.
    """
    own = _own_images(platform)
    if not any(parse_platforms(platform.tag)):
        return Publisher(own=own)
    machine = next(architecture for _, architecture in parse_platforms(platform.tag))
    newest = max(pin.since.uploaded for pin in known_pins())
    choice = image_for(platform.tag, when or newest, machine)
    said = choice.reason if when else f"{choice.reason}; when it was uploaded is not known"
    if choice.pin is None:
        return Publisher(evidence=said, own=own)
    if (stranger := _stranger(platform)) is not None:
        return Publisher(evidence=f"it was compiled by {stranger}, which its policy's images lack", own=own)
    return Publisher(image=str(choice.pin), evidence=said, own=own)


def _own_images(platform: PlatformEvidence) -> dict[str, str]:
    """By Python, wheelproof's own images whose compiler signed all of a wheel's files."""
    if len(platform.compilers) != 1 or platform.rustc or "Debian" not in platform.compilers[0]:
        return {}
    return {
        definition.python: definition.name
        for definition in load_definitions().values()
        if definition.compiler == platform.compilers[0]
    }


def _stranger(platform: PlatformEvidence) -> str | None:
    """A compiler that a policy's images do not have; None where none speaks against them."""
    policies = {policy for policy, _ in parse_platforms(platform.tag)}
    if any(policy.family == "musllinux" for policy in policies):
        expected = "alpine"
    elif any((policy.major, policy.minor) in _RED_HAT for policy in policies):
        expected = "red hat"
    else:
        return None
    by_vendor = {found[1].lower(): name for name in platform.compilers if (found := _VENDORS.search(name))}
    return None if not by_vendor or expected in by_vendor else next(iter(by_vendor.values()))
