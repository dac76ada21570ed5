"""``wheelproof report``: a stored report in another form, and the schema of all of them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options
from wheelproof.report.formats import ReportFormat

app = typer.Typer(no_args_is_help=True)


class DocumentKind(StrEnum):
    """The documents that have a schema."""

    REPORT = "report"
    VARY = "vary"


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
    """Print what `--format json` printed, or a report that an evidence folder holds, in any form."""
    from wheelproof.report.document import Report
    from wheelproof.report.render import parse_any, render_report
    from wheelproof.report.vary_render import render_vary

    report = parse_any(_read(path), str(path))
    if isinstance(report, Report):
        text = render_report(report, report_format)
    else:
        text = render_vary(report, report_format)
    _print(text, output)


@app.command("schema", short_help="Print the JSON Schema of a report.")
def schema(
    kind: Annotated[DocumentKind, typer.Option("--of", help="Which document's.")] = DocumentKind.REPORT,
    output: Output = None,
) -> None:
    """Print the JSON Schema that every report of this version, or document of `vary`, holds to."""
    from wheelproof.report.document import Report
    from wheelproof.report.schema import render_schema
    from wheelproof.report.vary_document import VaryReport

    _print(render_schema(VaryReport if kind is DocumentKind.VARY else Report), output)


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
