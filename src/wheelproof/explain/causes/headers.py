"""The header format of WHEEL and METADATA, split without loss: joined again it gives the same text.

Only what every reader of core metadata takes apart in the same way is split at all.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from wheelproof.explain.causes.cause import MemberSide
from wheelproof.explain.causes.lines import decode

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*:")
# What some readers take for the end of a line and others don't.
_OTHER_LINE_ENDS = re.compile("[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_HEADERS_LIMIT = 20_000
_LINES_LIMIT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """A header file.

    Attributes:
        blocks: each field with its continuation lines, as it stands there, with its line feeds.
        body: what follows the first empty line; None where there is no empty line.
    """

    blocks: tuple[str, ...]
    body: str | None

    def render(self) -> bytes:
        """The text again."""
        return ("".join(self.blocks) + ("" if self.body is None else f"\n{self.body}")).encode()

    def values(self, field: str) -> tuple[str, ...]:
        """The values of a field, in order, unfolded as they stand there and stripped."""
        return tuple(value_of(block) for block in self.blocks if field_of(block) == field)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields in lower case, each once, in the order of their first."""
        return tuple(dict.fromkeys(field_of(block) for block in self.blocks))


def split_headers(data: bytes) -> Headers | None:
    """Take a header file apart; None where it is anything but plain fields, and perhaps a body."""
    text = decode(data)
    if text is None:
        return None
    head, empty, body = ("", "\n", text[1:]) if text.startswith("\n") else text.partition("\n\n")
    head += "\n" if empty and head else ""
    if _OTHER_LINE_ENDS.search(head) or (head and not head.endswith("\n")):
        return None
    if head.count("\n") > _LINES_LIMIT:
        return None
    blocks: list[list[str]] = []
    for line in head.splitlines(keepends=True):
        if line[0] in " \t" and blocks and line.strip():
            blocks[-1].append(line)
        elif _FIELD.match(line):
            blocks.append([line])
        else:
            return None
    if len(blocks) > _HEADERS_LIMIT:
        return None
    return Headers(blocks=tuple("".join(lines) for lines in blocks), body=body if empty else None)


def field_of(block: str) -> str:
    """A field's name, in lower case."""
    return block.partition(":")[0].lower()


def value_of(block: str) -> str:
    """A field's value, without the blanks around it."""
    return block.partition(":")[2].strip()


def on_blocks(change: Callable[[tuple[str, ...]], Iterable[str]]) -> Callable[[MemberSide], bytes]:
    """A normalisation of the fields alone; what can't be taken apart stays as it is."""

    def normalise(side: MemberSide) -> bytes:
        headers = split_headers(side.content)
        if headers is None:
            return side.content
        return replace(headers, blocks=tuple(change(headers.blocks))).render()

    return normalise


def sort_within(blocks: tuple[str, ...], fields: frozenset[str]) -> tuple[str, ...]:
    """Sort the blocks of each of some fields among the places that they have."""
    ordered = {field: iter(sorted(block for block in blocks if field_of(block) == field)) for field in fields}
    return tuple(next(ordered[field_of(block)]) if field_of(block) in fields else block for block in blocks)


def split_both(published: MemberSide, rebuilt: MemberSide) -> tuple[Headers, Headers] | None:
    """Both sides taken apart; None where one can't be."""
    left, right = split_headers(published.content), split_headers(rebuilt.content)
    return (left, right) if left and right else None
