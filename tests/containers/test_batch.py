"""``wheelproof batch`` from end to end: what hangs, breaks or is killed takes nothing else along."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from container_builds import Watch
from fake_index import FakeIndex
from made_project import BACKEND, MadeProject
from running import PROGRAM, Ended, run_program
from wheelproof.container.engine import Engine
from wheelproof.container.sandbox import LABEL
from wheelproof.core.errors import ExitCode
from wheelproof.core.verdict import LEVELS, Verdict
from wheelproof.fetch.cache import Cache
from wheelproof.store.results import INDEX_NAME

HANGS = BACKEND.replace('    root = Path("wheel")\n', '    time.sleep(3600)\n    root = Path("wheel")\n')
FILLS = f"with open('full', 'wb') as stream:\n    while True: stream.write(bytes(1 << 20))\n{BACKEND}"
# Each sandbox's own clock is set by the limit: one that no other run has tells whose a sandbox is.
SHORT_S, LONG_S = 41, 2357
BUILD_SHORT_S = SHORT_S * 4 // 5


@dataclass(frozen=True, kw_only=True)
class Place:
    """An index of made projects, and a store for their results."""

    index: FakeIndex
    engine: Engine
    folder: Path
    cache: Path

    def publish(
        self, name: str, *, backend: str = BACKEND, changes: Mapping[str, bytes] | None = None
    ) -> None:
        project = MadeProject(name=name)
        wheel, sdist = project.wheel(changes), project.sdist(backend=backend)
        self.index.publish(name, {project.wheel_name: wheel, project.sdist_name: sdist})

    def arguments(self, targets: list[str], *more: str, timeout_s: int) -> list[str | Path]:
        path = self.folder / "list.txt"
        path.write_text("\n".join(targets))
        store = self.folder / "store"
        options = ["--index-url", self.index.url, "--format", "json", "--timeout", str(timeout_s)]
        return ["batch", path, "--store", store, "--memory", "512", *options, *more]

    def batch(self, targets: list[str], *more: str, timeout_s: int = LONG_S) -> Ended:
        return run_program(*self.arguments(targets, *more, timeout_s=timeout_s), environment=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        return {"WHEELPROOF_CACHE": str(self.cache), "TMPDIR": str(temporary)}

    def history(self) -> Counter[str]:
        connection = sqlite3.connect(self.folder / "store" / INDEX_NAME)
        names = Counter(str(name) for (name,) in connection.execute("SELECT name FROM history"))
        connection.close()
        return names

    def sandboxes(self, timeout_s: int, *, started: bool = False) -> Watch:
        """Those that there are of a run with this limit: all, or those that are not only made."""
        watch = Watch(engine=self.engine)
        api: Any = self.engine.client.api
        for item in api.containers(all=True, filters={"label": LABEL}):
            if started and item["State"] == "created":
                continue
            if item["Command"].endswith(f" {timeout_s * 4 // 5 + 600}"):
                with contextlib.suppress(docker.errors.NotFound):  # it goes away just now
                    watch.see(item["Id"])
        return watch


@pytest.fixture
def place(engine: Engine, image: object, cache: Cache, tmp_path: Path) -> Iterator[Place]:
    assert image
    with FakeIndex() as index:
        yield Place(index=index, engine=engine, folder=tmp_path, cache=cache.root)


def verdicts(ended: Ended) -> dict[str, str]:
    return {result["target"]: result["verdict"] for result in ended.results}


def test_what_hangs_breaks_or_is_missing_takes_no_other_along(place: Place) -> None:
    place.publish("good")
    place.publish("hangs", backend=HANGS)
    place.publish("fills", backend=FILLS)
    place.publish("differs", changes={"differs/__init__.py": b"import os\n"})
    broken = MadeProject(name="broken")
    files = {broken.wheel_name: broken.wheel(), broken.sdist_name: broken.sdist()[:-60]}
    place.index.publish("broken", files)
    names = ["hangs", "nosuch", "good", "fills", "broken", "differs"]
    ended = place.batch([f"{name}==1.0" for name in names], "--attempts", "1", timeout_s=SHORT_S)
    assert list(verdicts(ended).values()) == [
        "not-built",
        "not-checked",
        "identical",
        "not-built",
        "not-checked",
        "different",
    ]
    failures = {name: result["failure"] for name, result in zip(names, ended.results, strict=True)}
    assert (failures["hangs"]["phase"], failures["hangs"]["reason"]) == (
        "build",
        f"It did not end within {BUILD_SHORT_S} s",
    )
    codes = {name: failure["exit_code"] for name, failure in failures.items() if failure}
    assert codes == {
        "hangs": ExitCode.NOT_BUILT,
        "nosuch": ExitCode.FETCH,
        "fills": ExitCode.NOT_BUILT,
        "broken": ExitCode.MALFORMED,
    }
    assert ended.exit_code == ExitCode.FETCH
    assert len(ended.err.splitlines()) == len(names)
    assert place.sandboxes(SHORT_S).left_in_the_end() == []
    assert list((place.folder / "temporary").iterdir()) == []
    place.publish("hangs")
    ended = place.batch([f"{name}==1.0" for name in names], "--attempts", "1", timeout_s=SHORT_S)
    assert verdicts(ended)["hangs==1.0"] == "identical"
    unchanged = {line.split()[4] for line in ended.err.splitlines() if line.endswith("  (unchanged)")}
    assert unchanged == {MadeProject(name=name).wheel_name for name in ("good", "fills", "broken", "differs")}
    (change,) = ended.report["run"]["changes"]
    assert (change["before"], change["now"]) == ("not-built", "identical")


def test_a_run_that_is_killed_goes_on_where_it_was(place: Place) -> None:
    names = ["first", "second", "hangs", "third", "fourth"]
    for name in names:
        place.publish(name, backend=HANGS if name == "hangs" else BACKEND)
    targets = [f"{name}==1.0" for name in names]
    process = subprocess.Popen(
        [PROGRAM, *place.arguments(targets, timeout_s=LONG_S)],
        env={**os.environ, **place.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    said = [process.stderr.readline() for _ in range(3)]  # the other worker is at the one that hangs
    # A kill between making one and starting it leaves it there for ten minutes (docs/sandbox.md).
    watch = place.sandboxes(LONG_S, started=True)
    while not watch.volumes:
        assert process.poll() is None
        watch = place.sandboxes(LONG_S, started=True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert place.sandboxes(LONG_S, started=True).left_in_the_end() == watch.left_in_the_end() == []
    done = {line.split()[4].decode() for line in said}
    assert {name: count for name, count in place.history().items() if name in done} == dict.fromkeys(done, 1)

    place.publish("hangs")
    ended = place.batch(targets)
    assert (ended.exit_code, set(verdicts(ended).values())) == (ExitCode.REACHED, {"identical"})
    assert list(verdicts(ended)) == targets
    unchanged = {line.split()[4] for line in ended.err.splitlines() if line.endswith("  (unchanged)")}
    assert done <= unchanged
    assert place.history() == {MadeProject(name=name).wheel_name: 1 for name in names}
    stored = [json.loads(path.read_text()) for path in (place.folder / "store" / "results").iterdir()]
    assert [document["result"]["verdict"] for document in stored] == ["identical"] * len(names)

    place.index.server.asked.clear()
    ended = place.batch(targets)
    assert (ended.report["run"]["fresh"], ended.report["run"]["unchanged"]) == (0, len(names))
    assert sorted(place.index.server.paths()) == sorted(f"/simple/{name}/" for name in names)
    assert len(place.history()) == sum(place.history().values())
    ended = place.batch(targets[:1], "--force")
    assert (ended.report["run"]["fresh"], place.history()[MadeProject(name="first").wheel_name]) == (1, 2)


def changed(name: str) -> dict[str, dict[str, bytes]]:
    """One change each of a made wheel."""
    project = MadeProject(name=name)
    members = project.members()
    package, numbers = f"{name}/__init__.py", f"{name}/numbers.py"
    metadata, wheel = f"{project.dist_info}/METADATA", f"{project.dist_info}/WHEEL"
    return {
        "code": {package: members[package] + b"import os\n"},
        "comment": {package: b"# a comment\n" + members[package]},
        "space": {numbers: members[numbers].replace(b"N7 = 7\n", b"N7 =  7\n")},
        "bit": {numbers: members[numbers].replace(b"N7 = 7\n", b"N7 = 6\n")},
        "empty": {numbers: b""},
        "end": {package: members[package].rstrip(b"\n")},
        "dependency": {metadata: members[metadata] + b"Requires-Dist: evil\n"},
        "version": {metadata: members[metadata].replace(b"Version: 1.0", b"Version: 1.0.0")},
        "tag": {wheel: members[wheel].replace(b"py3-none-any", b"py2.py3-none-any")},
        "pth": {f"{name}.pth": f"import {name}\n".encode()},
        "entry": {f"{project.dist_info}/entry_points.txt": f"[console_scripts]\nls = {name}:os\n".encode()},
        "data": {f"{name}-1.0.data/scripts/ls": b"#!/bin/sh\n"},
    }


def test_a_changed_member_never_reaches_a_level(place: Place) -> None:
    """Each wheel is what its source gives but for one change, with a RECORD that is true of it."""
    kinds = list(changed("demo"))
    for kind in kinds:
        place.publish(f"p{kind}", changes=changed(f"p{kind}")[kind])
    ended = place.batch([f"p{kind}==1.0" for kind in kinds])
    assert verdicts(ended) == {f"p{kind}==1.0": "different" for kind in kinds}
    assert ended.exit_code == ExitCode.NOT_REACHED
    assert not any(Verdict(result["verdict"]) in LEVELS for result in ended.results)
    assert len(place.history()) == len(kinds)
