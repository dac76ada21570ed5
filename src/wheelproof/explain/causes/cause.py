"""What a cause is: why a member can differ, how to recognise it, and whether it keeps the meaning.

A :class:`Closing` cause proves itself, by a function that maps one side's bytes to bytes; a :class:`Naming`
cause says what it saw, and leaves the difference open. A :class:`Lone` cause is of a member that one wheel
has, and leaves that open, unless it is a :class:`ClosingLone`: of what no installer writes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from wheelproof.core.identity import Digest

# Beyond this a member is not read into memory to explain it.
EXPLAIN_LIMIT_BYTES = 8 << 20


class Family(StrEnum):
    """The families of causes, each a module of this package."""

    DIST_INFO = "dist-info"
    METADATA = "metadata"
    SOURCE = "source"
    TEXT = "text"
    PYTHON = "python"
    NATIVE = "native"
    DATA = "data"
    MEMBERS = "members"


class Kind(StrEnum):
    """What a member is to those who read it, by its name."""

    WHEEL = "WHEEL"
    METADATA = "METADATA"
    RECORD = "RECORD"
    ENTRY_POINTS = "entry points"
    TOP_LEVEL = "top-level names"
    LICENSE = "licence file"
    PYTHON = "Python source"
    BYTECODE = "Python bytecode"
    NATIVE = "native library or program"
    SCRIPT = "script"
    SBOM = "software bill of materials"
    GZIP = "gzip stream"
    TEXT = "text"
    OTHER = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlace:
    """Whether a content is one of the source's files.

    Attributes:
        known: the source was there to look into.
        path: the file's path in it, or None where no file has that content; not safe to print.
    """

    known: bool
    path: str | None = None


UNKNOWN_SOURCE = SourcePlace(known=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSide:
    """One side of a member that differs: all that a cause may look at.

    Attributes:
        name: as it stands in the archive; not safe to print.
        kind: what it is, by its name.
        dist_info: the name of its wheel's ``.dist-info`` directory.
        digest: of the content.
        size_bytes: of the content.
        mode: file type and permissions, as the archive states them.
        data: the content; None where it is larger than :data:`EXPLAIN_LIMIT_BYTES`.
        chunks: opens the content anew, streamed and held to its size and CRC-32, however large it is.
        record_is_true: nothing contradicts its wheel's RECORD: each row is true, each member listed.
        package: the distribution's package that a vendored library is from, as its wheel's SBOM says; safe to
            print, and empty where it does not.
        source: where in the source its content stands, byte for byte.
        filename: its wheel's file name; not safe to print.
        vendors_others: its wheel and the other hold other vendored libraries, which no cause closes.
        folder_of_both: it is a folder's own entry, and both wheels have files in that folder.
    """

    name: str
    kind: Kind
    dist_info: str
    digest: Digest
    size_bytes: int
    mode: int
    data: bytes | None
    chunks: Callable[[], Iterator[bytes]]
    record_is_true: bool
    package: str = ""
    source: SourcePlace = UNKNOWN_SOURCE
    filename: str = ""
    vendors_others: bool = False
    folder_of_both: bool = False

    @property
    def content(self) -> bytes:
        """The content of a member that is small enough to explain; raises ValueError for another."""
        if self.data is None:
            raise ValueError("the member was not read")
        return self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a cause was recognised by: one line, safe to print, with its place (line, offset, header)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a reader is shown of a member's difference: bounded lines, safe to print."""

    kind: Literal["unified", "native", "bytes"]
    lines: tuple[str, ...]
    lines_left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is told of every cause.

    Attributes:
        id: kebab-case; never changes once released.
        family: whose it is.
        title: a few words, without a full stop.
        why: why it happens.
        tools: which tools and versions do it.
        mend: how a maintainer mends it.
        link: where to read more.
        kinds: of members that can have it; empty means any.
    """

    id: str
    family: Family
    title: str
    why: str
    tools: str
    mend: str
    link: str
    kinds: frozenset[Kind] = frozenset()

    @property
    def closes(self) -> bool:
        """It keeps the meaning: what differs only by it counts as explained."""
        return isinstance(self, Closing | ClosingLone)

    def concerns(self, side: MemberSide) -> bool:
        """Such a member can have this cause."""
        return not self.kinds or side.kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(Cause):
    """A cause that keeps the meaning.

    Attributes:
        normalise: a pure function of one side; what it can't read it returns as it is.
        evidence: what of it differs between the two sides, safe to print, or None where nothing does; it
            decides whether the cause is applied, never what it makes equal.
    """

    normalise: Callable[[MemberSide], bytes]
    evidence: Callable[[MemberSide, MemberSide], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming(Cause):
    """A cause that is recognised and leaves the difference open.

    Attributes:
        recognise: a pure function of both sides; None where this is not the cause.
        streams: it reads through ``chunks``, so it is asked about members of any size.
    """

    recognise: Callable[[MemberSide, MemberSide], Evidence | None]
    streams: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lone(Cause):
    """A cause that is recognised on a member which only one of the wheels has, and leaves it open.

    Attributes:
        recognise: a pure function of that side; None where this is not the cause.
    """

    recognise: Callable[[MemberSide], Evidence | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingLone(Lone):
    """A cause of a member in one wheel only that keeps the meaning: an install is the same without it."""
