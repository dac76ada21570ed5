"""A run over a list as a report: the results in the list's order, and how the run went."""

from collections.abc import Sequence
from datetime import UTC, datetime

from wheelproof.batch.run import Done
from wheelproof.batch.targets import Skipped, TargetList
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import TOOL
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import (
    LIST_LIMIT,
    ChangeFacts,
    FailureFacts,
    PublishedFacts,
    Report,
    Result,
    RunFacts,
)


def batch_report(
    targets: TargetList, done: Sequence[Done], *, required: Verdict, duration_s: float, jobs: int
) -> Report:
    """The report over a list, as of now.

    Args:
        targets: the list.
        done: what the run found, in any order.
        required: the level asked for.
        duration_s: seconds that the run took.
        jobs: how many were checked at a time.
    """
    order = {str(entry.target): place for place, entry in enumerate(targets.entries)}
    sorted_done = sorted(
        done, key=lambda item: (order.get(item.stored.result.target, len(order)), item.stored.name)
    )
    changes = [
        ChangeFacts(name=item.stored.name, before=item.before, now=item.stored.result.verdict)
        for item in sorted_done
        if item.changed and item.before is not None
    ]
    return Report(
        tool=TOOL,
        created=datetime.now(UTC).replace(microsecond=0),
        required=required,
        results=(
            *(item.stored.result for item in sorted_done),
            *(_skipped(item) for item in targets.skipped),
        ),
        run=RunFacts(
            fresh=sum(item.fresh for item in done),
            unchanged=sum(not item.fresh for item in done),
            duration_s=round(duration_s, 3),
            jobs=jobs,
            changes=tuple(changes[:LIST_LIMIT]),
            changes_left_out=max(0, len(changes) - LIST_LIMIT),
        ),
    )


def _skipped(item: Skipped) -> Result:
    failure = FailureFacts(phase="list", reason=item.reason, exit_code=ExitCode.NOT_CHECKED)
    return Result(
        target=item.text,
        verdict=Verdict.NOT_CHECKED,
        reason=f"{item.reason} ({item.place})",
        published=PublishedFacts(),
        failure=failure,
    )
