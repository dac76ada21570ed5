"""The sandbox in the real engine: what a command in it sees and may do, and its limits."""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from container_builds import MIB, SMALL, Watch
from wheelproof.container.engine import Engine
from wheelproof.container.inputs import SandboxInput
from wheelproof.container.outcome import Stop
from wheelproof.container.pinned import PinnedImage
from wheelproof.container.policy import BASE_ENVIRONMENT, Guise, Policy
from wheelproof.container.reading import close_connection
from wheelproof.container.sandbox import Sandbox
from wheelproof.core.errors import EngineError

ENVIRONMENT = {**BASE_ENVIRONMENT, "PATH": "/usr/bin:/bin", "MORE": "x y"}
POLICY = replace(SMALL, cpus=1.5)
LOOK = r"""
import json, os, pathlib, resource, socket, sys, time
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
mounts = [line.split(" - ") for line in open("/proc/self/mountinfo").read().splitlines()]
def writable(folder):
    try:
        (pathlib.Path(folder) / "mine").write_text("x")
    except OSError:
        return False
    return True
def first(*paths):
    return next(pathlib.Path(path).read_text() for path in paths if os.path.exists(path))
folders = [path for path, _, _ in os.walk("/") if not path.startswith(("/proc/", "/sys/"))]
json.dump({
    "ids": [os.getuid(), os.geteuid(), os.getgid(), os.getegid(), *os.getgroups()],
    "status": status,
    "interfaces": [name for _, name in socket.if_nameindex()],
    "mounts": [[*left.split()[3:6], *right.split()[:2]] for left, right in mounts],
    "writable": [folder for folder in folders if writable(folder)],
    "sizes": {path: os.statvfs(path).f_blocks * os.statvfs(path).f_frsize for path in sys.argv[1:]},
    "hostname": socket.gethostname(),
    "environment": dict(os.environ),
    "zone": [time.tzname, time.timezone],
    "umask": os.umask(0),
    "hash": hash("wheelproof"),
    "limits": [resource.getrlimit(kind) for kind in (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE)],
    "pids": first("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
    "memory": first("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "sockets": [str(path) for root in ("/run", "/var") for path in pathlib.Path(root).rglob("*.sock")],
    "input": [pathlib.Path("/in/a/file").read_text(), oct(os.stat("/in/a/file").st_mode)],
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def looked(engine: Engine, image: PinnedImage) -> dict[str, Any]:
    """What a command sees, and how the engine describes the container meanwhile."""
    with Sandbox(engine, image_id=str(image.image_id), policy=POLICY) as sandbox:
        sandbox.fill([SandboxInput(path="a/file", content=b"hello")])
        argv = (image.interpreter, "-c", LOOK, "/build", "/out", "/tmp", "/dev/shm")
        outcome = sandbox.run(argv, environment=ENVIRONMENT, answer_limit_bytes=MIB)
        assert outcome.ok, outcome.tail()
        seen: dict[str, Any] = json.loads(outcome.answer)
        listed = engine.client.api.containers(filters={"label": "wheelproof.sandbox"})
        described = [engine.client.api.inspect_container(one["Id"]) for one in listed]
        seen["host"] = next(one for one in described if "wheelproof" in one["Config"]["Hostname"])
        return seen


OTHER = Guise(hostname="another-host", user="50002:50003", one_processor=True)
LOOK_AGAIN = r"""
import json, os, socket, sys
def refused(path):
    try:
        open(path, "w")
    except OSError:
        return True
listed = "/sys/devices/system/cpu"
json.dump({
    "ids": [os.getuid(), os.getgid(), *os.getgroups()],
    "capabilities": [line for line in open("/proc/self/status") if line.startswith(("CapEff", "NoNewPrivs"))],
    "hostname": socket.gethostname(),
    "processors": [os.cpu_count(), open(f"{listed}/online").read()],
    "refused": [refused(f"{listed}/{name}") for name in ("online", "mine", "cpu0/online")],
    "keeper": [refused(f"/proc/{name}/mem") for name in os.listdir("/proc") if name.isdigit()],
}, sys.stdout)
"""


def check_guise(engine: Engine, image: PinnedImage) -> None:
    with Sandbox(engine, image_id=str(image.image_id), policy=SMALL, guise=OTHER) as sandbox:
        outcome = sandbox.run((image.interpreter, "-c", LOOK_AGAIN), answer_limit_bytes=MIB)
    assert outcome.ok, outcome.tail()
    seen = json.loads(outcome.answer)
    assert set(seen["ids"]) == {50002, 50003}
    assert [line.split()[1].strip("0") for line in seen["capabilities"]] == ["", "1"]
    assert seen["hostname"] == "another-host"
    assert seen["processors"] == [1, "0\n"]
    assert all(seen["refused"])
    assert seen["keeper"].count(True) >= 1


def test_what_is_varied_of_the_host_gives_no_rights(engine: Engine, image: PinnedImage) -> None:
    check_guise(engine, image)


def test_it_runs_as_nobody_with_no_rights(looked: Mapping[str, Any]) -> None:
    assert set(looked["ids"]) == {50000}
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(looked["status"][name], 16) == 0
    assert looked["status"]["NoNewPrivs"] == "1"
    assert looked["status"]["Seccomp"] == "2"


def test_there_is_no_network(looked: Mapping[str, Any]) -> None:
    assert looked["interfaces"] == ["lo"]


def test_it_writes_to_bounded_memory_only(looked: Mapping[str, Any]) -> None:
    # Podman's read-only containers have a temporary file system at /var/tmp too.
    assert sorted({*looked["writable"]} - {"/var/tmp"}) == ["/build", "/dev/shm", "/out", "/tmp"]
    sizes = {"/build": 48 * MIB, "/out": 16 * MIB, "/tmp": 16 * MIB, "/dev/shm": 12 * MIB}
    assert looked["sizes"] == sizes
    kinds = {place: kind for _, place, _, kind, _ in looked["mounts"]}
    assert {kinds[place] for place in sizes} == {"tmpfs"}
    root = next(options for _, place, options, _, _ in looked["mounts"] if place == "/")
    assert "ro" in root.split(",")


def test_nothing_of_the_host_is_mounted(looked: Mapping[str, Any]) -> None:
    assert [mount["Type"] for mount in looked["host"]["Mounts"]] == ["volume"]
    assert looked["sockets"] == []
    own = ("overlay", "proc", "tmpfs", "devpts", "sysfs", "cgroup", "cgroup2", "mqueue")
    others = {place for _, place, _, kind, _ in looked["mounts"] if kind not in own}
    # The inputs' volume, and a file that the engine writes itself.
    assert others == {"/in", "/etc/hostname"}


def test_inputs_are_there_to_read(looked: Mapping[str, Any]) -> None:
    assert looked["input"] == ["hello", "0o100644"]


def test_surroundings_do_not_vary(looked: Mapping[str, Any]) -> None:
    assert looked["hostname"] == "wheelproof"
    assert looked["zone"] == [["UTC", "UTC"], 0]
    assert looked["umask"] == 0o022
    assert looked["limits"] == [[0, 0], [4096, 4096]]
    assert looked["environment"] == ENVIRONMENT
    assert looked["hash"] == -4527869773951195071


def test_limits_are_set(looked: Mapping[str, Any]) -> None:
    assert int(looked["pids"]) == POLICY.processes
    assert int(looked["memory"]) == POLICY.memory_bytes
    host = looked["host"]["HostConfig"]
    assert host["MemorySwap"] == POLICY.memory_bytes
    assert host["NanoCpus"] == 1_500_000_000


@pytest.fixture
def sandbox(engine: Engine, image: PinnedImage, watch: Watch) -> Iterator[Sandbox]:
    with Sandbox(engine, image_id=str(image.image_id), policy=SMALL) as sandbox:
        yield sandbox


def test_streams_and_exit_code(sandbox: Sandbox) -> None:
    outcome = sandbox.run(["sh", "-c", "echo out; sleep 0.1; echo err >&2; exit 3"])
    assert (outcome.exit_code, outcome.stop) == (3, None)
    assert (outcome.answer, outcome.log) == (b"out\n", b"err\n")
    missing = sandbox.run(["no-such-program"])
    assert not missing.ok
    assert "no-such-program" in missing.tail()
    ended = sandbox.run(["sh", "-c", "exec >&- 2>&-; sleep 0.5; exit 4"])
    assert ended.exit_code == 4


def test_what_ends_in_the_background_is_waited_for(sandbox: Sandbox) -> None:
    assert sandbox.run(["sh", "-c", "setsid sh -c 'sleep 0.3' & setsid sh -c : &"]).ok
    listed = sandbox.run(["sh", "-c", "cat /proc/[0-9]*/status | grep -c ^State:.Z; :"])
    assert listed.answer == b"0\n"


def test_data_is_no_log(sandbox: Sandbox) -> None:
    data = sandbox.run(["head", "-c", str(3 * MIB), "/dev/zero"], answer_limit_bytes=3 * MIB)
    assert (data.answer, data.log) == (bytes(3 * MIB), b"")
    over = sandbox.run(["head", "-c", str(3 * MIB), "/dev/zero"], answer_limit_bytes=MIB)
    assert over.stop is Stop.ANSWER


def test_all_commands_share_the_log(sandbox: Sandbox) -> None:
    half = ["sh", "-c", f"head -c {MIB // 2 + 1} /dev/zero >&2"]
    assert sandbox.run(half).ok
    assert sandbox.run(half).stop is Stop.LOG


def test_host_and_its_neighbours_are_out_of_reach(sandbox: Sandbox) -> None:
    """A server on every address of this machine, its loopback and the engine's bridge among them."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        server.settimeout(0)
        script = (
            "import socket, sys\n"
            "for host in sys.argv[2:]:\n"
            "    try:\n"
            "        socket.create_connection((host, int(sys.argv[1])), 2)\n"
            "    except OSError:\n"
            "        continue\n"
            "    raise SystemExit(host)\n"
        )
        hosts = ("127.0.0.1", "172.17.0.1", "host.docker.internal", "169.254.169.254", "::1")
        assert sandbox.run(["python3", "-c", script, str(port), *hosts]).ok
        with pytest.raises(BlockingIOError):
            server.accept()


def test_environment_of_this_process_stays_here(
    engine: Engine,
    image: PinnedImage,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "swordfish")
    monkeypatch.setenv("HTTP_PROXY", "http://swordfish.example")
    api: Any = engine.client.api
    monkeypatch.setitem(
        api._general_configs, "proxies", {"default": {"httpProxy": "http://swordfish.example"}}
    )
    (tmp_path / "swordfish").touch()
    with Sandbox(engine, image_id=str(image.image_id), policy=SMALL) as sandbox:
        env = sandbox.run(["env"], environment=ENVIRONMENT)
        assert sorted(env.answer.decode().splitlines()) == sorted(
            f"{name}={value}" for name, value in ENVIRONMENT.items()
        )
        assert b"swordfish" not in sandbox.run(["sh", "-c", f"cat /proc/*/environ; ls {tmp_path}"]).answer


def test_sandbox_that_someone_removes_is_no_failure_of_the_build(
    engine: Engine, watch: Watch, sandbox: Sandbox
) -> None:
    def remove(_: bytes) -> None:
        engine.client.api.remove_container(watch.containers[-1], force=True, v=True)

    with pytest.raises(EngineError, match="ended from outside") as raised:
        sandbox.run(["sh", "-c", "echo >&2; sleep 60"], on_output=remove)
    assert raised.value.hint


def test_sandbox_that_the_kernel_ends_ran_out_of_memory(
    engine: Engine, watch: Watch, sandbox: Sandbox
) -> None:
    """The kernel chooses what it ends; here the sandbox's own processes are ended in its place."""

    def kill(piece: bytes) -> None:
        if b"ran out\n" in piece:
            engine.client.api.kill(watch.containers[-1])

    outcome = sandbox.run(["sh", "-c", "tail /dev/zero; echo ran out >&2; sleep 60"], on_output=kill)
    assert (outcome.stop, outcome.exit_code) == (Stop.MEMORY, None)


def test_unknown_image(engine: Engine) -> None:
    absent = "sha256:" + "0f" * 32
    sandbox = Sandbox(engine, image_id=absent, policy=Policy())
    with pytest.raises(EngineError, match="failed to start a sandbox"), sandbox:
        pass


@pytest.mark.parametrize(
    ("change", "raises"), [("VOLUME /data", True), ("HEALTHCHECK --interval=1s CMD sleep 100", False)]
)
def test_image_that_brings_more_than_files(
    engine: Engine, image: PinnedImage, watch: Watch, change: str, raises: bool
) -> None:
    base = engine.client.api.create_container(str(image.image_id), network_disabled=True)["Id"]
    made = engine.client.api.commit(base, changes=change)["Id"]
    engine.client.api.remove_container(base, v=True)
    try:
        sandbox = Sandbox(engine, image_id=made, policy=SMALL)
        if raises:
            with pytest.raises(EngineError, match="volume at /data"), sandbox:
                pass
        else:
            with sandbox:
                assert sandbox.run(["sleep", "2"]).ok
    finally:
        engine.client.api.remove_image(made, noprune=True)


def test_exception_of_the_listener_ends_it(engine: Engine, image: PinnedImage, watch: Watch) -> None:
    def fail(_: bytes) -> None:
        raise BrokenPipeError

    with (
        pytest.raises(BrokenPipeError),
        Sandbox(engine, image_id=str(image.image_id), policy=SMALL) as sandbox,
    ):
        sandbox.run(["sh", "-c", "echo >&2; sleep 60"], on_output=fail)


def test_removal_that_the_engine_refuses_is_asked_for_again(
    engine: Engine, image: PinnedImage, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker refuses to remove what is ending by itself, and may then leave that undone too."""
    remove: Any = engine.client.api.remove_container
    asked = []

    def refuse_once(container: str, **how: Any) -> None:
        asked.append(container)
        if len(asked) == 1:
            engine.client.api.pause(container)  # so that it can't end by itself
            raise docker.errors.APIError("it is not running")
        remove(container, **how)

    monkeypatch.setattr(engine.client.api, "remove_container", refuse_once)
    lifelines: list[Any] = []
    monkeypatch.setattr("wheelproof.container.sandbox.close_connection", lifelines.append)
    with Sandbox(engine, image_id=str(image.image_id), policy=SMALL):
        pass
    close_connection(*lifelines)
    assert asked == watch.containers * 2
