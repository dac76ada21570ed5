"""A source that is a git tree is never shown as an sdist, in no form, and what it is called is harmless."""

import io
from typing import Any

import pytest
from made_reports import report, wheel
from rich.console import Console

from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import FailureFacts, GitFacts, Report, SourceFacts
from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import render_report
from wheelproof.report.summary import describe_git
from wheelproof.report.terminal import print_report

COMMIT = "0123456789" * 4
HOSTILE = "https://forge.example/<b>\x1b[2J](x)"
FAILURE = FailureFacts(phase="build", reason="it broke", exit_code=ExitCode.NOT_BUILT)


def made(url: str | None, **changes: Any) -> Report:
    git = GitFacts(url=url, commit=COMMIT, git_folder=True)
    source = SourceFacts(filename="demo-1-git-0123.tar.gz", sha256="a" * 64, size_bytes=1, git=git)
    return report(wheel("demo-1-py3-none-any.whl", **{"source": source, **changes}))


def shown(made: Report, form: ReportFormat) -> str:
    if form is not ReportFormat.TEXT:
        return render_report(made, form)
    stream = io.StringIO()
    print_report(made, Console(file=stream, width=500, highlight=False))
    return stream.getvalue()


FORMS = (ReportFormat.TEXT, ReportFormat.MARKDOWN, ReportFormat.HTML)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("url", ["https://forge.example/demo", None])
def test_every_reader_sees_that_the_source_is_no_sdist(form: ReportFormat, url: str | None) -> None:
    for one in (made(url), made(url, verdict=Verdict.NOT_BUILT, failure=FAILURE)):
        text = shown(one, form)
        assert f"git commit {COMMIT} of" in text
        assert "with its .git, not from an sdist" in text


@pytest.mark.parametrize("form", FORMS)
def test_an_sdist_is_shown_as_ever(form: ReportFormat) -> None:
    source = SourceFacts(filename="demo-1.tar.gz", sha256="a" * 64, size_bytes=1)
    assert "git commit" not in shown(made(None, source=source), form)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_repository_is_called_is_not_obeyed(form: ReportFormat) -> None:
    text = shown(made(HOSTILE), form)
    assert "\x1b" not in text
    assert form is ReportFormat.TEXT or "<b>" not in text


def test_the_document_has_url_commit_and_folder() -> None:
    document = made("https://forge.example/demo")
    assert Report.model_validate_json(document.model_dump_json()) == document
    assert f'"git":{{"url":"https://forge.example/demo","commit":"{COMMIT}","git_folder":true}}' in (
        document.model_dump_json()
    )
    assert describe_git(GitFacts(commit=COMMIT)) == (
        f"built from git commit {COMMIT} of a local repository, not from an sdist"
    )
