import json
from pathlib import Path

import pytest
from made_reports import failed, report, result

from wheelproof.core.errors import ExitCode, UsageError
from wheelproof.core.identity import Digest
from wheelproof.report.document import PublishedFacts, Report
from wheelproof.report.evidence import Evidence, open_folder, write_evidence


def nowhere(digest: Digest) -> Path:
    return Path("nowhere") / digest.hex


class TestOpening:
    def test_a_new_folder(self, tmp_path: Path) -> None:
        open_folder(tmp_path / "a" / "b")
        assert list((tmp_path / "a" / "b").iterdir()) == []

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        open_folder(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_what_another_run_left_is_not_mixed_in(self, tmp_path: Path) -> None:
        (tmp_path / "report.json").write_text("{}")
        with pytest.raises(UsageError, match="is not empty") as caught:
            open_folder(tmp_path)
        assert caught.value.hint == "Name a new folder with -o."
        assert (tmp_path / "report.json").read_text() == "{}"

    def test_no_folder(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"")
        for place in (file, file / "below"):
            with pytest.raises(UsageError, match="can't be written: "):
                open_folder(place)


def test_a_result_without_a_lock_leaves_report_and_log(tmp_path: Path) -> None:
    document = report(failed(ExitCode.FETCH))
    write_evidence(tmp_path, document, [Evidence(result=document.results[0], log=b"\x1b[2J")], nowhere)
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.html", "build.log"}
    assert Report.model_validate_json((tmp_path / "report.json").read_bytes()) == document
    assert (tmp_path / "build.log").read_bytes() == b"\x1b[2J"


def test_several_results_have_a_folder_each(tmp_path: Path) -> None:
    named = result(published=PublishedFacts(filename="a-1-py3-none-any.whl"))
    document = report(named, failed(ExitCode.FETCH))
    write_evidence(tmp_path, document, [Evidence(result=item) for item in document.results], nowhere)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} == {
        "report.html",
        "report.json",
        "a-1-py3-none-any",
        "a-1-py3-none-any/report.html",
        "a-1-py3-none-any/report.json",
        "a-1-py3-none-any/build.log",
    }
    alone = json.loads((tmp_path / "a-1-py3-none-any" / "report.json").read_text("utf-8"))
    assert len(alone["results"]) == 1


def test_a_folder_that_went_away(tmp_path: Path) -> None:
    document = report(failed(ExitCode.FETCH))
    with pytest.raises(UsageError, match=r"report\.json can't be written: No such file"):
        write_evidence(tmp_path / "gone", document, [Evidence(result=document.results[0])], nowhere)
