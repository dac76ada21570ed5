import gzip
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hostile_server import Server, broken_off, forever, part, raw, reply, silent
from wheelproof.core.errors import FetchError
from wheelproof.fetch.address import Address
from wheelproof.fetch.http import Answer, Http, HttpLimits, NotThereError

QUICK = HttpLimits(connect_s=5, read_s=5, patience_s=20, attempts=3, backoff_s=0.01)
IMPATIENT = HttpLimits(connect_s=5, read_s=5, patience_s=0.2, bytes_per_s=1 << 20, attempts=3)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_credentials_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def get(http: Http, url: str, limit_bytes: int = 1000) -> Answer:
    return http.get(Address.parse(url), accept="text/plain", limit_bytes=limit_bytes)


class Sink:
    def __init__(self) -> None:
        self.data = b""
        self.restarts = 0

    def write(self, data: bytes) -> None:
        self.data += data

    def restart(self) -> None:
        self.data = b""
        self.restarts += 1


def test_answer_and_what_is_asked(server: Server) -> None:
    server.on("/a", reply(200, b"hello", Content_Type="Text/Plain; charset=utf-8"))
    with Http(limits=QUICK) as http:
        answer = get(http, f"{server.url}/a")
    assert (answer.body, answer.media_type) == (b"hello", "text/plain")
    assert server.asked[0].headers["user-agent"].startswith("wheelproof/")
    assert server.asked[0].headers["accept"] == "text/plain"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failures_are_retried_with_backoff(server: Server, status: int) -> None:
    server.on("/a", reply(status), reply(status), reply(200, b"at last"))
    waits: list[float] = []
    with Http(limits=QUICK, sleep=waits.append) as http:
        assert get(http, f"{server.url}/a").body == b"at last"
    assert waits == [0, 0.02]


def test_attempts_end(server: Server) -> None:
    server.on("/a", reply(503))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match=r"answers 503 .*3 attempts") as caught:
        get(http, f"{server.url}/a")
    assert len(server.asked) == 3
    assert caught.value.hint


@pytest.mark.parametrize(("said", "waited"), [("7", 7), ("what", 0), ("9" * 5000, 0)])
def test_retry_after_is_obeyed(server: Server, said: str, waited: float) -> None:
    server.on("/a", reply(429, Retry_After=said), reply(200))
    waits: list[float] = []
    with Http(limits=QUICK, sleep=waits.append) as http:
        get(http, f"{server.url}/a")
    assert waits == [waited]


def test_retry_after_beyond_patience_ends(server: Server) -> None:
    server.on("/a", reply(429, Retry_After="3600"))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match=r"429 .*3600 s"):
        get(http, f"{server.url}/a")


@pytest.mark.parametrize("status", [404, 410])
def test_absence_is_told_apart_and_not_retried(server: Server, status: int) -> None:
    server.on("/a", reply(status))
    with Http(limits=QUICK) as http, pytest.raises(NotThereError, match=str(status)):
        get(http, f"{server.url}/a")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_names_netrc(server: Server, status: int) -> None:
    server.on("/a", reply(status))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match=str(status)) as caught:
        get(http, f"{server.url}/a")
    assert "netrc" in caught.value.hint


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 501])
def test_other_answers_are_errors(server: Server, status: int) -> None:
    server.on("/a", reply(status))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match=str(status)):
        get(http, f"{server.url}/a")


def test_silence_ends(server: Server) -> None:
    server.on("/a", silent(server))
    limits = HttpLimits(read_s=0.05, attempts=2, backoff_s=0)
    with Http(limits=limits) as http, pytest.raises(FetchError, match=r"silent for 0.05 s \(2 attempts\)"):
        get(http, f"{server.url}/a")


@pytest.mark.parametrize(
    "first",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_dripping_ends(server: Server, first: bytes) -> None:
    server.on("/a", forever(server, first, lambda: itertools.repeat(b"x"), 0.02))
    with Http(limits=IMPATIENT) as http, pytest.raises(FetchError, match="too slow"):
        get(http, f"{server.url}/a")


def test_endless_interim_answers_end(server: Server) -> None:
    flood = b"HTTP/1.1 100 Continue\r\n\r\n" * 4000
    server.on("/a", forever(server, b"", lambda: itertools.repeat(flood), 0))
    limits = HttpLimits(attempts=1, redirects=1)
    with Http(limits=limits) as http, pytest.raises(FetchError, match="without end"):
        get(http, f"{server.url}/a")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\xff" * 100,
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nnogz!",
    ],
)
def test_garbage_is_one_sentence(server: Server, data: bytes) -> None:
    server.on("/a", raw(data))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="3 attempts"):
        get(http, f"{server.url}/a")


def test_refused_connection() -> None:
    with Server() as server:
        gone = server.url
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="can't be reached: Connection refused"):
        get(http, gone)


def test_unknown_host() -> None:
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match=r"index\.invalid has no address"):
        get(http, "http://index.invalid/")


def test_too_large(server: Server) -> None:
    server.on("/a", reply(200, b"x" * 1001))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="more than 1000 bytes"):
        get(http, f"{server.url}/a")


def test_limit_counts_decoded_bytes(server: Server) -> None:
    server.on("/a", reply(200, gzip.compress(bytes(1 << 20)), Content_Encoding="gzip"))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="more than 2000 bytes"):
        get(http, f"{server.url}/a", limit_bytes=2000)


def test_redirects_are_followed(server: Server) -> None:
    server.on("/a", reply(301, Location="b?x=1"))
    server.on("/b", reply(307, Location=f"http://localhost:{server.port}/c"))
    server.on("/c", reply(200, b"here"))
    with Http(limits=QUICK) as http:
        answer = get(http, f"{server.url}/a")
    assert (answer.body, str(answer.address)) == (b"here", f"http://localhost:{server.port}/c")


def test_the_body_of_a_redirect_is_not_read(server: Server) -> None:
    first = b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"
    server.on("/a", forever(server, first, lambda: itertools.repeat(bytes(1 << 16)), 0))
    server.on("/b", reply(200, b"here"))
    with Http(limits=QUICK) as http:
        assert get(http, f"{server.url}/a").body == b"here"


def test_redirect_loop_ends(server: Server) -> None:
    server.on("/a", reply(302, Location="/a"))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="redirects without end"):
        get(http, f"{server.url}/a")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://index.example/", "http://[", "//:x/", "data:,x"]
)
def test_redirect_to_elsewhere_is_refused(server: Server, target: str) -> None:
    server.on("/a", reply(302, Location=target))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="not an http or https address"):
        get(http, f"{server.url}/a")


def test_redirect_out_of_tls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    response = requests.Response()
    response.status_code = 302
    response.headers["Location"] = "http://index.example/six/"
    response.raw = io.BytesIO()
    monkeypatch.setattr(requests.Session, "get", lambda *_args, **_kwargs: response)
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="from https to http"):
        get(http, "https://index.example/six/")


def test_credentials_stay_with_their_origin(server: Server) -> None:
    server.on("/a", reply(302, Location="/b"))
    server.on("/b", reply(302, Location=f"http://localhost:{server.port}/c"))
    server.on("/c", reply(200))
    with Http(limits=QUICK) as http:
        address = http.trust(f"http://me:s3cret@127.0.0.1:{server.port}/a")
        http.get(address, accept="*/*", limit_bytes=10)
    assert ["authorization" in asked.headers for asked in server.asked] == [True, True, False]


def test_netrc_is_used_for_its_host_only(server: Server, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    server.on("/a", reply(302, Location=f"http://localhost:{server.port}/b"))
    server.on("/b", reply(200))
    with Http(limits=QUICK) as http:
        get(http, f"{server.url}/a")
    assert ["authorization" in asked.headers for asked in server.asked] == [True, False]


@pytest.mark.parametrize("status", [302, 401, 404, 500, 599])
def test_messages_hold_no_secret(server: Server, status: int) -> None:
    server.on("/a", reply(status, Location=f"http://me:s3cret@127.0.0.1:{server.port}/a?token=s3cret"))
    with Http(limits=QUICK) as http:
        address = http.trust(f"http://me:s3cret@127.0.0.1:{server.port}/a?token=s3cret")
        with pytest.raises(FetchError) as caught:
            http.get(address, accept="*/*", limit_bytes=10)
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint} {address} {address!r}"


def test_reason_phrases_are_made_printable(server: Server) -> None:
    server.on("/a", raw(b"HTTP/1.1 400 \x1b[2Jgone\r\nContent-Length: 0\r\n\r\n"))
    with Http(limits=QUICK) as http, pytest.raises(FetchError) as caught:
        get(http, f"{server.url}/a")
    assert "\x1b" not in caught.value.message


BODY = bytes(range(256)) * 1024


def test_broken_transfer_is_taken_up(server: Server) -> None:
    server.on("/f", broken_off(BODY, 200_000, ETag='"1"'), part(BODY, ETag='"1"'))
    sink = Sink()
    with Http(limits=QUICK) as http:
        http.get_into(Address.parse(f"{server.url}/f"), sink, limit_bytes=len(BODY))
    assert (sink.data, sink.restarts) == (BODY, 0)
    assert server.asked[1].headers["if-range"] == '"1"'
    assert server.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', ""])
def test_broken_transfer_starts_again_where_it_must(server: Server, tag: str) -> None:
    server.on("/f", broken_off(b"old" * 50_000, 100_000, ETag=tag), reply(200, BODY))
    sink = Sink()
    with Http(limits=QUICK) as http:
        http.get_into(Address.parse(f"{server.url}/f"), sink, limit_bytes=len(BODY))
    assert (sink.data, sink.restarts) == (BODY, 1)
    assert ("range" in server.asked[1].headers) == (tag == '"1"')


@pytest.mark.parametrize(
    "wrong", [reply(206, BODY[7:], Content_Range="bytes 7-262143/262144"), reply(206, BODY), reply(416)]
)
def test_another_part_than_asked_for_starts_again(server: Server, wrong: object) -> None:
    server.on("/f", broken_off(BODY, 200_000, ETag='"1"'), wrong, reply(200, BODY))  # type: ignore[arg-type]
    sink = Sink()
    with Http(limits=QUICK) as http:
        http.get_into(Address.parse(f"{server.url}/f"), sink, limit_bytes=len(BODY))
    assert sink.data == BODY


def test_a_file_is_not_decoded(server: Server) -> None:
    packed = gzip.compress(b"an sdist")
    server.on("/f", reply(200, packed, Content_Encoding="gzip"))
    sink = Sink()
    with Http(limits=QUICK) as http:
        http.get_into(Address.parse(f"{server.url}/f"), sink, limit_bytes=1000)
    assert sink.data == packed


def test_an_error_of_the_sink_is_its_own(server: Server) -> None:
    class Full(Sink):
        def write(self, _data: bytes) -> None:
            raise FetchError("The disk is full")

    server.on("/f", reply(200, BODY))
    with Http(limits=QUICK) as http, pytest.raises(FetchError, match="disk is full"):
        http.get_into(Address.parse(f"{server.url}/f"), Full(), limit_bytes=len(BODY))
    assert len(server.asked) == 1


def test_offline_asks_nobody(server: Server) -> None:
    with Http(offline=True) as http, pytest.raises(FetchError, match="offline") as caught:
        get(http, f"{server.url}/a")
    assert server.asked == []
    assert "--offline" in caught.value.hint
