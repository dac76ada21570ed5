"""How requests and urllib3 are used: connections that keep a pace, and their errors in our words."""

import contextlib
import ssl
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from wheelproof.core.errors import FetchError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.address import Address
from wheelproof.fetch.pace import Pace, PacedSocket

_PACE: ContextVar[Pace] = ContextVar("_PACE")


@contextlib.contextmanager
def paced(pace: Pace) -> Iterator[None]:
    """Hold every answer that is read in this context to a pace."""
    token = _PACE.set(pace)
    try:
        yield
    finally:
        _PACE.reset(token)


class PassingError(Exception):
    """A failure that another attempt may not meet."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.wait_s = wait_s


class DirectSession(requests.Session):
    """A session over paced connections that follows no redirect."""

    def __init__(self) -> None:
        super().__init__()
        adapter = _PacedAdapter()
        for prefix in ("http://", "https://"):
            self.mount(prefix, adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Leave redirects to us: requests would read their whole bodies into memory."""
        return


@contextlib.contextmanager
def explained(address: Address, *, connect_s: float, read_s: float) -> Iterator[None]:
    """Turn the libraries' errors into ours; their own text may hold credentials, so it is never passed on.

    Raises:
        PassingError: another attempt may not meet this.
        FetchError: it would.
    """
    try:
        yield
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        raise _explain(address, error, connect_s, read_s) from None


def _explain(address: Address, error: Exception, connect_s: float, read_s: float) -> Exception:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FetchError(
                f"{address.host} is not trusted: {printable(cause.verify_message)}",
                hint="Name the authority's certificate in REQUESTS_CA_BUNDLE.",
            )
        if reason := _reason(cause, address, connect_s, read_s):
            return PassingError(reason)
    if isinstance(error, ValueError):
        return FetchError(f"{address} can't be asked for", hint="Check the index's address.")
    return PassingError(f"{address} broke off or answers with no HTTP")


def _reason(cause: BaseException, address: Address, connect_s: float, read_s: float) -> str | None:
    reason: str | None = None
    match cause:
        case urllib3.exceptions.NameResolutionError():
            reason = f"{address.host} has no address"
        case urllib3.exceptions.NewConnectionError() | requests.RequestException():
            pass  # what they wrap says more
        case urllib3.exceptions.ConnectTimeoutError():
            reason = f"{address.host} did not answer within {connect_s:g} s"
        case urllib3.exceptions.ReadTimeoutError():
            reason = f"{address} was silent for {read_s:g} s"
        case OSError(strerror=str(text)):
            reason = f"{address.host} can't be reached: {printable(text)}"
    return reason


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from the outermost error to what it wraps: urllib3 and requests keep that in different places."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]


def _open_response(sock: Any, *args: Any, **kwargs: Any) -> Any:
    return HTTPConnection.response_class(PacedSocket(sock, _PACE.get()), *args, **kwargs)  # type: ignore[arg-type]


class _PacedHTTP(HTTPConnection):
    response_class = staticmethod(_open_response)  # type: ignore[assignment]


class _PacedHTTPS(HTTPSConnection):
    response_class = staticmethod(_open_response)  # type: ignore[assignment]


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _PacedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PacedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _PacedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
