"""Options that several commands share, and the settings that they add up to."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wheelproof.report.formats import ReportFormat

if TYPE_CHECKING:
    from wheelproof.pipeline.session import Settings


class OutputFormat(StrEnum):
    """How a command prints its result."""

    TEXT = "text"
    JSON = "json"


IndexUrl = Annotated[
    str | None,
    typer.Option(
        "--index-url",
        metavar="URL",
        envvar="WHEELPROOF_INDEX_URL",
        help="A Simple API; credentials from netrc.",
    ),
]
Recipes = Annotated[
    Path | None, typer.Option("--recipes", metavar="DIR", help="Recipes to use instead of the shipped ones.")
]
Image = Annotated[
    str | None,
    typer.Option(
        "--image", metavar="IMAGE", help="The build image: a name of `image list`, or registry/name@sha256:…."
    ),
]
RequirePinned = Annotated[
    bool, typer.Option("--require-pinned", help="Refuse an image that is not the one its definition pins.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Use no network at all: the cache and the engine only.")
]
Sdist = Annotated[Path | None, typer.Option("--sdist", metavar="PATH", help="The source of a local wheel.")]
Git = Annotated[
    str | None,
    typer.Option(
        "--git", metavar="PATH|URL@REV", help="A git commit as the source, instead of an sdist (docs/git.md)."
    ),
]
Wheel = Annotated[
    str | None,
    typer.Option("--wheel", metavar="NAME", help="Which wheel of a release, as a file name or pattern."),
]
Details = Annotated[
    bool, typer.Option("--details", help="Run diffoscope on members that differ and no cause closes.")
]
Attempts = Annotated[
    int,
    typer.Option(
        "--attempts",
        metavar="N",
        min=1,
        max=50,
        help="How many recipes a search for the best verdict may try.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print the build log as it comes.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")]
TimeoutS = Annotated[
    int, typer.Option("--timeout", metavar="SECONDS", min=1, max=86_400, help="The limit of one build.")
]
MemoryMib = Annotated[
    int,
    typer.Option(
        "--memory", metavar="MIB", min=64, max=1 << 20, help="The memory of one build, files included."
    ),
]
Format = Annotated[OutputFormat, typer.Option("--format", help="How to print the result.")]
ReportForm = Annotated[ReportFormat, typer.Option("--format", help="The form in which to print the report.")]


def settings_from(
    *,
    index_url: str | None,
    recipes: Path | None,
    image: str | None,
    require_pinned: bool,
    offline: bool,
    timeout_s: int,
    memory_mib: int,
    details: bool = False,
    attempts: int = 6,
) -> "Settings":
    """The settings of a run from a command's options."""
    from wheelproof.container.policy import Policy
    from wheelproof.pipeline.session import DEFAULT_INDEX, Settings

    return Settings(
        index_url=index_url or DEFAULT_INDEX,
        recipes=recipes,
        image=image,
        require_pinned=require_pinned,
        offline=offline,
        details=details,
        attempts=attempts,
        policy=Policy(timeout_s=timeout_s, memory_bytes=memory_mib << 20),
    )
