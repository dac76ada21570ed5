"""``wheelproof lock``: settle every input of a rebuild by hash, and build nothing yet."""

from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options


def lock(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="name==version, a wheel's file name, or a local wheel.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Where to write; standard output without it."),
    ] = None,
    sdist: options.Sdist = None,
    git: options.Git = None,
    wheel: options.Wheel = None,
    index_url: options.IndexUrl = None,
    recipes: options.Recipes = None,
    image: options.Image = None,
    require_pinned: options.RequirePinned = False,
    timeout_s: options.TimeoutS = 900,
    memory_mib: options.MemoryMib = 4096,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Lock what a check of TARGET would use: a pylock.toml (PEP 751) that `check --locked` replays."""
    from wheelproof.cli.progress import listener
    from wheelproof.core.errors import UsageError
    from wheelproof.core.git import GitReference
    from wheelproof.core.identity import parse_target
    from wheelproof.pipeline.locked import lock_target
    from wheelproof.pipeline.session import Session
    from wheelproof.recipe.lock import render_lock

    parsed = parse_target(target, sdist, None if git is None else GitReference.parse(git))
    settings = options.settings_from(
        index_url=index_url,
        recipes=recipes,
        image=image,
        require_pinned=require_pinned,
        offline=False,
        timeout_s=timeout_s,
        memory_mib=memory_mib,
    )
    with listener(verbose=verbose, quiet=quiet) as heard, Session(settings, heard) as session:
        text = render_lock(lock_target(session, parsed, pattern=wheel))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"{output} can't be written: {error.strerror}", hint="Choose another place with -o."
        ) from None
