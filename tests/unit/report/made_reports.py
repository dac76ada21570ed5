"""Reports to print and to write, whole and in parts."""

from datetime import UTC, datetime
from typing import Any

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import (
    AttemptFacts,
    CauseFacts,
    ChangeFacts,
    ChoiceFacts,
    ComparisonFacts,
    EnvironmentFacts,
    FailureFacts,
    FileFacts,
    FindingFacts,
    ImageFacts,
    MemberFacts,
    PublishedFacts,
    ReplayFacts,
    Report,
    RequirementFacts,
    Result,
    RunFacts,
    SourceFacts,
)

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


ATTEMPTS = (
    AttemptFacts(verdict=Verdict.NOT_BUILT, reason="it failed", duration_s=1.5),
    AttemptFacts(
        verdict=Verdict.DIFFERENT,
        reason="it differs",
        changes=(
            ChoiceFacts(field="constraints.demo", value="==1.0", origin="inferred", evidence="it says so"),
            ChoiceFacts(field="umask", value="x\x1b", origin="inferred", evidence="it says so"),
        ),
        kept=True,
        duration_s=2.5,
    ),
)
CHANGE = ChangeFacts(name="demo-1.0-py3-none-any.whl", before=Verdict.NOT_BUILT, now=Verdict.DIFFERENT)


def run_report(*results: Result, required: Verdict = Verdict.EXPLAINED, **changes: Any) -> Report:
    """The report of a run over a list."""
    facts: dict[str, Any] = {"fresh": len(results), "unchanged": 0, "duration_s": 61.4, "jobs": 2}
    run = RunFacts(**facts | changes)
    return Report(tool="wheelproof 1", created=NOW, required=required, results=results, run=run)


def wheel(name: str, verdict: Verdict = Verdict.IDENTICAL, *causes: str, **changes: Any) -> Result:
    """A result in brief, with causes that leave it open, or close where their id ends in ``!``."""
    compared = comparison(
        causes=tuple(
            CauseFacts(
                id=id_.rstrip("!"), title=f"{id_} title", closes=id_.endswith("!"), why="", mend="", members=1
            )
            for id_ in causes
        )
    )
    whole: dict[str, Any] = {
        "target": name,
        "verdict": verdict,
        "reason": f"reason of {name}",
        "published": PublishedFacts(filename=name),
        "comparison": compared if causes else None,
    }
    return Result(**whole | changes)


def report(*results: Result, required: Verdict = Verdict.EXPLAINED) -> Report:
    return Report(tool="wheelproof 1", created=NOW, required=required, results=results)


def result(verdict: Verdict = Verdict.IDENTICAL, text: str = "x", **changes: Any) -> Result:
    """A result with everything in it; ``text`` stands wherever a text from outside can."""
    whole: dict[str, Any] = {
        "target": text,
        "verdict": verdict,
        "reason": text,
        "published": PublishedFacts(filename=text, sha256="a" * 64, size_bytes=1234, upload_time=NOW),
        "source": SourceFacts(filename=text, sha256="b" * 64, size_bytes=5),
        "rebuilt": FileFacts(filename=f"{text}2", sha256="c" * 64, size_bytes=6),
        "comparison": comparison(text),
        "findings": (FindingFacts(id=text, title=text, side=text, member=text, detail=text),),
        "environment": environment(text),
        "failure": failure(ExitCode.NOT_BUILT, text) if verdict is Verdict.NOT_BUILT else None,
        "notes": (text,),
    }
    return Result(**whole | changes)


def failed(code: ExitCode) -> Result:
    """The result of a check that compared nothing."""
    verdict = Verdict.NOT_BUILT if code is ExitCode.NOT_BUILT else Verdict.NOT_CHECKED
    return Result(target="x", verdict=verdict, reason="x", published=PublishedFacts(), failure=failure(code))


def failure(code: ExitCode, text: str = "x") -> FailureFacts:
    return FailureFacts(phase=text, reason=text, hint=text, log_end=text, exit_code=code)


def comparison(text: str = "x", **changes: Any) -> ComparisonFacts:
    whole: dict[str, Any] = {
        "members_same": 3,
        "members_differing": 1,
        "members": (MemberFacts(name=text, kind="changed"),),
        "replay": ReplayFacts(proved=False, reason=text),
    }
    return ComparisonFacts(**whole | changes)


def environment(text: str = "x") -> EnvironmentFacts:
    packages = {text: text}
    image = ImageFacts(
        name=text, image_id=text, rootfs=(text,), python=text, packages=packages, pin_met=False, pin=text
    )
    return EnvironmentFacts(
        image=image,
        as_of=NOW,
        backend=text,
        requirements=(RequirementFacts(name=text, version=text, filename=text, sha256=text),),
        variables={text: text},
        umask="0022",
        commands=((text,),),
        choices=(
            ChoiceFacts(field=text, value=text, origin=text, evidence=text),
            ChoiceFacts(field=text, value=text, origin="default", evidence=text),
        ),
    )
