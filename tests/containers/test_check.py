"""``wheelproof check`` from end to end on projects of our own, against an index on loopback."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_index import FakeIndex
from made_project import BACKEND, MOMENT, NO_REQUIRES, MadeProject
from running import Ended, run_inside, run_program
from wheel_builder import zipped
from wheelproof.core.errors import ExitCode
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache

DEMO = MadeProject()
OTHER = MadeProject(name="other", version="2.0rc1")
# A backend whose entry times are its own affair: inference can't set them.
STUBBORN = BACKEND.replace('os.environ["SOURCE_DATE_EPOCH"]', '"1000000000"')
BROKEN = 'print("before it breaks \\x1b[2J")\nraise RuntimeError("no wheel today")\n'


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel(), DEMO.sdist_name: DEMO.sdist()})
        yield index


@pytest.fixture(autouse=True)
def surroundings(cache: Cache, image: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that holds the installer and an engine that holds the image: the index serves the rest."""
    assert image
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def of_file(ended: Ended) -> dict[str, dict[str, Any]]:
    return {result["published"]["filename"]: result for result in ended.results}


def test_identical(index: FakeIndex) -> None:
    ended = check(index, "demo==1.0", "--require", "identical")
    result = ended.result
    digest = Digest.of_bytes(DEMO.wheel()).hex
    assert ended.exit_code == ExitCode.REACHED
    assert result["verdict"] == "identical"
    assert result["target"] == "demo==1.0"
    assert result["published"]["filename"] == result["rebuilt"]["filename"] == DEMO.wheel_name
    assert result["published"]["sha256"] == result["rebuilt"]["sha256"] == digest
    assert result["published"]["upload_time"] == "2024-06-07T08:09:10.123456Z"
    assert result["source"]["sha256"] == Digest.of_bytes(DEMO.sdist()).hex
    assert result["comparison"]["members_differing"] == 0
    assert (result["findings"], result["notes"], result["failure"]) == ([], [], None)
    assert ended.report["schema_version"] == 1
    assert ended.report["required"] == "identical"
    phases = list(dict.fromkeys(line.split()[0] for line in ended.err.splitlines()))
    assert phases == ["index", "download", "evidence", "image", "resolve", "build", "compare"]


def test_environment_is_told(index: FakeIndex) -> None:
    environment = check(index, "demo==1.0").result["environment"]
    assert environment["backend"] == "backend"
    assert environment["requirements"] == []
    assert environment["as_of"] == "2024-06-07T08:09:10Z"
    assert environment["umask"] == "0022"
    assert environment["variables"]["SOURCE_DATE_EPOCH"] == "1714979290"
    assert environment["image"]["name"] == "debian-bookworm-py3.11"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", environment["image"]["image_id"])
    origins = {choice["field"]: choice["origin"] for choice in environment["choices"]}
    assert origins == {
        "frontend": "default",
        "image": "default",
        "python": "default",
        "source-date-epoch": "inferred",
        "umask": "default",
    }


def test_a_terminal_report(index: FakeIndex) -> None:
    ended = run_program("check", "--index-url", index.url, "-q", "demo==1.0")
    lines = ended.out.splitlines()
    assert ended.err == ""
    assert lines[0] == f"identical  {DEMO.wheel_name}"
    assert lines[1] == "  The rebuilt file is the published file, byte for byte"
    assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []


def test_the_log_on_request(index: FakeIndex) -> None:
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist(backend='print("hello \\x1b[2J")\n' + BACKEND)})
    ended = check(index, "demo==1.0", "-v")
    assert ended.exit_code == ExitCode.REACHED
    assert r"hello \x1b[2J" in ended.err
    assert "hello" not in check(index, "demo==1.0").err


def test_same_content(index: FakeIndex) -> None:
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist(backend=STUBBORN)})
    ended = check(index, "demo==1.0", "--require", "same-content")
    result = ended.result
    assert ended.exit_code == ExitCode.REACHED
    assert result["verdict"] == "same-content"
    assert result["published"]["sha256"] != result["rebuilt"]["sha256"]
    assert result["comparison"]["replay"]["proved"]
    assert result["comparison"]["replay"]["replayed"] == ["modification time"]
    ended = check(index, "demo==1.0", "--require", "identical")
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert ended.result["verdict"] == "same-content"


def test_same_content_in_another_envelope(index: FakeIndex) -> None:
    """Deflated, in another order, writable by a group: the published envelope and the same members."""
    files = DEMO.recorded()
    wheel = zipped(files, date=MOMENT, order=reversed(files), mode=0o100664)
    index.publish("demo", {DEMO.wheel_name: wheel})
    result = check(index, "demo==1.0").result
    assert result["verdict"] == "same-content"
    assert result["comparison"]["replay"]["proved"]


def test_a_changed_member(index: FakeIndex) -> None:
    wheel = DEMO.wheel({"demo/__init__.py": b"NAME = 'demo'\nimport os\n"})
    index.publish("demo", {DEMO.wheel_name: wheel})
    ended = check(index, "demo==1.0")
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert ended.result["verdict"] == "different"
    members = {item["name"]: item["kind"] for item in ended.result["comparison"]["members"]}
    assert members == {"demo/__init__.py": "changed", "demo-1.0.dist-info/RECORD": "changed"}
    assert ended.result["comparison"]["members_same"] == 3


def test_a_member_that_runs_only_in_the_published_wheel(index: FakeIndex) -> None:
    index.publish("demo", {DEMO.wheel_name: DEMO.wheel({"demo.pth": b"import demo\n"})})
    ended = check(index, "demo==1.0")
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert ended.result["verdict"] == "different"
    kinds = {item["name"]: item["kind"] for item in ended.result["comparison"]["members"]}
    assert kinds["demo.pth"] == "only-published"
    found = [(item["id"], item["member"]) for item in ended.result["findings"]]
    assert ("published-only-startup-file", "demo.pth") in found


def test_a_record_that_lies_on_both_sides(index: FakeIndex) -> None:
    """The wheel is what the source gives, byte for byte, and the finding stands beside that."""
    honest = DEMO.recorded()
    record = f"{DEMO.dist_info}/RECORD"
    lie = {record: re.sub(rb"(demo/numbers.py,sha256=)....", rb"\1AAAA", honest[record])}
    index.publish("demo", {DEMO.wheel_name: DEMO.wheel(lie), DEMO.sdist_name: DEMO.sdist(changes=lie)})
    ended = check(index, "demo==1.0")
    assert ended.exit_code == ExitCode.REACHED
    assert ended.result["verdict"] == "identical"
    found = [(item["id"], item["side"], item["member"]) for item in ended.result["findings"]]
    assert found == [("record-wrong-hash", "both", "demo/numbers.py")]


def test_not_built(index: FakeIndex) -> None:
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist(backend=BROKEN)})
    ended = check(index, "demo==1.0")
    failure = ended.result["failure"]
    assert ended.exit_code == ExitCode.NOT_BUILT
    assert ended.result["verdict"] == "not-built"
    assert failure["exit_code"] == ExitCode.NOT_BUILT
    assert failure["log_end"].endswith("RuntimeError: no wheel today")
    assert r"before it breaks \x1b[2J" in failure["log_end"]
    assert failure["hint"] == "The log's end says why."
    assert ended.result["source"]["filename"] == DEMO.sdist_name


def test_a_requirement_that_is_none(index: FakeIndex) -> None:
    pyproject = NO_REQUIRES.replace("[]", '["tool @ https://index.example/tool.whl"]')
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist(pyproject=pyproject)})
    ended = check(index, "demo==1.0")
    assert ended.exit_code == ExitCode.NOT_BUILT
    assert ended.result["failure"]["phase"] == "resolve"
    assert "is no requirement that an index can satisfy" in ended.result["reason"]


def test_a_wheel_of_another_name(index: FakeIndex) -> None:
    """What the backend leaves has its own name; the report says so."""
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist(backend=BACKEND.replace("-py3-none", "-py2-none"))})
    result = check(index, "demo==1.0").result
    assert result["rebuilt"]["filename"] == "demo-1.0-py2-none-any.whl"
    assert "filename-differs" in [item["id"] for item in result["findings"]]


def test_yanked(index: FakeIndex) -> None:
    index.publish("demo", {DEMO.wheel_name: DEMO.wheel()}, yanked="it broke\x1b[2J")
    index.mark("demo", project_status={"status": "archived", "reason": "no more"})
    ended = check(index, "demo==1.0")
    assert ended.exit_code == ExitCode.REACHED
    assert ended.result["verdict"] == "identical"
    assert ended.result["published"]["yanked"] is True
    assert ended.result["notes"] == [
        "The index marks the project as archived: no more",
        rf"{DEMO.wheel_name} is yanked: it broke\x1b[2J",
    ]


def test_several_targets(index: FakeIndex) -> None:
    other = OTHER.wheel({"other/__init__.py": b"NAME = 1\n"})
    index.publish("other", {OTHER.wheel_name: other, OTHER.sdist_name: OTHER.sdist()})
    ended = check(index, "demo==1.0", OTHER.wheel_name)
    assert [result["verdict"] for result in ended.results] == ["identical", "different"]
    assert ended.exit_code == ExitCode.NOT_REACHED
    index.publish("other", {OTHER.sdist_name: OTHER.sdist(backend=BROKEN)})
    ended = check(index, "other==2.0rc1", "demo==1.0")
    assert [result["verdict"] for result in ended.results] == ["not-built", "identical"]
    assert ended.exit_code == ExitCode.NOT_REACHED


def test_all_wheels_of_a_release(index: FakeIndex) -> None:
    windows = "demo-1.0-cp311-cp311-win_amd64.whl"
    future = "demo-1.0-cp399-cp399-manylinux_2_17_x86_64.whl"
    index.publish("demo", {windows: b"-", future: b"-"})
    ended = check(index, "demo==1.0", "--all")
    found = of_file(ended)
    assert {name: result["verdict"] for name, result in found.items()} == {
        DEMO.wheel_name: "identical",
        windows: "not-checked",
        future: "not-checked",
    }
    assert "win_amd64" in found[windows]["reason"]
    assert "cp399" in found[future]["reason"]
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert check(index, "demo==1.0").result["published"]["filename"] == DEMO.wheel_name


def test_one_wheel_of_a_release(index: FakeIndex) -> None:
    windows = "demo-1.0-cp311-cp311-win_amd64.whl"
    index.publish("demo", {windows: b"-"})
    ended = check(index, "demo==1.0", "--wheel", "*-win_*")
    assert list(of_file(ended)) == [windows]
    assert ended.exit_code == ExitCode.NOT_CHECKED


def test_local_files(tmp_path: Path) -> None:
    wheel, sdist = tmp_path / DEMO.wheel_name, tmp_path / "source.tar.gz"
    wheel.write_bytes(DEMO.wheel())
    sdist.write_bytes(DEMO.sdist())
    ended = run_program(
        "check", wheel, "--sdist", sdist, "--image", "debian-bookworm-py3.11", "--format", "json"
    )
    assert ended.exit_code == ExitCode.REACHED
    assert ended.result["verdict"] == "identical"
    assert "no index vouches for them" in ended.result["notes"][0]
    assert str(tmp_path) not in ended.out
