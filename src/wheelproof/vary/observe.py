"""One varied build as seen from outside, and what is not the same in two of them."""

from dataclasses import dataclass

from wheelproof.compare.wheels import compare_wheels
from wheelproof.core.errors import MalformedError
from wheelproof.rebuild.record import NotBuilt, Outcome, Phase
from wheelproof.vary.search import FAILS, Keys, Varied
from wheelproof.wheel.facts import Wheel, read_wheel

# A key is the name of a member, or a field of what is around the members.
_MEMBER, _ARCHIVE = "member ", "archive "
MODIFICATION_TIME = f"{_ARCHIVE}modification time"
_FILE_NAME = f"{_ARCHIVE}file name"
_BYTES = f"{_ARCHIVE}bytes"
# They follow from the contents.
_FOLLOWS = frozenset({"compressed size"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a build came to.

    Attributes:
        varied: what it varies.
        outcome: its wheel, or why there is none.
        wheel: the wheel, read; None where there is none.
        begun_s: when it began, in seconds since 1970.
        ended_s: when it ended.
    """

    varied: Varied
    outcome: Outcome
    wheel: Wheel | None
    begun_s: float
    ended_s: float


def see(varied: Varied, outcome: Outcome, begun_s: float, ended_s: float) -> Seen:
    """Read what a build left; a file that is no wheel is a build without one.

    Raises:
        OSError: it can't be read.
    """
    wheel: Wheel | None = None
    if not isinstance(outcome, NotBuilt):
        try:
            wheel = read_wheel(outcome.path, filename=outcome.filename)
        except MalformedError as error:
            reason = f"What the build left is no wheel: {error.message}"
            outcome = NotBuilt(phase=Phase.COLLECT, reason=reason, hint=error.hint, log=outcome.log)
    return Seen(varied=varied, outcome=outcome, wheel=wheel, begun_s=begun_s, ended_s=ended_s)


def differing(one: Seen, other: Seen) -> Keys:
    """The keys of what is not the same; ``FAILS`` where one build left no wheel."""
    if one.wheel is None or other.wheel is None:
        return frozenset() if one.wheel is other.wheel else frozenset({FAILS})
    found = {_FILE_NAME} if one.wheel.filename != other.wheel.filename else set()
    if one.wheel.digest == other.wheel.digest:
        return frozenset(found)
    comparison = compare_wheels(one.wheel, other.wheel)
    found |= {f"{_MEMBER}{pair.name}" for pair in comparison.pairs if not pair.installs_the_same}
    found |= {f"{_ARCHIVE}{item.field}" for item in comparison.envelope if item.field not in _FOLLOWS}
    return frozenset(found or {_BYTES})


def member_names(keys: Keys) -> frozenset[str]:
    """The members among some keys."""
    return frozenset(key.removeprefix(_MEMBER) for key in keys if key.startswith(_MEMBER))


def archive_fields(keys: Keys) -> frozenset[str]:
    """The fields of what is around the members, among some keys."""
    return frozenset(key.removeprefix(_ARCHIVE) for key in keys if key.startswith(_ARCHIVE))
