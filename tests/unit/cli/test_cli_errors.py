"""Bad input that needs no engine: one sentence, what to do next, the right exit code."""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake_index import FakeIndex
from hostile_server import broken_off, forever, raw, reply, silent
from index_pages import JSON
from made_project import MadeProject, sdist_of
from running import Ended, run_inside
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.http import Http, HttpLimits

DEMO = MadeProject()
DEAD_ENGINE = "unix:///nowhere/docker.sock"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, no engine, and little patience."""
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", DEAD_ENGINE)
    monkeypatch.delenv("WHEELPROOF_INDEX_URL", raising=False)
    limits = HttpLimits(connect_s=2, read_s=0.3, patience_s=3, attempts=2, backoff_s=0)
    monkeypatch.setattr("wheelproof.pipeline.session.Http", functools.partial(Http, limits=limits))


@pytest.fixture
def index() -> Iterator[FakeIndex]:
    """One release of one project, as it should be."""
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel(), DEMO.sdist_name: DEMO.sdist()})
        yield index


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def failed(ended: Ended, verdict: str, code: ExitCode) -> str:
    """Hold a report against what it must say; gives its reason and what to do next."""
    result = ended.result
    failure = result["failure"]
    assert (ended.exit_code, result["verdict"]) == (code, verdict)
    assert failure["exit_code"] == code
    assert failure["reason"] == result["reason"]
    assert not failure["reason"].endswith(".")
    assert failure["hint"].endswith(".")
    return f"{failure['phase']}: {failure['reason']}. {failure['hint']}"


def refused(ended: Ended, code: ExitCode) -> str:
    """Hold the end of a run that checked nothing against what it must be; gives its sentences."""
    assert ended.exit_code == code
    assert ended.out == ""
    sentence, *rest = [line for line in ended.err.splitlines() if line.startswith("wheelproof: ")]
    assert rest == []
    assert sentence.endswith(".")
    return ended.err[ended.err.index(sentence) :]


class TestRelease:
    def test_unknown_project(self, index: FakeIndex) -> None:
        said = failed(check(index, "nosuch==1.0"), "not-checked", ExitCode.FETCH)
        assert "has no project nosuch. Check the project's spelling" in said

    def test_unknown_version(self, index: FakeIndex) -> None:
        said = failed(check(index, "demo==9"), "not-checked", ExitCode.FETCH)
        assert "has no version 9 of demo. The newest are 1.0." in said

    def test_unknown_wheel(self, index: FakeIndex) -> None:
        said = refused(check(index, "demo-1.0-py2-none-any.whl"), ExitCode.USAGE)
        assert "No wheel of the release is called demo-1.0-py2-none-any.whl." in said
        assert f"There are {DEMO.wheel_name}." in said

    def test_unmet_pattern(self, index: FakeIndex) -> None:
        said = refused(check(index, "demo==1.0", "--wheel", "*win*\x1b[2J"), ExitCode.USAGE)
        assert r"is called *win*\x1b[2J." in said

    def test_no_sdist(self, index: FakeIndex) -> None:
        other = MadeProject(name="other")
        index.publish("other", {other.wheel_name: other.wheel()})
        said = failed(check(index, "other==1.0"), "not-checked", ExitCode.NOT_CHECKED)
        assert "has no sdist on the index" in said
        assert "--git URL@REV" in said
        assert "--sdist PATH" in said

    def test_no_wheel(self, index: FakeIndex) -> None:
        other = MadeProject(name="other")
        index.publish("other", {other.sdist_name: other.sdist()})
        said = failed(check(index, "other==1.0"), "not-checked", ExitCode.NOT_CHECKED)
        assert "has no wheel on the index" in said

    def test_foreign_platforms_only(self, index: FakeIndex) -> None:
        names = ("native-1.0-cp313-cp313-win_amd64.whl", "native-1.0-cp313-cp313-macosx_11_0_arm64.whl")
        index.publish("native", dict.fromkeys((*names, "native-1.0.tar.gz"), b"-"))
        said = failed(check(index, "native==1.0"), "not-checked", ExitCode.NOT_CHECKED)
        assert "none of its 2 wheels can be. --all lists each wheel" in said
        ended = check(index, "native==1.0", "--all")
        assert ended.exit_code == ExitCode.NOT_REACHED
        assert [result["published"]["filename"] for result in ended.results] == sorted(names)
        assert all("builds here are for Linux" in result["reason"] for result in ended.results)

    def test_a_local_wheel_for_another_platform(self, index: FakeIndex, tmp_path: Path) -> None:
        wheel, sdist = tmp_path / "native-1.0-cp313-cp313-win_amd64.whl", tmp_path / "native-1.0.tar.gz"
        for path in (wheel, sdist):
            path.write_bytes(b"-")
        said = failed(check(index, wheel, "--sdist", sdist), "not-checked", ExitCode.NOT_CHECKED)
        assert "it is for win_amd64, and builds here are for Linux" in said

    def test_a_name_that_only_looks_like_a_wheel(self, index: FakeIndex) -> None:
        index.publish("demo", {"demo-1.0-bad!-py3-none-any.whl": b"-"})
        ended = check(index, "demo==1.0", "--all")
        by_name = {result["published"]["filename"]: result["reason"] for result in ended.results}
        assert "its name breaks the rules" in by_name["demo-1.0-bad!-py3-none-any.whl"]

    def test_no_digest(self, index: FakeIndex) -> None:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel()}, hashes={"md5": "0" * 32})
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert f"no sha256 for {DEMO.wheel_name}" in said


JUNK = b"\x00\xff{]" * 50


class TestIndex:
    @pytest.mark.parametrize(
        ("behaviour", "said"),
        [
            pytest.param(reply(200, JUNK, content_type=JSON), "answers with no JSON object", id="garbage"),
            pytest.param(
                reply(200, b"<html></html>", content_type="text/html"), "text/html, not with", id="html"
            ),
            pytest.param(reply(503), "answers 503", id="unavailable"),
            pytest.param(reply(401), "~/.netrc", id="locked-away"),
            pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "answers with no HTTP", id="no-http"),
            pytest.param(broken_off(b"{" * 5000, 100, content_type=JSON), "Try again later", id="cut-off"),
        ],
    )
    def test_bad_page(self, index: FakeIndex, behaviour: Callable[..., None], said: str) -> None:
        index.answer_for("demo", behaviour)
        assert said in failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)

    def test_silence(self, index: FakeIndex) -> None:
        index.answer_for("demo", silent(index.server))
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert "was silent for 0.3 s (2 attempts). Try again later" in said

    def test_dribble(self, index: FakeIndex) -> None:
        """Bytes that come too slowly to ever be enough are a stall too."""
        first = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: 1000000\r\n\r\n".encode()

        def pieces() -> Iterator[bytes]:
            while True:
                yield b" "

        index.answer_for("demo", forever(index.server, first, pieces, 0.05))
        failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)

    def test_wrong_hash(self, index: FakeIndex, tmp_path: Path) -> None:
        index.answer_file(DEMO.wheel_name, reply(200, DEMO.wheel()[:-1] + b"!"))
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert f"{DEMO.wheel_name} came with sha256:" in said
        assert "where the index says sha256:" in said
        assert [path for path in (tmp_path / "cache" / "files").rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("change", [-1, 1])
    def test_wrong_size(self, index: FakeIndex, change: int) -> None:
        data = DEMO.wheel()
        index.publish("demo", {DEMO.wheel_name: data}, size=len(data) + change)
        failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)

    def test_truncated_file(self, index: FakeIndex) -> None:
        data = DEMO.wheel()
        index.answer_file(DEMO.wheel_name, broken_off(data, len(data) // 2))
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert said.startswith("download: ")

    def test_silent_file(self, index: FakeIndex) -> None:
        index.answer_file(DEMO.sdist_name, silent(index.server))
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert f"{DEMO.sdist_name} was silent" in said

    def test_listed_and_gone(self, index: FakeIndex) -> None:
        index.answer_file(DEMO.wheel_name, reply(404))
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert f"lists {DEMO.wheel_name}, but does not have it. Try again later" in said

    def test_index_that_goes_away(self, index: FakeIndex) -> None:
        def leave(asked: object, client: object) -> None:
            index.server.stop_listening()

        index.answer_file(DEMO.wheel_name, leave)
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert "127.0.0.1 can't be reached: Connection refused (2 attempts)" in said

    def test_no_index(self) -> None:
        for address in ("ftp://index.example/simple/", "index.example", "http://["):
            ended = run_inside("check", "demo==1.0", "--index-url", address)
            assert "wheelproof: " in refused(ended, ExitCode.FETCH)

    def test_offline(self, index: FakeIndex) -> None:
        said = failed(check(index, "demo==1.0", "--offline"), "not-checked", ExitCode.FETCH)
        assert "since this run is offline. Run again without --offline" in said
        assert index.server.asked == []

    def test_credentials_are_not_repeated(self, index: FakeIndex) -> None:
        secret = index.url.replace("http://", "http://user:hunter2@")
        index.answer_for("demo", reply(503))
        ended = run_inside("check", "--index-url", secret, "demo==1.0")
        assert ended.exit_code == ExitCode.FETCH
        assert "hunter2" not in ended.out + ended.err


class TestFiles:
    @pytest.mark.parametrize(
        ("wheel", "said"),
        [
            pytest.param(DEMO.wheel()[:-40], DEMO.wheel_name, id="truncated"),
            pytest.param(b"no archive at all", DEMO.wheel_name, id="no-zip"),
            pytest.param(b"", DEMO.wheel_name, id="empty"),
        ],
    )
    def test_malformed_wheel(self, index: FakeIndex, wheel: bytes, said: str) -> None:
        index.publish("demo", {DEMO.wheel_name: wheel})
        assert said in failed(check(index, "demo==1.0"), "not-checked", ExitCode.MALFORMED)

    @pytest.mark.parametrize(
        "sdist", [b"no archive at all", b"", DEMO.sdist()[:-60], sdist_of("demo-1.0", {})], ids=str
    )
    def test_malformed_sdist(self, index: FakeIndex, sdist: bytes) -> None:
        index.publish("demo", {DEMO.sdist_name: sdist})
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.MALFORMED)
        assert said.startswith("evidence: ")

    def test_local_files(self, tmp_path: Path) -> None:
        wheel, sdist = tmp_path / DEMO.wheel_name, tmp_path / DEMO.sdist_name
        wheel.write_bytes(b"-")
        sdist.write_bytes(DEMO.sdist())
        said = refused(run_inside("check", wheel), ExitCode.USAGE)
        assert "is a local wheel without its source.\nAdd --sdist PATH or --git PATH@REV." in said
        said = refused(run_inside("check", wheel, "--sdist", tmp_path / "absent.tar.gz"), ExitCode.USAGE)
        assert "There is no file" in said
        ended = run_inside("check", wheel, "--sdist", sdist, "--format", "json")
        assert DEMO.wheel_name in failed(ended, "not-checked", ExitCode.MALFORMED)
        odd = wheel.rename(tmp_path / "demo.whl")
        said = refused(run_inside("check", odd, "--sdist", sdist), ExitCode.USAGE)
        assert "A wheel is called name-version-python-abi-platform.whl." in said

    @pytest.mark.parametrize("other", [MadeProject(version="2.0"), MadeProject(name="other")], ids=str)
    def test_local_sdist_of_something_else(self, tmp_path: Path, other: MadeProject) -> None:
        wheel, sdist = tmp_path / DEMO.wheel_name, tmp_path / other.sdist_name
        wheel.write_bytes(DEMO.wheel())
        sdist.write_bytes(other.sdist())
        for command in ("check", "lock"):
            said = refused(run_inside(command, wheel, "--sdist", sdist), ExitCode.USAGE)
            assert f"{sdist.name} is of {other.name} {other.version}, and the wheel of demo 1.0" in said
            assert "best emptied before a build." in said

    @pytest.mark.parametrize(
        "info",
        ["", "Name: demo\n", "Name: demo\nVersion: potato\n", "Name: Demo\nVersion: 1.0.0\n"],
        ids=repr,
    )
    def test_local_sdist_that_does_not_say_otherwise(self, tmp_path: Path, info: str) -> None:
        wheel, sdist = tmp_path / DEMO.wheel_name, tmp_path / "source-of-it.tar.gz"
        wheel.write_bytes(DEMO.wheel())
        files = {"PKG-INFO": f"Metadata-Version: 2.1\n{info}".encode(), "pyproject.toml": b""}
        sdist.write_bytes(sdist_of("top", files))
        ended = run_inside("check", wheel, "--sdist", sdist, "--format", "json")
        assert "No container engine" in failed(ended, "not-checked", ExitCode.ENGINE)

    def test_local_files_that_are_too_many_or_too_few(self, tmp_path: Path) -> None:
        wheel, sdist, second = (
            tmp_path / name for name in (DEMO.wheel_name, DEMO.sdist_name, "demo-2.0.tar.gz")
        )
        wheel.write_bytes(DEMO.wheel())
        for path in (sdist, second):
            path.write_bytes(DEMO.sdist())
        # What a shell makes of: check dist/*.whl --sdist dist/*.tar.gz
        said = refused(run_inside("check", wheel, "--sdist", sdist, second), ExitCode.USAGE)
        assert "demo-2.0.tar.gz is no wheel" in said
        assert "the one sdist" in said
        said = refused(run_inside("check", tmp_path / "none-*.whl", "--sdist", sdist), ExitCode.USAGE)
        assert "Nothing fits the pattern: build the file first." in said
        said = refused(run_inside("check", "--sdist", sdist), ExitCode.USAGE)
        assert "There is nothing to check" in said

    def test_local_sdist_that_is_no_archive(self, tmp_path: Path) -> None:
        wheel, sdist = tmp_path / DEMO.wheel_name, tmp_path / DEMO.sdist_name
        wheel.write_bytes(DEMO.wheel())
        sdist.write_bytes(b"no archive")
        ended = run_inside("check", wheel, "--sdist", sdist, "--format", "json")
        assert DEMO.sdist_name in failed(ended, "not-checked", ExitCode.MALFORMED)

    def test_inspect(self, tmp_path: Path) -> None:
        path = tmp_path / DEMO.wheel_name
        assert "There is no file" in refused(run_inside("inspect", path), ExitCode.USAGE)
        path.write_bytes(DEMO.wheel()[:-40])
        assert DEMO.wheel_name in refused(run_inside("inspect", path), ExitCode.MALFORMED)
        other = tmp_path / "notes.txt"
        other.write_bytes(b"-")
        assert "notes.txt" in refused(run_inside("inspect", other), ExitCode.MALFORMED)


class TestEngine:
    def test_down(self, index: FakeIndex) -> None:
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.ENGINE)
        assert f"No container engine answers at {DEAD_ENGINE}. Start Docker" in said

    def test_down_for_a_lock(self, index: FakeIndex) -> None:
        ended = run_inside("lock", "--index-url", index.url, "demo==1.0")
        assert "Start Docker" in refused(ended, ExitCode.ENGINE)

    def test_down_for_doctor(self, index: FakeIndex) -> None:
        index.publish("installer", {"installer-1.0.tar.gz": b"-"})
        ended = run_inside("doctor", "--index-url", index.url, "--format", "json")
        parts = {part["name"]: part for part in json.loads(ended.out)}
        assert ended.exit_code == ExitCode.ENGINE
        assert parts["engine"]["state"] == "missing"
        assert "Start Docker" in parts["engine"]["mend"]
        assert parts["index"]["state"] == "ready"


class TestRecipes:
    def write(self, folder: Path, text: str) -> Path:
        (folder / "demo").mkdir(parents=True)
        (folder / "demo" / "demo.yaml").write_text(text, "utf-8")
        return folder

    def test_typo(self, index: FakeIndex, tmp_path: Path) -> None:
        text = (
            "schema: 1\nproject: demo\noverrides:\n- versions: '>=1'\n  set: {pyhton: '3.11'}\n  reason: x\n"
        )
        folder = self.write(tmp_path / "recipes", text)
        said = failed(check(index, "demo==1.0", "--recipes", folder), "not-checked", ExitCode.RECIPE)
        assert "demo.yaml" in said
        assert "overrides.0.set.pyhton" in said

    def test_no_yaml(self, index: FakeIndex, tmp_path: Path) -> None:
        folder = self.write(tmp_path / "recipes", "schema: [1\n")
        said = failed(check(index, "demo==1.0", "--recipes", folder), "not-checked", ExitCode.RECIPE)
        assert "demo.yaml" in said

    def test_no_folder(self, index: FakeIndex, tmp_path: Path) -> None:
        ended = check(index, "demo==1.0", "--recipes", tmp_path / "absent")
        assert "There is no folder" in refused(ended, ExitCode.RECIPE)


class TestLocks:
    @pytest.mark.parametrize(
        "text",
        ["", "[[packages", 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n', "\x00", "a = 1\n"],
    )
    def test_damaged(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "pylock.toml"
        path.write_text(text, "utf-8")
        said = refused(run_inside("check", "--locked", path), ExitCode.RECIPE)
        assert str(path) in said
        assert "wheelproof lock TARGET -o FILE" in said

    def test_unreadable(self, tmp_path: Path) -> None:
        for path in (tmp_path / "absent.toml", tmp_path):
            said = refused(run_inside("check", "--locked", path), ExitCode.RECIPE)
            assert f"{path} can't be read" in said

    def test_with_targets(self, tmp_path: Path) -> None:
        locked = ("check", "--locked", tmp_path / "pylock.toml")
        for more in (["demo==1"], ["--wheel", "x"], ["--all"], ["--image", "x"], ["--recipes", "x"]):
            said = refused(run_inside(*locked, *more), ExitCode.USAGE)
            assert "A lock settles what is checked and with what.\nLeave out --locked, or targets" in said


class TestCommandLine:
    def test_targets(self) -> None:
        for text in ("demo", "demo==", "demo==1.x", "==1", "demo>=1", "../demo==1", "demo\x1b[2J==1"):
            said = refused(run_inside("check", text), ExitCode.USAGE)
            assert "Write " in said
            assert "\x1b" not in said
        assert "nothing to check" in refused(run_inside("check"), ExitCode.USAGE)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("check", "--bogus"),
            ("check", "demo==1", "--require", "nearly"),
            ("check", "demo==1", "--require", "different"),
            ("check", "demo==1", "--format", "xml"),
            ("check", "demo==1", "--timeout", "0"),
            ("check", "demo==1", "--memory", "1"),
            ("lock",),
            ("bogus",),
        ],
    )
    def test_options(self, arguments: tuple[str, ...]) -> None:
        ended = run_inside(*arguments)
        assert ended.exit_code == ExitCode.USAGE
        assert ended.out == ""
        assert "Usage: wheelproof" in ended.err

    def test_output_that_can_not_be_written(self, index: FakeIndex, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"-")
        said = refused(check(index, "demo==1.0", "-o", file / "evidence"), ExitCode.USAGE)
        assert "can't be written" in said
        assert "Name another place with -o." in said
        said = refused(check(index, "demo==1.0", "-o", tmp_path), ExitCode.USAGE)
        assert "is not empty" in said
        assert index.server.asked == []

    def test_several_targets(self, index: FakeIndex) -> None:
        """One target's failure keeps no other from its own, and the worst failure of the tool is the end."""
        ended = check(index, "nosuch==1", "demo==9", "demo==1.0")
        assert [result["failure"]["exit_code"] for result in ended.results] == [4, 4, 5]
        assert ended.exit_code == ExitCode.ENGINE
        ended = run_inside("check", "--index-url", index.url, "-q", "nosuch==1", "demo==9")
        assert ended.out.splitlines()[-1] == "2 wheels: 2 not-checked"
        assert ended.exit_code == ExitCode.FETCH


class TestDisk:
    def test_full(self, index: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert "The disk is full: there is no room left in " in said
        assert "wheelproof cache trim" in said

    def test_cache_that_can_not_be_made(
        self, index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"-")
        monkeypatch.setenv("WHEELPROOF_CACHE", str(file / "cache"))
        said = failed(check(index, "demo==1.0"), "not-checked", ExitCode.FETCH)
        assert "The cache can't be written in" in said
        assert "WHEELPROOF_CACHE" in said
