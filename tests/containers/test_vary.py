"""``wheelproof vary`` from end to end on projects with planted faults, with no index."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planted import DEMO, FAULT, FAULTS, NO_FAULT, RANDOM, planted, planted_sdist
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.cache import Cache
from wheelproof.vary.variation import VARIATIONS

IMAGE = "debian-bookworm-py3.11"
ALL = [variation.id for variation in VARIATIONS]


@pytest.fixture(autouse=True)
def surroundings(cache: Cache, image: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert image
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))


def vary(folder: Path, faults: Mapping[str, str], *arguments: str) -> tuple[Ended, dict[str, Any]]:
    path = folder / DEMO.sdist_name
    path.write_bytes(planted_sdist(faults))
    return vary_path(path, *arguments)


def vary_path(path: Path, *arguments: str) -> tuple[Ended, dict[str, Any]]:
    ended = run_inside("vary", path, "--image", IMAGE, "--offline", "--format", "json", *arguments)
    return ended, json.loads(ended.out)


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def blamed(report: dict[str, Any]) -> dict[str, set[str]]:
    """The variations that each member is blamed on."""
    found: dict[str, set[str]] = {}
    for difference in report["differences"]:
        assert difference["kind"] == "variation"
        for member in difference["members"]:
            found.setdefault(member["name"], set()).update(difference["variations"])
    return found


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["outcome"] for item in report["variations"]}


def test_every_variation_has_its_planted_fault() -> None:
    assert list(FAULTS) == ALL


def test_a_project_without_a_fault_is_reproducible_in_two_builds(tmp_path: Path) -> None:
    ended, report = vary(tmp_path, {FAULT: NO_FAULT})
    assert ended.exit_code == ExitCode.REACHED
    assert report["outcome"] == "reproducible"
    assert report["differences"] == []
    assert [build["varied"] for build in report["builds"]] == [[], ALL]
    assert {build["wheel"]["sha256"] for build in report["builds"]} == {report["wheel"]["sha256"]}
    assert outcomes(report) == dict.fromkeys(ALL, "same")


@pytest.mark.parametrize("variation", ALL)
def test_a_planted_fault_is_blamed_on_its_variation_and_on_no_other(variation: str, tmp_path: Path) -> None:
    ended, report = vary(tmp_path, {FAULT: FAULTS[variation]})
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert blamed(report) == {FAULT: {variation}, f"{DEMO.dist_info}/RECORD": {variation}}
    assert outcomes(report) == dict.fromkeys(ALL, "same") | {variation: "differs"}
    assert len(report["builds"]) <= 2 + len(ALL)
    (difference,) = report["differences"]
    assert difference["alone"]
    assert difference["headline"].startswith(f"{FAULT} depends on ")
    assert difference["mend"]
    assert report["builds"][difference["after"]]["varied"] == [variation]


def test_all_faults_at_once_are_each_blamed_on_their_own(tmp_path: Path) -> None:
    faults = {f"demo/{variation}.txt": FAULTS[variation] for variation in ALL}
    _, report = vary(tmp_path, faults)
    found = blamed(report)
    assert {name: names for name, names in found.items() if name.endswith(".txt")} == {
        f"demo/{variation}.txt": {variation} for variation in ALL
    }
    assert len(report["builds"]) == 2 + len(ALL)


def test_what_changes_by_itself_is_blamed_on_nothing(tmp_path: Path) -> None:
    ended, report = vary(tmp_path, {FAULT: RANDOM})
    assert ended.exit_code == ExitCode.NOT_REACHED
    (difference,) = report["differences"]
    assert (difference["kind"], difference["variations"]) == ("unstable", [])
    assert len(report["builds"]) == 3
    assert set(outcomes(report).values()) == {"same"}


def test_a_clock_that_is_not_held_shows_the_time_without_a_variation(tmp_path: Path) -> None:
    _, report = vary(tmp_path, {FAULT: "time.time()"}, "--except", "time")
    (difference,) = report["differences"]
    assert difference["kind"] == "unstable"
    assert "time" not in outcomes(report)


def test_a_fault_that_is_not_varied_is_not_found(tmp_path: Path) -> None:
    ended, report = vary(tmp_path, {FAULT: FAULTS["home"]}, "--variations", "umask,user")
    assert ended.exit_code == ExitCode.REACHED
    assert outcomes(report) == {"umask": "same", "user": "same"}
    assert report["reason"].endswith("varying umask, user")


def test_a_change_that_needs_two_variations_names_both(tmp_path: Path) -> None:
    fault = f"{FAULTS['hostname']} == 'another-host' and os.path.expanduser('~') == '/tmp/home'"
    _, report = vary(tmp_path, {FAULT: fault})
    (difference,) = report["differences"]
    assert (difference["kind"], difference["variations"]) == ("together", ["hostname"])
    assert (difference["others"], difference["alone"]) == (["home"], False)
    assert outcomes(report) == dict.fromkeys(ALL, "same") | {"hostname": "differs", "home": "differs"}


def test_a_build_that_breaks_under_a_variation_is_no_difference(tmp_path: Path) -> None:
    fault = "{'build': 'well'}[os.environ['USER']]"
    ended, report = vary(tmp_path, {FAULT: fault})
    assert ended.exit_code == ExitCode.NOT_BUILT
    assert report["outcome"] == "fails"
    (difference,) = report["differences"]
    assert (difference["kind"], difference["variations"]) == ("fails", ["user"])
    assert "KeyError: 'somebody'" in difference["log_end"]
    assert outcomes(report) == dict.fromkeys(ALL, "same") | {"user": "fails"}


def test_a_build_that_breaks_with_nothing_varied_is_not_built(tmp_path: Path) -> None:
    ended, report = vary(tmp_path, {FAULT: "1 / 0"})
    assert ended.exit_code == ExitCode.NOT_BUILT
    assert report["outcome"] == "not-built"
    assert "ZeroDivisionError" in report["failure"]["log_end"]
    assert len(report["builds"]) == 1


def test_times_of_files_that_the_build_makes_follow_the_clock(tmp_path: Path) -> None:
    made = "open('/tmp/made', 'w').close() or time.sleep(0.01)"
    files = planted({FAULT: made})
    backend = files["backend.py"].decode()
    stamped = backend.replace(
        'moment = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]',
        "moment = time.gmtime(os.stat('/tmp/made').st_mtime)[:6]",
    )
    assert stamped != backend
    put(tmp_path / "project", {**files, "backend.py": stamped.encode()})
    ended, report = vary_path(tmp_path / "project")
    assert ended.exit_code == ExitCode.NOT_REACHED
    (difference,) = report["differences"]
    assert difference["variations"] == ["time"]
    assert [field["field"] for field in difference["fields"]] == ["modification time"]
    assert outcomes(report) == dict.fromkeys(ALL, "same") | {"time": "differs"}


def test_without_source_date_epoch_the_mend_says_so(tmp_path: Path) -> None:
    stamp = "os.environ.setdefault('SOURCE_DATE_EPOCH', str(int(time.time())))"
    ended, report = vary(tmp_path, {FAULT: stamp}, "--no-source-date-epoch")
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert report["source_date_epoch"] is None
    assert {name for item in report["differences"] for name in item["variations"]} == {"time"}
    assert all("Set SOURCE_DATE_EPOCH" in item["mend"] for item in report["differences"])
    ended, report = vary(tmp_path, {FAULT: stamp})
    assert (ended.exit_code, report["source_date_epoch"]) == (ExitCode.REACHED, 1_700_000_000)


def test_a_file_name_that_depends_on_the_time_is_a_difference(tmp_path: Path) -> None:
    files = planted({FAULT: NO_FAULT})
    tag = 'dist_info[: -len(".dist-info")] + "-py3-none-any.whl"'
    backend = files["backend.py"].decode()
    assert tag in backend
    named = backend.replace(
        tag, 'dist_info[: -len(".dist-info")] + time.strftime("-%Y") + "-py3-none-any.whl"'
    )
    put(tmp_path, {**files, "backend.py": named.encode()})
    ended, report = vary_path(tmp_path)
    assert (ended.exit_code, report["outcome"]) == (ExitCode.NOT_REACHED, "differs")
    (difference,) = report["differences"]
    assert difference["variations"] == ["time"]
    assert [field["field"] for field in difference["fields"]] == ["file name"]


def test_a_folder_is_listed_in_reverse_and_is_else_as_it_was(tmp_path: Path) -> None:
    walk = (
        "sorted((path, os.lstat(path).st_mode, os.path.isdir(path) or os.stat(path).st_mtime) "
        "for top, folders, names in os.walk('a') for path in "
        "[top, *(os.path.join(top, name) for name in folders + names)])"
    )
    files = planted({FAULT: walk}) | {"a/b/c/d.txt": b"", "a/b.aside/e.txt": b"", "a/b/f.txt": b""}
    put(tmp_path, files)
    (tmp_path / "a/link").symlink_to("b")
    ended, report = vary_path(tmp_path, "--variations", "directory-order")
    assert (ended.exit_code, report["outcome"]) == (ExitCode.REACHED, "reproducible"), report


def test_entries_with_the_modes_of_their_files_depend_on_the_umask(tmp_path: Path) -> None:
    files = planted({FAULT: NO_FAULT})
    backend = files["backend.py"].decode()
    copied = backend.replace(
        "info.external_attr = 0o100644 << 16", "info.external_attr = os.stat('pyproject.toml').st_mode << 16"
    )
    assert copied != backend
    put(tmp_path, {**files, "backend.py": copied.encode()})
    _, report = vary_path(tmp_path)
    (difference,) = report["differences"]
    assert difference["variations"] == ["umask"]
    (field,) = difference["fields"]
    assert (field["field"], field["before"], field["after"]) == ("mode", "100644", "100640")
