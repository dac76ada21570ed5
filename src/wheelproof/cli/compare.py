"""``wheelproof compare``: two wheels on this machine, with no engine, network or index."""

from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options
from wheelproof.cli.check import Level
from wheelproof.report.formats import ReportFormat


def compare(
    published: Annotated[Path, typer.Argument(metavar="PUBLISHED", help="The wheel as published.")],
    rebuilt: Annotated[Path, typer.Argument(metavar="REBUILT", help="The wheel that should be the same.")],
    sdist: Annotated[
        Path | None,
        typer.Option("--sdist", metavar="PATH", help="The source, to look into for what differs."),
    ] = None,
    require: Annotated[
        Level, typer.Option("--require", help="The level that a run has to reach to end with 0.")
    ] = Level.EXPLAINED,
    report_format: options.ReportForm = ReportFormat.TEXT,
    details: options.Details = False,
) -> None:
    """Compare two wheels byte by byte, and explain each difference."""
    from wheelproof.core.verdict import Verdict
    from wheelproof.pipeline.compare import compare_files
    from wheelproof.report.document import exit_code
    from wheelproof.report.render import render_report
    from wheelproof.report.terminal import print_report

    report = compare_files(published, rebuilt, required=Verdict(require.value), sdist=sdist, details=details)
    if report_format is ReportFormat.TEXT:
        print_report(report)
    else:
        typer.echo(render_report(report, report_format), nl=False)
    raise typer.Exit(int(exit_code(report)))
