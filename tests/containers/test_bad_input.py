"""Bad input that an engine sees: one sentence, what to do next, the right exit code, nothing left over."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_index import FakeIndex
from hostile_server import Behaviour, reply
from index_pages import JSON
from made_project import BACKEND, NO_REQUIRES, MadeProject
from running import PROGRAM, Ended, run_inside, run_program
from wheelproof.container.engine import Engine, engine_address
from wheelproof.container.sandbox import LABEL
from wheelproof.core.errors import ExitCode
from wheelproof.fetch.cache import Cache

DEMO = MadeProject()
# A build that says that it has begun, and then waits for longer than any test.
SLOW = f'import time\nprint("it has begun", flush=True)\ntime.sleep(600)\n{BACKEND}'


@pytest.fixture
def index(cache: Cache, image: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIndex]:
    assert image
    monkeypatch.setenv("WHEELPROOF_CACHE", str(cache.root))
    with FakeIndex() as index:
        index.publish("demo", {DEMO.wheel_name: DEMO.wheel(), DEMO.sdist_name: DEMO.sdist()})
        yield index


@pytest.fixture
def nothing_left(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test after which a sandbox, a volume or a temporary file is there that was not before."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = _sandboxes(engine) | _volumes(engine)
    yield
    added = (_sandboxes(engine) | _volumes(engine)) - before
    until = time.monotonic() + 30
    while added and time.monotonic() < until:
        time.sleep(0.1)
        added &= _sandboxes(engine) | _volumes(engine)
    assert added == set()
    assert list(temporary.iterdir()) == []


def _sandboxes(engine: Engine) -> set[str]:
    found = engine.client.api.containers(all=True, filters={"label": LABEL})
    return {item["Id"] for item in found}


def _volumes(engine: Engine) -> set[str]:
    return {item["Name"] for item in engine.client.api.volumes()["Volumes"] or ()}


def check(index: FakeIndex, *arguments: str | Path) -> Ended:
    return run_inside("check", "--index-url", index.url, "--format", "json", *arguments)


def said(ended: Ended, code: ExitCode) -> str:
    failure = ended.result["failure"]
    assert ended.exit_code == failure["exit_code"] == code
    assert failure["hint"].endswith(".")
    return f"{failure['phase']}: {failure['reason']}. {failure['hint']}"


def refused(ended: Ended, code: ExitCode) -> str:
    assert (ended.exit_code, ended.out) == (code, "")
    return ended.err[ended.err.index("wheelproof: ") :]


class TestImages:
    def test_by_tag(self, index: FakeIndex) -> None:
        text = refused(check(index, "demo==1.0", "--image", "registry.example/python:3"), ExitCode.USAGE)
        assert "names an image by tag, and a tag can move.\nWrite registry" in text

    def test_unknown(self, index: FakeIndex) -> None:
        text = refused(check(index, "demo==1.0", "--image", "debian-potato"), ExitCode.USAGE)
        assert "There is no image 'debian-potato'.\nThere are debian-" in text

    def test_lock_for_another_image(self, index: FakeIndex, tmp_path: Path) -> None:
        path = tmp_path / "pylock.toml"
        assert run_inside("lock", "--index-url", index.url, "demo==1.0", "-o", path).exit_code == 0
        text = path.read_text("utf-8")
        (image_id,) = [line.split('"')[1] for line in text.splitlines() if line.startswith("image-id")]
        path.write_text(text.replace(image_id, f"sha256:{'0' * 64}"), "utf-8")
        ended = run_inside("check", "--locked", path, "--offline", "--format", "json")
        assert "sha256:000000000000" in said(ended, ExitCode.ENGINE)


class TestLocks:
    def test_file_that_the_index_no_longer_has(self, index: FakeIndex, cache: Cache, tmp_path: Path) -> None:
        path = tmp_path / "pylock.toml"
        assert run_inside("lock", "--index-url", index.url, "demo==1.0", "-o", path).exit_code == 0
        other = FakeIndex()
        with other:
            other.publish("demo", {DEMO.wheel_name: DEMO.wheel()})
            environment = {"WHEELPROOF_CACHE": tmp_path / "empty"}
            locked = ("check", "--locked", path, "--format", "json", "--index-url", other.url)
            text = said(run_program(*locked, environment=environment), ExitCode.FETCH)
            assert f"lists no {DEMO.sdist_name} for demo" in text
            other.publish("demo", {DEMO.sdist_name: DEMO.sdist() + b"!"})
            text = said(run_program(*locked, environment=environment), ExitCode.FETCH)
            assert f"The index has {DEMO.sdist_name} with sha256:" in text


class TestRequirements:
    def needy(self, index: FakeIndex, *requires: str) -> Ended:
        pyproject = NO_REQUIRES.replace("[]", str(list(requires)))
        index.publish("demo", {DEMO.sdist_name: DEMO.sdist(pyproject=pyproject)})
        return check(index, "demo==1.0")

    def test_unknown(self, index: FakeIndex) -> None:
        ended = self.needy(index, "nosuch")
        text = said(ended, ExitCode.NOT_BUILT)
        assert ended.result["verdict"] == "not-built"
        assert text.startswith("resolve: ")
        assert "nosuch was not found" in text

    @pytest.mark.parametrize("answer", [reply(403), reply(200, b"{", content_type=JSON)], ids=["no", "junk"])
    def test_index_that_fails(self, index: FakeIndex, answer: Behaviour) -> None:
        """That the requirements can't be asked for says nothing of the wheel."""
        index.answer_for("tool", answer)
        ended = self.needy(index, "tool")
        assert ended.result["verdict"] == "not-checked"
        assert said(ended, ExitCode.FETCH).startswith("resolve: ")

    def test_sdist_that_can_not_be_built(self, index: FakeIndex) -> None:
        tool = MadeProject(name="tool")
        index.publish(
            "tool", {tool.sdist_name: tool.sdist(backend="1 / 0")}, upload_time="2024-01-01T00:00:00Z"
        )
        ended = self.needy(index, "tool")
        assert ended.result["verdict"] == "not-built"
        assert "ZeroDivisionError" in ended.result["failure"]["log_end"]
        said(ended, ExitCode.NOT_BUILT)


class Door:
    """A door to the engine's socket that can be shut on everyone inside."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        self.path.unlink(missing_ok=True)
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                outside = socket.socket(socket.AF_UNIX)
                outside.connect(engine_address().removeprefix("unix://"))
                self._open += [inside, outside]
                threading.Thread(target=self._carry, args=(inside, outside), daemon=True).start()

    def _carry(self, inside: socket.socket, outside: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(inside, selectors.EVENT_READ, outside)
            selector.register(outside, selectors.EVENT_READ, inside)
            while selector.get_map():
                for key, _ in selector.select():
                    source, sink = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    data = source.recv(65536)
                    if data:
                        sink.sendall(data)
                    else:
                        selector.unregister(source)
                        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def begun(index: FakeIndex, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A check whose build has begun and does not end."""
    index.publish("demo", {DEMO.sdist_name: DEMO.sdist(backend=SLOW)})
    arguments = ("check", "--index-url", index.url, "--format", "json", "-v", "demo==1.0")
    with subprocess.Popen(
        [PROGRAM, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if "it has begun" in line:
                    break
            else:
                pytest.fail("the build did not begin")
            yield process
        finally:
            process.kill()


class TestEngine:
    def test_dies_while_it_builds(self, index: FakeIndex, tmp_path: Path, nothing_left: None) -> None:
        """Nothing can be removed through an engine that is gone: the sandbox ends by itself."""
        door = Door(tmp_path)
        with begun(index, {"DOCKER_HOST": f"unix://{door.path}"}) as process:
            door.shut()
            out, err = process.communicate(timeout=60)
            exit_code = process.returncode
        assert "Traceback" not in err
        text = said(Ended(exit_code=exit_code, out=out, err=err), ExitCode.ENGINE)
        assert "`wheelproof doctor` says whether it still answers." in text

    def test_down(self, index: FakeIndex, tmp_path: Path) -> None:
        dead = f"unix://{tmp_path}/docker.sock"
        ended = run_program("image", "build", "debian-bookworm-py3.11", environment={"DOCKER_HOST": dead})
        assert "Start Docker" in refused(ended, ExitCode.ENGINE)
        ended = run_program("image", "list", environment={"DOCKER_HOST": dead})
        assert f"No container engine answers at {dead}" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_behind(index: FakeIndex, number: signal.Signals, nothing_left: None) -> None:
    with begun(index, {}) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out == ""
    assert "Traceback" not in err


class TestDisk:
    @pytest.fixture
    def tiny(self, tmp_path: Path) -> Iterator[Path]:
        """A file system of half a megabyte."""
        folder = tmp_path / "tiny"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], check=True)
        yield folder
        subprocess.run(["umount", "--lazy", folder], check=True)

    def grow(self, index: FakeIndex) -> None:
        large = {"demo/data.bin": os.urandom(1 << 20)}
        wheel, sdist = DEMO.wheel(large), DEMO.sdist(changes=large)
        index.publish("demo", {DEMO.wheel_name: wheel, DEMO.sdist_name: sdist})

    def test_full(self, index: FakeIndex, tiny: Path) -> None:
        large = {"demo/data.bin": os.urandom(1 << 20)}
        index.publish(
            "demo", {DEMO.wheel_name: DEMO.wheel(large), DEMO.sdist_name: DEMO.sdist(changes=large)}
        )
        arguments = ("check", "--index-url", index.url, "--format", "json", "demo==1.0")
        ended = run_program(*arguments, environment={"WHEELPROOF_CACHE": tiny / "cache"})
        text = said(ended, ExitCode.FETCH)
        assert "The disk is full: there is no room left in " in text
        assert "wheelproof cache trim" in text
        assert [path for path in (tiny / "cache" / "files").rglob("*") if path.is_file()] == []

    def test_full_where_the_evidence_goes(self, index: FakeIndex, tiny: Path) -> None:
        large = {"demo/data.bin": os.urandom(1 << 20)}
        index.publish(
            "demo", {DEMO.wheel_name: DEMO.wheel(large), DEMO.sdist_name: DEMO.sdist(changes=large)}
        )
        text = refused(check(index, "demo==1.0", "-o", tiny / "evidence"), ExitCode.USAGE)
        assert "can't be written: No space left on device" in text
