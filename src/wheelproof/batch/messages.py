"""What a run and its workers say to each other, each a line of JSON."""

from pydantic import BaseModel, ConfigDict

from wheelproof.core.identity import ReleaseTarget, parse_target
from wheelproof.pipeline.check import Before
from wheelproof.report.document import Result


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Job(_Message):
    """A target to check.

    Attributes:
        asked: the target as text.
        pins: sha256 digests of which the wheel has to have one; any will do where there are none.
        before: what is known of its wheels, by name.
    """

    asked: str
    pins: tuple[str, ...] = ()
    before: dict[str, Before] = {}

    def target(self) -> ReleaseTarget:
        """The target; raises UsageError where the text is none."""
        target = parse_target(self.asked)
        assert isinstance(target, ReleaseTarget)  # noqa: S101 - without an sdist it is one
        return target


class AnswerPart(_Message):
    """One wheel's result; none where nothing changed since the one before."""

    name: str
    key: str | None
    result: Result | None


class Answer(_Message):
    """The results of a job."""

    parts: tuple[AnswerPart, ...]
    duration_s: float


class Said(_Message):
    """What a worker says: the phase that it enters, or the answer to its job."""

    phase: str | None = None
    answer: Answer | None = None
