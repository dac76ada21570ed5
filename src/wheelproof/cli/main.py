"""The program ``wheelproof``: its commands, and how errors and signals end it."""

import gc
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from wheelproof import __version__
from wheelproof.cli import (
    advise,
    batch,
    cache,
    check,
    compare,
    doctor,
    explain,
    image,
    inspect,
    lock,
    recipe,
    report,
    sbom,
    vary,
)
from wheelproof.cli.output import guard_output
from wheelproof.core.errors import WheelproofError

# Most of what a short process makes lives to its end: collecting early, and at the end, costs a tenth of it.
_GC_THRESHOLD = 50_000

app = typer.Typer(
    name="wheelproof",
    help="Does the wheel on the index come from the source it claims, and from nothing else?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check", short_help="Rebuild published wheels and compare.")(check.check)
app.command("batch", short_help="Check every target of a list.")(batch.batch)
app.command("compare", short_help="Compare two wheels on this machine.")(compare.compare)
app.command("advise", short_help="Say what will not reproduce, without building.")(advise.advise)
app.command("vary", short_help="Build a source several times, and find what it depends on.")(vary.vary)
app.command("explain", short_help="Tell a cause of differences in full.")(explain.explain)
app.command("lock", short_help="Settle every input of a rebuild by hash.")(lock.lock)
app.command("sbom", short_help="Print a lock's build environment as an SBOM.")(sbom.sbom)
app.command("inspect", short_help="Print the evidence of a wheel or an sdist.")(inspect.inspect)
app.command("doctor", short_help="Say what is ready and what is missing.")(doctor.doctor)
app.add_typer(recipe.app, name="recipe", short_help="Write, check and understand recipes.")
app.add_typer(report.app, name="report", short_help="Print a stored report in any form.")
app.add_typer(image.app, name="image", short_help="List, make, verify and pull build images.")
app.add_typer(cache.app, name="cache", short_help="Show and trim the cache.")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wheelproof {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """Does the wheel on the index come from the source it claims, and from nothing else?"""


def main() -> None:
    """Run the program; every expected error is one sentence and an exit code (``docs/verdicts.md``)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    guard_output()
    gc.set_threshold(_GC_THRESHOLD)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
            gc.freeze()
    except WheelproofError as error:
        _fail(error)


def _fail(error: WheelproofError) -> None:
    sys.stderr.write(f"wheelproof: {error.message}.\n")
    if error.hint:
        sys.stderr.write(f"{error.hint}\n")
    sys.exit(int(error.exit_code))


def _end(number: int, _frame: FrameType | None) -> None:
    """A signal unwinds the stack, so that containers and files are removed on the way."""
    raise SystemExit(128 + number)
