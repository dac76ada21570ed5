"""Runs whose workers are small programs of ours that do what a target's name says."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.batch.report import batch_report
from wheelproof.batch.run import Batch, Done, Plan, _Waiting
from wheelproof.batch.targets import Entry, TargetList, parse_targets
from wheelproof.core import worker as worker_module
from wheelproof.core.errors import EngineError, ExitCode
from wheelproof.core.verdict import Verdict
from wheelproof.pipeline.session import Settings
from wheelproof.report.document import Result, exit_code
from wheelproof.store.results import ResultStore

PIN = "a" * 64
LONG_S = 60.0
WORKER = r"""
import json, os, signal, sys, time

log, facts = sys.argv[1], json.loads(sys.argv[2])


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def note(*what):
    with open(log, "a") as stream:
        stream.write(json.dumps([os.getpid(), *what]) + "\n")


if facts.get("stillborn"):
    sys.exit("no module named so")
note("settings", json.loads(sys.stdin.readline()))
for line in sys.stdin:
    job = json.loads(line)
    note("job", job)
    project, _, version = job["asked"].partition("==")
    name = job["asked"] if job["asked"].endswith(".whl") else f"{project}-{version}-py3-none-any.whl"
    say(phase="index")
    if project == "slow":
        time.sleep(0.3)
    if project == "hangs":
        say(phase="build")
        time.sleep(600)
    if project == "chatters":
        while True:
            say(phase="build")
    if project == "dies":
        say(phase="compare")
        os.kill(os.getpid(), signal.SIGKILL)
    if project == "exits":
        print("before\nout of \x1b[2J luck\n  more of that", file=sys.stderr)
        sys.exit(3)
    if project == "garbage":
        print("Traceback: \x1b[2J no JSON")
    if project == "invalid":
        say(answer={"parts": 5, "duration_s": 1})
    if project == "nothing":
        say(answer={"parts": [], "duration_s": 1})
    if project == "phantom":
        say(answer={"parts": [{"name": "never-seen", "key": "k", "result": None}], "duration_s": 1})
    if project == "endless":
        while True:
            sys.stdout.write("x" * 65536)
    if project == "twice":
        result = {"target": job["asked"], "verdict": "identical", "reason": "r", "published": {}}
        part = {"name": job["asked"], "key": "k", "result": result}
        sys.stdout.write(2 * (json.dumps({"answer": {"parts": [part], "duration_s": 1}}) + "\n"))
        sys.stdout.flush()
        continue
    key = facts.get("key", "k")
    filename = None if facts.get("missing") else name
    result = {
        "target": job["asked"],
        "verdict": facts.get("verdict", "identical"),
        "reason": "because",
        "published": {"filename": filename},
    }
    if facts.get("failure"):
        result["failure"] = {"phase": "image", "reason": "no engine", "exit_code": 5}
    if job["before"].get(name, {}).get("key") == key:
        result = None
    part = {"name": filename or job["asked"], "key": key, "result": result}
    say(answer={"parts": [part], "duration_s": 2.5})
"""


@dataclass(kw_only=True)
class Runs:
    """Runs on one store."""

    folder: Path
    heard: list[Done] = field(default_factory=list)

    def __call__(
        self,
        text: str,
        *,
        jobs: int = 2,
        timeout_s: float = LONG_S,
        force: bool = False,
        on_done: Callable[[Done], None] | None = None,
        **facts: object,
    ) -> list[Done]:
        self.heard.clear()
        hear = on_done or self.heard.append
        script = self.folder / "worker.py"
        script.write_text(WORKER)
        command = (sys.executable, "-I", "-S", str(script), str(self.log), json.dumps(facts))
        plan = Plan(jobs=jobs, timeout_s=timeout_s, force=force)
        entries = parse_targets(text, place="list").entries
        with ResultStore(self.folder / "store") as store:
            settings = Settings(offline=True)
            return Batch(entries, store, settings, plan, hear, command=command).run()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def noted(self, kind: str) -> list[tuple[int, Any]]:
        """What workers were told, by process."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [(pid, what) for pid, found, what in lines if found == kind]

    def stored(self, target: str) -> dict[str, str]:
        with ResultStore(self.folder / "store") as store:
            return {item.name: item.result.verdict.value for item in store.of_target(target)}


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(folder=tmp_path)


def brief(done: Sequence[Done]) -> set[tuple[str, str, bool, str | None]]:
    return {
        (item.stored.name, item.stored.result.verdict.value, item.fresh, item.before and item.before.value)
        for item in done
    }


def only(done: Sequence[Done]) -> Result:
    (item,) = done
    return item.stored.result


def wheel(name: str) -> str:
    return f"{name}-py3-none-any.whl"


def test_every_target_is_checked_and_kept(runs: Runs) -> None:
    done = runs("a==1\nb==2\nc==3\n")
    assert brief(done) == {(wheel(name), "identical", True, None) for name in ("a-1", "b-2", "c-3")}
    assert runs.heard == done
    assert runs.stored("b==2") == {wheel("b-2"): "identical"}
    assert {item.stored.duration_s for item in done} == {2.5}
    assert [settings["offline"] for _, settings in runs.noted("settings")] == [True, True]


def test_no_more_workers_than_targets(runs: Runs) -> None:
    runs("a==1\n", jobs=64)
    assert len(runs.noted("settings")) == 1


def test_pins_are_passed_on(runs: Runs) -> None:
    runs(f"a==1 --hash=sha256:{PIN}\n")
    ((_, job),) = runs.noted("job")
    assert job == {"asked": "a==1", "pins": [PIN], "before": {}}


def test_results_are_reported_in_the_order_of_the_list(runs: Runs) -> None:
    text = "slow==1\nb==1\nc>2\na==1\n"
    targets = parse_targets(text, place="list")
    done = runs(text)
    assert done[0].stored.name != wheel("slow-1")
    report = batch_report(targets, done, required=Verdict.EXPLAINED, duration_s=1.23456, jobs=2)
    assert [result.target for result in report.results] == ["slow==1", "b==1", "a==1", "c>2"]
    assert report.results[-1].reason == "It is not pinned to one version (list:3)"
    assert exit_code(report) is ExitCode.NOT_REACHED
    assert report.run is not None
    assert (report.run.fresh, report.run.unchanged, report.run.duration_s) == (3, 0, 1.235)


@pytest.mark.parametrize(
    ("project", "reason", "phase"),
    [
        ("dies", "Its worker was ended by signal 9", "compare"),
        ("exits", r"Its worker ended with exit code 3: out of \x1b[2J luck", "index"),
        ("garbage", "Its worker said what can't be understood", "index"),
        ("invalid", "Its worker said what can't be understood", "index"),
        ("nothing", "Its worker said what can't be understood", "index"),
        ("phantom", "Its worker said what can't be understood", "index"),
        ("endless", "Its worker said what can't be understood", "index"),
    ],
)
def test_a_worker_that_fails_takes_no_other_target_along(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, project: str, reason: str, phase: str
) -> None:
    monkeypatch.setattr(worker_module, "_LINE_BYTES", 4 << 20)
    done = runs(f"a==1\n{project}==1\nb==1\nc==1\n", jobs=1)
    found = {item.stored.result.target: item for item in done}
    assert [found[f"{name}==1"].stored.result.verdict for name in "abc"] == [Verdict.IDENTICAL] * 3
    result = found[f"{project}==1"].stored.result
    assert (result.verdict, result.reason) == (Verdict.NOT_CHECKED, reason)
    assert result.failure is not None
    assert (result.failure.phase, result.failure.exit_code) == (phase, ExitCode.NOT_CHECKED)
    assert found[f"{project}==1"].stored.key is None
    assert len(runs.noted("settings")) == 2  # it was replaced
    assert len(done) == len(runs.heard) == 4


@pytest.mark.parametrize("project", ["hangs", "chatters"])
def test_a_target_that_takes_too_long_is_given_up(runs: Runs, project: str) -> None:
    done = runs(f"{project}==1\na==1\n", timeout_s=0.5, jobs=1)
    found = {item.stored.result.target: item.stored.result for item in done}
    result = found[f"{project}==1"]
    assert (result.verdict, result.reason) == (Verdict.NOT_CHECKED, "It was not done within 0.5 s")
    assert result.failure is not None
    assert (result.failure.phase, result.failure.hint) == (
        "build",
        "Raise --timeout if it should take longer.",
    )
    (pid, _), _ = runs.noted("settings")
    assert not Path(f"/proc/{pid}").exists()


def test_an_answer_that_nobody_asked_for_loses_no_target(runs: Runs) -> None:
    done = runs("twice==1\na==1\n", jobs=1)
    assert {item.stored.result.target: item.stored.result.verdict for item in done} == {
        "twice==1": Verdict.IDENTICAL,
        "a==1": Verdict.IDENTICAL,
    }


def test_workers_that_never_get_anywhere_end_the_run(runs: Runs) -> None:
    with pytest.raises(EngineError, match=r"3 workers in a row ended .*: no module named so"):
        runs("a==1\nb==1\nc==1\nd==1\n", stillborn=True)
    assert runs.stored("a==1") == {"a==1": "not-checked"}


def test_a_worker_that_can_not_be_started_ends_the_run(tmp_path: Path) -> None:
    entries = parse_targets("a==1\n", place="list").entries
    with ResultStore(tmp_path) as store, pytest.raises(EngineError, match="No worker can be started"):
        Batch(entries, store, Settings(), Plan(jobs=1, timeout_s=1), command=("/nowhere/python",)).run()


def test_many_targets_whose_workers_die_do_not_end_the_run(runs: Runs) -> None:
    done = runs("".join(f"dies=={number}\n" for number in range(5)), jobs=1)
    assert [item.stored.result.verdict for item in done] == [Verdict.NOT_CHECKED] * 5


def test_what_did_not_change_is_said_to_be_so(runs: Runs) -> None:
    first = runs("a==1\nb==1\n")
    done = runs("a==1\nb==1\nc==1\n")
    assert brief(done) == {
        (wheel("a-1"), "identical", False, "identical"),
        (wheel("b-1"), "identical", False, "identical"),
        (wheel("c-1"), "identical", True, None),
    }
    results = {item.stored.name: item.stored.result for item in done}
    assert all(results[item.stored.name] == item.stored.result for item in first)
    assert not any(item.changed for item in done)
    report = batch_report(TargetList(entries=()), done, required=Verdict.IDENTICAL, duration_s=1, jobs=2)
    assert report.run is not None
    assert (report.run.fresh, report.run.unchanged, report.run.changes) == (1, 2, ())


def test_what_changed_is_checked_again_and_reported(runs: Runs) -> None:
    runs("a==1\n")
    done = runs("a==1\n", key="other", verdict="different")
    assert brief(done) == {(wheel("a-1"), "different", True, "identical")}
    report = batch_report(TargetList(entries=()), done, required=Verdict.IDENTICAL, duration_s=1, jobs=1)
    assert report.run is not None
    (change,) = report.run.changes
    assert (change.name, change.before.value, change.now.value) == (wheel("a-1"), "identical", "different")


def test_force_checks_again_what_did_not_change(runs: Runs) -> None:
    runs("a==1\n")
    assert brief(runs("a==1\n", force=True)) == {(wheel("a-1"), "identical", True, "identical")}
    assert [job["before"] for _, job in runs.noted("job")] == [{}, {}]


def test_what_ended_early_is_tried_again(runs: Runs) -> None:
    runs("dies==1\n")
    done = runs("dies==1\n")
    assert brief(done) == {("dies==1", "not-checked", True, "not-checked")}


def test_a_result_that_can_not_be_read_is_found_again(runs: Runs) -> None:
    runs("a==1\n")
    (runs.folder / "store" / "results" / f"{wheel('a-1').removesuffix('.whl')}.json").write_text("{")
    assert brief(runs("a==1\n")) == {(wheel("a-1"), "identical", True, None)}


def test_a_wheel_that_is_not_found_one_night_has_its_verdict_back_the_next(runs: Runs) -> None:
    runs("a==1\n")
    assert brief(runs("a==1\n", missing=True, verdict="not-checked", key=None)) == {
        ("a==1", "not-checked", True, "identical")
    }
    assert runs.stored("a==1") == {"a==1": "not-checked", wheel("a-1"): "identical"}
    assert brief(runs("a==1\n")) == {(wheel("a-1"), "identical", False, "not-checked")}
    assert runs.stored("a==1") == {wheel("a-1"): "identical"}
    assert brief(runs("a==1\n")) == {(wheel("a-1"), "identical", False, "identical")}


def test_a_night_without_an_engine_leaves_what_was_found(runs: Runs) -> None:
    runs("a==1\n")
    assert brief(runs("a==1\n", failure=True, verdict="not-checked", key=None)) == {
        (wheel("a-1"), "not-checked", True, "identical")
    }
    assert runs.stored("a==1") == {wheel("a-1"): "identical"}
    assert brief(runs("a==1\n")) == {(wheel("a-1"), "identical", False, "identical")}


def test_a_first_night_without_an_engine_is_kept_and_tried_again(runs: Runs) -> None:
    runs("a==1\n", failure=True, verdict="not-checked", key=None)
    assert set(runs.stored("a==1").values()) == {"not-checked"}
    assert brief(runs("a==1\n")) == {(wheel("a-1"), "identical", True, "not-checked")}


@pytest.mark.parametrize("order", [1, -1])
def test_a_release_and_its_wheel_are_both_unchanged(runs: Runs, order: int) -> None:
    text = "".join([f"{wheel('a-1')}\n", "a==1\n"][::order])
    runs(text, jobs=1)
    done = runs(text, jobs=1)
    assert [item.fresh for item in done] == [False, False]
    assert {item.stored.result.target for item in done} == {"a==1", wheel("a-1")}


def test_a_run_that_is_ended_leaves_no_worker(runs: Runs) -> None:
    def end(_done: Done) -> None:
        raise SystemExit(130)

    with pytest.raises(SystemExit):
        runs("hangs==1\na==1\n", on_done=end)
    assert not any(Path(f"/proc/{pid}").exists() for pid, _ in runs.noted("settings"))
    assert runs.stored("a==1") == {wheel("a-1"): "identical"}


def entries_of(*texts: str) -> tuple[Entry, ...]:
    return parse_targets("\n".join(texts), place="list").entries


def taken(waiting: _Waiting, project: str) -> str:
    return str(waiting.take(project).target)


def test_a_worker_goes_on_with_the_project_that_it_knows() -> None:
    waiting = _Waiting(entries_of("a==1", "b==1", "a==2", "c==1", "b==2"))
    assert taken(waiting, "") == "a==1"
    assert taken(waiting, "") == "b==1"  # somebody is at a
    assert taken(waiting, "a") == "a==2"
    assert taken(waiting, "a") == "c==1"  # nobody is at c
    assert taken(waiting, "a") == "b==2"  # rather than nothing
    assert not waiting


@given(st.lists(st.sampled_from("abcd"), max_size=20), st.lists(st.sampled_from(["", *"abcd"])))
def test_each_entry_is_taken_once(projects: list[str], asked: list[str]) -> None:
    texts = [f"{project}=={number}" for number, project in enumerate(projects)]
    waiting = _Waiting(entries_of(*texts) if texts else ())
    found = []
    while waiting:
        found.append(taken(waiting, asked.pop() if asked else ""))
    assert sorted(found) == sorted(texts)
    for project in set(projects):
        of_project = [text for text in texts if text.startswith(project)]
        assert [text for text in found if text.startswith(project)] == of_project
