"""``wheelproof explain``: the causes of differences, in full."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wheelproof.explain.causes.cause import Cause

_COLUMNS = 100
_LABEL_CHARS = 12


def explain(
    cause: Annotated[
        str | None, typer.Argument(metavar="CAUSE", help="A cause's id, as a report names it.")
    ] = None,
) -> None:
    """Tell a cause in full: why it happens, which tools do it, how to mend it. Without one, list them all."""
    from wheelproof.explain.causes.registry import CAUSES, find_cause

    if cause is None:
        for item in CAUSES:
            typer.echo(f"{item.id:<32}{'closes' if item.closes else 'names':<8}{item.title}")
        return
    found = find_cause(cause)
    if found is None:
        _refuse(cause)
    else:
        _tell(found)


def _refuse(identity: str) -> None:
    from difflib import get_close_matches

    from wheelproof.core.errors import UsageError
    from wheelproof.core.untrusted import printable
    from wheelproof.explain.causes.registry import CAUSES

    close = get_close_matches(identity[:100], [item.id for item in CAUSES], n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(close)}?" if close else "List them with: wheelproof explain"
    raise UsageError(f"There is no cause {printable(identity, limit=100)!r}", hint=hint)


def _tell(cause: "Cause") -> None:
    import textwrap

    kinds = ", ".join(sorted(cause.kinds)) or "any member"
    effect = "closes: it keeps the meaning" if cause.closes else "is named: the verdict stays different"
    typer.echo(f"{cause.id}  {cause.title}")
    rows = (
        ("effect", effect),
        ("found in", kinds),
        ("why", cause.why),
        ("tools", cause.tools),
        ("mend", cause.mend),
    )
    for label, text in rows:
        lines = textwrap.wrap(text, _COLUMNS - _LABEL_CHARS - 2, break_on_hyphens=False)
        for place, line in enumerate(lines):
            typer.echo(f"  {label if place == 0 else '':<{_LABEL_CHARS}}{line}")
    typer.echo(f"  {'link':<{_LABEL_CHARS}}{cause.link}")
