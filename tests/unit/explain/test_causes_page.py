"""``docs/causes.md`` and the registry are in step, and each cause says all that it must."""

import re

import pytest

from cause_page import PAGE, render_page
from wheelproof.explain.causes.cause import Cause, Family
from wheelproof.explain.causes.registry import CAUSES, find_cause


def test_the_page_is_the_registry() -> None:
    assert PAGE.read_text("utf-8") == render_page()


def test_ids_are_unique() -> None:
    assert len({cause.id for cause in CAUSES}) == len(CAUSES)
    assert {cause.family for cause in CAUSES} <= set(Family)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_a_cause_says_all_that_it_must(cause: Cause) -> None:
    assert find_cause(cause.id) is cause
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cause.id)
    assert not cause.title.endswith(".")
    for text in (cause.why, cause.tools, cause.mend):
        assert text.endswith(".")
        assert "  " not in text
    assert cause.link.startswith("https://")


def test_an_unknown_id_is_none() -> None:
    assert find_cause("no-such-cause") is None
