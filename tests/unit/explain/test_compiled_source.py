"""Python source compared by what it compiles to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.explain.causes.compiled import CodeDifference, compare_source

MODULE = b"""\
import os

LIMIT = 3


def double(n):
    if n:
        pass
    return [n * 2 for _ in range(LIMIT)]


class Thing:
    size = 1.0

    def grow(self):
        return self.size
"""


@pytest.mark.parametrize(
    "changed",
    [
        MODULE.replace(b"\n\n\n", b"\n\n# a comment\n\n"),
        MODULE.replace(b"if n:\n        pass", b"if n: pass"),
        MODULE.replace(b"n * 2", b"(n   *   2)"),
        MODULE.replace(b"range(LIMIT)", b"range(\n        LIMIT,\n    )"),
        b"# -*- coding: utf-8 -*-\n" + MODULE,
        MODULE.replace(b"\n", b"\r\n"),
        b"\n" * 400 + MODULE,
    ],
)
def test_formatting_leaves_no_trace(changed: bytes) -> None:
    assert changed != MODULE
    difference = compare_source(MODULE, changed)
    assert difference is not None
    assert not difference


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"n * 2", b"n * 3", {"changed": {"double"}}),
        (b"1.0", b"1", {"changed": {"Thing"}}),
        (b"return self.size", b"return -self.size", {"changed": {"Thing"}}),
        (b"LIMIT = 3", b"LIMIT = 4", {"top_level": True}),
        (b"import os", b"import sys", {"top_level": True}),
        (b"double(n)", b"double(n=1)", {"top_level": True}),
        (b"def double", b"def triple", {"only_published": {"double"}, "only_rebuilt": {"triple"}}),
        (b"if n:", b"if not n:", {"changed": {"double"}}),
        (b"def grow(self)", b"def grow(self, *, by=0)", {"changed": {"Thing"}}),
    ],
)
def test_code_is_told_by_its_definition(old: bytes, new: bytes, expected: dict[str, object]) -> None:
    difference = compare_source(MODULE, MODULE.replace(old, new))
    assert difference
    for field, value in expected.items():
        assert getattr(difference, field) == value


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"x = 0.0", b"x = -0.0"),
        (b"x = 1", b"x = True"),
        (b"x = (1,)", b"x = (1.0,)"),
        (b"x = ''", b"x = b''"),
    ],
)
def test_equal_constants_of_another_kind_differ(left: bytes, right: bytes) -> None:
    assert compare_source(left, right)


@pytest.mark.parametrize(
    "data",
    [
        b"def",
        b"\0",
        b"\xff",
        b"(" * 5000,
        b"a." * 50_000 + b"a",
        b"x = 1\n" * 200_000,
        b"a;" * 100_000,
        b"# coding: nonsense\n",
    ],
)
def test_what_can_not_be_compiled_is_not_compared(data: bytes) -> None:
    assert compare_source(data, MODULE) is None
    assert compare_source(MODULE, data) is None


@given(data=st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_text_is_the_same_as_itself_or_can_not_be_compiled(data: bytes) -> None:
    same = CodeDifference(
        changed=frozenset(), only_published=frozenset(), only_rebuilt=frozenset(), top_level=False
    )
    assert compare_source(data, data) in {None, same}
