"""The platforms of manylinux and musllinux that wheel tags name (PEP 600, 656)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.tags import Tag

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
LONGEST_TAG = 255
_CPYTHON = re.compile(r"cp3[0-9]{1,2}")


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


def parse_platforms(tag: str) -> Iterator[tuple[Policy, str]]:
    """Read the policies and architectures that a platform tag names; what is none is passed over.

    Args:
        tag: one tag, or several with full stops between (PEP 425).
    """
    for part in tag.split(".") if len(tag) <= LONGEST_TAG else ():
        if match := _PLATFORM.fullmatch(part):
            yield parse_policy(match["policy"]), match["architecture"]


def parse_policy(name: str) -> Policy:
    """Read a policy's name, the older ones included; raises ValueError where it is none."""
    match = _POLICY.fullmatch(_ALIASES.get(name, name))
    if match is None:
        raise ValueError(f"not a policy: {printable(name)!r}")
    return Policy(match[1], int(match[2]), int(match[3]))


def build_identifier(tags: Iterable[Tag]) -> str | None:
    """What cibuildwheel calls the build of a wheel, such as ``cp313-manylinux_x86_64``, by its tags.

    Returns:
        None where it is not for CPython on manylinux or musllinux.
    """
    tags = tuple(tags)
    builds = sorted({tag.interpreter + ("t" if tag.abi.endswith("t") else "") for tag in tags})
    named = {(policy.family, machine) for tag in tags for policy, machine in parse_platforms(tag.platform)}
    if len(named) != 1 or not builds or not _CPYTHON.match(builds[0]):
        return None
    ((family, machine),) = named
    return f"{builds[0]}-{family}_{machine}"
