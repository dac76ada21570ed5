"""``wheelproof inspect``: the evidence of a wheel or an sdist on this machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options


def inspect(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A wheel or an sdist.")],
    output_format: options.Format = options.OutputFormat.TEXT,
) -> None:
    """Print what a wheel or an sdist says about how it was built, without an engine or a network."""
    import json

    from wheelproof.core.errors import UsageError
    from wheelproof.core.untrusted import printable
    from wheelproof.pipeline.inspect import inspect_sdist, inspect_wheel

    if not path.is_file():
        raise UsageError(f"There is no file {path}", hint="Check the path.")
    facts = inspect_wheel(path) if path.suffix == ".whl" else inspect_sdist(path)
    if output_format is options.OutputFormat.JSON:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        lines = [value] if isinstance(value, str) else _lines(value)
        for place, line in enumerate(lines or ["none"]):
            typer.echo(f"{name if place == 0 else '':<18}{printable(line, limit=1000)}")


def _lines(values: Iterable[str | dict[str, str]]) -> list[str]:
    return [value if isinstance(value, str) else _line(**value) for value in values]


def _line(evidence: str = "", field: str = "", value: str = "", origin: str = "", **finding: str) -> str:
    """An inference with its evidence, or the parts of a finding."""
    if field:
        return f"{field} {value} ({origin}): {evidence}"
    return "  ".join(part for part in finding.values() if part)
