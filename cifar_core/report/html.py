"""A report as one HTML file that needs nothing beside it: Plotly's script and every image are inside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import astuple
from html import escape
from io import BytesIO

import plotly.graph_objects as go
from PIL import Image
from plotly.offline import get_plotlyjs

from cifar_core.architecture.layer_table import COLUMNS, seed_columns
from cifar_core.report.charts import confusion_chart, curves_chart
from cifar_core.report.content import Mistakes, Report, RunSection
from cifar_core.report.log import log_text
from cifar_core.report.sentences import (
    CLAIM_COLUMNS,
    COMPUTED,
    MATRIX,
    MISTAKES,
    NO_ANALYSIS,
    NO_EPOCHS,
    NO_TARGET,
    OWN,
    PROVENANCE,
    SEED_SAID,
    report_title,
)

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;font-size:14px;display:block;overflow-x:auto}td,th{border:1px solid #ccc;padding:4px 8px}
th{background:#f3f4f6;text-align:left}pre{background:#f6f8fa;padding:1rem;overflow:auto;max-height:30rem;font-size:13px}
@media print{pre{max-height:none;white-space:pre-wrap}}
h2{border-bottom:1px solid #ccc;margin-top:3rem}.images{display:flex;flex-wrap:wrap;gap:12px}
figure{margin:0;width:150px}figure img{width:128px;height:128px;image-rendering:pixelated}figcaption{font-size:13px}
"""


def html_page(report: Report) -> str:
    """The whole file. It forbids itself any connection, so that no text in it can reach out."""
    title = escape(report_title(report))
    parts = [f"<h1>{title}</h1>", _paragraph(PROVENANCE)]
    if report.claims:
        parts += [f"<h2>{SEED_SAID}</h2>", _table(CLAIM_COLUMNS, [astuple(row) for row in report.claims])]
    if len(report.sections) > 1:
        parts += _comparison(report)
    for section in report.sections:
        parts += _section(section)
    policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
        f"<script>{get_plotlyjs()}</script>"
    )
    body = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _comparison(report: Report) -> list[str]:
    titles = [f"Model {section.number}" for section in report.sections]
    rows = [[each.setting, *each.values] for each in report.differences]
    parts = ["<h2>What differs</h2>", _table(["Setting", *titles], rows)]
    columns = list(zip(*(section.results for section in report.sections), strict=True))
    names = [" / ".join(dict.fromkeys(name for name, _ in column)) for column in columns]
    results = [[name, *(value for _, value in column)] for name, column in zip(names, columns, strict=True)]
    parts += ["<h2>Results side by side</h2>", _table(["Result", *titles], results)]
    curves = [section.curve for section in report.sections if section.epochs]
    return [*parts, _chart(curves_chart(curves), "Accuracy of all models")] if curves else parts


def _section(section: RunSection) -> list[str]:
    matrix, mistakes, has_epochs = section.matrix, section.mistakes, bool(section.epochs)
    rows = [[str(cell) for cell in row.values()] for row in seed_columns(section.description)]
    curve = _chart(curves_chart([section.curve]), "Accuracy over the epochs") if has_epochs else _paragraph(NO_EPOCHS)
    return [
        f"<h2>Model {section.number}: {escape(section.run.name)}</h2>",
        _paragraph(f"Run {section.run.id}."),
        "<h3>Target</h3>",
        _points(section.text.target.splitlines()) or _paragraph(NO_TARGET),
        "<h3>Results</h3>",
        _points([f"{name}: {value}" for name, value in section.results]),
        "<h3>Analysis</h3>",
        *_own_analysis(section),
        _points(section.findings) or _paragraph(NO_ANALYSIS),
        "<h3>Model architecture</h3>",
        f"<pre>{escape(section.printed)}</pre>",
        "<h3>Receptive field</h3>",
        _table(list(COLUMNS), rows),
        "<h3>Train and test logs</h3>",
        f"<pre>{escape(log_text(section.epochs))}</pre>" if has_epochs else _paragraph(NO_EPOCHS),
        "<h3>Validation plot</h3>",
        curve,
        "<h3>Confusion matrix</h3>",
        _paragraph(MATRIX),
        _paragraph(matrix)
        if isinstance(matrix, str)
        else _chart(confusion_chart(matrix, section.class_names), "Confusion matrix"),
        "<h3>Misclassified images</h3>",
        _paragraph(MISTAKES),
        _paragraph(mistakes) if isinstance(mistakes, str) else _images(mistakes),
    ]


def _own_analysis(section: RunSection) -> list[str]:
    own = _points(section.text.analysis.splitlines())
    return [_paragraph(OWN), own, _paragraph(COMPUTED)] if own else []


def _chart(figure: go.Figure, label: str) -> str:
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False)
    return f'<div role="img" aria-label="{escape(label)}">{drawn}</div>'


def _images(mistakes: Mistakes) -> str:
    figures = []
    for pixels, caption in zip(mistakes.images, mistakes.captions, strict=True):
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, format="PNG")
        source, words = base64.b64encode(buffer.getvalue()).decode(), escape(caption)
        figures.append(
            f'<figure><img alt="{words}" src="data:image/png;base64,{source}"><figcaption>{words}</figcaption></figure>'
        )
    return f'<div class="images">{"".join(figures)}</div>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _points(lines: Sequence[str]) -> str:
    points = "".join(f"<li>{escape(line.strip().removeprefix('- '))}</li>" for line in lines if line.strip())
    return f"<ul>{points}</ul>" if points else ""


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
