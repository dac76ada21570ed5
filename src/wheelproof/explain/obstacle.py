"""What stands in the way of ``explained`` beside the members: archives that can be read in two ways."""

from wheelproof.compare.obstacles import OBSTACLES, members_differ
from wheelproof.compare.wheels import Comparison
from wheelproof.core.untrusted import printable
from wheelproof.wheel.anomaly import AnomalyKind

# With these, what installs depends on who reads the archive; the rest is for the rules of a replay.
_AMBIGUOUS = frozenset(
    {
        AnomalyKind.AMBIGUOUS_MEMBER_NAME,
        AnomalyKind.COLLIDING_MEMBERS,
        AnomalyKind.UNSAFE_MEMBER_NAME,
        AnomalyKind.REFERENCE_READER_REFUSES,
    }
)


def find_obstacle_to_explaining(comparison: Comparison) -> str | None:
    """Why members that are closed one by one don't make two wheels the same to install, or None.

    Every rule of a replay holds here too, but for the one that asks for equal members. RECORD must be true of
    its own archive on both sides, and names must be the same to every reader.
    """
    for rule in OBSTACLES:
        if rule is not members_differ and (found := rule(comparison)):
            return found
    for side, wheel in (("published", comparison.published), ("rebuilt", comparison.rebuilt)):
        for anomaly in wheel.anomalies:
            if anomaly.kind in _AMBIGUOUS or anomaly.kind.startswith("record-"):
                where = f" ({printable(anomaly.member)})" if anomaly.member else ""
                return f"the {side} wheel has {anomaly.kind}{where}"
    return None
