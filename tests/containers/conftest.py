"""The real engine, its images, and builds that have to leave nothing behind."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from container_builds import Build, Watch
from wheelproof.container.engine import Engine, connect
from wheelproof.container.image import ensure_image
from wheelproof.container.pinned import PinnedImage
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import fetch_by_digest
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.rebuild.clock import CLOCK
from wheelproof.rebuild.frontend import INSTALLER


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with connect() as engine:
        yield engine


@pytest.fixture(scope="session")
def image(engine: Engine) -> PinnedImage:
    return ensure_image(engine, "debian-bookworm-py3.11")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """A cache with what builds are driven with, which the user's own cache may have already."""
    cache = Cache(tmp_path_factory.mktemp("cache"))
    for file in (INSTALLER, CLOCK):
        digest = Digest(file.sha256)
        path = Cache().get(digest)
        if path is not None:
            cache.add_file(path)
            continue
        with Http() as http:
            index = SimpleIndex(http, PYPI_SIMPLE_ENDPOINT)
            fetch_by_digest(file.filename, digest, cache=cache, http=http, index=index)
    return cache


@pytest.fixture
def watch(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Watch]:
    """Fails a test that leaves a container, a volume or a temporary file."""
    watch = Watch(engine=engine)
    monkeypatch.setattr(engine.client.api, "create_container", watch.seeing(engine))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield watch
    assert watch.containers
    assert watch.left() == []
    assert list(temporary.iterdir()) == []


@pytest.fixture
def build(engine: Engine, image: PinnedImage, cache: Cache, tmp_path: Path, watch: Watch) -> Build:
    return Build(engine=engine, image=image, cache=cache, folder=tmp_path)
