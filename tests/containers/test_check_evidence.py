"""What a check leaves behind, and that a third party gets the same from it without a network."""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fake_index import FakeIndex
from made_project import BACKEND, NO_REQUIRES, MadeProject
from running import run_inside, run_program
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache

DEMO = MadeProject()
TOOL = MadeProject(name="tool", version="3.1")
PART = MadeProject(name="part", version="0.2")
# A front-end project whose build imports a requirement that the index has as an sdist alone, which in turn
# needs one that the index has as a wheel.
NEEDY = MadeProject(name="needy", version="1.0")
NEEDY_SDIST = NEEDY.sdist(
    backend=f'import tool\nassert tool.NAME == "tool"\nprint("built with", tool.__name__)\n{BACKEND}',
    pyproject=NO_REQUIRES.replace("[]", '["tool >= 3"]'),
)
TOOL_SDIST = TOOL.sdist(backend=f"import part\n{BACKEND}", pyproject=NO_REQUIRES.replace("[]", '["part"]'))
LEAF = "demo-1.0-py3-none-any"
NO_NETWORK = ("unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]))


@pytest.fixture
def index(cache: Cache, image: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIndex]:
    assert image
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel(), DEMO.sdist_name: DEMO.sdist()}, yanked=True)
        index.publish("needy", {NEEDY.wheel_name: NEEDY.wheel(), NEEDY.sdist_name: NEEDY_SDIST})
        index.publish("tool", {TOOL.sdist_name: TOOL_SDIST}, upload_time="2024-01-01T00:00:00Z")
        index.publish("part", {PART.wheel_name: PART.wheel()}, upload_time="2024-01-01T00:00:00Z")
        yield index


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what may differ from one run to the next."""
    results = [{**result, "durations_s": None} for result in report["results"]]
    return {**report, "created": None, "results": results}


def everything_in(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_third_party_repeats_it_without_a_network(index: FakeIndex, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    ended = run_inside("check", "--index-url", index.url, "--format", "json", "needy==1.0", "-o", folder)
    assert ended.exit_code == ExitCode.REACHED, ended.err
    assert ended.result["verdict"] == "identical"
    (requirement,) = ended.result["environment"]["requirements"]
    assert (requirement["filename"], requirement["built_from_source"]) == (TOOL.sdist_name, True)

    files = everything_in(folder)
    inputs = {"installer-0.7.0-py3-none-any.whl", NEEDY.sdist_name, TOOL.sdist_name, PART.wheel_name}
    assert set(files) == {
        "README.txt",
        "build.log",
        "pylock.toml",
        "report.html",
        "report.json",
        "sbom.cdx.json",
        f"published/{NEEDY.wheel_name}",
        f"rebuilt/{NEEDY.wheel_name}",
        *(f"inputs/{name}" for name in inputs),
    }
    assert json.loads(files["report.json"]) == ended.report
    assert files[f"published/{NEEDY.wheel_name}"] == files[f"rebuilt/{NEEDY.wheel_name}"] == NEEDY.wheel()
    assert b"built with tool" in files["build.log"]
    for name in ("README.txt", "pylock.toml", "report.json"):
        for place in (b"http", b"127.0.0.1", str(tmp_path).encode(), b"file:"):
            assert place not in files[name], (name, place)

    lock = tomllib.loads(files["pylock.toml"].decode())
    (package,) = lock["packages"]
    assert package["sdist"]["hashes"]["sha256"] == Digest.of_bytes(TOOL_SDIST).hex
    assert "url" not in package["sdist"]

    again = run_program(
        "check", "--locked", "pylock.toml", "--offline", "--format", "json",
        environment={"WHEELPROOF_CACHE": tmp_path / "empty"}, folder=folder, before=NO_NETWORK,
    )  # fmt: skip
    assert again.exit_code == ExitCode.REACHED, again.err
    assert timeless(again.report) == timeless(ended.report)


def test_the_environment_is_told_the_same_by_whoever_replays_the_lock(
    index: FakeIndex, tmp_path: Path
) -> None:
    folder, first, again = tmp_path / "evidence", tmp_path / "first.json", tmp_path / "again.json"
    checked = run_inside("check", "--index-url", index.url, "needy==1.0", "-o", folder, "--sbom", first)
    replayed = run_inside("check", "--locked", folder / "pylock.toml", "--offline", "--sbom", again)
    assert checked.exit_code == replayed.exit_code == ExitCode.REACHED

    text = first.read_text("ascii")
    assert text == again.read_text("ascii") == (folder / "sbom.cdx.json").read_text("ascii")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    sbom = json.loads(text)
    assert sbom["metadata"]["component"]["hashes"][0]["content"] == Digest.of_bytes(NEEDY.wheel()).hex
    versions = {item["name"]: item["version"] for item in sbom["components"]}
    assert (versions["tool"], versions["part"], versions["debian"]) == ("3.1", "0.2", "12")
    assert versions["python3.11-minimal"] in versions["python3.11"]
    assert "127.0.0.1" not in text

    locked = run_inside("sbom", folder / "pylock.toml")
    assert json.loads(locked.out)["components"] == sbom["components"]


def test_a_build_that_was_not_locked_has_no_environment_to_tell_of(index: FakeIndex, tmp_path: Path) -> None:
    index.publish("alone", {DEMO.wheel_name.replace("demo", "alone"): DEMO.wheel()})
    sbom = tmp_path / "sbom.json"
    ended = run_inside("check", "--index-url", index.url, "alone==1.0", "--sbom", sbom)
    assert ended.exit_code == ExitCode.NOT_CHECKED
    assert f"{sbom} was not written: the build was not locked" in ended.err
    assert not sbom.exists()


def test_a_lock_made_first(index: FakeIndex, tmp_path: Path) -> None:
    """``lock`` writes what ``check`` would use, and the index may be another one by then."""
    path = tmp_path / "pylock.toml"
    ended = run_inside("lock", "--index-url", index.url, "-q", "demo==1.0", "-o", path)
    assert (ended.exit_code, ended.out, ended.err) == (ExitCode.REACHED, "", "")
    printed = run_inside("lock", "--index-url", index.url, "-q", "demo==1.0")
    assert printed.out == path.read_text("utf-8")
    checked = run_inside("check", "--index-url", index.url, "--format", "json", "demo==1.0")
    replayed = run_inside("check", "--locked", path, "--offline", "--format", "json")
    assert replayed.exit_code == ExitCode.REACHED
    assert replayed.result["published"]["yanked"] is True
    assert timeless(replayed.report) == timeless(checked.report)


def test_several_results(index: FakeIndex, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    index.publish("broken", {"broken-1.0-py3-none-any.whl": b"-", "broken-1.0.tar.gz": b"-"})
    targets = ("demo==1.0", "broken==1.0", "nosuch==1.0")
    ended = run_inside("check", "--index-url", index.url, "--format", "json", *targets, "-o", folder)
    assert ended.exit_code == ExitCode.FETCH
    files = everything_in(folder)
    assert json.loads(files["report.json"]) == ended.report
    alone = json.loads(files[f"{LEAF}/report.json"])
    assert alone["results"] == ended.results[:1]
    assert files[f"{LEAF}/rebuilt/{DEMO.wheel_name}"] == DEMO.wheel()
    assert json.loads(files["broken-1.0-py3-none-any/report.json"])["results"] == ended.results[1:2]
    assert "broken-1.0-py3-none-any/pylock.toml" not in files

    again = run_program(
        "check", "--locked", folder / LEAF / "pylock.toml", "--offline", "--format", "json",
        environment={"WHEELPROOF_CACHE": tmp_path / "empty"}, before=NO_NETWORK,
    )  # fmt: skip
    assert timeless(again.report) == timeless(alone)


def test_evidence_that_was_tampered_with(index: FakeIndex, tmp_path: Path) -> None:
    """A file that is not what the lock names is not used; without a network there is no other."""
    folder = tmp_path / "evidence"
    run_inside("check", "--index-url", index.url, "demo==1.0", "-o", folder)
    path = folder / "inputs" / DEMO.sdist_name
    path.write_bytes(path.read_bytes() + b"!")
    ended = run_program(
        "check", "--locked", folder / "pylock.toml", "--offline", "--format", "json",
        environment={"WHEELPROOF_CACHE": tmp_path / "empty"},
    )  # fmt: skip
    assert ended.exit_code == ExitCode.FETCH
    assert f"{DEMO.sdist_name} (sha256:" in ended.result["reason"]
    assert "is not in the cache, and this run is offline" in ended.result["reason"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"--umask=0022",', '"--umask=0002",'),
        ('TZ = "UTC"', 'TZ = "EST"'),
        ("installer-0.7.0-py3-none-any.whl", "installer-0.7.1-py3-none-any.whl"),
    ],
)
def test_a_lock_whose_commands_are_not_its_recipe_s(
    index: FakeIndex, tmp_path: Path, old: str, new: str
) -> None:
    folder = tmp_path / "evidence"
    run_inside("check", "--index-url", index.url, "demo==1.0", "-o", folder)
    path = folder / "pylock.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    ended = run_inside("check", "--locked", path, "--offline", "--format", "json")
    assert ended.exit_code == ExitCode.RECIPE
    assert "commands are not those that its recipe gives" in ended.result["reason"]
