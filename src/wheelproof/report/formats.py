"""The forms that a report is rendered in."""

from enum import StrEnum


class ReportFormat(StrEnum):
    """What ``--format`` takes where a report comes out; ``docs/report-formats.md`` describes each."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
