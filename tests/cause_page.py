"""``docs/causes.md`` as the registry has it: run this file to write the page again."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from wheelproof.explain.causes.cause import Cause, Family
from wheelproof.explain.causes.registry import CAUSES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "causes.md"
_COLUMNS = 120
_INTRODUCTION = """\
# Causes of differences

A cause is why a member of the two wheels can differ. `wheelproof explain CAUSE` tells the same on a
terminal.

Some causes **close** a difference, because what they remove means nothing to whoever installs or imports
the wheel. Each is a function of one side's bytes that never sees the other side. A member is explained
where both sides are byte-equal after exactly the listed causes, in the listed order, and a wheel is
`explained` where all of its members are and its archive can be read in one way only. The other causes are
**named**: the report says what was recognised and by what evidence, and the verdict stays `different`. A
difference that no cause was recognised on is `unknown`, and the report shows its first bytes.

RECORD repeats what the members are. Where it is true of its own wheel on both sides, a row that differs is
no second difference; where it is not, no cause closes it.
"""


def render_page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_families()])


def _families() -> Iterator[str]:
    for family in Family:
        causes = [cause for cause in CAUSES if cause.family is family]
        if causes:
            yield f"## {family.value.capitalize()}\n"
            yield from (_render(cause) for cause in causes)


def _render(cause: Cause) -> str:
    kinds = ", ".join(sorted(cause.kinds)) or "any member"
    effect = "Closes the difference." if cause.closes else "Is named; the verdict stays `different`."
    paragraphs = (
        f"{cause.title[0].upper()}{cause.title[1:]}. {effect}",
        f"- **Found in**: {kinds}.",
        f"- **Why**: {cause.why}",
        f"- **Tools**: {cause.tools}",
        f"- **Mend**: {cause.mend}",
        f"- **More**: <{cause.link}>",
    )
    first, *points = (
        "\n".join(
            wrap(
                text,
                _COLUMNS,
                subsequent_indent="  " if text.startswith("- ") else "",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
        for text in paragraphs
    )
    return "\n".join([f"### {cause.id}\n", f"{first}\n", *points, ""])


if __name__ == "__main__":
    PAGE.write_text(render_page(), "utf-8")
