"""What ends a check early, as its result: no error of one wheel keeps another from its own."""

from collections.abc import Callable

from wheelproof.core.errors import ExitCode, NotBuiltError, UsageError, WheelproofError
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.facts import Known, failed_result, hint_of, log_end
from wheelproof.pipeline.session import Session
from wheelproof.pipeline.toolchain import toolchain_of, with_toolchain
from wheelproof.rebuild.record import NotBuilt
from wheelproof.report.document import FailureFacts
from wheelproof.report.evidence import Evidence


def guarded(session: Session, known: Known, run: Callable[[], Evidence]) -> Evidence:
    """What ``run`` gives, or its error as the result; raises UsageError, which is about no wheel."""
    try:
        return run()
    except UsageError:
        raise
    except WheelproofError as error:
        return failure_result(session, known, error)


def failure_result(session: Session, known: Known, error: WheelproofError) -> Evidence:
    """What could not be checked: the error as the result's reason, and its class as the exit code."""
    phase, durations = session.stopwatch.phase, session.stopwatch.stop()
    verdict = Verdict.NOT_BUILT if isinstance(error, NotBuiltError) else Verdict.NOT_CHECKED
    failure = FailureFacts(phase=phase, reason=error.message, hint=error.hint, exit_code=error.exit_code)
    return Evidence(result=failed_result(known, verdict, failure, durations), lock=known.lock)


def not_built_result(
    session: Session, known: Known, outcome: NotBuilt, error: NotBuiltError | None = None
) -> Evidence:
    """A rebuild that left no wheel; ``error`` says more of why, where there is one."""
    toolchain = toolchain_of(known.lock, None, built=False)
    failure = FailureFacts(
        phase=outcome.phase,
        reason=with_toolchain(error.message if error else outcome.reason, toolchain),
        hint=hint_of(known, outcome.hint),
        log_end=log_end(outcome.log),
        exit_code=ExitCode.NOT_BUILT,
    )
    result = failed_result(known, Verdict.NOT_BUILT, failure, session.stopwatch.stop())
    result = result.model_copy(update={"toolchain": toolchain})
    return Evidence(result=result, lock=known.lock, log=outcome.log)
