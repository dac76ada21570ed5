"""The result of a check that compared, as a part of the report document."""

from wheelproof.pipeline.comparison import comparison_facts, finding_facts
from wheelproof.pipeline.facts import Known, environment_facts, notes_of
from wheelproof.pipeline.judge import Judged
from wheelproof.pipeline.toolchain import toolchain_of, with_toolchain
from wheelproof.rebuild.record import Built
from wheelproof.report.document import LIST_LIMIT, FileFacts, Result


def judged_result(
    known: Known, judged: Judged, built: Built, durations_s: dict[str, float], *, details: bool
) -> Result:
    """The result of a check that compared; ``details`` asks for diffoscope's word on what is left open."""
    findings = judged.judgement.findings
    comparison, notes = comparison_facts(judged, details=details)
    toolchain = toolchain_of(known.lock, judged.explanation, built=True)
    return Result(
        target=known.target,
        verdict=judged.judgement.verdict,
        reason=known.grounds(with_toolchain(judged.judgement.reason, toolchain)),
        published=known.published,
        source=known.source,
        rebuilt=FileFacts(
            filename=built.filename, sha256=built.digest.hex, size_bytes=built.path.stat().st_size
        ),
        comparison=comparison,
        findings=finding_facts(findings[:LIST_LIMIT]),
        findings_left_out=max(0, len(findings) - LIST_LIMIT),
        environment=environment_facts(known.lock) if known.lock else None,
        toolchain=toolchain,
        notes=(*(notes_of(known.lock) if known.lock else ()), *notes),
        durations_s=durations_s | {"backend": round(built.build_s, 3)},
    )
