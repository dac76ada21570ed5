"""A worker process: checks one target after the other, told and answering in lines of JSON.

Whatever it reads and builds, it can take down no more than itself. It ends when whoever started it does.
"""

import os
import queue
import sys
import threading
import time
from collections.abc import Iterator

from pydantic import TypeAdapter

from wheelproof.batch.messages import Answer, AnswerPart, Job, Said
from wheelproof.core.errors import UsageError
from wheelproof.pipeline.check import Checked, check_target
from wheelproof.pipeline.facts import Known
from wheelproof.pipeline.guard import failure_result
from wheelproof.pipeline.session import Listener, Session, Settings
from wheelproof.rebuild.record import Phase
from wheelproof.report.document import PublishedFacts


def main() -> None:
    """Read settings, then jobs, from standard input to its end."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    settings = TypeAdapter(Settings).validate_json(sys.stdin.buffer.readline())
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()

    def say(message: Said) -> None:
        answers.write(message.model_dump_json().encode() + b"\n")

    listener = Listener(phase=lambda phase, _about: say(Said(phase=phase.value)))
    with Session(settings, listener) as session:
        session.expect()
        while True:
            say(Said(answer=_answer(session, jobs.get())))


def _read(jobs: "queue.SimpleQueue[Job]") -> None:
    for line in sys.stdin.buffer:
        jobs.put(Job.model_validate_json(line))
    os._exit(1)  # whoever started this is gone: sandboxes end with their owner


def _answer(session: Session, job: Job) -> Answer:
    begun = time.monotonic()
    session.say(Phase.INDEX)
    parts = tuple(
        AnswerPart(
            name=checked.name,
            key=checked.key,
            result=checked.evidence.result if checked.evidence is not None else None,
        )
        for checked in _check(session, job)
    )
    return Answer(parts=parts, duration_s=round(time.monotonic() - begun, 3))


def _check(session: Session, job: Job) -> Iterator[Checked]:
    target = job.target()
    try:
        yield from check_target(session, target, pins=job.pins, before=job.before)
    except UsageError as error:
        known = Known(target=str(target), published=PublishedFacts(filename=target.wheel))
        yield Checked(name=str(target), key=None, evidence=failure_result(session, known, error))


if __name__ == "__main__":
    main()
