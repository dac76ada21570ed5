"""Causes in WHEEL, the file that says how a wheel was made and how it installs."""

from wheelproof.explain.causes.cause import Cause, Closing, Evidence, Family, Kind, MemberSide, Naming
from wheelproof.explain.causes.headers import field_of, on_blocks, sort_within, split_both
from wheelproof.explain.causes.lines import listed, quoted

_WHEEL = frozenset({Kind.WHEEL})
_TAG = frozenset({"tag"})
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


def _platforms(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    """Tags for the same interpreters and ABIs, and for other platforms."""
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = ([tag.rpartition("-") for tag in headers.values("tag")] for headers in both)
    platforms = [sorted({platform for _, _, platform in side}) for side in (left, right)]
    if platforms[0] == platforms[1] or {tag[0] for tag in left} != {tag[0] for tag in right}:
        return None
    return Evidence(text=f"for {listed(platforms[0])} published, for {listed(platforms[1])} rebuilt")


def _values(published: MemberSide, rebuilt: MemberSide) -> Evidence | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = both
    told = {"generator", "tag"} if _platforms(published, rebuilt) else {"generator"}
    for field in dict.fromkeys((*left.fields, *right.fields)):
        one, other = left.values(field), right.values(field)
        if one != other and field not in told:
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
    Naming(
        id="wheel-platform",
        family=Family.DIST_INFO,
        title="WHEEL names other platforms",
        why="auditwheel names the oldest platform whose C library has the symbols that the native code asks "
        "for, and which those are depends on the image's toolchain. Without a repair it is that of the "
        "machine.",
        tools="auditwheel in an image with another C library, or asked for another platform (`--plat`); a "
        "wheel that was not repaired.",
        mend="Build and repair in the image of the release, and name the platform that auditwheel gives.",
        link="https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/",
        kinds=_WHEEL,
        recognise=_platforms,
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
