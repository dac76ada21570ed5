"""Addresses of an index and its files, and how they may be shown."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from wheelproof.core.errors import FetchError
from wheelproof.core.untrusted import printable

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An http or https address; ``str()`` shows it without credentials, query and control characters.

    Attributes:
        url: what is asked for, without credentials.
        credentials: the user and password that stood in it.
        scheme: ``http`` or ``https``.
        host: in lower case.
        port: the one that it names, or its scheme's.
    """

    url: str = field(repr=False)
    credentials: tuple[str, str] | None = field(repr=False)
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an absolute address (RFC 3986).

        Raises:
            FetchError: it is none, or its scheme is not http or https.
        """
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _unusable(text) from None
        if parts.scheme not in _PORTS or not host or printable(host) != host or any(map(str.isspace, text)):
            raise _unusable(text)
        return cls(
            url=parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
            credentials=_credentials(parts),
            scheme=parts.scheme,
            host=host,
            port=_PORTS[parts.scheme] if port is None else port,
        )

    def join(self, reference: str) -> "Address":
        """Follow a relative or absolute reference from here (RFC 3986, 5); raises FetchError as ``parse``."""
        try:
            return Address.parse(urljoin(self.url, reference))
        except ValueError:
            raise _unusable(reference) from None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: credentials never leave it (RFC 6454)."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        return _shown(urlsplit(self.url))


def _credentials(parts: SplitResult) -> tuple[str, str] | None:
    if not parts.username and not parts.password:
        return None
    return unquote(parts.username or ""), unquote(parts.password or "")


def _shown(parts: SplitResult) -> str:
    # Queries carry the signatures of signed addresses.
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", limit=200)


def _unusable(text: str) -> FetchError:
    shown = printable(text.rpartition("@")[2].partition("?")[0], limit=120)
    return FetchError(f"{shown!r} is not an http or https address", hint="Check the index's address.")
