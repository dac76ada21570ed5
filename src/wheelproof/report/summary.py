"""What every renderer says of a report in brief, in the same words."""

from collections import Counter
from enum import StrEnum

from wheelproof.core.errors import ExitCode
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import GitFacts, MemberFacts, Report, Result

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

# What decides about machine code, in the order in which it is shown.
_TOOLCHAIN = ("cc", "c++", "gfortran", "rustc", "go", "as", "ld")
_LINE_CAUSES = 4
RANKS = {verdict: place for place, verdict in enumerate(Verdict)}


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


def not_reached(report: Report) -> list[Result]:
    """The results that do not reach the level that was asked for, by verdict, else in the report's order."""
    found = [item for item in report.results if outcome_of(item, report.required) is not Outcome.REACHED]
    return sorted(found, key=lambda item: RANKS[item.verdict])


def open_causes(result: Result) -> list[str]:
    """The ids of the causes that leave a difference open, so many as a line takes; not safe to show."""
    causes = result.comparison.causes if result.comparison else ()
    return [cause.id for cause in causes if not cause.closes][:_LINE_CAUSES]


def name_of(result: Result) -> str:
    """The published wheel's name, or what was asked for where no wheel was found; not safe to show."""
    return result.published.filename or result.target


def count_verdicts(report: Report) -> str:
    """For example ``3 wheels: 2 identical, 1 different``."""
    counts = Counter(result.verdict for result in report.results)
    parts = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    noun = "wheel" if len(report.results) == 1 else "wheels"
    return f"{len(report.results)} {noun}: {parts}" if parts else "no wheels"


def by_openness(member: MemberFacts) -> tuple[bool, bool]:
    """What members are sorted by: those that are left open come first, then what a recipe leaves out."""
    return member.explained, member.left_out


def describe_member(member: MemberFacts) -> str:
    """How a member differs, for example ``changed, explained``; safe to show."""
    state = KINDS[member.kind]
    if member.explained:
        state += ", explained"
    elif member.left_out:
        state += ", left out by the recipe"
    sizes = (member.published_size_bytes, member.rebuilt_size_bytes)
    shown = " against ".join(f"{size:,}" for size in dict.fromkeys(sizes) if size is not None)
    return f"{state} ({shown} bytes)" if shown else state


def describe_git(git: GitFacts) -> str:
    """What a source is that is no sdist, as the end of a sentence; safe to show."""
    where = printable(git.url) if git.url else "a local repository"
    folder = ", with its .git" if git.git_folder else ""
    return f"built from git commit {printable(git.commit)} of {where}{folder}, not from an sdist"


def describe_toolchain(result: Result) -> str:
    """What compiled a wheel with native code, for example ``gcc 14.2.0-19, binutils 2.44-3``; safe to show.

    It is empty for wheels that run anywhere, and where nothing is known of the image's tools.
    """
    native = not name_of(result).endswith("-any.whl")
    if not native or result.environment is None:
        return ""
    image = result.environment.image
    tools = (image.tools[name] for name in _TOOLCHAIN if name in image.tools)
    said = (
        f"{tool.package} {image.packages[tool.package]}" if tool.package in image.packages else tool.version
        for tool in tools
    )
    return printable(", ".join(dict.fromkeys(said)), limit=1000)


def sentence(text: str) -> str:
    """A text that begins as a sentence does, unless it begins with an address."""
    begins = text.partition(" ")[0]
    return text if "://" in begins else text[:1].upper() + text[1:]


def describe_left_out(count: int, what: str) -> str:
    """What is said where a list was cut."""
    return f"{count:,} more {what} left out"
