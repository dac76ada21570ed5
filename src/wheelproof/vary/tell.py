"""What a run found, as its document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from wheelproof.compare.envelope import FieldDifference
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import TOOL
from wheelproof.core.untrusted import printable
from wheelproof.pipeline.comparison import comparison_facts
from wheelproof.pipeline.facts import describe_environment, log_end, source_facts
from wheelproof.pipeline.judge import judge_pair
from wheelproof.pipeline.lock import Needs
from wheelproof.rebuild.plan import Surroundings, plan_build
from wheelproof.rebuild.record import NotBuilt
from wheelproof.recipe.lock import LockedImage
from wheelproof.report.document import FailureFacts, FileFacts, MemberFacts
from wheelproof.report.vary_document import (
    DifferenceFacts,
    FieldFacts,
    VariationFacts,
    VariedBuildFacts,
    VaryReport,
)
from wheelproof.vary.clock import follows_clock
from wheelproof.vary.observe import MODIFICATION_TIME, Seen, archive_fields, differing, member_names
from wheelproof.vary.search import FAILS, Blame, Found, Keys, Undecided
from wheelproof.vary.settle import Settled
from wheelproof.vary.variation import BY_ID, Variation
from wheelproof.wheel.facts import Wheel

_UNSTABLE = (
    "Look for what is random or depends on how fast the build is: names of temporary folders, identifiers "
    "(uuid), the order in which parallel jobs end, memory addresses, dates of files that the build makes."
)
_SET_EPOCH = "Set SOURCE_DATE_EPOCH for the build, which it was left without."
_EPOCH_IGNORED = "The build asks the clock although SOURCE_DATE_EPOCH is set."
_ENTRY_TIMES = (
    "Write entries' times from SOURCE_DATE_EPOCH, as current backends do, or give the files a fixed time."
)
_NAMED = 3
# What two builds of one source with one set of tools can't differ by, whatever their bytes look like.
_IMPOSSIBLE = frozenset({"commit-id", "tool-version"})
Kind = Literal["variation", "together", "fails", "unstable", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run.

    Attributes:
        target: what was named.
        settled: what all builds have in common.
        image: what they were made in.
        needs: what was installed for them.
        around: what a plan needs to know of the source.
        chosen: the variations that were asked for.
        refused: why some of them were not varied.
        found: what the search found.
        builds: in order, the first with nothing varied.
        duration_s: seconds it took.
    """

    target: str
    settled: Settled
    image: LockedImage
    needs: Needs
    around: Surroundings
    chosen: tuple[str, ...]
    refused: Mapping[str, str]
    found: Found
    builds: tuple[Seen, ...]
    duration_s: float


def tell_not_built(
    target: str, settled: Settled, reason: str, outcome: NotBuilt, duration_s: float
) -> VaryReport:
    """The document of a run that built nothing, for the build requirements can't be had."""
    return VaryReport(
        tool=TOOL,
        created=_now(),
        target=target,
        outcome="not-built",
        reason=reason,
        source=source_facts(settled.source.file),
        source_date_epoch=settled.recipe.source_date_epoch,
        failure=_failure(outcome, reason),
        notes=settled.source.notes,
        duration_s=duration_s,
    )


def tell(ran: Ran) -> VaryReport:
    """The document of a run.

    Raises:
        MalformedError: a content of a wheel can't be read.
        OSError: a wheel can't be read.
    """
    settled, plain = ran.settled, ran.builds[0]
    differences = tuple(_differences(ran))
    variations = tuple(_variation(ran, BY_ID[name], differences) for name in ran.chosen)
    outcome = _outcome(ran, differences)
    failure = _failure(plain.outcome) if isinstance(plain.outcome, NotBuilt) else None
    return VaryReport(
        tool=TOOL,
        created=_now(),
        target=ran.target,
        outcome=outcome,
        reason=failure.reason if failure else _reason(ran, variations),
        source=source_facts(settled.source.file),
        wheel=_file(plain),
        variations=variations,
        differences=differences,
        builds=tuple(_build(seen) for seen in ran.builds),
        source_date_epoch=settled.recipe.source_date_epoch,
        environment=describe_environment(
            image=ran.image,
            as_of=settled.as_of,
            build=plan_build(settled.recipe, ran.around),
            requirements=ran.needs.requirements,
            choices=settled.choices,
        ),
        failure=failure,
        notes=(*settled.source.notes, *ran.needs.notes),
        duration_s=round(ran.duration_s, 3),
    )


def _outcome(
    ran: Ran, differences: Sequence[DifferenceFacts]
) -> Literal["reproducible", "differs", "fails", "not-built"]:
    if ran.builds[0].wheel is None:
        return "not-built"
    found = ran.found
    keys = found.unstable.union(*(item.keys for item in found.blames))
    if keys.union(*(item.keys for item in found.undecided)) - {FAILS}:
        return "differs"
    return "fails" if differences else "reproducible"


def _reason(ran: Ran, variations: Sequence[VariationFacts]) -> str:
    count = len(ran.builds)
    same = [item.id for item in variations if item.outcome == "same"]
    others = [item for item in variations if item.outcome not in {"same", "not-varied"}]
    if not others and not ran.found.unstable:
        return f"{count} builds gave the same wheel, byte for byte, varying {', '.join(same)}"
    parts = []
    for outcome, said in (
        ("differs", "depends on"),
        ("fails", "can't be built with"),
        ("undecided", "may depend on"),
    ):
        names = [item.id for item in others if item.outcome == outcome]
        if names:
            parts.append(f"it {said} {', '.join(names)}")
    if ran.found.unstable and not parts:
        parts.append("it is not the same twice with nothing varied, and no variation changes anything else")
    return f"{count} builds: {'; '.join(parts)}"


def _variation(ran: Ran, variation: Variation, differences: Sequence[DifferenceFacts]) -> VariationFacts:
    return VariationFacts(
        id=variation.id,
        title=variation.title,
        plain=variation.plain,
        varied=variation.varied,
        outcome=_outcome_of(ran, variation.id, differences),
        reason=ran.refused.get(variation.id, ""),
    )


def _outcome_of(
    ran: Ran, name: str, differences: Sequence[DifferenceFacts]
) -> Literal["same", "differs", "fails", "undecided", "not-varied"]:
    kinds = {item.kind for item in differences if name in (*item.variations, *item.others)}
    if kinds & {"variation", "together"}:
        return "differs"
    if "fails" in kinds:
        return "fails"
    if "undecided" in kinds:
        return "undecided"
    varied = name not in ran.refused and any(name in seen.varied for seen in ran.builds)
    return "same" if varied else "not-varied"


def _differences(ran: Ran) -> Iterator[DifferenceFacts]:
    found = ran.found
    told = _Teller(ran)
    yield from (told.fails(blame) for blame in found.blames if FAILS in blame.keys)
    yield from (told.blamed(blame) for blame in found.blames if blame.keys - {FAILS})
    if found.unstable:
        yield from told.unstable(found.unstable)
    yield from map(told.undecided, found.undecided)


class _Teller:
    """Turns what was found into parts of the document."""

    def __init__(self, ran: Ran) -> None:
        self._ran = ran

    def _number(self, varied: frozenset[str]) -> int:
        """The first build that varies just these."""
        return next(place for place, seen in enumerate(self._ran.builds) if seen.varied == varied)

    def blamed(self, blame: Blame) -> DifferenceFacts:
        """A variation, and what it changes."""
        variation = BY_ID[blame.variation]
        keys = blame.keys - {FAILS}
        before, after = self._number(blame.before), self._number(blame.after)
        told = DifferenceFacts(
            kind="together" if blame.others else "variation",
            variations=(variation.id,),
            others=blame.others or (),
            alone=not blame.before,
            headline=_subject(keys, variation.depends),
            evidence=_seen_between(blame),
            mend=self._mend(variation, keys),
            before=before,
            after=after,
        )
        return self._between(before, after, keys, told)

    def fails(self, blame: Blame) -> DifferenceFacts:
        """A variation with which there is no wheel."""
        after = self._number(blame.after)
        outcome = self._ran.builds[after].outcome
        variation = BY_ID[blame.variation]
        reason = outcome.reason if isinstance(outcome, NotBuilt) else "There is a wheel only with it"
        return DifferenceFacts(
            kind="fails",
            variations=(variation.id,),
            others=blame.others or (),
            alone=not blame.before,
            headline=f"The build ends without a wheel where {variation.title} is varied",
            evidence=f"{reason}; {_seen_between(blame)}",
            mend=variation.mend,
            before=self._number(blame.before),
            after=after,
            log_end=log_end(outcome.log) if isinstance(outcome, NotBuilt) else "",
        )

    def undecided(self, left: Undecided) -> DifferenceFacts:
        """What was not brought down to one variation."""
        before, after = self._number(left.before), self._number(left.after)
        told = DifferenceFacts(
            kind="undecided",
            variations=left.variations,
            alone=False,
            headline=_subject(left.keys, f"depends on one or several of {', '.join(left.variations)}")
            if left.keys - {FAILS}
            else f"The build ends without a wheel with one or several of {', '.join(left.variations)}",
            evidence="The builds that may be made were used up before these were told apart",
            mend="Run it again with some of them: --variations.",
            before=before,
            after=after,
        )
        return self._between(before, after, left.keys, told)

    def unstable(self, keys: Keys) -> Iterator[DifferenceFacts]:
        """What is not the same where the same is varied: the entries' times where they follow the clock."""
        before, after = self._same_twice(keys)
        one, other = self._ran.builds[before], self._ran.builds[after]
        times = keys & {MODIFICATION_TIME} if follows_clock(one, other) else frozenset()
        if times:
            known = "time" in self._ran.chosen
            unset = self._ran.settled.recipe.source_date_epoch is None
            told = DifferenceFacts(
                kind="variation" if known else "unstable",
                variations=("time",) if known else (),
                headline="The times of the archive's entries depend on the time of the build",
                evidence="With nothing varied, entries have times at which their build ran, those of files "
                "that it made",
                mend=f"{_SET_EPOCH} {_ENTRY_TIMES}" if unset else _ENTRY_TIMES,
                before=before,
                after=after,
            )
            yield self._between(before, after, times, told)
        if keys - times:
            told = DifferenceFacts(
                kind="unstable",
                headline=_subject(keys - times, "is not the same twice with the same varied"),
                evidence="Seen between two builds that vary the same",
                mend=_UNSTABLE,
                before=before,
                after=after,
            )
            yield self._between(before, after, keys - times, told)

    def _same_twice(self, keys: Keys) -> tuple[int, int]:
        """Two builds that vary the same and show most of these."""
        builds = self._ran.builds
        pairs = [
            (before, after)
            for after, other in enumerate(builds)
            for before, one in enumerate(builds[:after])
            if one.varied == other.varied
        ]
        return max(pairs, key=lambda pair: len(differing(builds[pair[0]], builds[pair[1]]) & keys))

    def _mend(self, variation: Variation, keys: Keys) -> str:
        if variation.id != "time":
            return variation.mend
        entries = f" {_ENTRY_TIMES}" if MODIFICATION_TIME in keys else ""
        unset = self._ran.settled.recipe.source_date_epoch is None
        return f"{_SET_EPOCH if unset else _EPOCH_IGNORED} {variation.mend}{entries}"

    def _between(self, before: int, after: int, keys: Keys, told: DifferenceFacts) -> DifferenceFacts:
        """A difference with what of these keys differs between two builds, and its causes."""
        one, other = self._ran.builds[before].wheel, self._ran.builds[after].wheel
        if one is None or other is None:
            return told
        judged = judge_pair(one, other)
        facts, _ = comparison_facts(judged, details=False)
        names, wanted = member_names(keys), archive_fields(keys)
        members = [_possible(member) for member in facts.members if member.name in names]
        used = {use.id for member in members for use in member.causes}
        return told.model_copy(
            update={
                "members": tuple(members),
                "members_left_out": max(0, len(names) - len(members)),
                "fields": (
                    *_file_names(one, other),
                    *(_field(item) for item in judged.comparison.envelope if item.field in wanted),
                ),
                "causes": tuple(cause for cause in facts.causes if cause.id in used),
            }
        )


def _possible(member: MemberFacts) -> MemberFacts:
    causes = tuple(use for use in member.causes if use.id not in _IMPOSSIBLE)
    return member.model_copy(update={"causes": causes})


def _file_names(one: Wheel, other: Wheel) -> Iterator[FieldFacts]:
    if one.filename != other.filename:
        yield FieldFacts(field="file name", count=1, before=one.filename, after=other.filename)


def _field(difference: FieldDifference) -> FieldFacts:
    example = difference.examples[0]
    return FieldFacts(
        field=difference.field,
        count=difference.count,
        member=example.member or None,
        before=example.published,
        after=example.rebuilt,
    )


def _subject(keys: Keys, verb: str) -> str:
    """What a sentence about some keys is about, and its verb, as one thing has it; safe to show.

    RECORD follows what it lists: it is named where nothing else is.
    """
    names = sorted(member_names(keys))
    names = [name for name in names if not name.endswith(".dist-info/RECORD")] or names
    if names:
        shown = ", ".join(printable(name, limit=100) for name in names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"{shown}{more} {verb if len(names) == 1 else _plural(verb)}"
    fields = sorted(archive_fields(keys)) or ["bytes"]
    return f"The archive's {', '.join(fields)} {verb if len(fields) == 1 else _plural(verb)}"


def _plural(verb: str) -> str:
    first, _, rest = verb.partition(" ")
    return f"{'are' if first == 'is' else first.removesuffix('s')} {rest}"


def _seen_between(blame: Blame) -> str:
    before = ", ".join(sorted(blame.before))
    if not blame.before:
        return "Seen with nothing else varied"
    if blame.others is None:
        return f"Seen with {before} varied too; no build was left to see it without"
    return f"Not seen with it alone, but with {before} varied too"


def _file(seen: Seen) -> FileFacts | None:
    if seen.wheel is None:
        return None
    return FileFacts(
        filename=seen.wheel.filename,
        sha256=seen.wheel.digest.hex,
        size_bytes=seen.wheel.archive.size_bytes,
    )


def _build(seen: Seen) -> VariedBuildFacts:
    return VariedBuildFacts(
        varied=tuple(name for name in BY_ID if name in seen.varied),
        wheel=_file(seen),
        failure=seen.outcome.reason if isinstance(seen.outcome, NotBuilt) else "",
        duration_s=round(max(0.0, seen.ended_s - seen.begun_s), 3),
    )


def _failure(outcome: NotBuilt, reason: str = "") -> FailureFacts:
    return FailureFacts(
        phase=outcome.phase,
        reason=reason or outcome.reason,
        hint=outcome.hint,
        log_end=log_end(outcome.log),
        exit_code=ExitCode.NOT_BUILT,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
