"""Errors that reach a user: one clear sentence, what to do next, and an exit code."""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a run of the program ends with; ``docs/verdicts.md`` is the same table."""

    REACHED = 0
    NOT_REACHED = 1
    USAGE = 2
    RECIPE = 3
    FETCH = 4
    ENGINE = 5
    NOT_BUILT = 6
    MALFORMED = 7
    NOT_CHECKED = 8


class WheelproofError(Exception):
    """Something that a user can act on.

    Attributes:
        message: one sentence, without a full stop.
        hint: what to do next, a sentence with its full stop, or empty.
        exit_code: what the program ends with where the error ends it.
    """

    exit_code: ClassVar[ExitCode]

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(WheelproofError):
    """The command line or a call's arguments are off."""

    exit_code = ExitCode.USAGE


class RecipeError(WheelproofError):
    """A recipe, a lock or an image definition is wrong."""

    exit_code = ExitCode.RECIPE


class FetchError(WheelproofError):
    """The index or a download failed, or what came is not what the index promised."""

    exit_code = ExitCode.FETCH


class EngineError(WheelproofError):
    """The container engine, or an image for it, can't be had."""

    exit_code = ExitCode.ENGINE


class NotBuiltError(WheelproofError):
    """The rebuild ended without a wheel."""

    exit_code = ExitCode.NOT_BUILT


class MalformedError(WheelproofError):
    """A wheel or an sdist breaks its format."""

    exit_code = ExitCode.MALFORMED


class NotCheckedError(WheelproofError):
    """Nothing was tried, and the message says why."""

    exit_code = ExitCode.NOT_CHECKED
