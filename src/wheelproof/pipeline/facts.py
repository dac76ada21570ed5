"""Values of the stages as parts of the report document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from wheelproof.core.identity import Digest
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.fetch.listing import IndexFile
from wheelproof.pipeline.subject import Subject
from wheelproof.rebuild.plan import runner_bytes
from wheelproof.recipe.lock import (
    Lock,
    LockedBuild,
    LockedChoice,
    LockedFile,
    LockedImage,
    LockedRequirement,
)
from wheelproof.report.document import (
    LOG_LIMIT_BYTES,
    ChoiceFacts,
    EnvironmentFacts,
    FailureFacts,
    GitFacts,
    ImageFacts,
    PublishedFacts,
    RequirementFacts,
    Result,
    SourceFacts,
)
from wheelproof.report.summary import describe_git


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a wheel's check at some stage; whatever ends it, the result says this much."""

    target: str
    published: PublishedFacts
    source: SourceFacts | None = None
    lock: Lock | None = None
    packages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_index(cls, target: str, wheel: IndexFile) -> Self:
        """What a listing says."""
        published = PublishedFacts(
            filename=wheel.filename,
            sha256=wheel.digest.hex if wheel.digest else None,
            size_bytes=wheel.size_bytes,
            upload_time=wheel.upload_time,
            yanked=wheel.yanked,
            yanked_reason=wheel.yanked_reason,
        )
        return cls(target=target, published=published)

    @classmethod
    def from_subject(cls, subject: Subject, packages: Mapping[str, str]) -> Self:
        """What was fetched, and the packages of the image that was chosen."""
        return cls(
            target=subject.target,
            published=_published(subject.published),
            source=source_facts(subject.source),
            packages=packages,
        )

    @classmethod
    def from_lock(cls, lock: Lock) -> Self:
        """What was settled."""
        return cls(
            target=lock.target,
            published=_published(lock.published),
            source=source_facts(lock.source),
            lock=lock,
            packages=lock.image.packages,
        )

    def grounds(self, reason: str) -> str:
        """A verdict's reason; where the source is no sdist, it says so."""
        git = self.source.git if self.source else None
        return f"{reason}; {describe_git(git)}" if git else reason


def failed_result(
    known: Known, verdict: Verdict, failure: FailureFacts, durations_s: dict[str, float]
) -> Result:
    """The result of a check that compared nothing."""
    return Result(
        target=known.target,
        verdict=verdict,
        reason=failure.reason,
        published=known.published,
        source=known.source,
        environment=environment_facts(known.lock) if known.lock else None,
        failure=failure,
        notes=notes_of(known.lock) if known.lock else (),
        durations_s=durations_s,
    )


def hint_of(known: Known, hint: str) -> str:
    """What to do about a build without a wheel, and what its image lacks for a source with a ``.git``."""
    git = known.source.git if known.source else None
    if git is None or not git.git_folder or not known.packages or "git" in known.packages:
        return hint
    missing = (
        "The source has its .git, and the image no git program: name an image that has one in the recipe."
    )
    return f"{hint} {missing}" if hint else missing


def log_end(log: bytes) -> str:
    """The end of a build's log, printable and bounded."""
    text = log[-LOG_LIMIT_BYTES:].decode("utf-8", "replace").strip()
    return printable(text, limit=LOG_LIMIT_BYTES, keep="\n\t")


def notes_of(lock: Lock) -> tuple[str, ...]:
    """A lock's notes, and one where this version would not drive the build as the lock's did."""
    if Digest.of_bytes(runner_bytes()).hex == lock.runner:
        return lock.notes
    return (
        *lock.notes,
        f"{lock.tool}, which wrote the lock, drove builds with another runner",
    )


def _published(file: LockedFile) -> PublishedFacts:
    return PublishedFacts(
        filename=file.filename,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        upload_time=file.upload_time,
        yanked=file.yanked is not None,
        yanked_reason=file.yanked or None,
    )


def source_facts(file: LockedFile) -> SourceFacts:
    """A source as the report has it."""
    git = file.git
    return SourceFacts(
        filename=file.filename,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        upload_time=file.upload_time,
        yanked=file.yanked is not None,
        yanked_reason=file.yanked or None,
        git=GitFacts(url=git.url, commit=git.commit, git_folder=git.git_folder) if git else None,
    )


def environment_facts(lock: Lock) -> EnvironmentFacts:
    """What a lock says of the environment."""
    return describe_environment(
        image=lock.image,
        as_of=lock.as_of,
        build=lock.build,
        requirements=lock.requirements,
        repair=lock.repair,
        choices=lock.choices,
    )


def describe_environment(
    *,
    image: LockedImage,
    as_of: datetime,
    build: LockedBuild,
    requirements: tuple[LockedRequirement, ...],
    repair: tuple[LockedRequirement, ...] = (),
    choices: tuple[LockedChoice, ...],
) -> EnvironmentFacts:
    """An environment as the report has it."""
    beside = {"interpreter", "variables", "publisher"}
    return EnvironmentFacts(
        image=ImageFacts.model_validate(image.model_dump(exclude=beside)),
        as_of=as_of,
        backend=build.backend,
        requirements=tuple(_requirement(item) for item in requirements),
        repair=tuple(_requirement(item) for item in repair),
        variables=build.environment,
        umask=build.umask,
        commands=tuple(step.argv for step in build.steps),
        choices=tuple(
            ChoiceFacts(field=item.field, value=item.value, origin=item.origin, evidence=item.evidence)
            for item in choices
        ),
    )


def _requirement(item: LockedRequirement) -> RequirementFacts:
    return RequirementFacts(
        name=item.name,
        version=item.version,
        filename=item.file.filename,
        sha256=item.file.sha256,
        built_from_source=item.build is not None,
    )
