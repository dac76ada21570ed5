import docker.errors
import pytest
import requests.exceptions
import urllib3.exceptions

from wheelproof.container.engine import connect, engine_errors
from wheelproof.core.errors import EngineError


@pytest.mark.parametrize("address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1"])
def test_where_nothing_answers_the_address_and_the_way_out_are_said(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(EngineError) as caught:
        connect(timeout_s=2)
    assert caught.value.message == f"No container engine answers at {address}"
    assert "DOCKER_HOST" in caught.value.hint


@pytest.mark.parametrize("address", ["garbage://", "tcp://", "http://[::1", "\x1b[2J"])
def test_an_address_that_is_none_is_one_printable_sentence(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(EngineError) as caught:
        connect(timeout_s=2)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "error",
    [
        docker.errors.APIError("x", explanation="no \x1b[2Jspace left."),
        docker.errors.DockerException("no space left"),
        requests.exceptions.ReadTimeout("no space left"),
        urllib3.exceptions.ProtocolError("no space left"),
        ConnectionResetError("no space left"),
        TimeoutError("no space left"),
    ],
)
def test_every_failure_of_the_engine_becomes_one_sentence(error: Exception) -> None:
    with pytest.raises(EngineError) as caught, engine_errors("load an image"):
        raise error
    assert caught.value.message.startswith("The container engine failed to load an image: no ")
    assert caught.value.message.endswith("space left")
    assert "doctor" in caught.value.hint
    assert caught.value.message.isprintable()


def test_failures_of_others_pass() -> None:
    with pytest.raises(FileNotFoundError), engine_errors("load an image"):
        raise FileNotFoundError("ours")
