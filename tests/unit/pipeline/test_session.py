from pathlib import Path
from types import SimpleNamespace

import pytest

from wheelproof.core.errors import EngineError, FetchError
from wheelproof.core.identity import parse_target
from wheelproof.pipeline.session import Listener, Session, Settings, Stopwatch
from wheelproof.rebuild.record import Phase
from wheelproof.rebuild.remember import RememberingResolver
from wheelproof.rebuild.resolve import UvResolver
from wheelproof.rebuild.resolve_legacy import LegacyResolver


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the stopwatch is told, one after the other."""
    ticks: list[float] = []
    monkeypatch.setattr("wheelproof.pipeline.session.time", SimpleNamespace(monotonic=lambda: ticks.pop(0)))
    return ticks


def test_a_stopwatch_counts_each_phase(clock: list[float]) -> None:
    clock += [100.0, 101.0, 103.5, 104.0, 110.0]
    watch = Stopwatch()
    watch.restart()
    watch.enter(Phase.DOWNLOAD)
    watch.enter(Phase.BUILD)
    watch.enter(Phase.DOWNLOAD)
    assert watch.phase is Phase.DOWNLOAD
    assert watch.stop() == {"index": 1.0, "download": 8.5, "build": 0.5}


def test_a_stopwatch_that_is_restarted_forgets(clock: list[float]) -> None:
    clock += [5.0, 7.0, 7.0004]
    watch = Stopwatch()
    watch.enter(Phase.BUILD)
    watch.restart()
    assert watch.phase is Phase.INDEX
    assert watch.stop() == {"index": 0.0}


def test_a_listener_hears_of_phases_in_order(tmp_path: Path) -> None:
    heard: list[tuple[Phase, str]] = []
    listener = Listener(phase=lambda phase, about: heard.append((phase, about)))
    with Session(Settings(cache=tmp_path), listener) as session:
        session.say(Phase.INDEX, "demo")
        session.say(Phase.DOWNLOAD)
    assert heard == [(Phase.INDEX, "demo"), (Phase.DOWNLOAD, "")]


def test_a_damaged_cache_entry_is_said(tmp_path: Path) -> None:
    heard: list[str] = []
    with Session(Settings(cache=tmp_path), Listener(phase=lambda _, about: heard.append(about))) as session:
        digest = session.cache.add_bytes(b"x")
        path = session.cache.path_of(digest)
        path.chmod(0o600)
        path.write_bytes(b"y")
        assert session.cache.get(digest) is None
    assert len(heard) == 1
    assert "was damaged" in heard[0]


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with Session(Settings(cache=tmp_path / "cache", index_url="http://127.0.0.1:9/simple/")) as session:
        assert not (tmp_path / "cache").exists()
        with pytest.raises(EngineError, match="No container engine answers"):
            _ = session.engine


def test_what_is_expected_fails_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    target = parse_target("demo==1")
    with Session(Settings(cache=tmp_path, offline=True)) as session:
        session.expect_again(target, "sha256:1")
        session.expect(target)
        for _ in range(2):
            with pytest.raises(EngineError, match="No container engine answers"):
                _ = session.sandboxes
        session.expect(target)  # and is closed unasked


def test_offline_is_meant_for_the_index_too(tmp_path: Path) -> None:
    with (
        Session(Settings(cache=tmp_path, offline=True)) as session,
        pytest.raises(FetchError, match="offline"),
    ):
        session.index.project("demo")


def test_python_2_is_resolved_by_our_own_resolver(tmp_path: Path) -> None:
    with Session(Settings(cache=tmp_path)) as session:
        remembering = [session.resolver(python) for python in ("2.7", "3.13")]
    assert all(isinstance(item, RememberingResolver) for item in remembering)
    kinds = [type(item.resolver) for item in remembering if isinstance(item, RememberingResolver)]
    assert kinds == [LegacyResolver, UvResolver]


def test_default_images_have_both_forms_of_each_python(tmp_path: Path) -> None:
    with Session(Settings(cache=tmp_path)) as session:
        images = session.default_images()
    pythons = {python for python, _ in images}
    assert {"2.7", "3.9", "3.11", "3.13", "3.14"} <= pythons
    assert set(images) == {(python, compilers) for python in pythons for compilers in (False, True)}
    assert all(name.endswith("-cc") is compilers for (_, compilers), name in images.items())
