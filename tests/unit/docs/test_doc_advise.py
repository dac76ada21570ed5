import json
import re
from pathlib import Path

import pytest

from advice_given import PUBLISH, SETUPTOOLS, put_wheel, workflow
from doc_pages import anchors, blocks, named, page, rows, section
from made_project import Moment
from running import run_inside
from wheelproof.advise.build_rules import BUILD
from wheelproof.advise.formats import AdviceFormat
from wheelproof.advise.render import is_cause
from wheelproof.advise.rules import ADVICE
from wheelproof.advise.source_rules import SOURCE
from wheelproof.advise.versions import UNSORTED, UNSTABLE, Unstable
from wheelproof.advise.wheel_rules import WHEEL
from wheelproof.advise.workflow_rules import WORKFLOW
from wheelproof.explain.causes.registry import find_cause

TEXT = page("docs/advise.md")
TABLES = {
    "On workflows": WORKFLOW,
    "On the build system": BUILD,
    "On the source": SOURCE,
    "On a wheel": WHEEL,
}
LATER: Moment = (2024, 5, 6, 8, 0, 0)


def test_every_piece_of_advice_is_described_once_and_in_order() -> None:
    found = [row for heading in TABLES for row in rows(section(TEXT, heading))]
    assert [row[0] for row in found] == [f"`{advice.id}`" for advice in ADVICE]
    for row, advice in zip(found, ADVICE, strict=True):
        assert row[1] == advice.severity
        assert row[2] == f"{advice.title}. {advice.why}"
        assert row[3]
        link = f"[{advice.link}](causes.md#{advice.link})" if is_cause(advice) else f"<{advice.link}>"
        assert row[4] == link


@pytest.mark.parametrize("heading", TABLES)
def test_each_family_has_its_table(heading: str) -> None:
    assert named(section(TEXT, heading)) == [advice.id for advice in TABLES[heading]]


def test_ids_are_stable_in_form_and_links_lead_somewhere() -> None:
    assert len({advice.id for advice in ADVICE}) == len(ADVICE)
    for advice in ADVICE:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", advice.id)
        assert not advice.title.endswith(".")
        assert advice.why.endswith(".")
        if is_cause(advice):
            assert find_cause(advice.link)
            assert advice.link in anchors(page("docs/causes.md"))


@pytest.mark.parametrize(
    ("identity", "table"), [("backend-unstable", UNSTABLE), ("backend-unsorted", UNSORTED)]
)
def test_the_versions_are_those_of_the_code(identity: str, table: tuple[Unstable, ...]) -> None:
    (row,) = [row for row in rows(section(TEXT, "On the build system")) if row[0] == f"`{identity}`"]
    for unstable in table:
        low = unstable.versions.low
        said = f"before {unstable.stable}" if str(low) == "0" else f"{low.major}.{low.minor}"
        assert unstable.project in row[3]
        assert said in row[3]


def test_the_forms_are_those_of_the_code() -> None:
    assert named(section(TEXT, "Forms"))[: len(AdviceFormat)] == list(AdviceFormat)


def test_the_fields_of_the_document_are_described(tmp_path: Path) -> None:
    wheel = put_wheel(tmp_path, {"demo/a.py": ""}, moments={"demo/a.py": LATER})
    document = json.loads(run_inside("advise", wheel, "--format", "json").out)
    assert set(document) <= set(re.findall(r"`([a-z]+)`", section(TEXT, "Forms")))
    described = {name for row in rows(section(TEXT, "Forms")) for name in re.findall(r"`([a-z]+)`", row[0])}
    assert described - set(AdviceFormat) == set(document["advice"][0])


def test_the_example_is_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / PUBLISH).parent.mkdir(parents=True)
    (tmp_path / PUBLISH).write_text(workflow("run: python -m build"))
    (tmp_path / "pyproject.toml").write_text(SETUPTOOLS)
    (shown,) = blocks(TEXT, "text")
    assert run_inside("advise", tmp_path).out == shown
