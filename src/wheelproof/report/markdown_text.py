"""Text from outside in Markdown: written so that neither Markdown, HTML nor a forge sees anything in it.

In prose every character that could mean something is an entity, names stand in ``<code>``, and lines of a
view in a fence that is longer than any run of backticks in them.
"""

import re
from collections.abc import Iterable, Sequence

from wheelproof.core.untrusted import printable
from wheelproof.report.summary import Outcome, describe_left_out

_VIEW_BYTES = 6_000
MARKS = {
    Outcome.REACHED: "✅",
    Outcome.NOT_REACHED: "❌",
    Outcome.NOT_CHECKED: "⏭️",
    Outcome.TOOL_FAILED: "⚠️",
}


def fence(language: str, lines: Sequence[str], left_out: int, what: str) -> str:
    """Lines in a fence, and below it how many were left out.

    Args:
        language: what a forge colours them as.
        lines: what it holds.
        left_out: how many were left out already.
        what: what is left out.
    """
    room, shown = _VIEW_BYTES, []
    for line in (printable(line, keep="\t", limit=300) for line in lines):
        room -= size_of([line])
        if room < 0:
            break
        shown.append(line)
    left_out += len(lines) - len(shown)
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    ticks = "`" * max(3, longest + 1)
    end = f"\n{describe_left_out(left_out, what)}\n" if left_out else ""
    return "\n".join([f"{ticks}{language}", *shown, ticks, end])


def code(text: str) -> str:
    """Text as code; a code span could not hold it in a table."""
    return f"<code>{_entities(printable(text, limit=300))}</code>" if text else ""


def _entities(text: str) -> str:
    return re.sub(r"[^\w ./-]|_|(?i:(?<=www)\.)", _entity, text, flags=re.ASCII)


def prose(text: str, *, limit: int = 600) -> str:
    """Text in a sentence: entities for what has a meaning, and no address, mention or number that links."""
    shown = re.sub(
        r"[^\w ,.;:()'%/+=-]|_|^[-+=.]|(?<!\w)-", _entity, printable(text, limit=limit), flags=re.ASCII
    )
    shown = re.sub(r"(&#64;|&#35;|:(?=//))", "\\1\N{ZERO WIDTH SPACE}", shown)
    shown = re.sub(r"(?i)(www)\.", "\\1&#46;\N{ZERO WIDTH SPACE}", shown)
    return re.sub(r"^( *\d+)([.)])(?=\s|$)", lambda found: f"{found[1]}&#{ord(found[2])};", shown)


def _entity(found: re.Match[str]) -> str:
    return found[0] if ord(found[0]) > 127 else f"&#{ord(found[0])};"


def size_of(lines: Iterable[str]) -> int:
    """The bytes of lines, each with its line feed."""
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def within(parts: Iterable[str], room: int, total: int, what: str) -> list[str]:
    """As many parts as there is room for, and how many were left out.

    Args:
        parts: in their order, each some lines.
        room: bytes.
        total: how many parts there would be.
        what: what is left out.
    """
    kept: list[str] = []
    for part in parts:
        room -= size_of([part])
        if room < 0:
            break
        kept.append(part)
    left_out = total - len(kept)
    return [*kept, f"\n{describe_left_out(left_out, what)}\n"] if left_out > 0 else kept
