"""How large the cache is, and making it smaller while other processes use it."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wheelproof.fetch.cache import LEFTOVER_AGE_S, PART_SUFFIX, Cache, sweep_leftovers

IN_USE_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """What lies in the cache: whole files, memos, and what unfinished or killed processes have there."""

    root: Path
    files: int
    files_bytes: int
    memos: int
    memos_bytes: int
    unfinished: int
    unfinished_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """What a trim did.

    Attributes:
        removed: entries that are gone.
        removed_bytes: their bytes.
        kept_bytes: what is left.
        in_use: entries that would have gone, had nobody used them within the last hour.
        leftovers: unfinished files of killed processes that are gone.
    """

    removed: int
    removed_bytes: int
    kept_bytes: int
    in_use: int
    leftovers: int


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    used: float
    path: Path
    size_bytes: int


def measure_cache(cache: Cache) -> CacheStats:
    """Count what lies in the cache; nothing is read or marked as used."""
    files = list(_entries(cache.root / "files", "sha256/??/[0-9a-f]*"))
    memos = list(_entries(cache.root / "memo", "*/[0-9a-f]*.json"))
    parts = list(_entries(cache.root, f"**/.*{PART_SUFFIX}"))
    return CacheStats(
        root=cache.root,
        files=len(files),
        files_bytes=sum(entry.size_bytes for entry in files),
        memos=len(memos),
        memos_bytes=sum(entry.size_bytes for entry in memos),
        unfinished=len(parts),
        unfinished_bytes=sum(entry.size_bytes for entry in parts),
    )


def trim_cache(
    cache: Cache,
    *,
    max_bytes: int | None = None,
    older_than_s: float | None = None,
    in_use_s: float = IN_USE_S,
) -> Trimmed:
    """Remove entries, the least recently used first, and what killed processes left.

    A process that runs meanwhile is safe: an entry used within ``in_use_s`` seconds stays, and one that a
    process finds gone it fetches or computes again.

    Args:
        cache: what is trimmed.
        max_bytes: remove until no more than that is left.
        older_than_s: remove what nobody used for so many seconds.
        in_use_s: how long an entry counts as in use.
    """
    now = time.time()
    leftovers = _sweep(cache)
    entries = sorted(
        [
            *_entries(cache.root / "files", "sha256/??/[0-9a-f]*"),
            *_entries(cache.root / "memo", "*/[0-9a-f]*.json"),
        ]
    )
    left_bytes = sum(entry.size_bytes for entry in entries)
    removed = removed_bytes = in_use = 0
    for entry in entries:
        too_old = older_than_s is not None and entry.used < now - older_than_s
        too_much = max_bytes is not None and left_bytes > max_bytes
        if not too_old and not too_much:
            continue
        if _remove(entry, now - in_use_s):
            removed += 1
            removed_bytes += entry.size_bytes
            left_bytes -= entry.size_bytes
        else:
            in_use += 1
    return Trimmed(
        removed=removed,
        removed_bytes=removed_bytes,
        kept_bytes=left_bytes,
        in_use=in_use,
        leftovers=leftovers,
    )


def _entries(folder: Path, pattern: str) -> Iterator[_Entry]:
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            yield _Entry(status.st_mtime, path, status.st_size)


def _remove(entry: _Entry, in_use_since: float) -> bool:
    try:
        if entry.path.stat().st_mtime > in_use_since:  # again: it may have been used since it was listed
            return False
        entry.path.unlink()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def _sweep(cache: Cache) -> int:
    folders = {part.parent for part in cache.root.glob(f"**/.*{PART_SUFFIX}")}
    swept = sum(len(sweep_leftovers(folder)) for folder in folders)
    oldest = time.time() - LEFTOVER_AGE_S
    for lock in (cache.root / "locks").glob("*.lock"):
        # Whoever holds one of these loses nothing: locks only spare work.
        with contextlib.suppress(OSError):
            if lock.stat().st_mtime < oldest:
                lock.unlink()
    return swept
