"""The run over a list: which worker checks what, what becomes of its answer, and when it is given up on."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from wheelproof.batch.messages import Answer, Job, Said
from wheelproof.batch.targets import Entry
from wheelproof.core.errors import EngineError, ExitCode
from wheelproof.core.identity import ReleaseTarget
from wheelproof.core.untrusted import printable
from wheelproof.core.verdict import Verdict
from wheelproof.core.worker import EndlessLineError, Worker, wait_for
from wheelproof.pipeline.session import Settings
from wheelproof.report.document import FailureFacts, PublishedFacts, Result
from wheelproof.store.results import ResultStore, Stored

WORKER = (sys.executable, "-m", "wheelproof.batch.worker")
# So many workers in a row that end before they checked anything are no accident.
_STILLBORN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A wheel that a run is through with.

    Attributes:
        stored: its result.
        fresh: it was found now; False where nothing had changed since the last run.
        before: the verdict that it had, where it was checked earlier.
    """

    stored: Stored
    fresh: bool
    before: Verdict | None = None

    @property
    def changed(self) -> bool:
        """It has another verdict than before."""
        return self.before is not None and self.before is not self.stored.result.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a run goes about it.

    Attributes:
        jobs: workers at a time.
        timeout_s: seconds that one target may take, all in all.
        force: check again what did not change.
    """

    jobs: int
    timeout_s: float
    force: bool = False


Hearer = Callable[[Done], None]


class Batch:
    """A run over a list of targets.

    Args:
        entries: what to check.
        store: where results are kept as they come.
        settings: of every worker.
        plan: how to go about it.
        on_done: told of each wheel as it is done.
        command: what runs a worker.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        store: ResultStore,
        settings: Settings,
        plan: Plan,
        on_done: Hearer = lambda _done: None,
        *,
        command: Sequence[str] = WORKER,
    ) -> None:
        self._store = store
        self._settings = TypeAdapter(Settings).dump_json(settings)
        self._plan = plan
        self._on_done = on_done
        self._command = command
        self._waiting = _Waiting(entries)
        self._benches: list[_Bench] = []
        self._stillborn = 0
        self._done: list[Done] = []

    def run(self) -> list[Done]:
        """Check every entry.

        Raises:
            EngineError: no worker gets as far as to check anything.
            UsageError: the store can't be written.
        """
        try:
            while self._waiting or any(bench.entry for bench in self._benches):
                self._assign()
                self._listen()
        finally:
            for bench in self._benches:
                bench.worker.close()
        return self._done

    def _assign(self) -> None:
        while self._waiting and (bench := self._free_bench()):
            entry = self._waiting.take(bench.project)
            target = str(entry.target)
            known = {stored.name: stored for stored in self._store.of_target(target)}
            bench.begin(entry, known, self._plan.timeout_s)
            before = {name: stored.before for name, stored in known.items() if stored.before}
            pins = tuple(sorted(entry.sha256))
            job = Job(asked=target, pins=pins, before={} if self._plan.force else before)
            bench.worker.send(job.model_dump_json().encode())

    def _free_bench(self) -> "_Bench | None":
        for bench in self._benches:
            if bench.entry is None:
                return bench
        if len(self._benches) == self._plan.jobs:
            return None
        try:
            worker = Worker(self._command)
        except OSError as error:
            raise EngineError(f"No worker can be started: {error}", hint="Try fewer --jobs.") from None
        worker.send(self._settings)
        self._benches.append(_Bench(worker))
        return self._benches[-1]

    def _listen(self) -> None:
        now = time.monotonic()
        until = min((bench.deadline for bench in self._benches if bench.entry), default=now)
        speaking = wait_for([bench.worker for bench in self._benches], max(0.0, until - now))
        for bench in list(self._benches):
            heard = self._hear(bench) if bench.worker in speaking else True
            if heard and bench.entry is not None and time.monotonic() >= bench.deadline:
                reason = f"It was not done within {self._plan.timeout_s:g} s"
                self._give_up(bench, reason, "Raise --timeout if it should take longer.")

    def _hear(self, bench: "_Bench") -> bool:
        """Heed what a worker says; False where it is given up on."""
        try:
            lines = bench.worker.receive()
            if lines is None:
                self._bury(bench)
                return False
            for line in lines:
                self._heed(bench, Said.model_validate_json(line))
        except (EndlessLineError, ValidationError, _NonsenseError):
            self._give_up(bench, "Its worker said what can't be understood", _REPORT)
            return False
        return True

    def _heed(self, bench: "_Bench", said: Said) -> None:
        bench.alive, self._stillborn = True, 0
        if said.phase:
            bench.phase = said.phase
        if said.answer:
            self._keep(bench, said.answer)
            bench.entry = None

    def _keep(self, bench: "_Bench", answer: Answer) -> None:
        if bench.entry is None or not answer.parts:
            raise _NonsenseError
        target = str(bench.entry.target)
        for part in answer.parts:
            known = bench.known.get(part.name)
            if part.result is not None:
                stored = self._stored(part.name, part.result, part.key, known, answer.duration_s)
            elif known is not None:
                stored = replace(known, result=known.result.model_copy(update={"target": target}))
            else:
                raise _NonsenseError
            self._tell(bench, stored, fresh=part.result is not None)

    def _stored(
        self, name: str, result: Result, key: str | None, known: Stored | None, duration_s: float
    ) -> Stored:
        """A result, kept; but a failure of the index or the engine leaves what was found of the wheel."""
        if key is None and result.failure is not None and known is not None and known.key is not None:
            now = datetime.now(UTC)
            return Stored(name=name, key=None, finished=now, duration_s=duration_s, result=result)
        return self._store.put(result, key=key, duration_s=duration_s)

    def _bury(self, bench: "_Bench") -> None:
        """A worker that ended is replaced, unless none gets anywhere."""
        code = bench.worker.kill()
        # A traceback ends with its error, whose own further lines are indented.
        lines = [line for line in bench.worker.last_words().splitlines() if line[:1].strip()]
        words = printable(lines[-1], limit=300) if lines else ""
        said = f": {words}" if words else ""
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._give_up(bench, f"Its worker {how}{said}", _REPORT)
        self._stillborn += not bench.alive
        if self._stillborn >= _STILLBORN:
            raise EngineError(
                f"{_STILLBORN} workers in a row ended before they checked anything{said}",
                hint="Try one target with `wheelproof check`.",
            )

    def _give_up(self, bench: "_Bench", reason: str, hint: str) -> None:
        bench.worker.close()
        self._benches.remove(bench)
        if bench.entry is not None:
            result = _failed(bench.entry.target, reason, hint, bench.phase)
            stored = self._store.put(result, key=None, duration_s=time.monotonic() - bench.begun)
            self._tell(bench, stored, fresh=True)

    def _tell(self, bench: "_Bench", stored: Stored, *, fresh: bool) -> None:
        target = str(bench.entry.target) if bench.entry else stored.name
        if target in bench.known and target != stored.name:
            self._store.discard(target)  # what it came to while no wheel of it was found
        done = Done(stored=stored, fresh=fresh, before=_verdict_before(bench.known, target, stored.name))
        self._done.append(done)
        self._on_done(done)


_REPORT = "Run it again; if it stays, `wheelproof check` shows what happens."


class _NonsenseError(Exception):
    """A worker gave an answer that is none to its job."""


@dataclass(slots=True, eq=False)
class _Bench:
    """A worker, what it is at, and what was known of that; ``alive`` once it said anything."""

    worker: Worker
    alive: bool = False
    entry: Entry | None = None
    known: Mapping[str, Stored] = field(default_factory=dict)
    project: str = ""
    phase: str = ""
    begun: float = 0.0
    deadline: float = 0.0

    def begin(self, entry: Entry, known: Mapping[str, Stored], timeout_s: float) -> None:
        self.entry, self.known, self.project, self.phase = entry, known, entry.target.project, ""
        self.begun = time.monotonic()
        self.deadline = self.begun + timeout_s


class _Waiting:
    """What is still to do, by project: a worker that knows a project's listing goes on with that project."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._projects: dict[str, deque[Entry]] = {}
        for entry in entries:
            self._projects.setdefault(entry.target.project, deque()).append(entry)
        self._taken: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._projects)

    def take(self, project: str) -> Entry:
        """The next entry of a project, else of one that nobody is at, else any."""
        if project not in self._projects:
            fresh = (name for name in self._projects if name not in self._taken)
            project = next(fresh, None) or next(iter(self._projects))
        self._taken.add(project)
        entries = self._projects[project]
        entry = entries.popleft()
        if not entries:
            del self._projects[project]
        return entry


def _verdict_before(known: Mapping[str, Stored], target: str, name: str) -> Verdict | None:
    """The latest verdict of a wheel, or of its target where no wheel was found, then or now."""
    fitting = [stored for stored in known.values() if name == target or stored.name in {name, target}]
    latest = max(fitting, key=lambda stored: stored.finished, default=None)
    return latest.result.verdict if latest else None


def _failed(target: ReleaseTarget, reason: str, hint: str, phase: str) -> Result:
    """What was given up on: nothing was compared, and the phase says how far it got."""
    failure = FailureFacts(phase=phase or "start", reason=reason, hint=hint, exit_code=ExitCode.NOT_CHECKED)
    return Result(
        target=str(target),
        verdict=Verdict.NOT_CHECKED,
        reason=reason,
        published=PublishedFacts(filename=target.wheel),
        failure=failure,
    )
