"""Where projects are looked up: the Simple repository API (PEP 503, 691)."""

from concurrent.futures import Future
from typing import Protocol

from packaging.utils import NormalizedName, canonicalize_name, is_normalized_name

from wheelproof.core.ahead import ahead
from wheelproof.core.errors import FetchError
from wheelproof.core.untrusted import printable
from wheelproof.fetch.default_index import default_index
from wheelproof.fetch.http import Http, NotThereError
from wheelproof.fetch.listing import ACCEPT_JSON_ONLY, ProjectListing, parse_listing

_LISTING_BYTES = 32 << 20


class Index(Protocol):
    """Where projects are looked up."""

    def project(self, name: str) -> ProjectListing:
        """Give a project's files; raises FetchError where that fails."""


class SimpleIndex:
    """An index that speaks the Simple repository API; each project is asked for once.

    Args:
        http: how it is asked.
        url: its root, as pip's ``--index-url`` takes it, or None for the default index; credentials in it
            go to ``http`` and nowhere else.

    Raises:
        FetchError: the address is none.
    """

    def __init__(self, http: Http, url: str | None = None) -> None:
        url = default_index() if url is None else url
        self._http = http
        self.address = http.trust(url if url.endswith("/") else f"{url}/")
        self._known: dict[NormalizedName, ProjectListing] = {}
        self._expected: dict[NormalizedName, Future[ProjectListing]] = {}

    def project(self, name: str) -> ProjectListing:
        """Ask for a project.

        Raises:
            FetchError: there is none of that name, or the answer can't be had or used.
        """
        normalized = canonicalize_name(name)
        if not is_normalized_name(normalized):
            raise FetchError(f"{printable(name)!r} is no project's name", hint="Check its spelling.")
        if normalized not in self._known:
            asking = self._expected.pop(normalized, None)
            self._known[normalized] = asking.result() if asking else self._ask(normalized)
        return self._known[normalized]

    def expect(self, name: str) -> None:
        """Begin to ask for a project in a thread; what goes wrong is told by ``project``."""
        normalized = canonicalize_name(name)
        if is_normalized_name(normalized) and normalized not in self._known:
            self._expected[normalized] = ahead(lambda: self._ask(normalized))

    def _ask(self, name: NormalizedName) -> ProjectListing:
        try:
            answer = self._http.get(
                self.address.join(f"{name}/"), accept=ACCEPT_JSON_ONLY, limit_bytes=_LISTING_BYTES
            )
        except NotThereError:
            raise NotThereError(
                f"{self.address} has no project {name}",
                hint="Check the project's spelling, or name its index with --index-url.",
            ) from None
        return parse_listing(name, answer)
