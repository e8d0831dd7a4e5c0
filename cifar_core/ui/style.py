"""What no theme setting and no widget of Streamlit can do: room for the page, and a pane that stays in view."""

from __future__ import annotations

import streamlit as st

FOLLOWING = "following-pane"
"""Key of a left pane that stays in view, and scrolls by itself, while the page moves: one on a page."""

_NARROW = 1000
"""Screen pixels of a window in which two panes stand one below the other."""
_TOP, _SIDE = 24, 48
"""Screen pixels above and beside the page. The bar above it holds one menu at the right: the page begins beside it."""

_CSS = f"""
<style>
@media (min-width: 641px) {{
  [data-testid="stMainBlockContainer"] {{ padding: {_TOP}px {_SIDE}px 96px; }}
  [data-testid="stHeader"] {{ background: transparent; pointer-events: none; }}
  [data-testid="stHeader"] button {{ pointer-events: auto; }}
}}
:has(> .st-key-{FOLLOWING}) {{
  position: sticky; top: 12px; max-height: calc(100vh - 24px); overflow: auto; scrollbar-gutter: stable;
}}
@media (max-width: {_NARROW}px) {{
  /* Above what it changes: half of the window for each. */
  :has(> .st-key-{FOLLOWING}) {{
    position: static; flex-basis: 100% !important; max-height: 45vh; border-bottom: 1px solid rgba(128, 128, 128, 0.4);
  }}
}}
</style>
"""


def style_page() -> None:
    """Takes up no room itself."""
    st.html(_CSS)
