from hypothesis import given
from hypothesis import strategies as st

from made_locks import lock
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import Digest
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.facts import Known, failed_result, log_end
from wheelproof.rebuild.plan import runner_bytes
from wheelproof.recipe.lock import LockedFile
from wheelproof.report.document import LOG_LIMIT_BYTES, FailureFacts, PublishedFacts

FAILURE = FailureFacts(phase="build", reason="it broke", hint="Mend it.", exit_code=ExitCode.NOT_BUILT)


def test_the_end_of_a_log_is_its_end() -> None:
    assert log_end(b"  \n first\n\tlast\x1b[2J \n\n") == "first\n\tlast\\x1b[2J"
    long = log_end(b"a" * LOG_LIMIT_BYTES + b"the end")
    assert long.endswith("the end")
    assert len(long) == LOG_LIMIT_BYTES


@given(st.binary(max_size=300))
def test_no_log_reaches_a_report_as_it_is(log: bytes) -> None:
    assert all(char.isprintable() or char in "\n\t" for char in log_end(log))


def test_a_failure_says_what_was_known_by_then() -> None:
    early = Known(target="demo==1", published=PublishedFacts())
    result = failed_result(early, Verdict.NOT_CHECKED, FAILURE, {"index": 0.5})
    assert (result.target, result.reason, result.durations_s) == ("demo==1", "it broke", {"index": 0.5})
    assert (result.source, result.environment, result.notes) == (None, None, ())

    runner = Digest.of_bytes(runner_bytes()).hex
    late = Known.from_lock(lock(notes=("mind this",), runner=runner))
    result = failed_result(late, Verdict.NOT_BUILT, FAILURE, {})
    assert result.published.filename == "demo-1-py3-none-any.whl"
    assert result.source is not None
    assert result.environment is not None
    assert [item.built_from_source for item in result.environment.requirements] == [True, False]
    assert result.notes == ("mind this",)
    older = Known.from_lock(lock(notes=("mind this",)))
    assert len(failed_result(older, Verdict.NOT_BUILT, FAILURE, {}).notes) == 2


def test_yanked_without_a_reason_is_yanked() -> None:
    for yanked, expected in ((None, (False, None)), ("", (True, None)), ("why", (True, "why"))):
        file = LockedFile(filename="a-1-py3-none-any.whl", sha256="a" * 64, size_bytes=1, yanked=yanked)
        known = Known.from_lock(lock(published=file, source=file))
        assert known.source is not None
        for facts in (known.published, known.source):
            assert (facts.yanked, facts.yanked_reason) == expected
