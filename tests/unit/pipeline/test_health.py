from pathlib import Path

import pytest

from fake_index import FakeIndex
from wheelproof.core.errors import ExitCode
from wheelproof.pipeline.health import Health, State, check_health, health_exit_code


def part(state: State, code: ExitCode = ExitCode.REACHED) -> Health:
    return Health(name="part", state=state, detail="", exit_code=code)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path / "cache"))


def test_the_worst_of_what_is_missing_is_the_end() -> None:
    assert health_exit_code(()) is ExitCode.REACHED
    assert health_exit_code((part(State.READY), part(State.LATER, ExitCode.ENGINE))) is ExitCode.REACHED
    missing = (part(State.MISSING, ExitCode.FETCH), part(State.MISSING, ExitCode.ENGINE), part(State.READY))
    assert health_exit_code(missing) is ExitCode.ENGINE


def test_what_is_missing_says_how_it_is_mended() -> None:
    with FakeIndex() as index:
        index.publish("installer", {"installer-1.0.tar.gz": b"-"})
        found = {item.name: item for item in check_health(index.url)}
    assert found["engine"].state is State.MISSING
    assert "DOCKER_HOST" in found["engine"].mend
    assert found["index"].state is State.READY
    assert "1 files of installer" in found["index"].detail
    assert found["cache"].state is not State.MISSING
    assert found["uv"].detail.startswith("uv ")
    assert all(item.mend for item in found.values() if item.state is State.MISSING)


def test_an_index_of_another_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    monkeypatch.setenv("WHEELPROOF_CACHE", str(file / "cache"))
    with FakeIndex() as index:
        found = {item.name: item for item in check_health(index.url)}
    assert (found["index"].state, found["index"].exit_code) == (State.MISSING, ExitCode.FETCH)
    assert found["cache"].state is State.MISSING
    assert "WHEELPROOF_CACHE" in found["cache"].mend
