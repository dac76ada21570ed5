"""``wheelproof image``: list, make, verify and pull the images that builds run in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wheelproof.cli import options

if TYPE_CHECKING:
    from wheelproof.container.definition import ImageDefinition
    from wheelproof.container.manylinux import Pin
    from wheelproof.container.pinned import PinnedImage
    from wheelproof.container.settings import ImageSettings
    from wheelproof.container.verify import Verification

app = typer.Typer(help="List, make, verify and pull the images that builds run in.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Names of `image list`.")]
Everything = Annotated[bool, typer.Option("--all", help="Every image that is defined.")]
Snapshot = Annotated[
    str | None,
    typer.Option(
        "--snapshot",
        metavar="URL",
        envvar="WHEELPROOF_DEBIAN_SNAPSHOT",
        help="The archive of Debian's past states, or off.",
    ),
]
Mirror = Annotated[
    str | None,
    typer.Option(
        "--mirror",
        metavar="URL",
        envvar="WHEELPROOF_DEBIAN_MIRROR",
        help="A current mirror of Debian instead of mmdebstrap's own choice.",
    ),
]
Builder = Annotated[
    str | None,
    typer.Option(
        "--builder-image",
        metavar="IMAGE",
        envvar="WHEELPROOF_BUILDER_IMAGE",
        help="Run mmdebstrap inside this Debian image, registry/name@sha256:….",
    ),
]


@app.command("list")
def list_images(
    manylinux: Annotated[
        bool,
        typer.Option("--manylinux", help="The manylinux and musllinux images, as they were pinned when."),
    ] = False,
    output_format: options.Format = options.OutputFormat.TEXT,
) -> None:
    """Show the images that are defined, and which of them the engine has."""
    import json

    if manylinux:
        _list_manylinux(output_format)
        return

    from wheelproof.container.definition import load_definitions
    from wheelproof.container.engine import connect
    from wheelproof.container.inspection import inspect_made
    from wheelproof.container.settings import read_settings
    from wheelproof.core.errors import EngineError

    definitions = load_definitions()
    settings = read_settings()
    present: dict[str, PinnedImage | None] | None
    try:
        with connect() as engine:
            present = {
                name: inspect_made(engine, definition, settings) for name, definition in definitions.items()
            }
    except EngineError as error:
        typer.echo(f"wheelproof: {error.message}.", err=True)
        present = None
    rows = [_row(definition, present) for definition in definitions.values()]
    if output_format is options.OutputFormat.JSON:
        typer.echo(json.dumps({"images": rows}, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['name']:<27} Python {row['python']:<5} {row['snapshot']}  {row['state']}")


@app.command("build")
def build(
    names: Names = None,
    everything: Everything = False,
    require_pinned: options.RequirePinned = False,
    snapshot: Snapshot = None,
    mirror: Mirror = None,
    builder_image: Builder = None,
    quiet: options.Quiet = False,
) -> None:
    """Make images, unless the engine has them."""
    from wheelproof.container.engine import connect
    from wheelproof.container.image import ensure_image

    settings = _settings(snapshot, mirror, builder_image)
    with connect() as engine:
        for definition in _chosen(names, everything=everything):
            image = ensure_image(
                engine,
                definition.name,
                require_pinned=require_pinned,
                settings=settings,
                on_progress=_progress(quiet=quiet),
            )
            typer.echo(f"{image.name} {image.image_id}\n  {_pin(image)}")


@app.command("verify")
def verify(
    names: Names = None,
    everything: Everything = False,
    output_format: options.Format = options.OutputFormat.TEXT,
    snapshot: Snapshot = None,
    mirror: Mirror = None,
    builder_image: Builder = None,
    quiet: options.Quiet = False,
) -> None:
    """Make images again from nothing, and compare: ends with 1 where one differs."""
    import json

    from wheelproof.container.engine import connect
    from wheelproof.container.verify import verify_image
    from wheelproof.core.errors import ExitCode

    settings = _settings(snapshot, mirror, builder_image)
    results = []
    with connect() as engine:
        for definition in _chosen(names, everything=everything):
            result = verify_image(engine, definition, settings, on_progress=_progress(quiet=quiet))
            results.append(result)
            if output_format is options.OutputFormat.TEXT:
                _tell(result)
    if output_format is options.OutputFormat.JSON:
        typer.echo(json.dumps({"images": [_verification(result) for result in results]}, indent=2))
    if not all(result.same for result in results):
        raise typer.Exit(int(ExitCode.NOT_REACHED))


@app.command("pull")
def pull(
    reference: Annotated[str, typer.Argument(metavar="IMAGE", help="registry/name@sha256:….")],
    interpreter: Annotated[
        str | None, typer.Option("--python", metavar="PATH", help="The interpreter's path in the image.")
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Have an image from a registry, by its digest."""
    from wheelproof.container.engine import connect
    from wheelproof.container.image import ensure_image
    from wheelproof.container.reference import parse_reference
    from wheelproof.container.settings import read_settings

    name = str(parse_reference(reference))
    with connect() as engine:
        settings = read_settings(interpreter=interpreter)
        image = ensure_image(engine, name, settings=settings, on_progress=_progress(quiet=quiet))
    typer.echo(f"{image.name}\n  {image.image_id} for {image.architecture}")
    typer.echo(f"  Python {image.python} at {image.interpreter}")


def _list_manylinux(output_format: options.OutputFormat) -> None:
    import json

    from wheelproof.container.manylinux import known_pins

    if output_format is options.OutputFormat.JSON:
        typer.echo(json.dumps({"images": [_pinned_row(pin) for pin in known_pins()]}, indent=2))
        return
    for pin in known_pins():
        since = pin.since.uploaded.date()
        typer.echo(f"{pin.policy:<15} {pin.architecture:<8} {since}  {pin.tag:<19} {pin}")


def _settings(snapshot: str | None, mirror: str | None, builder_image: str | None) -> "ImageSettings":
    import os

    from wheelproof.container.settings import read_settings

    given = {
        "WHEELPROOF_DEBIAN_SNAPSHOT": snapshot,
        "WHEELPROOF_DEBIAN_MIRROR": mirror,
        "WHEELPROOF_BUILDER_IMAGE": builder_image,
    }
    return read_settings({**os.environ, **{name: value for name, value in given.items() if value}})


def _chosen(names: list[str] | None, *, everything: bool) -> list["ImageDefinition"]:
    from wheelproof.container.definition import find_definition, load_definitions
    from wheelproof.core.errors import UsageError
    from wheelproof.core.untrusted import printable

    if everything:
        return list(load_definitions().values())
    if not names:
        raise UsageError("No image is named", hint="Name one of `wheelproof image list`, or add --all.")
    found = []
    for name in names:
        definition = find_definition(name)
        if definition is None:
            raise UsageError(
                f"There is no image {printable(name)!r}", hint="`wheelproof image list` shows what there is."
            )
        found.append(definition)
    return found


def _progress(*, quiet: bool) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if not quiet:
            typer.echo(f"  {line}", err=True)

    return tell


def _pin(image: "PinnedImage") -> str:
    return f"{'pinned' if image.pin.met else 'pin not met'}: {image.pin.reason}"


def _row(definition: "ImageDefinition", present: "dict[str, PinnedImage | None] | None") -> dict[str, Any]:
    image = None if present is None else present[definition.name]
    if image is not None:
        state = f"in the engine, {'pinned' if image.pin.met else 'pin not met'}"
    else:
        state = "no engine to ask" if present is None else "made when needed"
    return {
        "name": definition.name,
        "python": definition.python,
        "suite": definition.suite,
        "snapshot": definition.snapshot,
        "pinned": {architecture: str(digest) for architecture, digest in definition.digests.items()},
        "image_id": image and str(image.image_id),
        "pin_met": image and image.pin.met,
        "state": state,
    }


def _pinned_row(pin: "Pin") -> dict[str, Any]:
    return {
        "policy": pin.policy,
        "architecture": pin.architecture,
        "repository": pin.repository,
        "tag": pin.tag,
        "digest": pin.digest and str(pin.digest),
        "since": pin.since.uploaded.isoformat(),
        "cibuildwheel": pin.since.version,
        "cibuildwheel_wheel": str(pin.since.wheel),
        "dropped": pin.dropped and pin.dropped.uploaded.isoformat(),
    }


def _verification(result: "Verification") -> dict[str, Any]:
    return {
        "name": result.name,
        "same": result.same,
        "made": str(result.made),
        "expected": result.expected and str(result.expected),
        "in_engine": result.in_engine and str(result.in_engine),
        "origin": result.origin,
        "made_by": result.note,
        "rootfs": str(result.rootfs),
        "packages": dict(result.packages),
    }


def _tell(result: "Verification") -> None:
    typer.echo(f"{result.name} {'is the same' if result.same else 'differs'}")
    typer.echo(f"  made now   {result.made} from the {result.origin} by {result.note}")
    typer.echo(f"  pinned     {result.expected or 'no digest for this architecture'}")
    typer.echo(f"  in engine  {result.in_engine or 'not there'}")
