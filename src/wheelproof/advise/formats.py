"""The forms that advice is printed in."""

from enum import StrEnum


class AdviceFormat(StrEnum):
    """What ``--format`` takes of ``wheelproof advise``; ``docs/advise.md`` describes each."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
