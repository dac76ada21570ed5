"""Two wheels on this machine, compared and judged: no index, no network, no engine."""

from datetime import UTC, datetime
from pathlib import Path

from wheelproof.core.errors import UsageError
from wheelproof.core.identity import TOOL
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.comparison import comparison_facts, finding_facts
from wheelproof.pipeline.judge import Judged, judge_pair
from wheelproof.report.document import LIST_LIMIT, FileFacts, PublishedFacts, Report, Result
from wheelproof.wheel.facts import read_wheel


def compare_files(
    published: Path, rebuilt: Path, *, required: Verdict, sdist: Path | None = None, details: bool = False
) -> Report:
    """Compare a published wheel with a rebuilt one.

    Args:
        published: the wheel as published.
        rebuilt: the wheel that should be the same.
        required: the level that is asked for.
        sdist: the source, to say of what differs whether it stands there.
        details: run diffoscope on what is left open.

    Raises:
        UsageError: a file is not there or can't be read.
        MalformedError: one of them breaks the format of a wheel or of an sdist.
    """
    for path in (published, rebuilt, *([sdist] if sdist else [])):
        if not path.is_file():
            raise UsageError(f"There is no file {path}", hint="Check the path.")
    try:
        left = read_wheel(published)
        judged = judge_pair(left, read_wheel(rebuilt, beside=left), sdist)
    except OSError as error:
        raise UsageError(
            f"{error.filename or published} can't be read: {error.strerror}", hint="Check the file."
        ) from None
    return Report(
        tool=TOOL,
        created=datetime.now(UTC).replace(microsecond=0),
        required=required,
        results=(_result(judged, details=details),),
    )


def _result(judged: Judged, *, details: bool) -> Result:
    published, rebuilt = judged.comparison.published, judged.comparison.rebuilt
    findings = judged.judgement.findings
    comparison, notes = comparison_facts(judged, details=details)
    return Result(
        target=published.filename,
        verdict=judged.judgement.verdict,
        reason=judged.judgement.reason,
        published=PublishedFacts(
            filename=published.filename,
            sha256=published.digest.hex,
            size_bytes=published.archive.size_bytes,
        ),
        rebuilt=FileFacts(
            filename=rebuilt.filename, sha256=rebuilt.digest.hex, size_bytes=rebuilt.archive.size_bytes
        ),
        comparison=comparison,
        findings=finding_facts(findings[:LIST_LIMIT]),
        findings_left_out=max(0, len(findings) - LIST_LIMIT),
        notes=notes,
    )
