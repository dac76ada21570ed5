"""Every cause there is, in the order in which they are tried."""

from wheelproof.explain.causes.cause import Cause, Closing, Kind, Lone, MemberSide, Naming
from wheelproof.explain.causes.data import DATA
from wheelproof.explain.causes.entry_points import ENTRY_POINTS
from wheelproof.explain.causes.members import MEMBERS
from wheelproof.explain.causes.metadata import METADATA
from wheelproof.explain.causes.metadata_values import METADATA_VALUES
from wheelproof.explain.causes.native import NATIVE
from wheelproof.explain.causes.python import PYTHON
from wheelproof.explain.causes.record import RECORD
from wheelproof.explain.causes.source import SOURCE
from wheelproof.explain.causes.text import STAMPS, TEXT
from wheelproof.explain.causes.unknown import FILE_LIST, UNKNOWN
from wheelproof.explain.causes.wheel_file import WHEEL_FILE

# Line endings come first: everything after them sees line feeds only. What is unknown comes last.
CAUSES: tuple[Cause, ...] = (
    *TEXT,
    *METADATA,
    *WHEEL_FILE,
    *RECORD,
    *METADATA_VALUES,
    *ENTRY_POINTS,
    *MEMBERS,
    *SOURCE,
    *PYTHON,
    *NATIVE,
    *STAMPS,
    *DATA,
    FILE_LIST,
    UNKNOWN,
)


_CLOSING = {
    kind: tuple(cause for cause in CAUSES if isinstance(cause, Closing) and kind in (cause.kinds or Kind))
    for kind in Kind
}


def closing_for(side: MemberSide) -> tuple[Closing, ...]:
    """The causes that may close such a member's difference, in order."""
    return _CLOSING[side.kind]


def naming_for(side: MemberSide) -> tuple[Naming, ...]:
    """The causes that may be named of such a member in both wheels, in order."""
    return tuple(cause for cause in CAUSES if isinstance(cause, Naming) and cause.concerns(side))


def lone_for(side: MemberSide) -> tuple[Lone, ...]:
    """The causes that may be named of such a member in one wheel, in order."""
    return tuple(cause for cause in CAUSES if isinstance(cause, Lone) and cause.concerns(side))


def find_cause(identity: str) -> Cause | None:
    """The cause of that id."""
    return next((cause for cause in CAUSES if cause.id == identity), None)
