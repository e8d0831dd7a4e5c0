"""Accuracies from the weights in a class's run packages, computed only when a teacher asks."""

from __future__ import annotations

import streamlit as st

from cifar_core.classroom.weights import recompute, with_weights
from cifar_core.ui.classroom.choosing import BroughtClass

_BATCHES = 20
"""Of CIFAR-10's test images on a CPU; a smaller set's bar jumps."""


def offer_recomputing(brought: BroughtClass) -> None:
    """A button, how far it is, and a button that ends it; what is done is kept, also where the page is left."""
    packages = with_weights(brought.submissions)
    left = [each for each in packages if each.file not in brought.recomputed]
    if not packages:
        return
    told = "Builds each network from its description, loads its weights and shows it the test images at hand."
    asked = st.button(
        "Recompute accuracies from weights",
        icon=":material/calculate:",
        key="class-recompute",
        help=f"{told} It takes from seconds to a few minutes each on a CPU.",
        disabled=not left,
    )
    if not asked:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = _Bar(len(packages), len(packages) - len(left))
        st.button(
            "Stop here", icon=":material/stop_circle:", key="class-recompute-stop", help="Keeps what is computed."
        )
    for file, result in recompute(brought.content, left, brought.name, bar.batch_done):
        brought.recomputed[file] = result
        bar.package_done()
    st.rerun()


class _Bar:
    """How far it is. Drawn after every batch: there a click elsewhere, on "Stop here" too, ends the computation."""

    def __init__(self, packages: int, done: int) -> None:
        self._packages, self._done, self._batches = packages, done, 0
        self._slot = st.progress(0.0)
        self._draw()

    def batch_done(self) -> bool:
        """For `should_stop`, which is asked before every batch; a person's wish to stop comes as an exception."""
        self._batches += 1
        self._draw()
        return False

    def package_done(self) -> None:
        self._done, self._batches = self._done + 1, 0
        self._draw()

    def _draw(self) -> None:
        within = min(self._batches / _BATCHES, 1.0)
        self._slot.progress(
            min((self._done + within) / self._packages, 1.0), f"{self._done} of {self._packages} computed"
        )
