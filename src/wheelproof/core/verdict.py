"""The verdicts by name, and the levels that a run can be asked to reach (``docs/verdicts.md``)."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a check ends with, the strongest first; ``docs/verdicts.md`` says what proves each."""

    IDENTICAL = "identical"
    SAME_CONTENT = "same-content"
    EXPLAINED = "explained"
    DIFFERENT = "different"
    NOT_BUILT = "not-built"
    NOT_CHECKED = "not-checked"

    def reaches(self, required: "Verdict") -> bool:
        """It is at least the level asked for; what was not compared reaches none.

        Raises:
            ValueError: ``required`` is not one of :data:`LEVELS`.
        """
        if required not in LEVELS:
            raise ValueError(f"{required} is not a level that can be asked for")
        return self in LEVELS and LEVELS.index(self) <= LEVELS.index(required)


# What ``--require`` may ask for, the strongest first.
LEVELS = (Verdict.IDENTICAL, Verdict.SAME_CONTENT, Verdict.EXPLAINED)
