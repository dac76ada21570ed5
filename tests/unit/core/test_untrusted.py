import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.core.untrusted import printable


@given(st.text())
def test_what_is_shown_can_be_printed(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text, limit=10**6), limit=10**6) == printable(text, limit=10**6)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), max_size=400))
def test_what_can_be_printed_is_left_as_it_is(text: str) -> None:
    assert printable(text) == text


@given(st.text(), st.integers(0, 50))
def test_what_is_cut_is_counted(text: str, limit: int) -> None:
    shown = printable(text, limit=limit)
    assert shown.endswith(f"… ({len(text) - limit} characters more)") is (len(text) > limit) or "…" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202eevil", r"\u202eevil"),
        ("\u200b\ufeff", r"\u200b\ufeff"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\x9b1A", r"\x9b1A"),
        ("größe 大小", "größe 大小"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_is_to_be_kept_is() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"
