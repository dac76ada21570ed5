import errno
import json
import multiprocessing
import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache, sweep_leftovers

DATA = b"the bytes of a file"
DIGEST = Digest.of_bytes(DATA)
OTHER = Digest.of_bytes(b"other")


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, notices: list[str]) -> Cache:
    return Cache(tmp_path / "cache", notice=notices.append)


def everything(cache: Cache) -> list[str]:
    return sorted(path.name for path in cache.root.rglob("*") if path.is_file())


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_file_lies_under_its_digest_read_only(cache: Cache) -> None:
    assert cache.add_bytes(DATA) == DIGEST
    path = cache.get(DIGEST)
    assert path == cache.root / "files" / "sha256" / DIGEST.hex[:2] / DIGEST.hex
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_add_file(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    assert cache.add_file(tmp_path / "a") == DIGEST
    assert cache.get(DIGEST)


def test_what_is_not_there(cache: Cache) -> None:
    assert cache.get(DIGEST) is None
    assert cache.get_memo("wheel-facts", DIGEST) is None
    assert not cache.root.exists()


@pytest.mark.parametrize("damage", [b"", DATA[:-1], DATA + b"x", b"T" + DATA[1:]])
def test_a_damaged_file_is_thrown_away_and_said(cache: Cache, notices: list[str], damage: bytes) -> None:
    cache.add_bytes(DATA)
    overwrite(cache.path_of(DIGEST), damage)
    assert cache.get(DIGEST) is None
    assert not cache.path_of(DIGEST).exists()
    assert len(notices) == 1
    assert str(DIGEST) in notices[0]
    cache.add_bytes(DATA)
    assert cache.get(DIGEST)


def test_use_is_marked(cache: Cache) -> None:
    cache.add_bytes(DATA)
    os.utime(cache.path_of(DIGEST), (1, 1))
    cache.get(DIGEST)
    assert cache.path_of(DIGEST).stat().st_mtime > 1


def test_nothing_is_seen_before_it_is_published(cache: Cache) -> None:
    with cache.incoming(DIGEST) as incoming:
        incoming.write(DATA)
        assert cache.get(DIGEST) is None
    assert cache.get(DIGEST) is None
    assert everything(cache) == []


def test_wrong_bytes_are_not_published(cache: Cache) -> None:
    with cache.incoming(OTHER) as incoming:
        incoming.write(DATA)
        with pytest.raises(FetchError, match=f"{DIGEST}, not {OTHER}"):
            incoming.publish()
    assert everything(cache) == []


@settings(max_examples=25, deadline=None)  # each writes to the disk
@given(st.lists(st.binary(max_size=50) | st.none(), max_size=8))
def test_restart_forgets(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes | None]) -> None:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    expected = b""
    for piece in pieces:
        expected = b"" if piece is None else expected + piece
    with cache.incoming(Digest.of_bytes(expected)) as incoming:
        for piece in pieces:
            if piece is None:
                incoming.restart()
            else:
                incoming.write(piece)
        assert incoming.size_bytes == len(expected)
        assert incoming.publish().read_bytes() == expected


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_when_flushing(cache: Cache, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FetchError, match="disk is full") as caught:
        cache.add_bytes(DATA)
    assert "cache trim" in caught.value.hint
    assert everything(cache) == []


def test_a_full_disk_when_writing(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    # /dev/full answers every write as a full disk does.
    real = os.fdopen

    def full(descriptor: int, _mode: str) -> object:
        os.close(descriptor)
        return real(os.open("/dev/full", os.O_RDWR), "r+b")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(FetchError, match="disk is full"):
        cache.add_bytes(bytes(1 << 20))
    with pytest.raises(FetchError, match="disk is full"):
        cache.put_memo("wheel-facts", DIGEST, "x" * 100_000)
    assert everything(cache) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match="can't be written") as caught:
        Cache(tmp_path / "file" / "cache").add_bytes(DATA)
    assert "WHEELPROOF_CACHE" in caught.value.hint


json_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=25, deadline=None)  # each writes to the disk
@given(json_values)
def test_a_memo_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    cache.put_memo("wheel-facts", DIGEST, value)
    assert cache.get_memo("wheel-facts", DIGEST) == value
    assert cache.get_memo("other-facts", DIGEST) is None


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"value": 1}', b'{"sha256": "x", "value": 1}', b"\xff", b"[" * 99_999],
)
def test_a_damaged_memo_is_thrown_away(cache: Cache, notices: list[str], damage: bytes) -> None:
    cache.put_memo("wheel-facts", DIGEST, {"a": 1})
    path = cache.root / "memo" / "wheel-facts" / f"{DIGEST.hex}.json"
    overwrite(path, damage)
    assert cache.get_memo("wheel-facts", DIGEST) is None
    assert not path.exists()
    assert len(notices) == 1


def test_a_flipped_memo_is_thrown_away(cache: Cache) -> None:
    cache.put_memo("wheel-facts", DIGEST, {"verdict": "different"})
    path = cache.root / "memo" / "wheel-facts" / f"{DIGEST.hex}.json"
    document = json.loads(path.read_text())
    overwrite(path, json.dumps(document | {"value": {"verdict": "identical"}}).encode())
    assert cache.get_memo("wheel-facts", DIGEST) is None


@pytest.mark.parametrize(("kind", "value"), [("../x", 1), ("", 1), ("a", None), ("a", float("nan"))])
def test_what_is_no_memo(cache: Cache, kind: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"memo|JSON"):
        cache.put_memo(kind, DIGEST, value)


def _start(target: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    process.start()
    return process


def _hold(root: Path, ready: Path) -> None:
    with Cache(root).alone(DIGEST), Cache(root).incoming(DIGEST) as incoming:
        incoming.write(DATA)
        ready.touch()
        time.sleep(60)


def test_a_killed_process_leaves_no_lock_and_its_leftover_goes(cache: Cache, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = _start(_hold, cache.root, ready)
    while not ready.exists():
        assert process.is_alive()
        time.sleep(0.01)
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    entered = []
    with cache.alone(DIGEST, wait_s=30):
        entered.append(cache.get(DIGEST))
    assert entered == [None]
    (leftover,) = cache.path_of(DIGEST).parent.iterdir()
    assert sweep_leftovers(leftover.parent) == []
    os.utime(leftover, (1, 1))
    cache.add_bytes(DATA)
    assert list(leftover.parent.iterdir()) == [cache.path_of(DIGEST)]


def test_one_at_a_time(cache: Cache) -> None:
    inside = 0
    most = 0
    fetched = 0

    def work() -> None:
        nonlocal inside, most, fetched
        with cache.alone(DIGEST):
            inside += 1
            most = max(most, inside)
            if cache.get(DIGEST) is None:
                fetched += 1
                cache.add_bytes(DATA)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, fetched) == (1, 1)


def test_a_lock_that_nobody_lets_go_only_costs_time(cache: Cache) -> None:
    entered = []
    with cache.alone(DIGEST), cache.alone(DIGEST, wait_s=0.01):
        entered.append(True)
    assert entered


def test_writers_and_readers_at_once(cache: Cache) -> None:
    seen: list[bytes] = []

    def work() -> None:
        for _ in range(20):
            cache.add_bytes(DATA)
            path = cache.get(DIGEST)
            assert path
            seen.append(path.read_bytes())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [DATA] * 80
    assert everything(cache) == [DIGEST.hex]
