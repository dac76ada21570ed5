"""The sandbox by Podman's API socket, run as root: the same calls, the same answers."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_hostile_sdists import HOSTILE, Hostile, check_hostile
from test_sandbox import ENVIRONMENT, LOOK, POLICY, check_guise
from test_sandbox_ends import open_elsewhere

from container_builds import MIB, Build, Watch
from sdist_builder import members, tar_gz, tree
from wheelproof.container.engine import Engine, connect
from wheelproof.container.inputs import SandboxInput
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.sandbox import Sandbox
from wheelproof.rebuild.record import Built

SOME = {
    "connects out by address",
    "forks and goes",
    "fills memory",
    "fills /out",
    "writes outside its tree",
    "reads what is not its own",
    "prints a gigabyte",
    "leaves a daemon behind that closed its streams",
    "kills its own sandbox",
    "makes /out a symlink",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An API socket over a storage of its own, in namespaces that take its processes and mounts along."""
    assert shutil.which("podman"), "apt-get install podman (make test does)"
    folder = tmp_path_factory.mktemp("podman")
    socket = folder / "socket"
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    places = ("--root", folder / "stored", "--runroot", folder / "run", "--storage-driver", "overlay")
    service = ("podman", *map(str, places), "system", "service", "--time", "0", f"unix://{socket}")
    with subprocess.Popen([*apart, *service], cwd=folder, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while not socket.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        yield f"unix://{socket}"
        process.kill()


@pytest.fixture(scope="module")
def podman(address: str, engine: Engine, image: PinnedImage) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", address)
        podman = connect()
    with podman:
        assert podman.facts.name == "Podman"
        there: Any = podman.client.api
        there.load_image(engine.client.api.get_image(str(image.image_id)))
        yield podman


@pytest.fixture
def build_there(podman: Engine, build: Build, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    watch = Watch(engine=podman)
    monkeypatch.setattr(podman.client.api, "create_container", watch.seeing(podman))
    build.engine = podman
    yield build
    assert watch.containers
    assert watch.left_in_the_end() == []


@pytest.fixture
def watch(engine: Engine) -> Watch:
    """No container is made in the other engine."""
    return Watch(engine=engine)


def test_it_builds(build_there: Build) -> None:
    outcome = build_there(tar_gz(members(tree("print('hello')\nreturn make(out)"))))
    assert isinstance(outcome, Built), outcome
    assert outcome.log == b"hello\n"


def test_tree_lies_where_the_recipe_says(build_there: Build) -> None:
    body = "print(os.getcwd(), os.path.exists('PKG-INFO'))\nreturn make(out)"
    outcome = build_there(tar_gz(members(tree(body))), recipe={"folder": "/project"})
    assert isinstance(outcome, Built), outcome
    assert outcome.log == b"/project True\n"


@pytest.mark.parametrize("hostile", [item for item in HOSTILE if item.id in SOME], ids=lambda item: item.id)
def test_hostile_backend_there(hostile: Hostile, build_there: Build) -> None:
    check_hostile(hostile, build_there)


def test_what_a_command_sees(podman: Engine, image: PinnedImage) -> None:
    with Sandbox(
        podman,
        image_id=str(image.image_id),
        policy=POLICY,
    ) as sandbox:
        sandbox.fill([SandboxInput(path="a/file", content=b"hello")])
        argv = (image.interpreter, "-c", LOOK, "/build", "/out", "/tmp", "/dev/shm")
        outcome = sandbox.run(argv, environment=ENVIRONMENT, answer_limit_bytes=MIB)
    assert outcome.ok, outcome.tail()
    seen = json.loads(outcome.answer)
    assert set(seen["ids"]) == {50000}
    assert {int(seen["status"][name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (seen["status"]["NoNewPrivs"], seen["status"]["Seccomp"]) == ("1", "2")
    assert seen["interfaces"] == ["lo"]
    # Read-only containers of Podman have a temporary file system at /var/tmp too.
    assert sorted(seen["writable"]) == ["/build", "/dev/shm", "/out", "/tmp", "/var/tmp"]
    assert seen["environment"] == ENVIRONMENT
    assert seen["hostname"] == "wheelproof"
    assert seen["limits"] == [[0, 0], [4096, 4096]]
    assert int(seen["pids"]) == POLICY.processes
    assert int(seen["memory"]) == POLICY.memory_bytes
    assert seen["input"] == ["hello", "0o100644"]


def test_what_is_varied_of_the_host_there(podman: Engine, image: PinnedImage) -> None:
    check_guise(podman, image)


def test_owner_is_killed(
    podman: Engine, image: PinnedImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", podman.facts.address)
    process, watch = open_elsewhere(image, tmp_path)
    with watch.engine:
        assert len(watch.left()) == 2
        process.kill()
        process.communicate()
        assert watch.left_in_the_end() == []
