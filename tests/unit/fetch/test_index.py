import json
from collections.abc import Iterator

import pytest

from hostile_server import Server, reply
from index_pages import JSON, entry, page
from wheelproof.core.errors import FetchError
from wheelproof.fetch.http import Http, HttpLimits
from wheelproof.fetch.index import SimpleIndex


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(limits=HttpLimits(attempts=2, backoff_s=0)) as http:
        yield http


def listed(*files: object) -> bytes:
    return json.dumps(page(*files)).encode()


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_project_is_asked_for_once(server: Server, http: Http, slash: str) -> None:
    server.on("/simple/demo/", reply(200, listed(entry("demo-1.0.tar.gz")), Content_Type=JSON))
    index = SimpleIndex(http, f"{server.url}/simple{slash}")
    assert index.project("Demo") is index.project("demo")
    assert server.paths() == ["/simple/demo/"]
    assert server.asked[0].headers["accept"] == JSON


def test_what_is_expected_is_asked_for_once_too(server: Server, http: Http) -> None:
    server.on("/simple/demo/", reply(200, listed(entry("demo-1.0.tar.gz")), Content_Type=JSON))
    index = SimpleIndex(http, f"{server.url}/simple/")
    index.expect("Demo")
    index.expect("../x")
    assert len(index.project("demo").files) == 1
    index.expect("demo")
    index.project("demo")
    assert server.paths() == ["/simple/demo/"]


def test_what_goes_wrong_ahead_is_told_when_asked(server: Server, http: Http) -> None:
    index = SimpleIndex(http, f"{server.url}/simple/")
    index.expect("demmo")
    with pytest.raises(FetchError, match="has no project demmo"):
        index.project("demmo")


def test_files_are_relative_to_where_the_answer_came_from(server: Server, http: Http) -> None:
    server.on("/simple/demo/", reply(301, Location="/mirror/demo/"))
    server.on(
        "/mirror/demo/", reply(200, listed(entry("demo-1.0.tar.gz", url="x.tar.gz")), Content_Type=JSON)
    )
    (file,) = SimpleIndex(http, f"{server.url}/simple/").project("demo").files
    assert file.address.url == f"{server.url}/mirror/demo/x.tar.gz"


def test_an_unknown_project(server: Server, http: Http) -> None:
    index = SimpleIndex(http, f"{server.url}/simple/")
    with pytest.raises(FetchError, match="has no project demmo") as caught:
        index.project("demmo")
    assert "spelling" in caught.value.hint


def test_html_instead_of_json(server: Server, http: Http) -> None:
    server.on("/simple/demo/", reply(200, b"<html>", Content_Type="text/html; charset=UTF-8"))
    with pytest.raises(FetchError, match="answers with text/html, not with the Simple JSON API"):
        SimpleIndex(http, f"{server.url}/simple/").project("demo")


@pytest.mark.parametrize("name", ["", "..", "../../x", "a/b", "a?b", "a\x1b", "-"])
def test_what_is_no_name_is_not_asked_for(server: Server, http: Http, name: str) -> None:
    with pytest.raises(FetchError, match="no project's name"):
        SimpleIndex(http, server.url).project(name)
    assert server.asked == []


@pytest.mark.parametrize("url", ["", "index.example", "file:///simple", "http://[/"])
def test_what_is_no_index(http: Http, url: str) -> None:
    with pytest.raises(FetchError, match="not an http or https address"):
        SimpleIndex(http, url)


def test_credentials_in_the_address_are_used_and_never_shown(server: Server, http: Http) -> None:
    index = SimpleIndex(http, f"http://me:s3cret@127.0.0.1:{server.port}/simple/")
    with pytest.raises(FetchError) as caught:
        index.project("demo")
    assert "authorization" in server.asked[0].headers
    assert "s3cret" not in f"{caught.value.message}{caught.value.hint}{index.address!r}"
