"""Causes in WHEEL, the file that says how a wheel was made and how it installs."""

import re
from dataclasses import replace

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelproof.explain.causes.cause import Cause, Closing, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.headers import field_of, on_blocks, sort_within, split_both, split_headers
from wheelproof.explain.causes.lines import listed, quoted

_WHEEL = frozenset({Kind.WHEEL})
_TAG = frozenset({"tag"})
# PEP 600's platforms and the older names, and the plain one that no index takes.
_GLIBC_TAG = re.compile(
    r"Tag: (?P<before>[a-z0-9_]{1,50}-[a-z0-9_]{1,50})"
    r"-(?:linux|manylinux(?:1|2010|2014|_[0-9]{1,4}_[0-9]{1,4}))_(?P<machine>[a-z][a-z0-9_]{1,30})\n"
)
_SPEC = "https://packaging.python.org/en/latest/specifications/binary-distribution-format/"


def _generator(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = (headers.values("generator") for headers in both)
    return None if left == right else f"Generator: {listed(left)} published, {listed(right)} rebuilt"


def _tag_order(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = (headers.values("tag") for headers in both)
    if left == right or sorted(left) != sorted(right):
        return None
    return f"the same {len(left)} tags, first {quoted(left[0])} published, {quoted(right[0])} rebuilt"


def _header_order(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = (headers.fields for headers in both)
    if left == right or sorted(left) != sorted(right):
        return None
    return f"the same headers, {listed(left)} published, {listed(right)} rebuilt"


def _platforms(published: MemberSide, rebuilt: MemberSide) -> str | None:
    """Each names the platforms of its own wheel's file name, and they are of glibc on one machine."""
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = ([tag.rpartition("-") for tag in headers.values("tag")] for headers in both)
    platforms = [sorted({platform for _, _, platform in side}) for side in (left, right)]
    if platforms[0] == platforms[1]:
        return None
    return f"each the file name's: {listed(platforms[0])} published, {listed(platforms[1])} rebuilt"


def _without_policy(side: MemberSide) -> bytes:
    """A tag's platform becomes that of any glibc, in a WHEEL that only repeats its wheel's file name."""
    headers = split_headers(side.content)
    if headers is None or set(headers.values("tag")) != _tags_of(side.filename):
        return side.content
    blocks: list[str] = []
    for block in headers.blocks:
        if field_of(block) == "tag":
            found = _GLIBC_TAG.fullmatch(block)
            if found is None:
                return side.content
            block = f"Tag: {found['before']}-linux_{found['machine']}\n"  # noqa: PLW2901
            if block in blocks:
                continue
        blocks.append(block)
    return replace(headers, blocks=tuple(blocks)).render()


def _tags_of(filename: str) -> set[str]:
    try:
        return {str(tag) for tag in parse_wheel_filename(filename)[3]}
    except InvalidWheelFilename:
        return set()


def _values(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = both
    for field in dict.fromkeys((*left.fields, *right.fields)):
        one, other = left.values(field), right.values(field)
        if one != other and field != "generator":
            return Evidence(
                text=f"{field.title()}: {listed(one) or 'absent'} published, "
                f"{listed(other) or 'absent'} rebuilt"
            )
    return None


WHEEL_FILE: tuple[Cause, ...] = (
    Closing(
        id="wheel-generator",
        family=Family.DIST_INFO,
        title="the wheel was packed by another version of the tool",
        why="WHEEL names the tool that packed the wheel, and its version. No installer reads the line.",
        tools="Every backend; delocate from 0.13.0 adds a line of its own.",
        mend="Pin the backend in build-system.requires, or publish a lock of the build requirements.",
        link=f"{_SPEC}#file-contents",
        kinds=_WHEEL,
        normalise=on_blocks(lambda blocks: (block for block in blocks if field_of(block) != "generator")),
        evidence=_generator,
    ),
    Closing(
        id="wheel-tag-order",
        family=Family.DIST_INFO,
        title="the tags in WHEEL stand in another order",
        why="A wheel has a set of tags, and some tools write it in the order of a hash table.",
        tools="auditwheel before 6.4.0; wheel before it sorted them.",
        mend="Update the tool that writes the tags.",
        link="https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
        kinds=_WHEEL,
        normalise=on_blocks(lambda blocks: sort_within(blocks, _TAG)),
        evidence=_tag_order,
    ),
    Closing(
        id="wheel-header-order",
        family=Family.DIST_INFO,
        title="the headers of WHEEL stand in another order",
        why="Each backend writes the same few headers in an order of its own; readers look them up by name.",
        tools="Another version of a backend; repair tools that write the file again.",
        mend="Pin the backend and the repair tool.",
        link=f"{_SPEC}#file-contents",
        kinds=_WHEEL,
        normalise=on_blocks(lambda blocks: sorted(blocks, key=field_of)),
        evidence=_header_order,
    ),
    Closing(
        id="wheel-platform",
        family=Family.DIST_INFO,
        title="WHEEL names the platforms of its own file name, which differ",
        why="auditwheel names the oldest platform whose C library has the symbols that the native code asks "
        "for, and which those are depends on the image's toolchain. Installers go by the file name, which "
        "WHEEL only repeats: that the names differ is a finding (`filename-differs`), which nothing closes.",
        tools="auditwheel in an image with another C library, or asked for another platform (`--plat`); a "
        "wheel that was not repaired.",
        mend="Build and repair in the image of the release, and name the platform that auditwheel gives.",
        link="https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
        kinds=_WHEEL,
        normalise=_without_policy,
        evidence=_platforms,
    ),
    Naming(
        id="wheel-header-values",
        family=Family.DIST_INFO,
        title="WHEEL says something else about how to install",
        why="The tags, Root-Is-Purelib, Build or Wheel-Version come from the build's environment and "
        "settings.",
        tools="Any backend on another platform or Python, or with an extension built or left out.",
        mend="Build on the platform, with the Python and with the settings of the release.",
        link=f"{_SPEC}#file-contents",
        kinds=_WHEEL,
        recognise=_values,
    ),
)
