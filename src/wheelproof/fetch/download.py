"""Files from an index, verified before anything else sees a byte of them."""

from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name, is_normalized_name

from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.http import Http, NotThereError
from wheelproof.fetch.index import Index
from wheelproof.fetch.listing import IndexFile

FILE_LIMIT_BYTES = 2 << 30
_DISTRUST = "Don't use this file: tell the index's owner, or name another index with --index-url."


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedArtifact:
    """A file whose bytes were read and have this digest.

    Attributes:
        path: where it lies, read-only, in the cache; its name there is its digest.
        filename: what it is called.
    """

    path: Path
    filename: str
    digest: Digest
    size_bytes: int


def download(
    file: IndexFile, *, http: Http, cache: Cache, limit_bytes: int = FILE_LIMIT_BYTES
) -> VerifiedArtifact:
    """Take a file from the cache, else from its index; many processes that want it fetch it once.

    Args:
        file: what the index says of it.
        http: how it is fetched.
        cache: where it is kept.
        limit_bytes: the most that a file may have, whatever the index says.

    Raises:
        FetchError: it can't be had, the index gives no sha256 for it, it is larger than the limit, or its
            size or its digest is not what the index says.
    """
    digest = file.digest
    if digest is None:
        raise FetchError(
            f"The index gives no sha256 for {file.filename}, so it can't be verified",
            hint="Name an index that gives sha256 digests with --index-url.",
        )
    if file.size_bytes is not None and file.size_bytes > limit_bytes:
        raise _too_large(file, limit_bytes)
    found = _cached(file.filename, digest, cache)
    if found is None:
        with cache.alone(digest):
            found = _cached(file.filename, digest, cache) or _fetch(file, digest, http, cache, limit_bytes)
    if file.size_bytes is not None and found.size_bytes != file.size_bytes:
        raise FetchError(
            f"{file.filename} has {found.size_bytes} bytes where the index says {file.size_bytes}",
            hint=_DISTRUST,
        )
    return found


def fetch_by_digest(
    filename: str, digest: Digest, *, cache: Cache, http: Http, index: Index
) -> VerifiedArtifact:
    """Find a file by its name and digest alone, as a lock names it: in the cache, else on the index.

    Args:
        filename: what it is called.
        digest: what it must be.
        cache: asked first.
        http: how it is fetched.
        index: asked where the cache has none; any index that has the same file will do.

    Raises:
        FetchError: it can't be had, or the index has other bytes under that name.
    """
    found = _cached(filename, digest, cache)
    if found is not None:
        return found
    if http.offline:
        raise FetchError(
            f"{printable(filename)} ({digest}) is not in the cache, and this run is offline",
            hint="Run once without --offline to fetch it.",
        )
    file = index.project(_project_of(filename)).find(filename)
    if file.digest != digest:
        raise FetchError(
            f"The index has {printable(filename)} with {file.digest or 'no sha256'}, not {digest}",
            hint=_DISTRUST,
        )
    return download(file, http=http, cache=cache)


def _cached(filename: str, digest: Digest, cache: Cache) -> VerifiedArtifact | None:
    path = cache.get(digest)
    if path is None:
        return None
    return VerifiedArtifact(path=path, filename=filename, digest=digest, size_bytes=path.stat().st_size)


def _fetch(file: IndexFile, digest: Digest, http: Http, cache: Cache, limit_bytes: int) -> VerifiedArtifact:
    promised = file.size_bytes
    with cache.incoming(digest) as incoming:
        try:
            http.get_into(file.address, incoming, limit_bytes=limit_bytes if promised is None else promised)
        except NotThereError:
            raise NotThereError(
                f"The index lists {file.filename}, but does not have it",
                hint="Try again later, or name another index with --index-url.",
            ) from None
        if promised is not None and incoming.size_bytes != promised:
            raise FetchError(
                f"{file.filename} came with {incoming.size_bytes} bytes where the index says {promised}",
                hint=_DISTRUST,
            )
        if incoming.digest != digest:
            raise FetchError(
                f"{file.filename} came with {incoming.digest} where the index says {digest}",
                hint=_DISTRUST,
            )
        path = incoming.publish()
        return VerifiedArtifact(
            path=path, filename=file.filename, digest=digest, size_bytes=incoming.size_bytes
        )


def _too_large(file: IndexFile, limit_bytes: int) -> FetchError:
    return FetchError(
        f"{file.filename} has {file.size_bytes} bytes, more than the {limit_bytes} that are fetched",
        hint="A file of this size is not checked.",
    )


def _project_of(filename: str) -> str:
    name, separator, _ = filename.partition("-") if filename.endswith(".whl") else filename.rpartition("-")
    if not separator or not is_normalized_name(canonicalize_name(name)):
        raise FetchError(f"{printable(filename)} does not say whose file it is", hint="Check the lock.")
    return name
