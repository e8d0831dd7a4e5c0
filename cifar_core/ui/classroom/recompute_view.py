"""Accuracies from the weights in a class's run packages, computed only when a teacher asks."""

from __future__ import annotations

import streamlit as st

from cifar_core.classroom.weights import recompute, with_weights
from cifar_core.ui.classroom.choosing import BroughtClass


def offer_recomputing(brought: BroughtClass) -> None:
    """A button, and how far it is; what is done is kept where the page is left meanwhile."""
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
    done = len(packages) - len(left)
    progress = st.progress(done / len(packages), f"{done} of {len(packages)} computed")
    for file, result in recompute(brought.content, left, brought.name):
        brought.recomputed[file] = result
        done += 1
        progress.progress(done / len(packages), f"{done} of {len(packages)} computed")
    st.rerun()
