"""What keeps a rebuild from being the same wheel: what the next candidate is drawn from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from wheelproof.compare.pairing import Pair, PairState
from wheelproof.compare.wheels import Comparison

_REORDERED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a rebuild ended without a wheel: the phase, the reason, and what the build printed."""

    phase: str
    reason: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """What is left of one attempt.

    Attributes:
        comparison: of the two wheels; None where nothing was built.
        failure: why nothing was built; None where something was.
        used: the versions of the build requirements, by project; empty where they could not be settled.
    """

    comparison: Comparison | None
    failure: Failure | None
    used: Mapping[str, Version]

    def differing(self) -> tuple[Pair, ...]:
        """The members that are not the same, or install differently."""
        return (
            tuple(pair for pair in self.comparison.pairs if not pair.installs_the_same)
            if self.comparison
            else ()
        )

    def only(self, state: PairState) -> tuple[str, ...]:
        """The names of the members that stand so."""
        return tuple(pair.name for pair in self.differing() if pair.state is state)

    def reordered(self) -> tuple[str, ...]:
        """The names of the members that hold the same lines in another order, RECORD left out."""
        return tuple(name for name, sides in self._changed_texts() if _lines(sides[0]) == _lines(sides[1]))

    def reordered_json(self) -> tuple[str, ...]:
        """The names of the JSON members that hold the same values in another order."""
        return tuple(
            name for name, sides in self._changed_texts() if name.endswith(".json") and _same_json(*sides)
        )

    def windows_lines(self) -> tuple[str, ...]:
        """The names of the members that differ by CRLF line ends in the published wheel."""
        return tuple(
            name
            for name, (published, rebuilt) in self._changed_texts(same_size=False)
            if published != rebuilt and published.replace(b"\r\n", b"\n") == rebuilt
        )

    def _changed_texts(self, *, same_size: bool = True) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
        """The small members that changed, RECORD left out, as published and as rebuilt."""
        if self.comparison is None:
            return
        wheels = (self.comparison.published, self.comparison.rebuilt)
        for pair in self.differing():
            sizes = {side.size_bytes for side in (pair.published, pair.rebuilt) if side}
            if pair.state is not PairState.CHANGED or max(sizes) > _REORDERED_BYTES:
                continue
            if same_size and len(sizes) != 1:
                continue
            members = [wheel.archive.find(pair.name) for wheel in wheels]
            if pair.name.endswith("/RECORD") or members[0] is None or members[1] is None:
                continue
            sides = [
                wheel.archive.read(member, limit_bytes=_REORDERED_BYTES)
                for wheel, member in zip(wheels, members, strict=True)
                if member
            ]
            yield pair.name, (sides[0], sides[1])

    def dist_info_differs(self) -> bool:
        """A member of the ``.dist-info`` folder differs that is more than a consequence of others."""
        if self.comparison is None:
            return False
        folder = f"{self.comparison.published.dist_info}/"
        return any(
            pair.name.startswith(folder) and pair.name != f"{folder}RECORD" for pair in self.differing()
        )


def _lines(content: bytes) -> list[bytes]:
    return sorted(content.splitlines())


def _same_json(published: bytes, rebuilt: bytes) -> bool:
    try:
        return bool(json.loads(published) == json.loads(rebuilt))
    except (ValueError, RecursionError):
        return False
