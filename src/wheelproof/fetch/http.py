"""The one door to HTTP: retried, paced, bounded, and silent about credentials."""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

import requests
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

from wheelproof import __version__
from wheelproof.core.errors import FetchError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.address import Address
from wheelproof.fetch.pace import Pace
from wheelproof.fetch.wire import DirectSession, PassingError, explained, paced

_CHUNK_BYTES = 1 << 16
_HEADERS_BYTES = 1 << 20  # what one answer may need beside its body
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_ELSEWHERE = "Try again later, or name another index with --index-url."


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """What a transfer may take.

    Attributes:
        connect_s: seconds until one address of a host has answered.
        read_s: seconds of silence on an open connection.
        patience_s: seconds for a whole transfer, with its retries and redirects, beside what its bytes earn.
        bytes_per_s: the speed at which bytes earn more seconds (see ``Pace``).
        attempts: how often one address is asked.
        backoff_s: the wait before the third attempt; it doubles from there.
        redirects: how many are followed.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    patience_s: float = 90.0
    bytes_per_s: float = 1 << 15
    attempts: int = 5
    backoff_s: float = 0.5
    redirects: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, in memory: where it came from after redirects, its media type, its decoded body."""

    address: Address
    media_type: str
    body: bytes = field(repr=False)


class Sink(Protocol):
    """Where a body goes as it comes."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""

    def restart(self) -> None:
        """Forget every byte: the body comes again from its start."""


class NotThereError(FetchError):
    """The server answers that it has no such thing (404 or 410)."""


class Http:
    """Asks http and https servers, on behalf of an index.

    Credentials come from netrc, or from an address given to ``trust``; they go to their own origin only.
    Every failure is a FetchError that names neither them nor an address's query.

    Args:
        offline: refuse every transfer.
        limits: how long and how often.
        sleep: waits between two attempts.
    """

    def __init__(
        self,
        *,
        offline: bool = False,
        limits: HttpLimits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.offline = offline
        self._limits = limits or HttpLimits()
        self._sleep = sleep
        self._trusted: dict[tuple[str, str, int], tuple[str, str]] = {}
        self._session = DirectSession()
        self._session.headers["User-Agent"] = f"wheelproof/{__version__}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def trust(self, url: str) -> Address:
        """Remember the credentials that a user wrote into an address, for its origin.

        Raises:
            FetchError: the address is none, or not http or https.
        """
        address = Address.parse(url)
        if address.credentials:
            self._trusted[address.origin] = address.credentials
        return address

    def get(self, address: Address, *, accept: str, limit_bytes: int) -> Answer:
        """Ask for a document.

        Args:
            address: where it is.
            accept: the Accept header.
            limit_bytes: the most that its decoded body may have.

        Raises:
            NotThereError: there is none.
            FetchError: it can't be had, in time, or is larger.
        """
        sink = _Memory()
        headers = {"Accept": accept}
        transfer = _Transfer(sink=sink, headers=headers, limit_bytes=limit_bytes, decode=True)
        where, media_type = self._run(address, transfer)
        return Answer(address=where, media_type=media_type, body=sink.getvalue())

    def get_into(self, address: Address, sink: Sink, *, limit_bytes: int) -> None:
        """Send a file's bytes to a sink, as they are on the server; a broken transfer is taken up again.

        Args:
            address: where the file is.
            sink: takes the bytes.
            limit_bytes: the most that may come; the transfer stops at the first byte beyond.

        Raises:
            NotThereError: there is no such file.
            FetchError: it can't be had, in time, or is larger; and what the sink raises.
        """
        # A server that takes .tar.gz for a content coding must not make us unpack it.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        self._run(address, _Transfer(sink=sink, headers=headers, limit_bytes=limit_bytes, decode=False))

    def _run(self, address: Address, transfer: "_Transfer") -> tuple[Address, str]:
        if self.offline:
            raise FetchError(
                f"{address.host} was not asked, since this run is offline",
                hint="Run again without --offline to fetch what is missing.",
            )
        limits = self._limits
        pace = Pace(
            str(address),
            patience_s=limits.patience_s,
            bytes_per_s=limits.bytes_per_s,
            ceiling_bytes=limits.attempts * (transfer.limit_bytes + limits.redirects * _HEADERS_BYTES),
        )
        retry = Retry(total=limits.attempts - 1, backoff_factor=limits.backoff_s)
        with paced(pace):
            while True:
                try:
                    return self._attempt(address, transfer)
                except PassingError as trouble:
                    pace.check()
                    retry = _count(retry, trouble, limits.attempts)
                    self._wait(address, trouble, retry, pace)

    def _wait(self, address: Address, trouble: PassingError, retry: Retry, pace: Pace) -> None:
        wait_s = retry.get_backoff_time() if trouble.wait_s is None else trouble.wait_s
        if wait_s >= pace.left_s():
            raise FetchError(
                f"{trouble.message}; the next attempt would have to wait {wait_s:.0f} s",
                hint=f"Ask {address.host} again after that time.",
            )
        self._sleep(wait_s)

    def _attempt(self, address: Address, transfer: "_Transfer") -> tuple[Address, str]:
        with explained(address, connect_s=self._limits.connect_s, read_s=self._limits.read_s):
            where, response = self._open(address, transfer)
            with response:
                transfer.receive(where, response)
                media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return where, media_type

    def _open(self, address: Address, transfer: "_Transfer") -> tuple[Address, requests.Response]:
        where = address
        for _ in range(self._limits.redirects + 1):
            response = self._session.get(
                where.url,
                headers=transfer.request_headers(),
                auth=self._trusted.get(where.origin),
                timeout=(self._limits.connect_s, self._limits.read_s),
                allow_redirects=False,
                stream=True,
            )
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or target is None:
                return where, response
            response.close()
            there = where.join(target)
            if where.scheme == "https" and there.scheme != "https":
                raise FetchError(f"{where} redirects from https to http", hint=_ELSEWHERE)
            where = there
        raise FetchError(f"{address} redirects without end", hint=_ELSEWHERE)


class _Memory(io.BytesIO):
    def restart(self) -> None:
        self.seek(0)
        self.truncate()


@dataclass(slots=True, kw_only=True)
class _Transfer:
    """What is asked for, and how much of it has come over all attempts."""

    sink: Sink
    headers: Mapping[str, str]
    limit_bytes: int
    decode: bool
    received_bytes: int = 0
    validator: str | None = None

    def request_headers(self) -> dict[str, str]:
        """Ask for the rest only, where the server gave a strong validator for the part (RFC 9110, 13.1.5)."""
        if not self.received_bytes or self.validator is None:
            return dict(self.headers)
        return {**self.headers, "Range": f"bytes={self.received_bytes}-", "If-Range": self.validator}

    def receive(self, where: Address, response: requests.Response) -> None:
        """Pass the body on."""
        if response.status_code == 416:
            self.validator = None
            raise PassingError(f"{where} does not have the rest of what it sent")
        _check_status(where, response)
        if self.received_bytes and not self._resumes(where, response):
            self.sink.restart()
            self.received_bytes = 0
        tag = response.headers.get("ETag", "")
        self.validator = tag if tag.startswith('"') and not self.decode else None
        for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=self.decode):
            self.received_bytes += len(chunk)
            if self.received_bytes > self.limit_bytes:
                raise FetchError(f"{where} sends more than {self.limit_bytes} bytes", hint=_ELSEWHERE)
            self.sink.write(chunk)

    def _resumes(self, where: Address, response: requests.Response) -> bool:
        if response.status_code != 206:
            return False
        if response.headers.get("Content-Range", "").startswith(f"bytes {self.received_bytes}-"):
            return True
        self.validator = None
        raise PassingError(f"{where} answers with another part than it was asked for")


def _check_status(where: Address, response: requests.Response) -> None:
    status = response.status_code
    said = f"{where} answers {status} {printable(response.reason or '', limit=60)}".rstrip()
    match status:
        case 200:
            return
        case 206 if "Range" in response.request.headers:
            return
        case 404 | 410:
            raise NotThereError(said, hint="Check the name and the index's address.")
        case 401 | 403 | 407:
            raise FetchError(said, hint="Put the credentials for this host into ~/.netrc.")
        case _ if status in _RETRIED:
            raise PassingError(said, wait_s=_retry_after_s(response))
        case _:
            raise FetchError(said, hint=_ELSEWHERE)


def _retry_after_s(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After")
    try:
        return None if text is None else Retry().parse_retry_after(text)
    except (HTTPError, ValueError, OverflowError):
        return None


def _count(retry: Retry, trouble: PassingError, attempts: int) -> Retry:
    try:
        return retry.increment("GET", error=trouble)
    except MaxRetryError:
        raise FetchError(f"{trouble.message} ({attempts} attempts)", hint=_ELSEWHERE) from None
