"""``wheelproof cache``: how large the cache is, and trimming it."""

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from wheelproof.cli import options
from wheelproof.core.errors import UsageError

if TYPE_CHECKING:
    from wheelproof.fetch.trim import CacheStats, Trimmed

app = typer.Typer(help="Show and trim the cache of downloads and memos.", no_args_is_help=True)

_SIZE = re.compile(r"(\d{1,15})\s*([kMGT]?)i?B?", re.IGNORECASE)
_AGE = re.compile(r"(\d{1,9})\s*([smhd])")
_SIZE_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command()
def show(output_format: options.Format = options.OutputFormat.TEXT) -> None:
    """Say where the cache is and what lies in it."""
    from wheelproof.fetch.cache import Cache
    from wheelproof.fetch.trim import measure_cache

    stats = measure_cache(Cache())
    typer.echo(_render_json(stats) if output_format is options.OutputFormat.JSON else _render_stats(stats))


@app.command()
def trim(
    max_size: Annotated[
        str | None, typer.Option("--max-size", help="Keep at most so much, such as 500MB or 2GB.")
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", help="Remove what was not used for so long, such as 12h or 30d."),
    ] = None,
    output_format: options.Format = options.OutputFormat.TEXT,
) -> None:
    """Remove what was used least recently; what was used within the last hour stays."""
    if max_size is None and older_than is None:
        raise UsageError("Nothing says what to remove", hint="Add --max-size 2GB, --older-than 30d, or both.")
    from wheelproof.fetch.cache import Cache
    from wheelproof.fetch.trim import trim_cache

    trimmed = trim_cache(
        Cache(),
        max_bytes=None if max_size is None else parse_size(max_size),
        older_than_s=None if older_than is None else parse_age(older_than),
    )
    typer.echo(
        _render_json(trimmed) if output_format is options.OutputFormat.JSON else _render_trimmed(trimmed)
    )


def parse_size(text: str) -> int:
    """Read a number of bytes, such as ``500MB`` (decimal units); raises UsageError."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise UsageError(
            f"{text!r} is not a size", hint="Write a whole number and a unit, such as 500MB or 2GB."
        )
    return int(match[1]) * _SIZE_UNITS[match[2].lower()]


def parse_age(text: str) -> int:
    """Read a number of seconds, such as ``30d``; raises UsageError."""
    match = _AGE.fullmatch(text.strip())
    if not match:
        raise UsageError(
            f"{text!r} is not an age", hint="Write a whole number and s, m, h or d, such as 30d."
        )
    return int(match[1]) * _AGE_UNITS[match[2]]


def _render_json(value: "CacheStats | Trimmed") -> str:
    import json

    return json.dumps(asdict(value), indent=2, default=str)


def _render_stats(stats: "CacheStats") -> str:
    lines = [
        f"{stats.root}",
        f"  files       {stats.files:>7}  {_render_size(stats.files_bytes)}",
        f"  memos       {stats.memos:>7}  {_render_size(stats.memos_bytes)}",
        f"  unfinished  {stats.unfinished:>7}  {_render_size(stats.unfinished_bytes)}",
    ]
    return "\n".join(lines)


def _render_trimmed(trimmed: "Trimmed") -> str:
    line = (
        f"Removed {trimmed.removed} entries ({_render_size(trimmed.removed_bytes)}) and {trimmed.leftovers} "
        f"leftovers; {_render_size(trimmed.kept_bytes)} are left."
    )
    if trimmed.in_use:
        line += f" {trimmed.in_use} entries stay because they were used within the last hour."
    return line


def _render_size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
