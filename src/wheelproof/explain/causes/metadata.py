"""Causes in METADATA that only concern its layout: the same values for every reader."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from wheelproof.explain.causes.cause import Cause, Closing, Family, Kind, MemberSide
from wheelproof.explain.causes.headers import (
    Headers,
    field_of,
    on_blocks,
    sort_within,
    split_both,
    split_headers,
    value_of,
)
from wheelproof.explain.causes.lines import listed, quoted

_METADATA = frozenset({Kind.METADATA})
_SPEC = "https://packaging.python.org/en/latest/specifications/core-metadata/"
_REPEATED = frozenset({"requires-dist", "provides-extra", "classifier", "dynamic", "license-file"})
# Fields that old setuptools filled with this word when the project said nothing.
_UNKNOWN = "UNKNOWN"
_PLACEHOLDERS = frozenset(
    {"summary", "home-page", "author", "author-email", "license", "platform", "description"}
)
# Fields of one line of prose. In free text a line break means something; not every reader unfolds the rest.
_FOLDABLE = frozenset(
    {"summary", "keywords", "author", "author-email", "maintainer", "maintainer-email", "home-page"}
)
_FOLD = re.compile(r"\n[ \t]+")
_REQUIREMENT_CHARS = 2000


def _trimmed(side: MemberSide) -> bytes:
    data = side.content
    return data if b"\r" in data else data.rstrip(b"\n") + b"\n"


def _blank_end_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    left, right = (len(side.content) - len(side.content.rstrip(b"\n")) for side in (published, rebuilt))
    return None if left == right else f"{left} line ends at the end published, {right} rebuilt"


def _without_placeholders(side: MemberSide) -> bytes:
    headers = split_headers(side.content)
    if headers is None:
        return side.content
    kept = tuple(block for block in headers.blocks if not _is_placeholder(block))
    body = headers.body
    if body is not None and body.strip("\n") == _UNKNOWN:
        body = None
    return replace(headers, blocks=kept, body=body).render()


def _is_placeholder(block: str) -> bool:
    return field_of(block) in _PLACEHOLDERS and value_of(block) == _UNKNOWN


def _placeholder_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = (list(_placeholders(headers)) for headers in both)
    if left == right:
        return None
    return f"UNKNOWN for {listed(left) or 'nothing'} published, for {listed(right) or 'nothing'} rebuilt"


def _placeholders(headers: Headers) -> Iterator[str]:
    yield from (block.partition(":")[0] for block in headers.blocks if _is_placeholder(block))
    if headers.body is not None and headers.body.strip("\n") == _UNKNOWN:
        yield "the description"


def _unfolded(blocks: Iterable[str]) -> Iterator[str]:
    for block in blocks:
        yield f"{_FOLD.sub(' ', block[:-1])}\n" if field_of(block) in _FOLDABLE else block


def _folding_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    folded = [
        {field_of(block): block for block in headers.blocks if _FOLD.search(block[:-1])} for headers in both
    ]
    differing = sorted(
        field
        for field in folded[0].keys() | folded[1].keys()
        if field in _FOLDABLE and folded[0].get(field) != folded[1].get(field)
    )
    return f"{listed(differing)} folded differently" if differing else None


def _spelled(blocks: Iterable[str]) -> Iterator[str]:
    for block in blocks:
        match field_of(block):
            case "requires-dist":
                yield _spell_requirement(block)
            case "provides-extra":
                yield f"Provides-Extra: {canonicalize_name(value_of(block))}\n"
            case _:
                yield block


def _spell_requirement(block: str) -> str:
    value = value_of(block)
    if len(value) > _REQUIREMENT_CHARS:
        return block
    try:
        found = Requirement(value)
    except (InvalidRequirement, RecursionError):
        return block
    found.name = canonicalize_name(found.name)
    found.extras = {canonicalize_name(extra) for extra in found.extras}
    return f"Requires-Dist: {found}\n"


def _spelling_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    for field in ("requires-dist", "provides-extra"):
        left, right = (headers.values(field) for headers in both)
        for one, other in zip(sorted(set(left) - set(right)), sorted(set(right) - set(left)), strict=False):
            if _same_spelling(field, one, other):
                return f"{quoted(one)} published, {quoted(other)} rebuilt"
    return None


def _same_spelling(field: str, one: str, other: str) -> bool:
    left, right = (list(_spelled([f"{field}: {value}\n"])) for value in (one, other))
    return left == right


def _list_order_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    differing = [
        field
        for field in sorted(_REPEATED)
        if both[0].values(field) != both[1].values(field)
        and sorted(both[0].values(field)) == sorted(both[1].values(field))
    ]
    return f"the same values of {listed(differing)} in another order" if differing else None


def _header_order_evidence(published: MemberSide, rebuilt: MemberSide) -> str | None:
    both = split_both(published, rebuilt)
    if both is None:
        return None
    left, right = ([field_of(block) for block in headers.blocks] for headers in both)
    common = set(left) & set(right)
    left, right = ([field for field in fields if field in common] for fields in (left, right))
    for one, other in zip(left, right, strict=False):
        if one != other and sorted(left) == sorted(right):
            return f"{quoted(one.title())} published, {quoted(other.title())} rebuilt in its place"
    return None


METADATA: tuple[Cause, ...] = (
    Closing(
        id="blank-end",
        family=Family.METADATA,
        title="empty lines at the end",
        why="Tools end these files with none, one or several empty lines, which no reader looks at.",
        tools="setuptools ends METADATA and wheel ends WHEEL differently in different versions.",
        mend="Pin the backend in build-system.requires.",
        link=_SPEC,
        kinds=frozenset({Kind.METADATA, Kind.WHEEL, Kind.ENTRY_POINTS, Kind.TOP_LEVEL}),
        normalise=_trimmed,
        evidence=_blank_end_evidence,
    ),
    Closing(
        id="metadata-placeholders",
        family=Family.METADATA,
        title="UNKNOWN stands for what the project did not say",
        why="setuptools and distutils wrote UNKNOWN into fields that a project left out; later versions "
        "leave the field out too.",
        tools="setuptools before 62 writes UNKNOWN for Home-page, Author, License, Platform and the "
        "description.",
        mend="Pin setuptools in build-system.requires, or fill in the fields.",
        link="https://setuptools.pypa.io/en/latest/history.html",
        kinds=_METADATA,
        normalise=_without_placeholders,
        evidence=_placeholder_evidence,
    ),
    Closing(
        id="metadata-folding",
        family=Family.METADATA,
        title="long METADATA fields are folded differently",
        why="A header may go on in an indented line, and readers join such lines with a blank.",
        tools="Backends that write through Python's email package, with another Python or policy.",
        mend="Pin the backend and build with the Python of the release.",
        link="https://www.rfc-editor.org/rfc/rfc5322#section-2.2.3",
        kinds=_METADATA,
        normalise=on_blocks(_unfolded),
        evidence=_folding_evidence,
    ),
    Closing(
        id="metadata-requirement-spelling",
        family=Family.METADATA,
        title="requirements are spelled differently",
        why="The same requirement can be written with parentheses, other blanks, quotes, or order of its "
        "version specifiers; PEP 508 reads them alike.",
        tools="wheel before 0.41 writes `name (<2,>=1)`, later versions `name<2,>=1`; extras' names are "
        "normalised since Metadata-Version 2.3.",
        mend="Pin the backend in build-system.requires.",
        link="https://packaging.python.org/en/latest/specifications/dependency-specifiers/",
        kinds=_METADATA,
        normalise=on_blocks(_spelled),
        evidence=_spelling_evidence,
    ),
    Closing(
        id="metadata-list-order",
        family=Family.METADATA,
        title="repeated METADATA fields come in another order",
        why="Requirements, extras, classifiers and licence files are sets; some tools write them in the "
        "order of a hash table or a directory.",
        tools="maturin 0.14 (extras), wheel before 0.33 (extras), scikit-build-core (licence files).",
        mend="Update the backend, and pin it.",
        link=f"{_SPEC}#requires-dist-multiple-use",
        kinds=_METADATA,
        normalise=on_blocks(lambda blocks: sort_within(blocks, _REPEATED)),
        evidence=_list_order_evidence,
    ),
    Closing(
        id="metadata-header-order",
        family=Family.METADATA,
        title="METADATA's fields come in another order",
        why="Readers look fields up by name. The order of the values of one field is kept.",
        tools="Each backend, and each larger version of it, has an order of its own.",
        mend="Pin the backend in build-system.requires.",
        link=_SPEC,
        kinds=_METADATA,
        normalise=on_blocks(lambda blocks: sorted(blocks, key=field_of)),
        evidence=_header_order_evidence,
    ),
)
