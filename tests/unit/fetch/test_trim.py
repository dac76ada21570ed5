import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.trim import measure_cache, trim_cache

DAY_S = 86400


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def keep(cache: Cache, data: bytes, unused_s: float) -> Digest:
    digest = cache.add_bytes(data)
    age(cache.path_of(digest), unused_s)
    return digest


def age(path: Path, unused_s: float) -> None:
    moment = time.time() - unused_s
    os.utime(path, (moment, moment))


def test_an_empty_cache(cache: Cache) -> None:
    assert measure_cache(cache).files == 0
    assert trim_cache(cache, max_bytes=0).removed == 0


def test_measure(cache: Cache) -> None:
    cache.add_bytes(b"12345")
    cache.put_memo("wheel-facts", Digest.of_bytes(b""), [])
    with cache.incoming(Digest.of_bytes(b"x")) as incoming:
        incoming.write(b"x")
        stats = measure_cache(cache)
    assert (stats.files, stats.files_bytes, stats.memos, stats.unfinished) == (1, 5, 1, 1)
    assert stats.memos_bytes > 0


def test_the_least_recently_used_go_first(cache: Cache) -> None:
    old, new = keep(cache, b"old", 3 * DAY_S), keep(cache, b"new", 2 * DAY_S)
    trimmed = trim_cache(cache, max_bytes=3)
    assert (trimmed.removed, trimmed.removed_bytes, trimmed.kept_bytes) == (1, 3, 3)
    assert cache.get(old) is None
    assert cache.get(new)


def test_age(cache: Cache) -> None:
    old, new = keep(cache, b"old", 3 * DAY_S), keep(cache, b"new", 1 * DAY_S)
    trim_cache(cache, older_than_s=2 * DAY_S)
    assert cache.get(old) is None
    assert cache.get(new)


def test_what_is_in_use_stays(cache: Cache) -> None:
    digest = keep(cache, b"used", 2 * DAY_S)
    cache.get(digest)
    trimmed = trim_cache(cache, max_bytes=0)
    assert (trimmed.removed, trimmed.in_use) == (0, 1)
    assert cache.get(digest)


def test_an_entry_used_while_the_trim_runs_stays(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = keep(cache, b"used", 2 * DAY_S)
    real = time.time
    monkeypatch.setattr("wheelproof.fetch.trim._sweep", lambda _: 0)
    # The clock is asked once, before the entries are listed.
    monkeypatch.setattr(time, "time", lambda: (real(), cache.get(digest))[0])
    assert trim_cache(cache, max_bytes=0).in_use == 1


def test_memos_go_too(cache: Cache) -> None:
    key = Digest.of_bytes(b"")
    cache.put_memo("wheel-facts", key, [1])
    age(cache.root / "memo" / "wheel-facts" / f"{key.hex}.json", 2 * DAY_S)
    assert trim_cache(cache, max_bytes=0).removed == 1
    assert cache.get_memo("wheel-facts", key) is None


def test_leftovers_and_old_locks_go_and_young_ones_stay(cache: Cache) -> None:
    folder = cache.path_of(Digest.of_bytes(b"x")).parent
    folder.mkdir(parents=True)
    for name, unused_s in ((".a.part", 2 * DAY_S), (".b.part", 60)):
        (folder / name).touch()
        age(folder / name, unused_s)
    with cache.alone(Digest.of_bytes(b"x")), cache.alone(Digest.of_bytes(b"y")):
        pass
    age(cache.root / "locks" / f"{Digest.of_bytes(b'x').hex}.lock", 2 * DAY_S)
    assert trim_cache(cache).leftovers == 1
    assert [path.name for path in folder.iterdir()] == [".b.part"]
    assert len(list((cache.root / "locks").iterdir())) == 1


@settings(max_examples=25, deadline=None)  # each writes to the disk
@given(
    st.dictionaries(st.integers(0, 9), st.tuples(st.integers(1, 50), st.integers(4000, 10**7))),
    st.integers(0, 300),
)
def test_what_is_left_fits_and_is_the_newest(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[int, tuple[int, int]], max_bytes: int
) -> None:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    unused = {
        keep(cache, bytes([name]) * size, unused_s): unused_s for name, (size, unused_s) in entries.items()
    }
    trimmed = trim_cache(cache, max_bytes=max_bytes)
    kept = [digest for digest in unused if cache.path_of(digest).exists()]
    gone = [digest for digest in unused if digest not in kept]
    assert trimmed.kept_bytes == measure_cache(cache).files_bytes <= max_bytes
    assert trimmed.removed == len(gone)
    assert max((unused[digest] for digest in kept), default=0) <= min(
        (unused[digest] for digest in gone), default=10**9
    )
