"""Where projects are looked up: the Simple repository API (PEP 503, 691)."""

from typing import Protocol

from packaging.utils import NormalizedName, canonicalize_name, is_normalized_name

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

    def project(self, name: str) -> ProjectListing:
        """Ask for a project.

        Raises:
            FetchError: there is none of that name, or the answer can't be had or used.
        """
        normalized = canonicalize_name(name)
        if not is_normalized_name(normalized):
            raise FetchError(f"{printable(name)!r} is no project's name", hint="Check its spelling.")
        if normalized not in self._known:
            self._known[normalized] = self._ask(normalized)
        return self._known[normalized]

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
