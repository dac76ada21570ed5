"""``wheelproof sbom``: the SBOM of a build environment, from a lock alone."""

from pathlib import Path
from typing import Annotated

import typer


def sbom(
    lock: Annotated[Path, typer.Argument(metavar="LOCK", help="A lock, such as an evidence folder's.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where to write; standard output without it."),
    ] = None,
) -> None:
    """Print what a lock's wheel is built with as an SBOM (CycloneDX 1.6, JSON); no network and no engine."""
    from wheelproof.recipe.lock import load_lock
    from wheelproof.report.sbom import render_sbom, write_sbom

    loaded = load_lock(lock)
    if output is None:
        typer.echo(render_sbom(loaded), nl=False)
    else:
        write_sbom(output, loaded)
