"""``wheelproof doctor``: what is ready, what is missing, and the command that mends it."""

import typer

from wheelproof.cli import options


def doctor(
    index_url: options.IndexUrl = None,
    output_format: options.Format = options.OutputFormat.TEXT,
) -> None:
    """Say what is ready, what is missing, and the command that mends it."""
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.text import Text

    from wheelproof.pipeline.health import State, check_health, health_exit_code
    from wheelproof.report.terminal import print_folded

    checks = check_health(index_url)
    if output_format is options.OutputFormat.JSON:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        console = Console(highlight=False)
        for check in checks:
            print_folded(console, Text(f"{_MARKS[check.state]} {check.name:<11} "), check.detail)
            if check.mend and check.state is not State.READY:
                print_folded(console, Text(" " * 14), check.mend)
    raise typer.Exit(int(health_exit_code(checks)))


_MARKS = {"ready": "✓", "later": "·", "missing": "✗"}
