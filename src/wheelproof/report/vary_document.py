"""The document of ``wheelproof vary``: what every form of it is rendered from (``docs/vary.md``)."""

from datetime import datetime
from typing import Literal

from wheelproof.core.errors import ExitCode
from wheelproof.report.document import (
    CauseFacts,
    EnvironmentFacts,
    FailureFacts,
    FileFacts,
    MemberFacts,
    Part,
    SourceFacts,
)


class VariationFacts(Part):
    """One variation, and what became of it.

    Attributes:
        id: stable.
        title: what is varied, in a few words.
        plain: what it is where it is not varied.
        varied: what it is then.
        outcome: ``same`` where the wheel does not depend on it, ``differs`` where it does, ``fails`` where
            there is no wheel with it, ``undecided`` where no builds were left to tell, and ``not-varied``.
        reason: why it was not varied; empty where it was.
    """

    id: str
    title: str
    plain: str
    varied: str
    outcome: Literal["same", "differs", "fails", "undecided", "not-varied"]
    reason: str = ""


class FieldFacts(Part):
    """A field of the archive, around its members, that differs: on how many members, and one of them.

    Attributes:
        field: its name.
        count: how many values differ.
        member: whose value is shown; None where the field is the archive's own.
        before: the value in the one build.
        after: the value in the other.
    """

    field: str
    count: int
    member: str | None = None
    before: str
    after: str


class DifferenceFacts(Part):
    """A difference between two builds.

    Attributes:
        kind: ``variation`` where one variation makes it, ``together`` where it needs others besides,
            ``fails`` where there is no wheel with the variation, ``unstable`` where it is there with the
            same varied, and ``undecided`` where no builds were left to tell.
        variations: what makes it: one, for ``undecided`` any of them, and for ``unstable`` none, but ``time``
            where it was seen that the entries' times follow the clock.
        others: variations without which it is not there, as far as they were found.
        alone: it was seen with nothing else varied.
        headline: all of it in a sentence.
        evidence: by what it was told, in a sentence.
        mend: how a maintainer mends it.
        before: the number of the one build in the list of builds.
        after: the number of the other.
        members: those that differ; in ``published`` fields is the one build, in ``rebuilt`` the other.
        members_left_out: how many more there are.
        fields: the fields of the archive that differ.
        causes: what was recognised on the members.
        log_end: the end of what the build printed that left no wheel.
    """

    kind: Literal["variation", "together", "fails", "unstable", "undecided"]
    variations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    alone: bool = True
    headline: str
    evidence: str = ""
    mend: str = ""
    before: int
    after: int
    members: tuple[MemberFacts, ...] = ()
    members_left_out: int = 0
    fields: tuple[FieldFacts, ...] = ()
    causes: tuple[CauseFacts, ...] = ()
    log_end: str = ""


class VariedBuildFacts(Part):
    """One build.

    Attributes:
        varied: the variations that it varies.
        wheel: what it left; None where there is none.
        failure: why there is none, in a sentence; empty where there is one.
        duration_s: seconds it took.
    """

    varied: tuple[str, ...]
    wheel: FileFacts | None = None
    failure: str = ""
    duration_s: float


class VaryReport(Part):
    """The whole document.

    Attributes:
        kind: tells it from a report of ``check``.
        schema_version: of this document; it grows by new fields, and a changed meaning is a new version.
        tool: name and version.
        created: when.
        target: what was named.
        outcome: ``reproducible`` where the wheel with everything varied is the one with nothing varied;
            ``differs`` where it is not; ``fails`` where it differs with none, and there is none with some;
            ``not-built`` where there is none with nothing varied.
        reason: what that rests on, in a sentence.
        source: what was built.
        wheel: what it gives with nothing varied; None where there is none.
        variations: all that there are, or that were asked for.
        differences: what was found, in the order in which it is told.
        builds: in order.
        source_date_epoch: SOURCE_DATE_EPOCH in every build, in seconds; None where it was not set.
        environment: what was built in; None where that was not settled.
        failure: why there is no wheel with nothing varied; None where there is one.
        notes: what a reader has to know.
        duration_s: seconds it took.
    """

    kind: Literal["vary"] = "vary"
    schema_version: Literal[1] = 1
    tool: str
    created: datetime
    target: str
    outcome: Literal["reproducible", "differs", "fails", "not-built"]
    reason: str
    source: SourceFacts
    wheel: FileFacts | None = None
    variations: tuple[VariationFacts, ...] = ()
    differences: tuple[DifferenceFacts, ...] = ()
    builds: tuple[VariedBuildFacts, ...] = ()
    source_date_epoch: int | None = None
    environment: EnvironmentFacts | None = None
    failure: FailureFacts | None = None
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0


def vary_exit_code(report: VaryReport) -> ExitCode:
    """What a run ends with."""
    match report.outcome:
        case "reproducible":
            return ExitCode.REACHED
        case "differs":
            return ExitCode.NOT_REACHED
        case "fails" | "not-built":
            return ExitCode.NOT_BUILT
