"""One palette on every page: told apart by colour-blind eyes, visible on light and dark ground.

Paul Tol's "bright" scheme and three of his "vibrant" and "muted" ones (https://personal.sron.nl/~pault/).
"""

from __future__ import annotations

PALETTE = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#66CCEE",
    "#AA3377",
    "#EE7733",
    "#009988",
    "#BB5566",
    "#999999",
)
RIGHT, WRONG, NEUTRAL = PALETTE[0], PALETTE[6], PALETTE[9]


TEXT_ON = {"light": "#1A1A1A", "dark": "#F5F5F5"}
"""Text inside coloured areas, by the theme's kind; elsewhere Streamlit colours a figure's text."""


def color(number: int) -> str:
    """The colour of a class, block or run by its number."""
    return PALETTE[number % len(PALETTE)]


def faded(hex_color: str, alpha: float) -> str:
    """A colour with an opacity in 0..1, as Plotly takes it."""
    red, green, blue = (int(hex_color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
