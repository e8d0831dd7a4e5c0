"""What the page says where a run's images or its weights are not at hand."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import dataset_status
from cifar_core.errors import DataError
from cifar_core.runs import Run
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.words import plain


def tell_missing(run: Run, error: DataError) -> None:
    """Says that there are no images to show, and offers what can be got."""
    if run.config.dataset == "cifar10" and not dataset_status("cifar10").available:
        offer_cifar10("the images themselves cannot be shown", "the images of this run can be seen")
    else:
        st.warning(f"The images themselves are not here. {plain(str(error))}", icon=":material/image_not_supported:")


def tell_no_weights(run: Run, error: Exception) -> None:
    """Says that a run's weights cannot be read, and leads to where it can be trained again."""
    st.warning(
        f"The weights of this run are gone: its figures stay; train it again to see this. {plain(str(error))}",
        icon=":material/weight:",
    )
    # Training shows the run, and clones its settings.
    st.page_link(
        "pages/training.py", label="Go to Training", icon=":material/play_circle:", query_params={"run": run.id}
    )
