"""What a recipe takes back of the question: a changed source, members left out of the comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from wheelproof.compare.pairing import ModeDifference, Pair
from wheelproof.explain.runnable import runs_as
from wheelproof.wheel.members import MemberType

# What tells installers and tools what the wheel is: never left out.
_DESCRIBING = ("METADATA", "WHEEL", "RECORD", "entry_points.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What a recipe relaxes; each of it caps the verdict at ``explained``.

    Attributes:
        exclude: shell patterns of members that are left out of the comparison.
        changes: what was done to the source before it was built, each as the end of "The recipe …".
    """

    exclude: Sequence[str] = ()
    changes: Sequence[str] = ()

    def leaves_out(self, pair: Pair, dist_info: str) -> bool:
        """Whether a member is left out; what Python or an installer runs or reads never is."""
        if not any(fnmatchcase(pair.name, pattern) for pattern in self.exclude):
            return False
        sides = [side for side in (pair.published, pair.rebuilt) if side is not None]
        return (
            not never_left_out(pair.name, dist_info)
            and (all(side.type is MemberType.FILE for side in sides) or _is_folder_alone(pair))
            and pair.mode in {ModeDifference.NONE, ModeDifference.HARMLESS}
        )


def _is_folder_alone(pair: Pair) -> bool:
    """A folder's own entry in one of the wheels: installers make the folders of their files by themselves."""
    sides = [side for side in (pair.published, pair.rebuilt) if side is not None]
    return (
        len(sides) == 1
        and sides[0].type is MemberType.DIRECTORY
        and sides[0].size_bytes == 0
        and pair.name.endswith("/")
    )


def never_left_out(name: str, dist_info: str) -> bool:
    """Whether no pattern leaves a member out: Python or an installer runs it, or reads what the wheel is."""
    return runs_as(name, dist_info) is not None or name in {f"{dist_info}/{end}" for end in _DESCRIBING}


NONE = Relaxation()
