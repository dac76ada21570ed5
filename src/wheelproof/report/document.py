"""The report document: what every renderer reads, and what ``--format json`` prints (``docs/report.md``)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict

# A report is bounded: longer lists are cut, and the count beside them says how long they were.
LIST_LIMIT = 200
LOG_LIMIT_BYTES = 16 << 10
_TOOL_FAILURES = frozenset({ExitCode.RECIPE, ExitCode.FETCH, ExitCode.ENGINE})


class Part(BaseModel):
    """A part of the document: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class FileFacts(Part):
    """A file by name and hash.

    Attributes:
        filename: its name.
        sha256: its digest, 64 hexadecimal digits.
        size_bytes: its size.
        upload_time: when the index received it, where known.
        yanked: the index says that it was withdrawn.
        yanked_reason: why, in the index's words.
    """

    filename: str
    sha256: str
    size_bytes: int
    upload_time: datetime | None = None
    yanked: bool = False
    yanked_reason: str | None = None


class GitFacts(Part):
    """The commit of a git repository whose tree a source is.

    Attributes:
        url: the repository; None where it was one of the machine that fetched it.
        commit: its full id.
        git_folder: a minimal ``.git`` was in the tree.
    """

    url: str | None = None
    commit: str
    git_folder: bool = False


class SourceFacts(FileFacts):
    """The source; ``git`` is None where it is an sdist."""

    git: GitFacts | None = None


class PublishedFacts(Part):
    """The published wheel; no name where none was found, no digest where the index gave none."""

    filename: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    upload_time: datetime | None = None
    yanked: bool = False
    yanked_reason: str | None = None


class FindingFacts(Part):
    """Something that stands beside the verdict and that no cause closes."""

    id: str
    title: str
    side: str
    member: str | None = None
    detail: str


class CauseUse(Part):
    """A cause that was recognised on a member, and by what."""

    id: str
    evidence: str


class MemberView(Part):
    """What a reader is shown of a member's difference.

    Attributes:
        kind: ``unified`` lines of text, ``native`` facts of an executable format, or ``bytes`` as a hex dump.
        lines: safe to show, bounded in number and length.
        lines_left_out: how many more there would be.
    """

    kind: Literal["unified", "native", "bytes"]
    lines: tuple[str, ...]
    lines_left_out: int = 0


class MemberDetails(Part):
    """What diffoscope says of a member, where it was asked for; no part of the verdict.

    Attributes:
        lines: safe to show, bounded in number and length.
        lines_left_out: how many more there would be.
        cut: why that is not all that it had to say; empty where it is.
    """

    lines: tuple[str, ...]
    lines_left_out: int = 0
    cut: str = ""


class MemberFacts(Part):
    """A member that is not the same on both sides.

    Attributes:
        name: as it stands in the archive; not safe to show as it is.
        kind: how it differs.
        explained: the listed causes close the whole difference.
        left_out: a recipe leaves it out of the comparison.
        causes: what was recognised, in the order in which it was applied.
        view: what is left, or what was explained.
        details: what diffoscope says; None where it was not run on this member.
    """

    name: str
    kind: Literal["changed", "only-published", "only-rebuilt", "mode"]
    published_sha256: str | None = None
    rebuilt_sha256: str | None = None
    published_size_bytes: int | None = None
    rebuilt_size_bytes: int | None = None
    explained: bool = False
    left_out: bool = False
    causes: tuple[CauseUse, ...] = ()
    view: MemberView | None = None
    details: MemberDetails | None = None


class CauseFacts(Part):
    """A cause that some member's difference has; ``wheelproof explain`` tells it in full.

    Attributes:
        id: stable.
        title: a few words.
        closes: it keeps the meaning, so that what only differs by it counts as explained.
        why: why it happens.
        mend: how a maintainer mends it.
        members: on how many members it was recognised.
    """

    id: str
    title: str
    closes: bool
    why: str
    mend: str
    members: int


class ReplayFacts(Part):
    """The proof of ``same-content``, or why there is none.

    Attributes:
        proved: the rebuilt members, written with the published envelope, gave the published sha256.
        reason: why not, or None.
        replayed: the envelope fields that had to be taken from the published file.
        encodings: how the members' data came out, and of how many members.
        accounted_bytes: the published file's bytes by what they belong to.
    """

    proved: bool
    reason: str | None = None
    replayed: tuple[str, ...] = ()
    encodings: dict[str, int] = {}
    accounted_bytes: dict[str, int] = {}


class ComparisonFacts(Part):
    """What the two wheels have in common and what not; ``members_left_out`` were cut from the list.

    ``same_size_bytes`` adds up the members that are the same; None where it was not recorded.
    ``causes`` are those of all members, those that leave a difference open first.
    """

    members_same: int
    same_size_bytes: int | None = None
    members_differing: int
    members: tuple[MemberFacts, ...]
    members_left_out: int = 0
    causes: tuple[CauseFacts, ...] = ()
    replay: ReplayFacts | None = None


class RequirementFacts(Part):
    """A build requirement as it was installed."""

    name: str
    version: str
    filename: str
    sha256: str
    built_from_source: bool = False


class SystemFacts(Part):
    """The distribution in an image, by the image's own word; texts are empty where it does not say.

    Attributes:
        package_format: ``deb``, ``rpm`` or ``apk``; None where it has no package database that is known.
        architecture: what its packages are built for.
        architectures: those of other packages, by name.
        unread: how many lines of what it said were not in their form.
    """

    id: str
    version: str
    codename: str
    package_format: str | None = None
    architecture: str
    architectures: dict[str, str]
    unread: int = 0


class ToolFacts(Part):
    """A program of the image that a build can find.

    Attributes:
        path: where it lies, links followed.
        version: the first line of what it says of its version.
        package: the package that it belongs to, or None.
        sha256: of the file.
    """

    path: str
    version: str
    package: str | None = None
    sha256: str


class ImageFacts(Part):
    """The build image; ``system`` is None where a lock does not say what the image holds.

    Attributes:
        packages: versions by name.
        tools: compilers and other tools, by the name that builds find them by.
        snapshot: the dated state of Debian that it is pinned for, or None.
    """

    name: str
    image_id: str
    rootfs: tuple[str, ...]
    python: str
    packages: dict[str, str]
    system: SystemFacts | None = None
    tools: dict[str, ToolFacts] = {}
    pin_met: bool
    pin: str
    snapshot: str | None = None


class ChoiceFacts(Part):
    """Where one value of the recipe comes from."""

    field: str
    value: str
    origin: str
    evidence: str


class EnvironmentFacts(Part):
    """What the wheel was rebuilt in; ``repair`` is what repaired it, empty where nothing did."""

    image: ImageFacts
    as_of: datetime
    backend: str
    requirements: tuple[RequirementFacts, ...]
    repair: tuple[RequirementFacts, ...] = ()
    variables: dict[str, str]
    umask: str
    commands: tuple[tuple[str, ...], ...]
    choices: tuple[ChoiceFacts, ...]


class ToolchainFacts(Part):
    """Where a rebuild's toolchain was not the publisher's, or that is not known; the reason says so too.

    Attributes:
        image: the image that most likely built the published wheel, by digest or else by its tag; None where
            nothing says which.
        evidence: what says so, or why it is not known; empty where that is not what tells.
        compilers: what compiled both wheels' files, as far as it differs, a sentence for each pair.
    """

    image: str | None = None
    evidence: str = ""
    compilers: tuple[str, ...] = ()


class FailureFacts(Part):
    """Why there is no comparison.

    Attributes:
        phase: where it ended.
        reason: one sentence.
        hint: what to do next.
        log_end: the end of what the build printed, made printable.
        exit_code: the class of the failure, as the exit codes have it.
    """

    phase: str
    reason: str
    hint: str = ""
    log_end: str = ""
    exit_code: ExitCode


class AttemptFacts(Part):
    """One rebuild of a search, in the order in which they were made.

    Attributes:
        verdict: what it came to.
        reason: what that rests on, in a sentence.
        changes: the choices in which it differs from the first.
        kept: it is the one that the result is about.
        duration_s: seconds it took.
    """

    verdict: Verdict
    reason: str
    changes: tuple[ChoiceFacts, ...] = ()
    kept: bool = False
    duration_s: float


class Result(Part):
    """One wheel's result.

    Attributes:
        target: what was asked for.
        verdict: ``docs/verdicts.md`` says what each means.
        reason: what it rests on, in a sentence.
        published: the published wheel.
        source: the sdist, or a git tree in its place; None where it was not fetched.
        rebuilt: the rebuilt wheel; None where there is none.
        comparison: None where there was nothing to compare, or nothing to say beyond ``identical``.
        findings: what stands beside the verdict; ``findings_left_out`` were cut from the list.
        environment: None where nothing was locked.
        toolchain: None where it was the publisher's, or nothing tells that it was not.
        failure: None where the wheels were compared.
        attempts: every rebuild that was made to find the best verdict; empty where the first was enough.
        notes: what a reader has to know about how the result came about.
        durations_s: seconds by phase; ``backend`` is the part of ``build`` that the backend itself took.
    """

    target: str
    verdict: Verdict
    reason: str
    published: PublishedFacts
    source: SourceFacts | None = None
    rebuilt: FileFacts | None = None
    comparison: ComparisonFacts | None = None
    findings: tuple[FindingFacts, ...] = ()
    findings_left_out: int = 0
    environment: EnvironmentFacts | None = None
    toolchain: ToolchainFacts | None = None
    failure: FailureFacts | None = None
    attempts: tuple[AttemptFacts, ...] = ()
    notes: tuple[str, ...] = ()
    durations_s: dict[str, float] = {}


class ChangeFacts(Part):
    """A wheel whose verdict is not what it was when it was checked before."""

    name: str
    before: Verdict
    now: Verdict


class RunFacts(Part):
    """How a run over a list went.

    Attributes:
        fresh: how many wheels were checked in it.
        unchanged: how many were not, as nothing had changed that their results depend on.
        duration_s: seconds it took.
        jobs: how many were checked at a time.
        changes: the verdicts that changed.
        changes_left_out: how many more there were.
    """

    fresh: int
    unchanged: int
    duration_s: float
    jobs: int
    changes: tuple[ChangeFacts, ...] = ()
    changes_left_out: int = 0


class Report(Part):
    """The whole report.

    Attributes:
        schema_version: of this document; it grows by new fields, and a changed meaning is a new version.
        tool: name and version.
        created: when.
        required: the level asked for.
        results: one a wheel.
        run: how the run went, where it was one over a list.
    """

    schema_version: Literal[1] = 1
    tool: str
    created: datetime
    required: Verdict
    results: tuple[Result, ...]
    run: RunFacts | None = None


def exit_code(report: Report) -> ExitCode:
    """What a run ends with.

    One wheel ends with its own code; many with 0, with 1 where any did not reach the level, or with the
    worst failure of the tool itself. No wheel at all is nothing checked.
    """
    codes = [_result_code(result, report.required) for result in report.results]
    if len(codes) <= 1:
        return codes[0] if codes else ExitCode.NOT_CHECKED
    failures = [code for code in codes if code in _TOOL_FAILURES]
    return max(failures, default=ExitCode.NOT_REACHED if any(codes) else ExitCode.REACHED)


def _result_code(result: Result, required: Verdict) -> ExitCode:
    if result.failure is not None:
        return result.failure.exit_code
    return ExitCode.REACHED if result.verdict.reaches(required) else ExitCode.NOT_REACHED
