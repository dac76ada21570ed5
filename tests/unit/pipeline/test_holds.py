"""An earlier result holds only where the very image that it was found with is there."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from wheelproof.core.errors import EngineError, NotCheckedError
from wheelproof.pipeline import check
from wheelproof.pipeline.check import Before, holds
from wheelproof.pipeline.session import Settings

BEFORE = Before(key="k", image="registry.example/many@sha256:0", image_id="sha256:1")
SESSION = cast("Any", SimpleNamespace(engine=None, settings=Settings()))


@pytest.mark.parametrize(("image_id", "expected"), [("sha256:1", True), ("sha256:2", False)])
def test_it_holds_with_the_same_image_alone(
    monkeypatch: pytest.MonkeyPatch, image_id: str, expected: bool
) -> None:
    monkeypatch.setattr(check, "ensure_image", lambda *_, **__: SimpleNamespace(image_id=image_id))
    assert holds(SESSION, BEFORE, "k") is expected
    assert not holds(SESSION, BEFORE, "another")


@pytest.mark.parametrize("error", [EngineError("gone"), NotCheckedError("no such Python")])
def test_an_image_that_cant_be_had_has_it_checked_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(check, "ensure_image", fail)
    assert not holds(SESSION, BEFORE, "k")


@pytest.mark.parametrize(("cut_short", "key"), [(True, None), (False, "k")])
def test_what_a_search_did_not_come_to_is_tried_again(cut_short: bool, key: str | None) -> None:
    published = SimpleNamespace(filename="demo-1.0-py3-none-any.whl")
    result = SimpleNamespace(failure=None, published=published)
    evidence = cast("Any", SimpleNamespace(result=result, cut_short=cut_short))
    assert check._checked(evidence, "k").key == key
