"""The forms in which a report is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cifar_core.report.content import Report


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """One of them."""

    title: str
    file_name: str
    mime: str
    write: Callable[[Report], bytes]


def _markdown(report: Report) -> bytes:
    from cifar_core.report.markdown import markdown_zip

    return markdown_zip(report)


def _html(report: Report) -> bytes:
    from cifar_core.report.html import html_page

    return html_page(report).encode()


FORMATS = {
    "html": ReportFormat("HTML, one file", "report.html", "text/html", _html),
    "markdown": ReportFormat("Markdown with pictures (zip)", "report.zip", "application/zip", _markdown),
}
