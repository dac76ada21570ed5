"""The ``vary`` document in any of the forms."""

import io

from wheelproof.report.formats import ReportFormat
from wheelproof.report.vary_document import VaryReport
from wheelproof.report.vary_terminal import print_vary

__all__ = ["print_vary", "render_vary"]


def render_vary(report: VaryReport, form: ReportFormat) -> str:
    """The document in one of its forms, with a line feed at its end; each is bounded and safe to show."""
    match form:
        case ReportFormat.TEXT:
            return _render_text(report)
        case _:
            return report.model_dump_json(indent=2) + "\n"


def _render_text(report: VaryReport) -> str:
    from rich.console import Console  # noqa: PLC0415

    written = io.StringIO()
    print_vary(report, Console(file=written, width=110, color_system=None, highlight=False))
    return written.getvalue()
