"""A run's sandboxes: one is started while its inputs are still settled, and removed while others judge."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from wheelproof.container.engine import Engine
from wheelproof.container.policy import PLAIN, Guise, Policy
from wheelproof.container.sandbox import Sandbox
from wheelproof.core.ahead import ahead
from wheelproof.core.errors import EngineError

# A sandbox that waited longer is not used: its own clock runs.
_WAITS_S = 120.0
# What is being removed ends by itself where this does not do.
_PATIENCE_S = 30.0


@dataclass(slots=True)
class Sandboxes:
    """Starts and removes sandboxes of one engine; as a context manager it leaves none behind.

    Attributes:
        engine: the connection, which is closed at the end.
        policy: the limits of each.
    """

    engine: Engine
    policy: Policy
    _expected: "Future[Sandbox] | None" = None
    _expected_as: tuple[str, str] = ("", "")
    _expected_at: float = 0.0
    _leaving: list[Future[None]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()
        wait(self._leaving, timeout=_PATIENCE_S)
        self.engine.close()

    def expect(self, image_id: str, tree: str = "") -> None:
        """Begin to start such a sandbox, for ``open``, which tells what goes wrong."""
        if self._expected is not None and self._expected_as == (image_id, tree):
            return
        self._discard()
        self._expected = ahead(self._new(image_id, tree).start)
        self._expected_as, self._expected_at = (image_id, tree), time.monotonic()

    @contextlib.contextmanager
    def open(self, image_id: str, tree: str = "", guise: Guise = PLAIN) -> Iterator[Sandbox]:
        """A sandbox that nothing has run in.

        Args:
            image_id: the image's.
            tree: the source tree's own place, where it has one.
            guise: what a build sees of its host; only a plain sandbox is started ahead.

        Raises:
            EngineError: the engine can't make or start it.
        """
        expected = self._take(image_id, tree) if guise == PLAIN else None
        sandbox = expected or self._new(image_id, tree, guise).start()
        try:
            yield sandbox
        finally:
            self._leaving = [future for future in self._leaving if not future.done()]
            self._leaving.append(ahead(sandbox.remove))

    def _new(self, image_id: str, tree: str, guise: Guise = PLAIN) -> Sandbox:
        return Sandbox(self.engine, image_id=image_id, policy=self.policy, tree=tree, guise=guise)

    def _take(self, image_id: str, tree: str) -> Sandbox | None:
        fits = self._expected_as == (image_id, tree) and time.monotonic() - self._expected_at < _WAITS_S
        if self._expected is None or not fits:
            self._discard()
            return None
        expected = self._expected
        sandbox = expected.result()
        self._expected = None
        return sandbox

    def _discard(self) -> None:
        if self._expected is not None:
            expected, self._expected = self._expected, None
            self._leaving.append(ahead(lambda: _remove(expected)))


def _remove(started: Future[Sandbox]) -> None:
    with contextlib.suppress(EngineError):
        started.result().remove()
