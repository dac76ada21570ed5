"""The ``vary`` document in any of the forms."""

import io
from typing import assert_never

from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import render_json
from wheelproof.report.vary_document import VaryReport


def render_vary(report: VaryReport, form: ReportFormat) -> str:
    """The document in one of its forms, with a line feed at its end; each is bounded and safe to show.

    Only ``text``, ``markdown`` and ``json`` hold other characters than ASCII.
    """
    match form:
        case ReportFormat.TEXT:
            return _render_text(report)
        case ReportFormat.JSON:
            return render_json(report)
        case ReportFormat.HTML:
            from wheelproof.report.vary_html import render_vary_html

            return render_vary_html(report)
        case ReportFormat.MARKDOWN:
            from wheelproof.report.vary_markdown import render_vary_markdown

            return render_vary_markdown(report)
        case ReportFormat.JUNIT:
            from wheelproof.report.vary_junit import render_vary_junit

            return render_vary_junit(report)
        case ReportFormat.SARIF:
            from wheelproof.report.vary_sarif import render_vary_sarif

            return render_vary_sarif(report)
        case _:
            assert_never(form)


def _render_text(report: VaryReport) -> str:
    from rich.console import Console

    from wheelproof.report.render import TEXT_COLUMNS
    from wheelproof.report.vary_terminal import print_vary

    written = io.StringIO()
    print_vary(report, Console(file=written, width=TEXT_COLUMNS, color_system=None, highlight=False))
    return written.getvalue()
