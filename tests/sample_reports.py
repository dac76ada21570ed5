"""Report documents for tests: one that has everything, and any that could be, with hostile text in it."""

import types
import typing
from datetime import UTC, datetime
from enum import Enum

from hypothesis import strategies as st
from pydantic import BaseModel

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.report.document import (
    CauseFacts,
    CauseUse,
    ChoiceFacts,
    ComparisonFacts,
    EnvironmentFacts,
    FailureFacts,
    FileFacts,
    FindingFacts,
    ImageFacts,
    MemberFacts,
    MemberView,
    PublishedFacts,
    ReplayFacts,
    Report,
    RequirementFacts,
    Result,
    SourceFacts,
)
from wheelproof.report.vary_document import (
    DifferenceFacts,
    FieldFacts,
    VariationFacts,
    VariedBuildFacts,
    VaryReport,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
WHEEL = "demo-1.0-py3-none-any.whl"
# What a terminal, a browser, an XML parser, Markdown, a forge or a template would take for something else.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</pre></code></details></script></style><h1>",
    "\"' onmouseover=alert(1) x='",
    "{{ 7 * 7 }}{% include 'report.css' %}",
    "]]>--><!--",
    "\x00\x01\x08\x0b\x7f\x85\ufffe\uffff",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe\u2066\u200b\ufeff",
    "\ud800",
    "line\nfeed\r\ntab\t\u2028\u2029",
    "a|b\\|c",
    "``` ```` `",
    "\n```\n# heading\n",
    "[link](javascript:alert(1)) ![image](http://index.example/x.png)",
    "@somebody @some/team #1 owner/name#2",
    "http://index.example/ www.index.example <http://index.example/> a@index.example",
    "1. item\n- item\n+ item\n    code",
    "&lt;&#60;&amp;&nbsp;",
    "*a* _b_ ~~c~~ $d$ :+1:",
    "../../etc/passwd",
    "A" * 5000,
    "é漢字🎉",
)


def made_result(**changes: object) -> Result:
    """A wheel that differs, with something in every part."""
    facts: dict[str, object] = {
        "target": "demo==1.0",
        "verdict": Verdict.DIFFERENT,
        "reason": "Members differ: 3 changed, 1 only in the published wheel",
        "published": PublishedFacts(filename=WHEEL, sha256="a" * 64, size_bytes=9000, upload_time=NOON),
        "source": SourceFacts(filename="demo-1.0.tar.gz", sha256="b" * 64, size_bytes=8000),
        "rebuilt": FileFacts(filename=WHEEL, sha256="c" * 64, size_bytes=8900),
        "comparison": made_comparison(),
        "findings": (
            FindingFacts(
                id="published-only-startup-file",
                title="only the published wheel has this file, which Python runs when it starts",
                side="published",
                member="demo.pth",
                detail="",
            ),
        ),
        "environment": made_environment(),
        "notes": ("The recipe leaves out demo/tests/: they are not in the sdist",),
        "durations_s": {"build": 3.25, "backend": 1.5, "compare": 0.5},
    }
    return Result.model_validate(facts | changes)


def made_report(*results: Result, required: Verdict = Verdict.EXPLAINED) -> Report:
    """A report of some results."""
    return Report(tool="wheelproof 0.1.0", created=NOON, required=required, results=results)


def made_comparison() -> ComparisonFacts:
    """Three members that changed, one of them explained, and one that only the published wheel has."""
    return ComparisonFacts(
        members_same=40,
        same_size_bytes=100_000,
        members_differing=4,
        members=(
            MemberFacts(
                name="demo-1.0.dist-info/WHEEL",
                kind="changed",
                published_size_bytes=80,
                rebuilt_size_bytes=81,
                explained=True,
                causes=(CauseUse(id="generator-line", evidence="demo-backend 1.0 against 1.1"),),
            ),
            MemberFacts(
                name="demo/__init__.py",
                kind="changed",
                published_sha256="d" * 64,
                rebuilt_sha256="e" * 64,
                published_size_bytes=400,
                rebuilt_size_bytes=380,
                view=MemberView(
                    kind="unified",
                    lines=("@@ -1,2 +1,2 @@", " import os", "-import evil", "+import demo"),
                    lines_left_out=7,
                ),
            ),
            MemberFacts(
                name="demo/_fast.so",
                kind="changed",
                published_size_bytes=20_000,
                rebuilt_size_bytes=21_000,
                causes=(CauseUse(id="compiler-differs", evidence="GCC 14.2.1 against GCC 14.2.0"),),
                view=MemberView(kind="native", lines=("imports equal", "- section .text differs")),
            ),
            MemberFacts(name="demo.pth", kind="only-published", published_size_bytes=12),
        ),
        causes=(
            CauseFacts(
                id="compiler-differs",
                title="Another compiler",
                closes=False,
                why="Other versions generate other code.",
                mend="Build in the image of the release.",
                members=1,
            ),
            CauseFacts(
                id="generator-line",
                title="Another Generator line",
                closes=True,
                why="A backend writes its version.",
                mend="Pin the backend.",
                members=1,
            ),
        ),
        replay=ReplayFacts(proved=False, reason="members differ"),
    )


def made_environment() -> EnvironmentFacts:
    """An environment."""
    return EnvironmentFacts(
        image=ImageFacts(
            name="debian-bookworm-py3.11",
            image_id="sha256:" + "1" * 64,
            rootfs=("sha256:" + "2" * 64,),
            python="3.11",
            packages={"libc6": "2.36-9"},
            pin_met=True,
            pin="it has the digest that is pinned",
        ),
        as_of=NOON,
        backend="demo_backend",
        requirements=(
            RequirementFacts(
                name="demo-backend",
                version="1.1",
                filename="demo_backend-1.1-py3-none-any.whl",
                sha256="f" * 64,
                built_from_source=True,
            ),
        ),
        variables={"SOURCE_DATE_EPOCH": "1700000000"},
        umask="0022",
        commands=(("/usr/bin/python3.11", "-Es", "/in/runner.py"),),
        choices=(ChoiceFacts(field="python", value="3.11", origin="default", evidence="the image has it"),),
    )


def made_failure(exit_code: ExitCode, **changes: object) -> Result:
    """A wheel that was not compared."""
    verdict = Verdict.NOT_BUILT if exit_code is ExitCode.NOT_BUILT else Verdict.NOT_CHECKED
    failure = FailureFacts(
        phase="build", reason="It failed", hint="Try again.", log_end="line 1\nline 2", exit_code=exit_code
    )
    facts: dict[str, object] = {
        "verdict": verdict,
        "reason": "It failed",
        "failure": failure,
        "comparison": None,
        "rebuilt": None,
        "findings": (),
        "notes": (),
    }
    return made_result(**(facts | changes))


def hostile_texts() -> st.SearchStrategy[str]:
    """Text of any kind, some of it known to be troublesome."""
    return st.one_of(st.text(max_size=20), st.sampled_from(HOSTILE), st.text("`|<>&\"'@#\n", max_size=8))


def hostile_reports() -> st.SearchStrategy[Report]:
    """Any report that the models allow and that asks for a level."""
    return _any_of(Report).flatmap(
        lambda report: st.sampled_from(LEVELS).map(
            lambda level: typing.cast("Report", report).model_copy(update={"required": level})
        )
    )


def hostile_documents() -> st.SearchStrategy[VaryReport]:
    """Any document of ``vary`` that the models allow."""
    return _any_of(VaryReport)


def made_vary(**changes: object) -> VaryReport:
    """A wheel with a file that depends on the build path, one that is random, and a variation that breaks."""
    comparison = made_comparison()
    facts: dict[str, object] = {
        "tool": "wheelproof 0.1.0",
        "created": NOON,
        "target": "demo",
        "outcome": "differs",
        "reason": "8 builds: it depends on build-path; it can't be built with locale",
        "source": SourceFacts(filename="demo-1.0.tar.gz", sha256="b" * 64, size_bytes=8000),
        "wheel": FileFacts(filename=WHEEL, sha256="a" * 64, size_bytes=9000),
        "variations": tuple(
            VariationFacts.model_validate(
                {"id": name, "title": f"the {name}", "plain": "one", "varied": "another", "outcome": outcome}
                | {"reason": reason}
            )
            for name, outcome, reason in (
                ("build-path", "differs", ""),
                ("locale", "fails", ""),
                ("umask", "same", ""),
                ("time", "not-varied", "there is no library"),
            )
        ),
        "differences": (
            DifferenceFacts(
                kind="fails",
                variations=("locale",),
                headline="The build ends without a wheel where the locale is varied",
                evidence="It ended with exit code 1",
                mend="Open text files with encoding.",
                before=0,
                after=3,
                log_end="UnicodeDecodeError: ascii\nend",
            ),
            DifferenceFacts(
                kind="variation",
                variations=("build-path",),
                headline="demo/__init__.py, demo/_fast.so depend on the build path",
                evidence="Seen with nothing else varied",
                mend="Write paths relative to the project.",
                before=0,
                after=1,
                members=comparison.members,
                members_left_out=2,
                fields=(
                    FieldFacts(field="mode", count=3, member="demo.py", before="100644", after="100660"),
                ),
                causes=comparison.causes,
            ),
            DifferenceFacts(kind="unstable", headline="demo/id.txt is random", before=0, after=2),
        ),
        "builds": (
            VariedBuildFacts(
                varied=(), wheel=FileFacts(filename=WHEEL, sha256="a" * 64, size_bytes=9000), duration_s=1.5
            ),
            VariedBuildFacts(varied=("build-path", "locale", "umask"), failure="It ended", duration_s=2.5),
        ),
        "source_date_epoch": 1_700_000_000,
        "environment": made_environment(),
        "notes": ("Left out of the source: .git",),
        "duration_s": 21.5,
    }
    return VaryReport.model_validate(facts | changes)


def _any_of(kind: typing.Any) -> st.SearchStrategy[typing.Any]:
    """Values of an annotation of the models, so that a new field is tested without a word here."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(_any_of(part) for part in parts))
    if origin is tuple:
        return st.lists(_any_of(parts[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_any_of(parts[0]), _any_of(parts[1]), max_size=3)
    if origin is typing.Literal:
        return st.sampled_from(parts)
    if issubclass(kind, BaseModel):
        fields = typing.get_type_hints(kind)
        return st.builds(kind, **{name: _any_of(fields[name]) for name in kind.model_fields})
    return st.sampled_from(list(kind)) if issubclass(kind, Enum) else _PLAIN[kind]


_PLAIN: dict[type, st.SearchStrategy[typing.Any]] = {
    type(None): st.none(),
    bool: st.booleans(),
    int: st.one_of(st.integers(0, 10_000), st.integers(-(10**30), 10**30)),
    float: st.floats(),
    str: hostile_texts(),
    datetime: st.datetimes(timezones=st.sampled_from([UTC, None])),
}
