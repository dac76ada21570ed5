import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.container.reference import ImageReference, parse_reference
from wheelproof.core.errors import UsageError
from wheelproof.core.identity import Digest

DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("text", "repository"),
    [
        (f"debian@{DIGEST}", "debian"),
        (f"quay.example/pypa/manylinux_2_28_x86_64@{DIGEST}", "quay.example/pypa/manylinux_2_28_x86_64"),
        (f"127.0.0.1:5000/a/b-c__d.e@{DIGEST}", "127.0.0.1:5000/a/b-c__d.e"),
        (f"localhost:5000/a:1.0-rc@{DIGEST}", "localhost:5000/a"),
    ],
)
def test_a_name_with_its_digest(text: str, repository: str) -> None:
    assert parse_reference(text) == ImageReference(repository=repository, digest=Digest("0f" * 32))


@pytest.mark.parametrize("text", ["debian", "debian:12", "quay.example/a/b:latest", "127.0.0.1:5000/a"])
def test_a_tag_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a tag can move"):
        parse_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"@{DIGEST}",
        f"Debian@{DIGEST}",
        f"a//b@{DIGEST}",
        f"a b@{DIGEST}",
        f"a@{DIGEST}\n",
        f"a@{DIGEST[:-1]}",
        f"a@{DIGEST.upper()}",
        f"a@{'0f' * 32}",
        f"a@md5:{'0f' * 16}",
        f"http://a/b@{DIGEST}",
        f"{'a/' * 300}b@{DIGEST}",
        "a@sha256:" + "٣" * 64,
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_reference(text)


@given(st.text(max_size=80) | st.text(max_size=40).map(lambda name: f"{name}@{DIGEST}"))
def test_any_text_is_a_reference_that_reads_back_or_a_usage_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except UsageError:
        return
    assert parse_reference(str(reference)) == reference
