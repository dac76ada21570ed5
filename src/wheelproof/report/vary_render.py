"""The ``vary`` document in any of the forms."""

from typing import assert_never

from wheelproof.report.formats import ReportFormat
from wheelproof.report.render import as_text, render_json
from wheelproof.report.vary_document import VaryReport


def render_vary(report: VaryReport, form: ReportFormat) -> str:
    """The document in one of its forms, with a line feed at its end; each is bounded and safe to show.

    Only ``text``, ``markdown`` and ``json`` hold other characters than ASCII.
    """
    match form:
        case ReportFormat.TEXT:
            from wheelproof.report.vary_terminal import print_vary

            return as_text(lambda console: print_vary(report, console))
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
