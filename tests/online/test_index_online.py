from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from packaging.version import Version

from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download, fetch_by_digest
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.fetch.listing import FileKind
from wheelproof.source.sdist import read_sdist

SDIST = "six-1.17.0.tar.gz"
DIGEST = Digest("ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81")


@pytest.fixture
def http() -> Iterator[Http]:
    with Http() as http:
        yield http


def test_a_release(http: Http) -> None:
    listing = SimpleIndex(http).project("six")
    wheel, sdist = listing.release(Version("1.17.0"))
    assert (wheel.filename, wheel.kind) == ("six-1.17.0-py2.py3-none-any.whl", FileKind.WHEEL)
    assert (sdist.filename, sdist.kind, sdist.digest) == (SDIST, FileKind.SDIST, DIGEST)
    assert sdist.size_bytes == 34031
    assert sdist.upload_time
    assert sdist.upload_time.replace(microsecond=0) == datetime(2024, 12, 4, 17, 35, 28, tzinfo=UTC)
    assert not sdist.yanked


def test_a_download_and_the_cache_after_it(http: Http, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    index = SimpleIndex(http)
    artifact = download(index.project("six").find(SDIST), http=http, cache=cache)
    assert Digest.of_file(artifact.path) == DIGEST
    assert read_sdist(artifact.path, artifact.filename).root == "six-1.17.0"
    with Http(offline=True) as offline:
        again = fetch_by_digest(SDIST, DIGEST, cache=cache, http=offline, index=SimpleIndex(offline))
    assert again == artifact


def test_by_name_and_digest(http: Http, tmp_path: Path) -> None:
    artifact = fetch_by_digest(SDIST, DIGEST, cache=Cache(tmp_path), http=http, index=SimpleIndex(http))
    assert artifact.size_bytes == 34031


def test_an_unknown_project_and_an_unknown_version(http: Http) -> None:
    index = SimpleIndex(http)
    with pytest.raises(FetchError, match="has no project"):
        index.project("no-such-project-as-wheelproof-expects")
    with pytest.raises(FetchError, match=r"no version 1\.99 of six") as caught:
        index.project("six").release(Version("1.99"))
    assert "1.17.0" in caught.value.hint
