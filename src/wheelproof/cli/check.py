"""``wheelproof check``: rebuild published wheels and give a verdict for each."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from wheelproof.cli import options
from wheelproof.core.identity import Target, parse_target
from wheelproof.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelproof.report.evidence import Evidence


class Level(StrEnum):
    """The levels that can be asked for; the names are those of the verdicts."""

    IDENTICAL = "identical"
    SAME_CONTENT = "same-content"
    EXPLAINED = "explained"


def check(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET",
            help="name==version, a wheel's file name, or a local wheel with --sdist or --git.",
        ),
    ] = None,
    sdist: options.Sdist = None,
    git: options.Git = None,
    wheel: options.Wheel = None,
    everything: Annotated[bool, typer.Option("--all", help="Check every wheel of the release.")] = False,
    locked: Annotated[
        Path | None,
        typer.Option("--locked", metavar="FILE", help="Replay a lock instead of naming a target."),
    ] = None,
    index_url: options.IndexUrl = None,
    recipes: options.Recipes = None,
    image: options.Image = None,
    require: Annotated[
        Level, typer.Option("--require", help="The level that a run has to reach to end with 0.")
    ] = Level.EXPLAINED,
    require_pinned: options.RequirePinned = False,
    offline: options.Offline = False,
    report_format: options.ReportForm = ReportFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Leave the evidence in this folder.")
    ] = None,
    sbom: Annotated[
        Path | None,
        typer.Option(
            "--sbom", metavar="FILE", help="Write the build environment of the one wheel as an SBOM."
        ),
    ] = None,
    timeout_s: options.TimeoutS = 900,
    memory_mib: options.MemoryMib = 4096,
    attempts: options.Attempts = 6,
    details: options.Details = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Rebuild published wheels from their source in a pinned, offline container, and compare."""
    from wheelproof.cli.progress import listener
    from wheelproof.core.verdict import Verdict
    from wheelproof.pipeline.session import Session

    if locked is not None:
        _refuse_beside_lock(targets, sdist, git, wheel, everything, recipes, image)
    parsed = [] if locked is not None else _targets(targets or [], sdist, git)
    if sbom is not None and (everything or len(parsed) > 1):
        _refuse_sbom()
    settings = options.settings_from(
        index_url=index_url,
        recipes=recipes,
        image=image,
        require_pinned=require_pinned,
        offline=offline,
        timeout_s=timeout_s,
        memory_mib=memory_mib,
        details=details,
        attempts=attempts,
    )
    if output is not None:
        from wheelproof.report.evidence import open_folder

        open_folder(output)
    with listener(verbose=verbose, quiet=quiet) as heard, Session(settings, heard) as session:
        # The engine and the index answer while the rest is imported.
        session.expect(parsed[0] if parsed else None)
        from wheelproof.pipeline.check import check_targets, make_report
        from wheelproof.report.document import exit_code
        from wheelproof.report.evidence import write_evidence

        if locked is not None:
            from wheelproof.pipeline.locked import check_lock
            from wheelproof.recipe.lock import load_lock

            evidence = [check_lock(session, load_lock(locked), inputs=locked.parent)]
        else:
            evidence = check_targets(session, parsed, pattern=wheel, everything=everything)
        report = make_report(evidence, required=Verdict(require.value))
        if output is not None:
            write_evidence(output, report, evidence, session.cache.path_of)
    if sbom is not None:
        _write_sbom(sbom, evidence)
    if report_format is ReportFormat.TEXT:
        from wheelproof.report.terminal import print_report

        print_report(report)
    else:
        from wheelproof.report.render import render_report

        typer.echo(render_report(report, report_format), nl=False)
    raise typer.Exit(int(exit_code(report)))


def _refuse_beside_lock(*settled: object) -> None:
    from wheelproof.core.errors import UsageError

    if any(settled):
        raise UsageError(
            "A lock settles what is checked and with what",
            hint="Leave out --locked, or targets, --sdist, --git, --wheel, --all, --recipes and --image.",
        )


def _refuse_sbom() -> NoReturn:
    from wheelproof.core.errors import UsageError

    raise UsageError(
        "An SBOM is of the environment of one wheel's build",
        hint="Name one wheel, or take the SBOMs of an evidence folder (-o), which has one for each.",
    )


def _write_sbom(path: Path, evidence: "Sequence[Evidence]") -> None:
    """Of the one wheel; where its build was not locked there is no environment to tell of, which is said."""
    from wheelproof.report.sbom import write_sbom

    if len(evidence) > 1:
        _refuse_sbom()
    lock = evidence[0].lock if evidence else None
    if lock is None:
        typer.echo(f"wheelproof: {path} was not written: the build was not locked.", err=True)
        return
    write_sbom(path, lock, evidence[0].result.rebuilt)


def _targets(texts: list[str], sdist: Path | None, git: str | None) -> list[Target]:
    from wheelproof.core.errors import UsageError
    from wheelproof.core.git import GitReference

    if not texts:
        raise UsageError(
            "There is nothing to check", hint="Name a target, such as: wheelproof check six==1.17.0"
        )
    reference = None if git is None else GitReference.parse(git)
    return [parse_target(text, sdist, reference) for text in texts]
