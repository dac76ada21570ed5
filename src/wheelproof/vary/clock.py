"""Whether the times of a wheel's entries are those at which it was built.

A file's own time comes from the kernel, whose clock no build can be shown otherwise.
"""

import calendar

from wheelproof.vary.observe import Seen
from wheelproof.wheel.members import Member

# Even seconds, and a kernel that books a file's time some milliseconds behind.
_GRACE_S = 3.0


def follows_clock(one: Seen, other: Seen) -> bool:
    """Of two builds in UTC: every entry's time that differs is one at which its build ran, in both."""
    if one.wheel is None or other.wheel is None:
        return False
    others = {member.name: member for member in other.wheel.archive.members}
    pairs = [(member, others[member.name]) for member in one.wheel.archive.members if member.name in others]
    apart = [(first, second) for first, second in pairs if _seconds(first) != _seconds(second)]
    return bool(apart) and all(_while(first, one) and _while(second, other) for first, second in apart)


def _while(member: Member, seen: Seen) -> bool:
    moment = _seconds(member)
    return moment is not None and seen.begun_s - _GRACE_S <= moment <= seen.ended_s + _GRACE_S


def _seconds(member: Member) -> int | None:
    try:
        return calendar.timegm((*member.dos_time, 0, 0, 0))
    except ValueError:
        return None
