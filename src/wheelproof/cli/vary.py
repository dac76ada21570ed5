"""``wheelproof vary``: build a source several times, vary on purpose, and find what depends on what."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options
from wheelproof.report.formats import ReportFormat

_AS_OF_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z"]


def vary(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A project's folder, a git checkout or an sdist.")
    ] = Path(),
    variations: Annotated[
        str | None,
        typer.Option("--variations", metavar="NAMES", help="What is varied, with commas between; else all."),
    ] = None,
    excepted: Annotated[
        str | None, typer.Option("--except", metavar="NAMES", help="What is not varied, with commas between.")
    ] = None,
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat", metavar="N", min=0, max=50, help="Build N times more with nothing varied, at least."
        ),
    ] = 0,
    source_date_epoch: Annotated[
        bool,
        typer.Option(
            "--source-date-epoch/--no-source-date-epoch",
            help="Set SOURCE_DATE_EPOCH to the newest of the source's times, or leave it unset.",
        ),
    ] = True,
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="X.Y", help="The interpreter; else the newest that is allowed."),
    ] = None,
    image: options.Image = None,
    config_settings: Annotated[
        list[str] | None,
        typer.Option("--config-setting", "-C", metavar="KEY=VALUE", help="A setting of the build backend."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            formats=_AS_OF_FORMATS,
            help="Build requirements as of this time (UTC).",
        ),
    ] = None,
    index_url: options.IndexUrl = None,
    require_pinned: options.RequirePinned = False,
    offline: options.Offline = False,
    report_format: options.ReportForm = ReportFormat.TEXT,
    timeout_s: options.TimeoutS = 900,
    memory_mib: options.MemoryMib = 4096,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Build a source with one thing varied at a time, and say which variation changes which file, and why."""
    from wheelproof.cli.progress import listener
    from wheelproof.pipeline.session import Session

    settings = options.settings_from(
        index_url=index_url,
        recipes=None,
        image=image,
        require_pinned=require_pinned,
        offline=offline,
        timeout_s=timeout_s,
        memory_mib=memory_mib,
    )
    with listener(verbose=verbose, quiet=quiet) as heard, Session(settings, heard) as session:
        session.expect()
        from wheelproof.vary.run import vary as run
        from wheelproof.vary.settle import VaryOptions

        report = run(
            session,
            path,
            VaryOptions(
                variations=_names(variations),
                excepted=_names(excepted),
                repeat=repeat,
                source_date_epoch=source_date_epoch,
                python=python,
                as_of=_in_utc(as_of),
                config_settings=_settings(config_settings or []),
            ),
        )
    from wheelproof.report.vary_document import vary_exit_code

    if report_format is ReportFormat.TEXT:
        from wheelproof.report.vary_terminal import print_vary

        print_vary(report)
    else:
        from wheelproof.report.vary_render import render_vary

        typer.echo(render_vary(report, report_format), nl=False)
    raise typer.Exit(int(vary_exit_code(report)))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in (text or "").split(","))))


def _in_utc(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _settings(texts: list[str]) -> dict[str, str]:
    from wheelproof.core.errors import UsageError
    from wheelproof.core.untrusted import printable

    found = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not key or not separator or key in found:
            raise UsageError(
                f"{printable(text)!r} is no setting of its own", hint="Write -C KEY=VALUE, each key once."
            )
        found[key] = value
    return found
