"""``wheelproof advise``: what in a project's build configuration will not reproduce, without building."""

from pathlib import Path
from typing import Annotated

import typer

from wheelproof.advise.formats import AdviceFormat


def advise(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A project's folder, an sdist or a wheel.")
    ] = Path(),
    sdist: Annotated[
        Path | None,
        typer.Option("--sdist", metavar="PATH", help="The sdist of a wheel: says what it lacks."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 for what may break, too.")] = False,
    form: Annotated[
        AdviceFormat, typer.Option("--format", help="How to print the advice.")
    ] = AdviceFormat.TEXT,
) -> None:
    """Say what will not reproduce, and how to mend it; nothing is built or run."""
    from wheelproof.advise.advice import Severity
    from wheelproof.advise.render import render
    from wheelproof.advise.run import advise as find_advice
    from wheelproof.core.errors import ExitCode, UsageError
    from wheelproof.core.untrusted import printable

    try:
        advised = find_advice(path, sdist)
    except OSError as error:
        raise UsageError(f"{printable(str(error))}", hint="Check the path.") from None
    typer.echo(render(advised, form), nl=False)
    found = advised.count(Severity.BREAKS) + (advised.count(Severity.MAY) if strict else 0)
    raise typer.Exit(int(ExitCode.NOT_REACHED if found else ExitCode.REACHED))
