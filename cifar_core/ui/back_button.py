"""The browser's Back: it leaves the page, whatever was set on it."""

from __future__ import annotations

import streamlit as st

# Streamlit adds an entry to the browser's history for every change of the URL, and takes no notice when one of them
# comes back: after ten moves of a slider, ten clicks on Back would do nothing at all. Another page is another path.
_JS = """
export default function () {
  if (window.history.cifarLab) return;
  window.history.cifarLab = true;
  const push = window.history.pushState.bind(window.history);
  window.history.pushState = (state, unused, url) => {
    const isSamePage = url && new URL(url, window.location.href).pathname === window.location.pathname;
    (isSamePage ? window.history.replaceState.bind(window.history) : push)(state, unused, url);
  };
}
"""
_component = st.components.v2.component("cifar-lab-back", js=_JS)


def mend_back() -> None:
    """Lets what a page writes into its URL take the place of what stood there; draws nothing."""
    _component(key="back-button")
