"""``wheelproof report``: a stored report in another form, and the schema of all of them."""

from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options
from wheelproof.report.formats import ReportFormat

app = typer.Typer(no_args_is_help=True)

Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file instead.")
]


@app.command("render", short_help="Print a stored report in any form.")
def render(
    path: Annotated[
        Path, typer.Argument(metavar="REPORT", help="A report.json, or - for the standard input.")
    ],
    report_format: options.ReportForm = ReportFormat.TEXT,
    output: Output = None,
) -> None:
    """Print a report that `check --format json` printed, or that an evidence folder holds, in any form."""
    from wheelproof.report.render import parse_report, render_report

    text = render_report(parse_report(_read(path), str(path)), report_format)
    _print(text, output)


@app.command("schema", short_help="Print the JSON Schema of a report.")
def schema(output: Output = None) -> None:
    """Print the JSON Schema that every report of this version holds to."""
    from wheelproof.report.schema import render_schema

    _print(render_schema(), output)


def _read(path: Path) -> bytes:
    import sys

    from wheelproof.core.errors import UsageError
    from wheelproof.report.render import REPORT_LIMIT_BYTES

    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(REPORT_LIMIT_BYTES + 1)
        with path.open("rb") as file:
            return file.read(REPORT_LIMIT_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", hint="Check the path.") from None


def _print(text: str, output: Path | None) -> None:
    from wheelproof.core.errors import UsageError

    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"{output} can't be written: {error.strerror}", hint="Name another place with -o."
        ) from None
