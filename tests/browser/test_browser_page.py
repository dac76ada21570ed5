"""The page of a report in a real browser: wide and narrow, light and dark, with scripts and without."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Browser
from sample_reports import HOSTILE, made_comparison, made_failure, made_report, made_result
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.report.document import MemberFacts, Report, RunFacts
from wheelproof.report.html import render_html

# Text whose colour is too near to what is behind it (WCAG 2.2, 1.4.3), as [text, ratio].
_FAINT = """
(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => {
    const part = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.map((v) => part(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let place = element; place; place = place.parentElement) {
      const colour = parse(getComputedStyle(place).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || ["SCRIPT", "STYLE", "TITLE", "title", "LEGEND"].includes(element.tagName)) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) found.push([element.className, element.textContent.slice(0, 30), ratio]);
  }
  return found;
})()
"""
_SHOWN = "[...document.querySelectorAll('.item')].filter((e) => e.offsetParent).map((e) => e.dataset.state)"
_OPEN_ALL = "document.querySelectorAll('details').forEach((e) => { e.open = true; })"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name, report in reports().items():
        found[name] = tmp_path / f"{name}.html"
        found[name].write_text(render_html(report), "ascii")
    return found


def reports() -> dict[str, Report]:
    hostile = "".join(HOSTILE)
    member = MemberFacts(name=hostile, kind="changed")
    comparison = made_comparison().model_copy(update={"members": (member,) * 30, "members_differing": 30})
    good = made_result(verdict=Verdict.IDENTICAL, findings=())
    return {
        "one": made_report(made_result()),
        "many": made_report(good, made_result(), made_failure(ExitCode.NOT_BUILT)),
        "run": made_report(good, made_result(reason=hostile), made_failure(ExitCode.NOT_BUILT)).model_copy(
            update={"run": RunFacts(fresh=3, unchanged=0, duration_s=61.0, jobs=2)}
        ),
        "hostile": made_report(
            made_result(target=hostile, reason=hostile, notes=(hostile,), comparison=comparison)
        ),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["one", "many", "run", "hostile"])
def test_it_fits_can_be_read_and_asks_for_nothing(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    browser.open(pages[name], width=width, scheme=scheme)
    browser.evaluate(_OPEN_ALL)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(_FAINT) == []
    assert asked_for(browser) == [pages[name].as_uri()]
    assert complaints(browser) == []


def asked_for(browser: Browser) -> list[str]:
    return [found["request"]["url"] for name, found in browser.events if name == "Network.requestWillBeSent"]


def complaints(browser: Browser) -> list[Any]:
    """What the browser logged: a breach of the page's policy, an exception, an opened dialog."""
    names = (
        "Log.entryAdded",
        "Runtime.exceptionThrown",
        "Runtime.consoleAPICalled",
        "Page.javascriptDialogOpening",
    )
    return [found for name, found in browser.events if name in names]


def test_the_dark_page_is_dark(browser: Browser, pages: dict[str, Path]) -> None:
    colours = []
    for scheme in ("light", "dark"):
        browser.open(pages["one"], scheme=scheme)
        colours.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(252, 252, 251)", "rgb(21, 24, 27)"]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_filter_by_state_works_with_a_script_and_without(
    browser: Browser, pages: dict[str, Path], scripts: bool
) -> None:
    browser.allow_scripts(scripts)
    try:
        browser.open(pages["one"])
        assert browser.evaluate(_SHOWN) == ["different", "different", "only-published", "explained"]
        browser.click(".filters input[value='only-published']")
        browser.expect(_SHOWN, ["only-published"])
        browser.click(".filters input[value='all']")
        browser.expect(f"{_SHOWN}.length", 4)
        assert browser.evaluate("document.querySelector('input[type=search]').hidden") is not scripts
    finally:
        browser.allow_scripts(True)


def test_the_filter_by_name(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["one"])
    browser.click("input[type=search]")
    browser.type("INIT")
    browser.expect(_SHOWN, ["different"])
    assert browser.evaluate("document.querySelector('.nothing').hidden") is True
    browser.type("no such")
    browser.expect(_SHOWN, [])
    assert browser.evaluate("document.querySelector('.nothing').hidden") is False


def test_a_run_is_filtered_by_verdict_and_a_wheel_in_it_by_itself(
    browser: Browser, pages: dict[str, Path]
) -> None:
    shown = "[...document.querySelectorAll('.row')].filter((e) => e.offsetParent).map((e) => e.dataset.state)"
    members = "[...document.querySelectorAll('.row .item')].filter((e) => e.checkVisibility()).length"
    browser.open(pages["run"])
    browser.expect(shown, ["different", "not-built", "identical"])
    browser.click("#wheels > .filters input[value='different']")
    browser.expect(shown, ["different"])
    browser.click("#wheel-1 > summary")
    browser.expect(members, 4)
    browser.click("#wheel-1 .filters input[value='explained']")
    browser.expect(members, 1)
    browser.expect(shown, ["different"])
    browser.click("#wheels > .filters input[value='all']")
    browser.click("#wheels > .filters > input[type=search]")
    browser.type("IT FAILED")
    browser.expect(shown, ["not-built"])


def test_the_picture_leads_to_the_file_and_opens_it(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["one"])
    last = "document.querySelector('.member:last-of-type')"
    assert browser.evaluate(f"{last}.open") is False
    browser.click(".picture .explained")
    browser.expect(f"{last}.open", True)


def test_a_link_opens_a_wheel_that_is_folded(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["many"])
    assert browser.evaluate("document.querySelector('#wheel-0').open") is False
    browser.click(".wheels a")
    browser.expect("document.querySelector('#wheel-0').open", True)


def test_a_script_of_another_does_not_run(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    text = pages["one"].read_text("ascii")
    breached = tmp_path / "breached.html"
    breached.write_text(text.replace("<main>", "<main><script>document.title = 'breached'</script>"), "ascii")
    browser.open(breached)
    assert browser.evaluate("document.title") == "wheelproof: demo-1.0-py3-none-any.whl"
    assert complaints(browser)
