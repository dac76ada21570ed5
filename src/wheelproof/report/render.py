"""A report out of its JSON, and into any of the forms."""

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, assert_never

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from wheelproof.core.errors import UsageError
from wheelproof.core.untrusted import printable
from wheelproof.core.validation import describe_mistakes
from wheelproof.core.verdict import LEVELS
from wheelproof.report.document import Report
from wheelproof.report.formats import ReportFormat
from wheelproof.report.vary_document import VaryReport

if TYPE_CHECKING:
    from rich.console import Console

REPORT_LIMIT_BYTES = 256 << 20
_TEXT_COLUMNS = 110
Model = TypeVar("Model", bound=BaseModel)


def parse_any(data: bytes, place: str) -> Report | VaryReport:
    """What ``--format json`` printed, the document of ``vary`` too; raises as ``parse_report`` does."""
    if len(data) <= REPORT_LIMIT_BYTES and _is_vary(data):
        return _parsed(VaryReport, data, place)
    return parse_report(data, place)


def _is_vary(data: bytes) -> bool:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("kind") == "vary"


def parse_report(data: bytes, place: str) -> Report:
    """The report that ``--format json`` printed or an evidence folder holds.

    Args:
        data: JSON, of any origin.
        place: what an error calls it.

    Raises:
        UsageError: it is no report, or one of another version.
    """
    report = _parsed(Report, data, place)
    if report.required not in LEVELS:
        raise UsageError(
            f"{printable(place)} is no report of this version: required: {report.required.value} is no level",
            hint=_hint(),
        )
    return report


def _parsed(model: type[Model], data: bytes, place: str) -> Model:
    if len(data) > REPORT_LIMIT_BYTES:
        raise UsageError(f"{printable(place)} is too large for a report", hint=_hint())
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise UsageError(
            f"{printable(place)} is no report of this version: {describe_mistakes(error)}", hint=_hint()
        ) from None


def render_report(report: Report, form: ReportFormat) -> str:
    """The report in one of its forms, with a line feed at its end; each is bounded and safe to show.

    Only ``text``, ``markdown`` and ``json`` hold other characters than ASCII. A form is imported when it is
    asked for: a page's templates alone take longer to import than a small report takes to write.
    """
    match form:
        case ReportFormat.TEXT:
            from wheelproof.report.terminal import print_report

            return as_text(lambda console: print_report(report, console))
        case ReportFormat.JSON:
            return render_json(report)
        case ReportFormat.HTML:
            from wheelproof.report.html import render_html

            return render_html(report)
        case ReportFormat.MARKDOWN:
            from wheelproof.report.markdown import render_markdown

            return render_markdown(report)
        case ReportFormat.JUNIT:
            from wheelproof.report.junit import render_junit

            return render_junit(report)
        case ReportFormat.SARIF:
            from wheelproof.report.sarif import render_sarif

            return render_sarif(report)
        case _:
            assert_never(form)


def render_json(report: BaseModel) -> str:
    """A document as JSON, with a line feed at its end."""
    try:
        return report.model_dump_json(indent=2) + "\n"
    except (
        PydanticSerializationError
    ):  # half of a surrogate pair, which an index's JSON can hold and UTF-8 can't
        return type(report).model_validate(_encodable(report.model_dump())).model_dump_json(indent=2) + "\n"


def _encodable(value: object) -> object:
    """A document's values, with an escape for what UTF-8 can't encode."""
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_encodable(item) for item in value)
    return value.encode("utf-8", "backslashreplace").decode() if type(value) is str else value


def as_text(print_to: "Callable[[Console], None]") -> str:
    """What is printed to a terminal, without its colours."""
    from rich.console import Console

    written = io.StringIO()
    print_to(Console(file=written, width=_TEXT_COLUMNS, color_system=None, highlight=False))
    return written.getvalue()


def _hint() -> str:
    return "Render what `wheelproof check --format json` printed, or the report.json of an evidence folder."
