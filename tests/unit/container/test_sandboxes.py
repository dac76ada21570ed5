"""Which sandboxes are started and removed, with sandboxes that only count."""

from types import SimpleNamespace
from typing import Any, Self

import pytest

from wheelproof.container.policy import PLAIN, Guise, Policy
from wheelproof.container.sandboxes import Sandboxes
from wheelproof.core.errors import EngineError

ONE, OTHER = "sha256:1", "sha256:2"


class Counted:
    """Stands for a sandbox."""

    started: list[str]
    removed: list[str]

    def __init__(self, _engine: Any, *, image_id: str, policy: Policy, tree: str, guise: Guise) -> None:
        self.image_id = f"{image_id} {tree}".strip()
        self.guise = guise

    def start(self) -> Self:
        self.started.append(self.image_id)
        if self.image_id == "broken":
            raise EngineError("no such image")
        return self

    def remove(self) -> None:
        self.removed.append(self.image_id)


@pytest.fixture
def sandboxes(monkeypatch: pytest.MonkeyPatch) -> Sandboxes:
    Counted.started, Counted.removed = [], []
    monkeypatch.setattr("wheelproof.container.sandboxes.Sandbox", Counted)
    engine: Any = SimpleNamespace(close=lambda: None)
    return Sandboxes(engine, Policy())


def test_what_is_expected_is_used_once(sandboxes: Sandboxes) -> None:
    with sandboxes:
        sandboxes.expect(ONE)
        sandboxes.expect(ONE)
        with sandboxes.open(ONE) as first, sandboxes.open(ONE) as second:
            assert first is not second
    assert Counted.started == Counted.removed == [ONE, ONE]


def test_another_place_for_the_tree_is_another_sandbox(sandboxes: Sandboxes) -> None:
    with sandboxes:
        sandboxes.expect(ONE)
        with sandboxes.open(ONE, "/project"):
            pass
    assert sorted(Counted.started) == sorted(Counted.removed) == [ONE, f"{ONE} /project"]


def test_a_sandbox_that_shows_another_host_is_never_one_that_was_started_ahead(sandboxes: Sandboxes) -> None:
    other = Guise(hostname="other")
    opened: list[Any] = []
    with sandboxes:
        sandboxes.expect(ONE)
        for guise in (other, PLAIN):
            with sandboxes.open(ONE, guise=guise) as sandbox:
                opened.append(sandbox)
    assert [sandbox.guise for sandbox in opened] == [other, PLAIN]
    assert Counted.started == Counted.removed == [ONE, ONE]


def test_what_is_not_used_is_removed(sandboxes: Sandboxes) -> None:
    with sandboxes:
        sandboxes.expect(ONE)
        with sandboxes.open(OTHER) as sandbox:
            assert sandbox.image_id == OTHER  # type: ignore[attr-defined]
        sandboxes.expect(ONE)
    assert sorted(Counted.started) == sorted(Counted.removed) == [ONE, ONE, OTHER]


def test_what_waited_too_long_is_not_used(sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("wheelproof.container.sandboxes.time", SimpleNamespace(monotonic=lambda: now[0]))
    with sandboxes:
        sandboxes.expect(ONE)
        now[0] += 3600
        with sandboxes.open(ONE):
            pass
    assert Counted.started == Counted.removed == [ONE, ONE]


def test_a_failure_is_told_by_whoever_opens(sandboxes: Sandboxes) -> None:
    with sandboxes:
        sandboxes.expect("broken")
        with sandboxes.open(ONE):
            pass
        sandboxes.expect("broken")
        with pytest.raises(EngineError, match="no such image"), sandboxes.open("broken"):
            pass
    assert Counted.removed == [ONE]


def test_an_error_in_the_block_leaves_nothing(sandboxes: Sandboxes) -> None:
    with pytest.raises(SystemExit), sandboxes, sandboxes.open(ONE):
        raise SystemExit(130)
    assert Counted.removed == [ONE]
