"""``wheelproof recipe``: write, check and understand what corrects how a wheel is rebuilt."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wheelproof.cli import options

if TYPE_CHECKING:
    from wheelproof.pipeline.recipe_view import FirstRecipe
    from wheelproof.pipeline.session import Settings
    from wheelproof.recipe.fields import Field

app = typer.Typer(no_args_is_help=True)

_FOLDER = Path("recipes")
_SCHEMA = "recipe.schema.json"
_COLUMNS = 100
_LABEL_CHARS = 12


class ShowForm(StrEnum):
    """How ``show`` prints a recipe."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="name==version, a wheel's file name, or a local wheel.")
]


@app.command("new", short_help="Write a recipe file to be filled in.")
def new(
    target: Target,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Another file; - for the standard output."),
    ] = None,
    recipes: Annotated[
        Path, typer.Option("--recipes", metavar="DIR", help="Where PROJECT/PROJECT.yaml is written.")
    ] = _FOLDER,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    sdist: options.Sdist = None,
    git: options.Git = None,
    wheel: options.Wheel = None,
    index_url: options.IndexUrl = None,
    offline: options.Offline = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a recipe file with what is inferred of TARGET as comments; what to set and why is left to you."""
    from wheelproof.cli.progress import listener
    from wheelproof.core.errors import UsageError
    from wheelproof.core.git import GitReference
    from wheelproof.core.identity import parse_target
    from wheelproof.pipeline.recipe_view import make_skeleton, project_of
    from wheelproof.pipeline.session import Session

    parsed = parse_target(target, sdist, None if git is None else GitReference.parse(git))
    project = project_of(parsed)
    path = output or recipes / project / f"{project}.yaml"
    printed = str(path) == "-"
    if path.exists() and not (force or printed):
        raise UsageError(f"{path} is there already", hint="Add to it by hand, or replace it with --force.")
    # An editor finds the schema where it lies beside the projects' folders.
    schema = f"../{_SCHEMA}" if (recipes / _SCHEMA).is_file() and (output is None or printed) else None
    settings = _settings(index_url=index_url, recipes=None, image=None, offline=offline)
    with listener(verbose=False, quiet=quiet) as heard, Session(settings, heard) as session:
        text = make_skeleton(session, parsed, pattern=wheel, schema=schema)
    if printed:
        typer.echo(text, nl=False)
        return
    _write(path, text)
    typer.echo(f"{path} is written: fill in what to set and the reason.", err=True)
    typer.echo(f"Then: wheelproof recipe check {path}", err=True)


@app.command("check", short_help="Find every mistake in recipe files.")
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files, and folders with PROJECT/*.yaml; `recipes` without any."),
    ] = None,
    output_format: options.Format = options.OutputFormat.TEXT,
) -> None:
    """Find what breaks the schema in recipe files, and what can't have the effect that it seems to have.

    Without a path: the folder `recipes`, or the shipped recipes where there is none. Nothing is fetched.
    """
    import json

    from wheelproof.core.errors import ExitCode
    from wheelproof.core.shipped import shipped_folder
    from wheelproof.pipeline.recipe_check import check_recipes

    default = _FOLDER if _FOLDER.is_dir() else shipped_folder("recipes")
    found = check_recipes(paths or [default])
    if output_format is options.OutputFormat.JSON:
        rows = [
            {
                "file": str(item.file),
                "line": item.mistake.line,
                "column": item.mistake.column,
                "path": item.mistake.path,
                "message": item.mistake.message,
            }
            for item in found.mistakes
        ]
        typer.echo(
            json.dumps({"files": found.files, "overrides": found.overrides, "mistakes": rows}, indent=2)
        )
    else:
        for item in found.mistakes:
            where = f"{item.file}:{item.mistake.line}:{item.mistake.column}"
            typer.echo(": ".join(part for part in (where, item.mistake.path, item.mistake.message) if part))
        typer.echo(
            f"{_count(found.files, 'recipe file')}, {_count(found.overrides, 'override')}, "
            f"{_count(len(found.mistakes), 'mistake')}"
        )
    if found.mistakes:
        raise typer.Exit(int(ExitCode.RECIPE))


@app.command("show", short_help="Say where each value of a recipe comes from.")
def show(
    target: Target,
    sdist: options.Sdist = None,
    git: options.Git = None,
    wheel: options.Wheel = None,
    index_url: options.IndexUrl = None,
    recipes: options.Recipes = None,
    image: options.Image = None,
    offline: options.Offline = False,
    output_format: Annotated[
        ShowForm, typer.Option("--format", help="How to print it; yaml is a `set:` for a recipe file.")
    ] = ShowForm.TEXT,
    quiet: options.Quiet = False,
) -> None:
    """Print every value that a check of TARGET would use first, and where it comes from; nothing is built."""
    from wheelproof.cli.progress import listener
    from wheelproof.core.git import GitReference
    from wheelproof.core.identity import parse_target
    from wheelproof.pipeline.recipe_view import first_recipe
    from wheelproof.pipeline.session import Session
    from wheelproof.recipe.skeleton import render_set

    parsed = parse_target(target, sdist, None if git is None else GitReference.parse(git))
    settings = _settings(index_url=index_url, recipes=recipes, image=image, offline=offline)
    with listener(verbose=False, quiet=quiet) as heard, Session(settings, heard) as session:
        found = first_recipe(session, parsed, pattern=wheel)
    if output_format is ShowForm.YAML:
        typer.echo(render_set(found.candidate.recipe, found.candidate.choices), nl=False)
    elif output_format is ShowForm.JSON:
        typer.echo(_as_json(found))
    else:
        _tell_recipe(found)


@app.command("explain", short_help="Tell what a field of a recipe is.")
def explain(
    field: Annotated[
        str | None, typer.Argument(metavar="FIELD", help="A field, or a path to it as `check` prints it.")
    ] = None,
) -> None:
    """Tell a field in full: its type, what it does to the build and the verdict. Without one, list them."""
    from wheelproof.recipe.fields import FIELDS, find_field

    if field is None:
        for item in FIELDS:
            typer.echo(f"{item.part:<10}{item.name:<20}{item.first_sentence}")
        return
    found = find_field(field)
    if found is None:
        _refuse(field)
    else:
        _tell_field(found)


@app.command("schema", short_help="Print the JSON Schema of a recipe file.")
def schema(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file instead.")
    ] = None,
) -> None:
    """Print the JSON Schema of a recipe file: with it, editors complete, explain and check as you type."""
    from wheelproof.recipe.json_schema import render_schema

    if output is None:
        typer.echo(render_schema(), nl=False)
    else:
        _write(output, render_schema())


def _settings(*, index_url: str | None, recipes: Path | None, image: str | None, offline: bool) -> "Settings":
    from wheelproof.pipeline.session import DEFAULT_INDEX, Settings

    return Settings(index_url=index_url or DEFAULT_INDEX, recipes=recipes, image=image, offline=offline)


def _write(path: Path, text: str) -> None:
    from wheelproof.core.errors import UsageError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}", hint="Name another place with -o."
        ) from None


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _as_json(found: "FirstRecipe") -> str:
    import json

    from wheelproof.recipe.skeleton import list_choices

    recipe, choices = found.candidate.recipe, found.candidate.choices
    document = {
        "wheel": found.subject.published.filename,
        "source": found.subject.source.filename,
        "recipe": recipe.model_dump(mode="json", by_alias=True),
        "choices": [
            {"field": item.field, "value": item.value, "origin": item.origin, "evidence": item.evidence}
            for item in list_choices(recipe, choices)
        ],
        "note": found.note,
        "notes": found.subject.notes,
    }
    return json.dumps(document, indent=2)


def _tell_recipe(found: "FirstRecipe") -> None:
    from wheelproof.core.untrusted import printable
    from wheelproof.recipe.skeleton import NOTHING, list_choices

    subject, candidate = found.subject, found.candidate
    typer.echo(f"{printable(subject.published.filename)} from {printable(subject.source.filename)}")
    choices = list_choices(candidate.recipe, candidate.choices)
    for item in choices:
        if item.evidence != NOTHING:
            _tell(item.origin, f"{printable(item.field)} {printable(item.value)}: {printable(item.evidence)}")
    others = ", ".join(f"{item.field} {item.value}" for item in choices if item.evidence == NOTHING)
    _tell("default", f"{others}: {NOTHING}")
    for note in (*subject.notes, *([found.note] if found.note else [])):
        _tell("note", note)


def _refuse(name: str) -> None:
    from difflib import get_close_matches

    from wheelproof.core.errors import UsageError
    from wheelproof.core.untrusted import printable
    from wheelproof.recipe.fields import FIELDS

    close = get_close_matches(name[:100], [item.name for item in FIELDS], n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "List them with: wheelproof recipe explain"
    raise UsageError(f"No field of a recipe is called {printable(name, limit=100)}", hint=hint)


def _tell_field(field: "Field") -> None:
    places = {
        "file": "the file",
        "override": "an override",
        "set": "an override's set",
        "patch": "a patch",
        "repair": "a repair",
    }
    typer.echo(f"{field.name}  {field.kind}, in {places[field.part]}")
    _tell("what", field.what)
    required = field.without == "required"
    _tell("without it", "It is required." if required else f"{field.without[0].upper()}{field.without[1:]}.")
    for label, text in (("build", field.build), ("verdict", field.verdict)):
        if text:
            _tell(label, text)
    for place, line in enumerate(field.example.splitlines()):
        typer.echo(f"  {'' if place else 'example':<{_LABEL_CHARS}}{line}")


def _tell(label: str, text: str) -> None:
    import textwrap

    lines = textwrap.wrap(text, _COLUMNS - _LABEL_CHARS - 2, break_on_hyphens=False)
    for place, line in enumerate(lines):
        typer.echo(f"  {'' if place else label:<{_LABEL_CHARS}}{line}")
