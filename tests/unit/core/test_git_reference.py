import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.core.errors import UsageError
from wheelproof.core.git import GitReference, pinned
from wheelproof.source.git import open_repository

COMMIT = "0123456789" * 4
FORGE = "https://forge.example/demo.git"


@pytest.mark.parametrize(
    ("text", "place", "rev", "url"),
    [
        (f"{FORGE}@v1.0", FORGE, "v1.0", FORGE),
        (f"git+{FORGE}@v1.0", FORGE, "v1.0", FORGE),
        (f"{FORGE}@{COMMIT}", FORGE, COMMIT, FORGE),
        (f"{FORGE}@release/1.x", FORGE, "release/1.x", FORGE),
        ("https://me@forge.example/x@v1", "https://me@forge.example/x", "v1", "https://forge.example/x"),
        (
            "https://me:pw@forge.example/x@v1",
            "https://me:pw@forge.example/x",
            "v1",
            "https://forge.example/x",
        ),
        (
            "https://forge.example:8443/x@v1",
            "https://forge.example:8443/x",
            "v1",
            "https://forge.example:8443/x",
        ),
        ("ssh://git@forge.example/x@v1", "ssh://git@forge.example/x", "v1", "ssh://git@forge.example/x"),
        (
            "ssh://git:pw@forge.example/x@v1",
            "ssh://git:pw@forge.example/x",
            "v1",
            "ssh://git@forge.example/x",
        ),
        (
            "git@forge.example:team/x.git@v1",
            "git@forge.example:team/x.git",
            "v1",
            "git@forge.example:team/x.git",
        ),
        ("forge.example:x@v1", "forge.example:x", "v1", "forge.example:x"),
        ("git://forge.example/x@main", "git://forge.example/x", "main", "git://forge.example/x"),
        ("/srv/x@v1", "/srv/x", "v1", None),
        ("/srv/x", "/srv/x", None, None),
        ("file:///srv/x@v1", "/srv/x", "v1", None),
        ("../a@b/x@v1", "../a@b/x", "v1", None),
    ],
)
def test_a_commit_is_named_behind_the_last_at_that_is_no_user(
    text: str, place: str, rev: str | None, url: str | None
) -> None:
    reference = GitReference.parse(text)
    assert (reference.place, reference.rev, reference.url) == (place, rev, url)
    assert "pw" not in f"{reference} {reference.shown}" or url is None


def test_a_path_that_is_there_is_one_whatever_is_in_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a@b", "host:x"):
        (tmp_path / name).mkdir()
        assert GitReference.parse(name).place == name
        assert GitReference.parse(f"{tmp_path / name}@v1").rev == "v1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-u",
        "--upload-pack=touch",
        FORGE,
        "git@forge.example:x",
        f"{FORGE}@",
        f"{FORGE}@-v",
        f"{FORGE}@--upload-pack=x",
        f"{FORGE}@HEAD~1",
        f"{FORGE}@v1^{{}}",
        f"{FORGE}@a..b",
        f"{FORGE}@main@{{1}}",
        f"{FORGE}@a b",
        f"{FORGE}@:path",
        f"{FORGE}@v1.lock",
        f"{FORGE}@{'v' * 251}",
        f"{FORGE}@v\x1b[2J",
        "ext::sh -c touch@v1",
        "ftp://forge.example/x@v1",
        "transport::https://forge.example/x@v1",
        "ssh://-oProxyCommand=x/y@v1",
        "ssh://me@-oProxyCommand=x/y@v1",
        "https:///x@v1",
        "file://elsewhere/x@v1",
        "/srv/x@",
    ],
)
def test_what_could_be_an_option_or_is_no_commit_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        GitReference.parse(text)
    assert caught.value.hint
    assert caught.value.message.isprintable()


def test_a_path_that_is_too_long_is_none() -> None:
    assert GitReference.parse("x" * 5000).local
    with (
        pytest.raises(UsageError, match="There is no folder"),
        open_repository(GitReference.parse("x" * 5000)),
    ):
        pass


def test_a_recipe_names_a_url_and_a_commit_by_its_full_id() -> None:
    assert pinned(f"{FORGE}@{COMMIT}").commit == COMMIT
    for text in (
        f"{FORGE}@v1.0",
        f"{FORGE}@{COMMIT[:12]}",
        f"/srv/x@{COMMIT}",
        f"file:///srv/x@{COMMIT}",
        f"https://me:pw@forge.example/x@{COMMIT}",
        f"https://me@forge.example/x@{COMMIT}",
    ):
        with pytest.raises(UsageError):
            pinned(text)


@given(st.text() | st.text(alphabet="a@:/.-~^ht ps\x1b{}"))
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    reference = GitReference(place="x", rev=None, scheme="file", url=None)
    with contextlib.suppress(UsageError):
        reference = GitReference.parse(text)
    assert not reference.place.startswith("-")
    assert reference.rev is None or not reference.rev.startswith("-")
    assert str(reference).isprintable()
