import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from hostile_server import Server, broken_off, forever, reply
from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.fetch.address import Address
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download, fetch_by_digest
from wheelproof.fetch.http import Http, HttpLimits
from wheelproof.fetch.listing import FileKind, IndexFile, ProjectListing

NAME = "demo-1.0.tar.gz"
BODY = b"an sdist, so to say" * 10_000
DIGEST = Digest.of_bytes(BODY)
LIMITS = HttpLimits(read_s=10, patience_s=20, attempts=2, backoff_s=0)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(limits=LIMITS) as http:
        yield http


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def listed(url: str, digest: Digest | None = DIGEST, size_bytes: int | None = len(BODY)) -> IndexFile:
    return IndexFile(
        filename=NAME,
        address=Address.parse(f"{url}/{NAME}"),
        digest=digest,
        size_bytes=size_bytes,
        upload_time=None,
        yanked=False,
        yanked_reason=None,
        requires_python=None,
        kind=FileKind.SDIST,
        project=canonicalize_name("demo"),
        version=Version("1.0"),
    )


class FakeIndex:
    def __init__(self, *files: IndexFile) -> None:
        self.files = files
        self.asked: list[str] = []

    def project(self, name: str) -> ProjectListing:
        self.asked.append(name)
        return ProjectListing(
            name=canonicalize_name(name), status="active", status_reason=None, files=self.files, notes=()
        )


def nothing_is_left(cache: Cache) -> bool:
    return not [path for path in (cache.root / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("size_bytes", [len(BODY), None])
def test_download_once(server: Server, http: Http, cache: Cache, size_bytes: int | None) -> None:
    server.on(f"/{NAME}", reply(200, BODY))
    file = listed(server.url, size_bytes=size_bytes)
    artifact = download(file, http=http, cache=cache)
    assert artifact.path.read_bytes() == BODY
    assert (artifact.filename, artifact.digest, artifact.size_bytes) == (NAME, DIGEST, len(BODY))
    assert download(file, http=http, cache=cache) == artifact
    assert len(server.asked) == 1


def test_a_lying_digest_names_both(server: Server, http: Http, cache: Cache) -> None:
    lie = Digest.of_bytes(b"lie")
    server.on(f"/{NAME}", reply(200, BODY))
    with pytest.raises(FetchError, match=f"came with {DIGEST} where the index says {lie}"):
        download(listed(server.url, lie), http=http, cache=cache)
    assert nothing_is_left(cache)


def test_a_file_without_digest_is_refused(server: Server, http: Http, cache: Cache) -> None:
    with pytest.raises(FetchError, match="no sha256"):
        download(listed(server.url, None), http=http, cache=cache)
    assert server.asked == []


def test_more_bytes_than_promised_stop_the_transfer(server: Server, http: Http, cache: Cache) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield BODY

    first = b"HTTP/1.1 200 OK\r\n\r\n"
    server.on(f"/{NAME}", forever(server, first, endless, 0))
    with pytest.raises(FetchError, match=f"more than {len(BODY)} bytes"):
        download(listed(server.url), http=http, cache=cache)
    assert nothing_is_left(cache)


def test_fewer_bytes_than_promised(server: Server, http: Http, cache: Cache) -> None:
    server.on(f"/{NAME}", reply(200, BODY[:-1]))
    with pytest.raises(FetchError, match=f"{len(BODY) - 1} bytes where the index says {len(BODY)}"):
        download(listed(server.url), http=http, cache=cache)


@pytest.mark.parametrize("size_bytes", [len(BODY) - 1, len(BODY) + 1])
def test_a_lying_size_is_found_in_the_cache_too(
    server: Server, http: Http, cache: Cache, size_bytes: int
) -> None:
    cache.add_bytes(BODY)
    with pytest.raises(FetchError, match=f"{len(BODY)} bytes where the index says {size_bytes}"):
        download(listed(server.url, size_bytes=size_bytes), http=http, cache=cache)


@pytest.mark.parametrize("size_bytes", [len(BODY), None])
def test_a_file_over_the_limit(server: Server, http: Http, cache: Cache, size_bytes: int | None) -> None:
    server.on(f"/{NAME}", reply(200, BODY))
    with pytest.raises(FetchError, match=r"more than (the )?1000"):
        download(listed(server.url, size_bytes=size_bytes), http=http, cache=cache, limit_bytes=1000)


def test_a_listed_file_that_is_gone(server: Server, http: Http, cache: Cache) -> None:
    with pytest.raises(FetchError, match=r"lists demo-1\.0\.tar\.gz, but does not have it"):
        download(listed(server.url), http=http, cache=cache)


def test_a_reset_is_survived(server: Server, http: Http, cache: Cache) -> None:
    server.on(f"/{NAME}", broken_off(BODY, 100_000), reply(200, BODY))
    assert download(listed(server.url), http=http, cache=cache).digest == DIGEST
    assert len(server.asked) == 2


def test_a_damaged_entry_is_fetched_again(server: Server, http: Http, cache: Cache) -> None:
    server.on(f"/{NAME}", reply(200, BODY))
    cache.add_bytes(BODY)
    cache.path_of(DIGEST).chmod(0o644)
    cache.path_of(DIGEST).write_bytes(b"damaged")
    assert download(listed(server.url), http=http, cache=cache).path.read_bytes() == BODY


def _download_elsewhere(url: str, root: Path) -> None:
    with Http(limits=LIMITS) as http:
        download(listed(url), http=http, cache=Cache(root))


def test_two_processes_fetch_a_file_once(server: Server, cache: Cache) -> None:
    server.on(f"/{NAME}", reply(200, BODY))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_download_elsewhere, args=(server.url, cache.root)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(server.asked) == 1
    assert cache.get(DIGEST)


def test_by_digest_the_cache_comes_first(http: Http, cache: Cache) -> None:
    cache.add_bytes(BODY)
    index = FakeIndex()
    artifact = fetch_by_digest(NAME, DIGEST, cache=cache, http=http, index=index)
    assert (artifact.filename, index.asked) == (NAME, [])


@pytest.mark.parametrize(
    "filename", ["demo-1.0.tar.gz", "demo-1.0.zip", "demo-1.0.tgz", "demo-1.0-py2.py3-none-any.whl"]
)
def test_by_digest_any_index_will_do(server: Server, http: Http, cache: Cache, filename: str) -> None:
    server.on(f"/{NAME}", reply(200, BODY))
    index = FakeIndex(listed(server.url))
    if filename == NAME:
        assert fetch_by_digest(NAME, DIGEST, cache=cache, http=http, index=index).digest == DIGEST
    else:
        with pytest.raises(FetchError, match="lists no"):
            fetch_by_digest(filename, DIGEST, cache=cache, http=http, index=index)
    assert index.asked == ["demo"]


def test_by_digest_other_bytes_are_refused(server: Server, http: Http, cache: Cache) -> None:
    wanted = Digest.of_bytes(b"wanted")
    with pytest.raises(FetchError, match=f"with {DIGEST}, not {wanted}"):
        fetch_by_digest(NAME, wanted, cache=cache, http=http, index=FakeIndex(listed(server.url)))
    assert server.asked == []


def test_by_digest_offline(cache: Cache) -> None:
    with Http(offline=True) as http, pytest.raises(FetchError, match="not in the cache") as caught:
        fetch_by_digest(NAME, DIGEST, cache=cache, http=http, index=FakeIndex())
    assert "--offline" in caught.value.hint
    cache.add_bytes(BODY)
    with Http(offline=True) as http:
        assert fetch_by_digest(NAME, DIGEST, cache=cache, http=http, index=FakeIndex()).digest == DIGEST


@pytest.mark.parametrize("filename", ["", "x", "-1.0.tar.gz", "../demo-1.0.tar.gz", "\x1b-1.0.whl"])
def test_by_digest_a_name_that_names_nobody(http: Http, cache: Cache, filename: str) -> None:
    with pytest.raises(FetchError, match="whose file") as caught:
        fetch_by_digest(filename, DIGEST, cache=cache, http=http, index=FakeIndex())
    assert caught.value.message.isprintable()
