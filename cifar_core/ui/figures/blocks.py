"""Parameters and MACs of two networks, block by block."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cifar_core.architecture.editing.comparison import BlockTotals
from cifar_core.ui.colors import PALETTE
from cifar_core.ui.figures.layout import laid_out


def block_figure(
    left: Mapping[str, BlockTotals], right: Mapping[str, BlockTotals], left_name: str, right_name: str
) -> go.Figure:
    """Two charts of bars, parameters and MACs, with a pair of bars a block.

    Args:
        left: totals by block label of the one network.
        right: of the other.
        left_name: for the legend.
        right_name: for the legend.
    """
    blocks = list(dict.fromkeys([*left, *right]))
    labels = [escape(block) or "(no label)" for block in blocks]
    left_name, right_name = escape(left_name), escape(right_name)
    figure = make_subplots(rows=1, cols=2, subplot_titles=("Parameters", "MACs an image"), horizontal_spacing=0.12)
    for column, field in enumerate(("params", "macs"), 1):
        for name, totals, shade, pattern in (
            (left_name, left, PALETTE[0], ""),
            (right_name, right, PALETTE[6], "/"),
        ):
            values = [getattr(totals[block], field) if block in totals else 0 for block in blocks]
            figure.add_trace(
                go.Bar(
                    x=labels,
                    y=values,
                    name=name,
                    legendgroup=name,
                    showlegend=column == 1,
                    marker={"color": shade, "pattern": {"shape": pattern}},
                    hovertemplate="%{x}: %{y:,}<extra>" + name + "</extra>",
                ),
                row=1,
                col=column,
            )
    # Labels such as "1" would be taken for numbers, and the other network's blocks would fall off the axis.
    figure.update_xaxes(type="category")
    return laid_out(figure, 340, barmode="group")
