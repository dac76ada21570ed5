"""The cache: files by their digest and small documents by a key, shared by any number of processes."""

import contextlib
import errno
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from wheelproof.core.errors import FetchError
from wheelproof.core.identity import Digest
from wheelproof.core.places import CACHE_VARIABLE, cache_root

_CHUNK_BYTES = 1 << 20
_MEMO_BYTES = 16 << 20
_KIND = re.compile(r"[a-z][a-z0-9-]*")
PART_SUFFIX = ".part"
LEFTOVER_AGE_S = 24 * 3600.0


class Cache:
    """A folder of verified files (``files/sha256/ab/<hex>``) and of documents (``memo/<kind>/<hex>.json``).

    An entry appears whole or not at all: it is written beside its place, flushed and renamed. Reading takes
    no lock. Every method that writes raises FetchError where the disk is full or the folder can't be written.

    Args:
        root: the folder; made when first written to. ``core.places.cache_root()`` where None.
        notice: told, in one sentence, when a damaged entry was thrown away.
    """

    def __init__(self, root: Path | None = None, *, notice: Callable[[str], None] = lambda _: None) -> None:
        self.root = root or cache_root()
        self._notice = notice

    def path_of(self, digest: Digest) -> Path:
        """Say where a file lies, or would."""
        return self.root / "files" / "sha256" / digest.hex[:2] / digest.hex

    def get(self, digest: Digest) -> Path | None:
        """Give a file's path after reading it through, and mark it as used; None where it isn't here.

        A damaged file is thrown away, said, and counts as absent.
        """
        path = self.path_of(digest)
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError:
            pass  # another user's cache: its age is not ours to change
        try:
            if Digest.of_file(path) == digest:
                return path
            problem = "its bytes have changed"
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = error.strerror or "it can't be read"
        _discard(path)
        self._notice(f"The cache's entry {digest} was damaged ({problem}) and was thrown away")
        return None

    def incoming(self, digest: Digest) -> "Incoming":
        """Open a place for a file that is on its way; use it in a ``with`` statement."""
        with _room(self.root):
            return Incoming(self.path_of(digest), digest)

    def add_bytes(self, data: bytes) -> Digest:
        """Keep some bytes; gives their digest."""
        digest = Digest.of_bytes(data)
        with self.incoming(digest) as incoming:
            incoming.write(data)
            incoming.publish()
        return digest

    def add_file(self, path: Path) -> Digest:
        """Keep a copy of a file; gives its digest.

        Raises:
            OSError: the file can't be read.
            FetchError: it changed while it was read, or the cache can't be written.
        """
        digest = Digest.of_file(path)
        with path.open("rb") as stream, self.incoming(digest) as incoming:
            while chunk := stream.read(_CHUNK_BYTES):
                incoming.write(chunk)
            incoming.publish()
        return digest

    @contextlib.contextmanager
    def alone(self, digest: Digest, *, wait_s: float = 600.0) -> Iterator[None]:
        """Let one process at a time fetch a file.

        The lock spares work, and nothing depends on it: after ``wait_s`` seconds, and on a file system
        without locks, the block runs all the same.
        """
        with _room(self.root):
            folder = self.root / "locks"
            folder.mkdir(parents=True, exist_ok=True)
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only what fetches pays for it

        lock = FileLock(folder / f"{digest.hex}.lock")
        with contextlib.suppress(Timeout, NotImplementedError, OSError):
            lock.acquire(timeout=wait_s)
        try:
            yield
        finally:
            lock.release()

    def get_memo(self, kind: str, key: Digest) -> object | None:
        """Give a document that was put under this key; None where there is none, or it is damaged."""
        path = self._memo_path(kind, key)
        try:
            with path.open("rb") as stream:
                data = stream.read(_MEMO_BYTES + 1)
            document = json.loads(data)
            value: object = document["value"]
            if document["sha256"] == Digest.of_bytes(_encode(value)).hex:
                with contextlib.suppress(OSError):
                    os.utime(path)
                return value
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, LookupError, TypeError):
            pass
        _discard(path)
        self._notice(f"The cache's {kind} memo {key} was damaged and was thrown away")
        return None

    def put_memo(self, kind: str, key: Digest, value: object) -> None:
        """Keep a JSON document that can be computed again.

        Args:
            kind: what it is, a short kebab-case word.
            key: the digest of everything that it depends on.
            value: what ``json`` can write; None is no value.

        Raises:
            FetchError: the cache can't be written.
            ValueError: it is too large, or no JSON.
        """
        body = _encode(value)
        data = b'{"sha256": "%b", "value": %b}\n' % (Digest.of_bytes(body).hex.encode(), body)
        if value is None or len(data) > _MEMO_BYTES:
            raise ValueError(f"a memo of {len(data)} bytes can't be kept")
        path = self._memo_path(kind, key)
        with _room(self.root), _Part(path) as part:
            part.stream.write(data)
            part.publish()

    def _memo_path(self, kind: str, key: Digest) -> Path:
        if not _KIND.fullmatch(kind):
            raise ValueError(f"not a kind of memo: {kind!r}")
        return self.root / "memo" / kind / f"{key.hex}.json"


class Incoming:
    """A file on its way into the cache; nothing sees it before ``publish``, and without that it is gone."""

    def __init__(self, path: Path, digest: Digest) -> None:
        self._part = _Part(path)
        self._expected = digest
        self._state = hashlib.sha256()
        self.size_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._part.close()

    def write(self, data: bytes) -> None:
        """Take the next bytes; raises FetchError where there is no room for them."""
        with _room(self._part.path.parent):
            self._part.stream.write(data)
        self._state.update(data)
        self.size_bytes += len(data)

    def restart(self) -> None:
        """Forget every byte."""
        with _room(self._part.path.parent):
            self._part.stream.seek(0)
            self._part.stream.truncate()
        self._state = hashlib.sha256()
        self.size_bytes = 0

    @property
    def digest(self) -> Digest:
        """What the bytes so far amount to."""
        return Digest(self._state.hexdigest())

    def publish(self) -> Path:
        """Put the file into its place.

        Raises:
            FetchError: its bytes don't have the digest, or there is no room.
        """
        if self.digest != self._expected:
            raise FetchError(
                f"The bytes have {self.digest}, not {self._expected}",
                hint="Try again; if it stays, what they come from can't be trusted.",
            )
        with _room(self._part.path.parent):
            return self._part.publish()


class _Part:
    """A file beside its place, until it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep_leftovers(path.parent)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:16]}.", suffix=PART_SUFFIX, dir=path.parent)
        self.stream = os.fdopen(handle, "w+b")
        self._part: Path | None = Path(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def publish(self) -> Path:
        """Flush to the disk and rename: what has the final name is whole, whatever happens."""
        assert self._part is not None  # noqa: S101 - published once
        self.stream.flush()
        os.fchmod(self.stream.fileno(), 0o444)
        os.fsync(self.stream.fileno())
        self._part.rename(self.path)
        self._part = None
        return self.path

    def close(self) -> None:
        """Drop what was not published."""
        if self._part is not None:
            _discard(self._part)
            self._part = None
        with contextlib.suppress(OSError):
            self.stream.close()  # may have bytes to flush that no longer matter


def sweep_leftovers(folder: Path, *, age_s: float = LEFTOVER_AGE_S) -> list[Path]:
    """Delete what killed processes left in a folder: unfinished files that nobody wrote to for ``age_s``."""
    swept = []
    oldest = time.time() - age_s
    for part in folder.glob(f".*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            if part.stat().st_mtime < oldest:
                part.unlink()
                swept.append(part)
    return swept


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _encode(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@contextlib.contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Say in our words why a folder can't be written."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise FetchError(
                f"The disk is full: there is no room left in {folder}",
                hint=f"Run `wheelproof cache trim --max-size 1GB`, or let {CACHE_VARIABLE} name another one.",
            ) from error
        raise FetchError(
            f"The cache can't be written in {folder}: {error.strerror}",
            hint=f"Let {CACHE_VARIABLE} name a folder of your own.",
        ) from error
