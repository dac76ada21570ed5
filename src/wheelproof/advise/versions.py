"""Which versions a requirement admits, and which versions of build tools are unstable, as was measured."""

from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_LOWEST = Version("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Versions from ``low`` on, below ``high``; no end where that is None."""

    low: Version
    high: Version | None

    def lies_in(self, other: "Span") -> bool:
        """Every version of it is one of the other's."""
        ends = other.high is None or (self.high is not None and self.high <= other.high)
        return ends and other.low <= self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstable:
    """Versions of a build tool whose wheels differ from build to build.

    Attributes:
        project: the tool's normalised name.
        versions: those.
        what: what they do, the end of a sentence.
        stable: the first version that does not.
    """

    project: str
    versions: Span
    what: str
    stable: str


def _versions(low: str, high: str) -> Span:
    return Span(low=Version(low), high=Version(high))


UNSTABLE: tuple[Unstable, ...] = (
    Unstable(
        project="wheel",
        versions=_versions("0", "0.27.0"),
        what="stamps the build's time whatever SOURCE_DATE_EPOCH says",
        stable="0.27.0",
    ),
    Unstable(
        project="maturin",
        versions=_versions("0.14", "0.15"),
        what="writes METADATA's extras in a random order",
        stable="0.15.3",
    ),
    Unstable(
        project="maturin",
        versions=_versions("1.12.0", "1.13.0"),
        what="writes a random serial number and the build's time into its SBOM",
        stable="1.13.0",
    ),
)
UNSORTED: tuple[Unstable, ...] = tuple(
    Unstable(
        project=project,
        versions=_versions("0", stable),
        what="writes RECORD's rows in the order in which a folder or a hash table gave the files",
        stable=stable,
    )
    for project, stable in (("wheel", "0.30.0"), ("poetry-core", "1.5.0"), ("maturin", "1.8.4"))
)


def requirement_of(text: str) -> Requirement | None:
    """A requirement (PEP 508), or None where it is none."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def is_pinned(requirement: Requirement) -> bool:
    """It admits one version alone, or names one file."""
    return requirement.url is not None or any(
        part.operator == "===" or (part.operator == "==" and not part.version.endswith(".*"))
        for part in requirement.specifier
    )


def span_of(specifier: SpecifierSet) -> Span:
    """The versions that a specifier admits, its exclusions left aside."""
    low, high = _LOWEST, None
    for part in specifier:
        bounds = _bounds(part)
        if bounds is None:
            continue
        low = max(low, bounds.low)
        if bounds.high is not None and (high is None or bounds.high < high):
            high = bounds.high
    return Span(low=low, high=high)


def _bounds(part: Specifier) -> Span | None:
    """What one clause admits; None where it bounds nothing, or can't be read."""
    try:
        return _span_of_clause(part.operator, part.version)
    except (InvalidVersion, ValueError):
        return None


def _span_of_clause(operator: str, text: str) -> Span | None:
    version = Version(text.removesuffix(".*"))
    match operator:
        case "==" | "===":
            return _series(version.release, version) if text.endswith(".*") else span_at(version)
        case "~=":
            return _series(version.release[:-1], version)
        case "<=" | "<":
            return Span(low=_LOWEST, high=version if operator == "<" else _after(version))
        case ">=" | ">":
            return Span(low=version, high=None)
        case _:
            return None


def _series(release: tuple[int, ...], low: Version) -> Span:
    """From a version on to where the last part of a release counts up."""
    return Span(low=low, high=Version(".".join(map(str, (*release[:-1], release[-1] + 1)))))


def span_at(version: Version) -> Span:
    """One version alone."""
    return Span(low=version, high=_after(version))


def _after(version: Version) -> Version:
    """A version with no release between it and the one given, which has none of its own."""
    return version if version.is_prerelease else Version(f"{version.public}.0.0.0.0.1")


def unstable_as(table: tuple[Unstable, ...], project: str, span: Span) -> Unstable | None:
    """The entry of a table that all versions of a span fall under, or None."""
    name = canonicalize_name(project)
    return next((row for row in table if row.project == name and span.lies_in(row.versions)), None)
