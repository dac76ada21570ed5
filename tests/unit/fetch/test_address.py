import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.core.errors import FetchError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.address import Address


def test_parts() -> None:
    address = Address.parse("https://me:p%40ss@Index.Example:8443/simple/?token=x")
    assert address.credentials == ("me", "p@ss")
    assert address.url == "https://Index.Example:8443/simple/?token=x"
    assert address.origin == ("https", "index.example", 8443)
    assert str(address) == "https://Index.Example:8443/simple/"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "six",
        "/simple/",
        "file:///simple",
        "ftp://index.example/",
        "http://",
        "http://[",
        "http://a:b:c/",
        "http://index.example:99999/",
        "http://index.example/a b",
        "http://index.example/\n",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(FetchError):
        Address.parse(text)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("six/", "https://index.example/simple/six/"),
        ("/files/a.whl", "https://index.example/files/a.whl"),
        ("//other.example/a", "https://other.example/a"),
        ("http://other.example/a", "http://other.example/a"),
    ],
)
def test_join(reference: str, expected: str) -> None:
    assert Address.parse("https://me:pw@index.example/simple/").join(reference).url == expected


@given(st.text())
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    for reading in (Address.parse, Address.parse("https://index.example/").join):
        try:
            address = reading(text)
        except FetchError:
            continue
        assert address.scheme in {"http", "https"}
        assert printable(str(address), limit=1000) == str(address)


@given(st.text(st.characters(categories=("L", "N")), min_size=8))
def test_a_password_is_never_shown(password: str) -> None:
    for text in (f"https://me:{password}@index.example/", f"ftp://me:{password}@index.example/"):
        try:
            shown = repr(Address.parse(text)) + str(Address.parse(text))
        except FetchError as error:
            shown = error.message + error.hint
        assert password not in shown
