"""Draws a chart that keeps its place, zoom and legend while its data change."""

from __future__ import annotations

import streamlit as st

from cifar_core.ui.figures.live import LiveFigure

REFRESH_SECONDS = 2.0
"""Between two looks at a run that trains: each takes processor time from it where it trains on the same machine."""


def draw_live(figure: LiveFigure, key: str, alt: str) -> None:
    """Draws, or gives the chart that is there its new rows.

    Args:
        figure: with the same `spec` at every refresh.
        key: the same at every refresh, another one for another run.
        alt: what the chart shows, for who cannot see it; the same at every refresh.
    """
    st.vega_lite_chart(figure.data, dict(figure.spec), key=key, alt=alt, width="stretch")
