"""What every form of the ``vary`` document says in the same words."""

import re

from wheelproof.core.untrusted import printable
from wheelproof.report.document import CauseFacts, MemberFacts, MemberView
from wheelproof.report.vary_document import (
    DifferenceFacts,
    FieldFacts,
    VariationFacts,
    VariedBuildFacts,
    VaryReport,
)

# The causes know two sides by the names that a check gives them; a quotation is left as it is.
_SIDES = re.compile(r"'[^']*'|\bpublished\b|\brebuilt\b")
_WORDS = {"published": "before", "rebuilt": "after"}
_KINDS = {
    "changed": "changed",
    "mode": "installs differently",
    "only-published": "only before",
    "only-rebuilt": "only after",
}
MEANINGS = {
    "reproducible": "Every build gave the same wheel, byte for byte.",
    "differs": "Not every build gave the same wheel.",
    "fails": "The builds gave the same wheel, but with some variations there was none.",
    "not-built": "There is no wheel with nothing varied, so nothing was compared.",
}


def evidence_of(text: str) -> str:
    """A cause's evidence in the words of ``vary``: one build is before, the other after; safe to show."""
    return printable(_SIDES.sub(lambda found: _WORDS.get(found[0], found[0]), text))


def view_of(member: MemberFacts) -> MemberView | None:
    """What a reader is shown of a member, in the same words; lines of a file's own are as they are."""
    view = member.view
    if view is None or view.kind != "native":
        return view
    lines = tuple(line if line[:1] in {"+", "-"} else evidence_of(line) for line in view.lines)
    return view.model_copy(update={"lines": lines})


def kind_of(member: MemberFacts) -> str:
    """How a member differs."""
    return _KINDS[member.kind]


def describe_field(field: FieldFacts) -> str:
    """How a field of the archive differs; safe to show."""
    where = f" of {printable(field.member)}" if field.member else ""
    more = f", and {field.count - 1:,} more" if field.count > 1 else ""
    values = f"{printable(field.before)} before, {printable(field.after)} after"
    return f"{printable(field.field)}{where}: {values}{more}"


def mending_causes(difference: DifferenceFacts) -> list[CauseFacts]:
    """The causes that say more than the variation does of how it is mended."""
    return [cause for cause in difference.causes if not cause.closes and cause.id != "unknown"]


def made_by(difference: DifferenceFacts) -> str:
    """What makes a difference, in brief; safe to show."""
    names = ", ".join(map(printable, difference.variations))
    if difference.others:
        names += f" with {', '.join(map(printable, difference.others))}"
    return names or "nothing varied"


def name_of(report: VaryReport) -> str:
    """The wheel's name, or the source's where there is none; safe to show."""
    return printable(report.wheel.filename if report.wheel else report.source.filename)


def varied_in(build: VariedBuildFacts, variations: tuple[VariationFacts, ...]) -> str:
    """What a build varies, in brief; safe to show."""
    if not build.varied:
        return "nothing"
    applied = [item.id for item in variations if item.outcome != "not-varied"]
    if len(build.varied) > 1 and set(build.varied) == set(applied):
        return "everything"
    return ", ".join(map(printable, build.varied))


def not_varied(report: VaryReport) -> list[str]:
    """What was not varied, each with the reason; safe to show."""
    return [
        f"{printable(item.id)} was not varied: {printable(item.reason)}"
        for item in report.variations
        if item.outcome == "not-varied" and item.reason
    ]
