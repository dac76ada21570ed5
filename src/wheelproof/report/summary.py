"""What every renderer says of a report in brief, in the same words."""

from collections import Counter
from enum import StrEnum

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import MemberFacts, Report, Result

# One sentence a verdict; docs/verdicts.md has them in full.
MEANINGS = {
    Verdict.IDENTICAL: "The rebuilt file is the published file, byte for byte.",
    Verdict.SAME_CONTENT: "Every file in it has the same bytes. Only the archive around them differs.",
    Verdict.EXPLAINED: "What differs is closed by named causes that keep the meaning.",
    Verdict.DIFFERENT: "The two wheels differ. That alone does not mean that somebody tampered with one.",
    Verdict.NOT_BUILT: "The rebuild ended without a wheel, so nothing was compared.",
    Verdict.NOT_CHECKED: "Nothing was compared.",
}

KINDS = {
    "changed": "changed",
    "mode": "installs differently",
    "only-published": "only in the published wheel",
    "only-rebuilt": "only in the rebuilt wheel",
}


class Outcome(StrEnum):
    """What a result means for a run that asked for a level."""

    REACHED = "reached"
    NOT_REACHED = "not reached"
    NOT_CHECKED = "not checked"
    TOOL_FAILED = "tool failed"


def outcome_of(result: Result, required: Verdict) -> Outcome:
    """Whether a result reaches a level, and if not, whether the wheel or the tool is the reason."""
    if result.failure is not None:
        match result.failure.exit_code:
            case ExitCode.NOT_REACHED | ExitCode.NOT_BUILT | ExitCode.MALFORMED:
                return Outcome.NOT_REACHED
            case ExitCode.NOT_CHECKED:
                return Outcome.NOT_CHECKED
            case _:
                return Outcome.TOOL_FAILED
    if result.verdict is Verdict.NOT_CHECKED:
        return Outcome.NOT_CHECKED
    return Outcome.REACHED if result.verdict.reaches(required) else Outcome.NOT_REACHED


def name_of(result: Result) -> str:
    """The published wheel's name, or what was asked for where no wheel was found; not safe to show."""
    return result.published.filename or result.target


def count_verdicts(report: Report) -> str:
    """For example ``3 wheels: 2 identical, 1 different``."""
    counts = Counter(result.verdict for result in report.results)
    parts = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    noun = "wheel" if len(report.results) == 1 else "wheels"
    return f"{len(report.results)} {noun}: {parts}" if parts else "no wheels"


def describe_member(member: MemberFacts) -> str:
    """How a member differs, for example ``changed, explained``; safe to show."""
    state = f"{KINDS[member.kind]}{', explained' if member.explained else ''}"
    sizes = (member.published_size_bytes, member.rebuilt_size_bytes)
    shown = " against ".join(f"{size:,}" for size in dict.fromkeys(sizes) if size is not None)
    return f"{state} ({shown} bytes)" if shown else state


def sentence(text: str) -> str:
    """A text that begins as a sentence does."""
    return text[:1].upper() + text[1:]


def describe_left_out(count: int, what: str) -> str:
    """What is said where a list was cut."""
    return f"{count:,} more {what} left out"
