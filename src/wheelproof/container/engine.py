"""The door to the container engine: connecting, what answers there, and its failures in one sentence.

Only calls that both Docker's API (1.41) and Podman's compatible socket answer are made through it.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import docker
import docker.errors
import requests.exceptions
import urllib3.exceptions

from wheelproof.core.errors import EngineError
from wheelproof.core.untrusted import printable

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_CONNECT_TIMEOUT_S = 10
_CALL_TIMEOUT_S = 600

# What the SDK lets through: its own errors, those of its HTTP client, and those of the socket below.
_FAILURES = (
    docker.errors.DockerException,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    ConnectionError,
    TimeoutError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What answers at the engine's address.

    Attributes:
        name: ``Docker`` or ``Podman``.
        version: the engine's own version.
        api_version: the Docker API version that it speaks.
        os: always ``linux``.
        architecture: as image configurations write it (``amd64``, ``arm64``).
        rootless: its containers' root is not the host's.
        address: where it answers, as ``DOCKER_HOST`` writes it.
        processors: how many its host has.
    """

    name: str
    version: str
    api_version: str
    os: str
    architecture: str
    rootless: bool
    address: str
    processors: int = 1


class Engine:
    """A connection to the container engine; close it, or use it in a ``with`` statement.

    Attributes:
        client: the SDK's client; calls on it belong inside ``engine_errors``.
        facts: what answered.
    """

    def __init__(self, client: docker.DockerClient, facts: EngineFacts) -> None:
        self.client = client
        self.facts = facts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()


def engine_address() -> str:
    """Where the engine is looked for: ``DOCKER_HOST``, else Docker's own default socket."""
    return os.environ.get("DOCKER_HOST") or _DEFAULT_HOST


def connect(*, timeout_s: int = _CONNECT_TIMEOUT_S, call_timeout_s: int = _CALL_TIMEOUT_S) -> Engine:
    """Connect to the engine that ``DOCKER_HOST`` names (TLS by Docker's usual variables).

    Args:
        timeout_s: seconds until an engine that does not answer is given up.
        call_timeout_s: seconds that a later call may stay silent.

    Raises:
        EngineError: nothing answers, what answers is no Linux engine, or it may not be used.
    """
    address = printable(engine_address())
    try:
        _knock(engine_address(), timeout_s)
        client = docker.from_env(timeout=timeout_s)
        facts = _facts(client.version(), client.info(), address)
    except (*_FAILURES, OSError, ValueError) as error:
        raise _not_connected(error, address) from error
    if facts.os != "linux":
        client.close()
        raise EngineError(
            f"The container engine at {address} runs {facts.os} containers",
            hint="Switch it to Linux containers, or set DOCKER_HOST to an engine on Linux.",
        )
    client.api.timeout = call_timeout_s
    return Engine(client, facts)


@contextlib.contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the engine, or the way to it, fails with into an ``EngineError``.

    Args:
        doing: what is tried, to complete "The container engine failed to …".
    """
    try:
        yield
    except _FAILURES as error:
        raise EngineError(
            f"The container engine failed to {doing}: {_reason(error)}", hint=_hint(error)
        ) from error


def _knock(address: str, timeout_s: float) -> None:
    """Try a socket's path first: where that fails, the SDK would leave its own socket open behind it."""
    scheme, _, path = address.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(timeout_s)
            door.connect(path)


def _facts(version: dict[str, Any], info: dict[str, Any], address: str) -> EngineFacts:
    components = [str(part.get("Name", "")) for part in version.get("Components") or ()]
    options = [str(option) for option in info.get("SecurityOptions") or ()]
    return EngineFacts(
        name="Podman" if any("Podman" in name for name in components) else "Docker",
        version=printable(str(version.get("Version", ""))),
        api_version=printable(str(version.get("ApiVersion", ""))),
        os=printable(str(version.get("Os", "")).lower()),
        architecture=printable(str(version.get("Arch", ""))),
        rootless=any(option.startswith("name=rootless") for option in options),
        address=address,
        processors=int(info.get("NCPU") or 1),
    )


def _not_connected(error: BaseException, address: str) -> EngineError:
    reason = _reason(error)
    if "Permission denied" in reason:
        return EngineError(
            f"The container engine at {address} may not be used by this user",
            hint="Join the group that owns the socket (usually docker), or set DOCKER_HOST to your own.",
        )
    absent = ("No such file", "Connection refused", "ConnectionRefused", "FileNotFound")
    because = "" if any(word in reason for word in absent) else f": {reason}"
    return EngineError(
        f"No container engine answers at {address}{because}",
        hint="Start Docker (`service docker start`, or `dockerd` as root) or Podman's API socket, "
        "or set DOCKER_HOST to an engine that runs.",
    )


def _reason(error: BaseException) -> str:
    explanation = getattr(error, "explanation", None) or str(error) or type(error).__name__
    return printable(str(explanation)).rstrip(".")


def _hint(error: BaseException) -> str:
    if isinstance(error, docker.errors.APIError):
        return "`wheelproof doctor` says whether the engine has what is needed."
    return "The engine may have stopped: `wheelproof doctor` says whether it still answers."
