"""Nothing is left of a sandbox, however its owner ends and wherever the engine is."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sandbox_owner

import sdist_builder
from container_builds import SMALL, Build, Watch
from engine_proxy import EngineProxy
from made_project import MadeProject
from running import PROGRAM
from wheelproof.container.engine import Engine, connect
from wheelproof.container.inputs import SandboxInput
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.sandbox import LABEL, Sandbox
from wheelproof.core.errors import EngineError, ExitCode
from wheelproof.core.identity import LocalTarget
from wheelproof.fetch.cache import Cache
from wheelproof.pipeline.check import check_targets
from wheelproof.pipeline.session import Listener, Session, Settings
from wheelproof.rebuild.record import Built, Phase


def open_elsewhere(image: PinnedImage, folder: Path, *modes: str) -> tuple["subprocess.Popen[bytes]", Watch]:
    """A process with a sandbox in use, and what it made."""
    process = subprocess.Popen(
        [sys.executable, sandbox_owner.__file__, str(image.image_id), *modes],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _, errors = process.communicate()
        pytest.fail(errors.decode())
    made = json.loads(line)
    return process, Watch(engine=connect(), containers=[made["container"]], volumes=made["volumes"])


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_owner_is_ended(image: PinnedImage, tmp_path: Path, number: signal.Signals) -> None:
    process, watch = open_elsewhere(image, tmp_path)
    with watch.engine:
        assert watch.volumes
        assert len(watch.left()) == 2
        process.send_signal(number)
        process.communicate()
        assert process.returncode != 0
        assert watch.left_in_the_end() == []
    assert list(tmp_path.iterdir()) == []


def test_owner_is_killed_before_the_start(
    engine: Engine, image: PinnedImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next sandbox removes what was never started, once it is old."""
    process, watch = open_elsewhere(image, tmp_path, "unstarted")
    process.kill()
    process.communicate()

    def use_another() -> None:
        with Sandbox(engine, image_id=str(image.image_id), policy=SMALL):
            pass

    with watch.engine:
        use_another()
        assert watch.left() == [*watch.containers, *watch.volumes]
        now = time.time
        monkeypatch.setattr("wheelproof.container.sandbox.time.time", lambda: now() + 3600)
        use_another()
        assert watch.left() == []


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> EngineProxy:
    """The engine behind TCP, as if it were on another host."""
    proxy = EngineProxy()
    monkeypatch.setenv("DOCKER_HOST", proxy.address)
    return proxy


def test_engine_dies_during_the_build(
    elsewhere: EngineProxy, engine: Engine, image: PinnedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(engine=engine)
    with elsewhere, connect() as far:
        monkeypatch.setattr(far.client.api, "create_container", watch.seeing(far))
        with Sandbox(far, image_id=str(image.image_id), policy=SMALL) as sandbox:
            sandbox.fill([SandboxInput(path="x", content=b"")])
            with pytest.raises(EngineError, match="container engine failed to run a command") as raised:
                sandbox.run(["sh", "-c", "echo >&2; exec sleep 60"], on_output=lambda _: elsewhere.cut())
        assert raised.value.hint
        assert "Traceback" not in raised.value.message
    assert watch.volumes
    assert watch.left_in_the_end() == []


@pytest.mark.parametrize("dies", [False, True], ids=["works", "dies"])
def test_check_with_an_engine_on_another_host(
    elsewhere: EngineProxy, build: Build, tmp_path: Path, dies: bool
) -> None:
    """The whole job without a path of this machine; an engine that dies is no verdict on the wheel."""
    wheel, sdist = tmp_path / sdist_builder.WHEEL, tmp_path / sdist_builder.FILENAME
    body = "print('building', flush=True)\nreturn make(out)"
    files = sdist_builder.tree(body)
    sdist.write_bytes(sdist_builder.tar_gz(sdist_builder.members(files)))
    built = build(sdist.read_bytes())
    assert isinstance(built, Built), built
    wheel.write_bytes(built.path.read_bytes())

    def hear(piece: bytes) -> None:
        if dies and b"building" in piece:
            elsewhere.cut()

    settings = Settings(cache=build.cache.root, policy=SMALL, image=build.image.name)
    with elsewhere, Session(settings, Listener(output=hear)) as session:
        (evidence,) = check_targets(session, [LocalTarget(wheel=wheel, sdist=sdist)])
    result = evidence.result
    if not dies:
        assert result.verdict == "identical"
        return
    assert result.verdict == "not-checked"
    assert result.failure is not None
    assert result.failure.exit_code == ExitCode.ENGINE
    assert result.failure.phase == Phase.BUILD
    assert "container engine" in result.failure.reason


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_program_is_ended_during_the_build(
    engine: Engine, cache: Cache, image: PinnedImage, tmp_path: Path, number: signal.Signals
) -> None:
    wheel, sdist = tmp_path / sdist_builder.WHEEL, tmp_path / sdist_builder.FILENAME
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    wheel.write_bytes(MadeProject().wheel())
    body = "print('building', flush=True)\ntime.sleep(600)"
    sdist.write_bytes(sdist_builder.tar_gz(sdist_builder.members(sdist_builder.tree(body))))
    process = subprocess.Popen(
        [PROGRAM, "check", "-v", "--image", image.name, "--sdist", sdist, wheel],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "WHEELPROOF_CACHE": str(cache.root), "TMPDIR": str(temporary)},
    )
    assert process.stderr is not None
    said = b""
    while b"building" not in said.replace(b"building ", b""):
        piece = os.read(process.stderr.fileno(), 4096)
        assert piece, said
        said += piece
    watch = Watch(engine=engine)
    for container in engine.client.api.containers(filters={"label": LABEL}):
        watch.see(container["Id"])
    assert watch.volumes
    process.send_signal(number)
    _, rest = process.communicate()
    assert process.returncode != 0
    assert b"Traceback" not in said + rest
    assert watch.left_in_the_end() == []
    assert list(temporary.iterdir()) == []
