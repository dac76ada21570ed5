"""``wheelproof batch``: check every target of a list, with results that last."""

from pathlib import Path
from typing import Annotated

import typer

from wheelproof.cli import options
from wheelproof.cli.check import Level
from wheelproof.report.formats import ReportFormat


def batch(
    path: Annotated[
        Path,
        typer.Argument(metavar="LIST", help="Targets, one a line; or requirements, a pylock.toml, or JSON."),
    ],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, max=64, help="How many to check at a time.")
    ] = 2,
    timeout_s: Annotated[
        int,
        typer.Option("--timeout", metavar="SECONDS", min=1, max=86_400, help="The limit of one target."),
    ] = 900,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first so many targets.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", metavar="DIR", help="Where results are kept; the user's own where left out."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Check again what did not change since the last run.")
    ] = False,
    index_url: options.IndexUrl = None,
    recipes: options.Recipes = None,
    image: options.Image = None,
    require: Annotated[
        Level,
        typer.Option("--require", help="The level that every wheel has to reach for the run to end with 0."),
    ] = Level.EXPLAINED,
    require_pinned: options.RequirePinned = False,
    offline: options.Offline = False,
    attempts: options.Attempts = 6,
    report_format: options.ReportForm = ReportFormat.TEXT,
    memory_mib: options.MemoryMib = 4096,
    quiet: options.Quiet = False,
) -> None:
    """Check every target of a list; what is done is kept as it comes, and a run that was ended goes on."""
    import time
    from dataclasses import replace

    from wheelproof.batch.report import batch_report
    from wheelproof.batch.run import Batch, Plan
    from wheelproof.batch.targets import load_targets
    from wheelproof.cli.batch_progress import progress
    from wheelproof.core.places import results_root
    from wheelproof.core.verdict import Verdict
    from wheelproof.report.document import exit_code
    from wheelproof.report.render import render_report
    from wheelproof.store.results import ResultStore

    targets = load_targets(path)
    if limit is not None:
        targets = replace(targets, entries=targets.entries[:limit])
    settings = options.settings_from(
        index_url=index_url,
        recipes=recipes,
        image=image,
        require_pinned=require_pinned,
        offline=offline,
        # A build that hangs ends before its target is given up on.
        timeout_s=max(1, timeout_s * 4 // 5),
        memory_mib=memory_mib,
        attempts=attempts,
    )
    begun = time.monotonic()
    with ResultStore(store or results_root()) as results, progress(len(targets.entries), quiet=quiet) as show:
        plan = Plan(jobs=jobs, timeout_s=timeout_s, force=force)
        done = Batch(targets.entries, results, settings, plan, show).run()
    report = batch_report(
        targets, done, required=Verdict(require.value), duration_s=time.monotonic() - begun, jobs=jobs
    )
    if report_format is ReportFormat.TEXT:
        from wheelproof.report.terminal import print_report

        print_report(report)
    else:
        typer.echo(render_report(report, report_format), nl=False)
    raise typer.Exit(int(exit_code(report)))
