"""What keeps a rebuild from being the same wheel: what the next candidate is drawn from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from packaging.version import Version

from wheelproof.compare.pairing import MemberSide, Pair, PairState
from wheelproof.compare.wheels import Comparison

# Of a member whose content is compared as text.
_TEXT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a rebuild ended without a wheel: the phase, the reason, and what the build printed."""

    phase: str
    reason: str
    log: str


@dataclass(frozen=True, kw_only=True)
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
        return tuple(self.comparison.differing_pairs()) if self.comparison else ()

    def only(self, state: PairState) -> tuple[str, ...]:
        """The names of the members that stand so."""
        return tuple(pair.name for pair in self.differing() if pair.state is state)

    def reordered(self) -> tuple[str, ...]:
        """The names of the members that hold the same lines in another order, RECORD left out."""
        return tuple(text.name for text in self._changed_texts if text.same_lines)

    def reordered_json(self) -> tuple[str, ...]:
        """The names of the JSON members that hold the same values in another order."""
        return tuple(text.name for text in self._changed_texts if text.same_json)

    def windows_lines(self) -> tuple[str, ...]:
        """The names of the members that differ by CRLF line ends in the published wheel."""
        return tuple(text.name for text in self._changed_texts if text.same_but_crlf)

    @cached_property
    def _changed_texts(self) -> tuple["_Likeness", ...]:
        """The small members that changed, RECORD left out: each is read once, whoever asks."""
        if self.comparison is None:
            return ()
        return tuple(
            _Likeness.of(pair.name, _read(pair.published), _read(pair.rebuilt))
            for pair in self.differing()
            if pair.state is PairState.CHANGED and not pair.name.endswith("/RECORD")
            if pair.published and pair.published.size_bytes <= _TEXT_BYTES
            if pair.rebuilt and pair.rebuilt.size_bytes <= _TEXT_BYTES
        )

    def dist_info_differs(self) -> bool:
        """A member of the ``.dist-info`` folder differs that is more than a consequence of others."""
        if self.comparison is None:
            return False
        folder = f"{self.comparison.published.dist_info}/"
        return any(
            pair.name.startswith(folder) and pair.name != f"{folder}RECORD" for pair in self.differing()
        )


def _read(side: MemberSide) -> bytes:
    return side.wheel.archive.read(side.member, limit_bytes=_TEXT_BYTES)


class _Likeness(NamedTuple):
    """What the two contents of a changed member have in common."""

    name: str
    same_lines: bool
    same_json: bool
    same_but_crlf: bool

    @classmethod
    def of(cls, name: str, published: bytes, rebuilt: bytes) -> "_Likeness":
        same_size = len(published) == len(rebuilt)
        return cls(
            name=name,
            same_lines=same_size and sorted(published.splitlines()) == sorted(rebuilt.splitlines()),
            same_json=same_size and name.endswith(".json") and _same_json(published, rebuilt),
            same_but_crlf=published != rebuilt and published.replace(b"\r\n", b"\n") == rebuilt,
        )


def _same_json(published: bytes, rebuilt: bytes) -> bool:
    try:
        return bool(json.loads(published) == json.loads(rebuilt))
    except (ValueError, RecursionError):
        return False
