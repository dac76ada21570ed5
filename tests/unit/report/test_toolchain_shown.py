"""What compiled a wheel is shown where there is something compiled, in every form that is read by people."""

import io

import pytest
from made_reports import report, wheel
from rich.console import Console

from sample_reports import HOSTILE, made_environment
from wheelproof.report.document import Report, Result, ToolFacts
from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import render_report
from wheelproof.report.summary import describe_toolchain
from wheelproof.report.terminal import print_report

NATIVE = "demo-1-cp313-cp313-linux_x86_64.whl"
PURE = "demo-1-py3-none-any.whl"
FORMS = (ReportFormat.TEXT, ReportFormat.MARKDOWN, ReportFormat.HTML)


def tool(version: str, package: str | None = None) -> ToolFacts:
    return ToolFacts(path="/usr/bin/tool", version=version, package=package, sha256="a" * 64)


TOOLS = {
    "cc": tool("cc (Debian) 14.2.0", "gcc-14"),
    "as": tool("GNU assembler 2.44", "binutils"),
    "ld": tool("GNU ld 2.44", "binutils"),
    "rustc": tool("rustc 1.91.0 (abc)"),
    "make": tool("GNU Make 4.4.1", "make"),
}


def result(name: str, tools: dict[str, ToolFacts]) -> Result:
    environment = made_environment()
    packages = {"gcc-14": "14.2.0-19", "binutils": "2.44-3", "make": "4.4.1-2"}
    image = environment.image.model_copy(update={"packages": packages, "tools": tools})
    made: Result = wheel(name, environment=environment.model_copy(update={"image": image}))
    return made


def shown(made: Report, form: ReportFormat) -> str:
    if form is not ReportFormat.TEXT:
        return render_report(made, form)
    stream = io.StringIO()
    print_report(made, Console(file=stream, width=500, highlight=False))
    return stream.getvalue()


def test_it_names_packages_and_versions_and_else_what_a_tool_says() -> None:
    assert (
        describe_toolchain(result(NATIVE, TOOLS)) == "gcc-14 14.2.0-19, rustc 1.91.0 (abc), binutils 2.44-3"
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_native_wheel_shows_its_toolchain(form: ReportFormat) -> None:
    text = shown(report(result(NATIVE, TOOLS)), form)
    assert "toolchain" in text
    assert "14.2.0-19" in text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "tools"), [(PURE, TOOLS), (NATIVE, {})])
def test_a_pure_wheel_and_an_image_without_tools_show_none(
    form: ReportFormat, name: str, tools: dict[str, ToolFacts]
) -> None:
    assert "toolchain" not in shown(report(result(name, tools)), form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_tool_says_is_not_obeyed(form: ReportFormat, text: str) -> None:
    page = shown(report(result(NATIVE, {"cc": tool(text), "c++": tool("", text)})), form)
    assert "\x1b" not in page
    assert form is not ReportFormat.HTML or "<img src=x" not in page
