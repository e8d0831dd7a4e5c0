"""All images of the set as the network sees them just before it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cifar_core.analysis.mistakes import select_cell
from cifar_core.errors import DataError, StoreError
from cifar_core.ui import resources
from cifar_core.ui.colors import TEXT_ON
from cifar_core.ui.figures.feature_map import feature_map_figure
from cifar_core.ui.mistakes.image_view import open_image
from cifar_core.ui.mistakes.missing import tell_missing, tell_no_weights
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.words import counted, percent

if TYPE_CHECKING:
    from cifar_core.analysis.features import PrincipalMap

MAX_POINTS = 3000
"""As many SVG markers as a browser still drags smoothly; WebGL ones are not drawn at all where there is no GPU."""
_EVERY = "every class"
_CLICKED, _LAST = "feature-map-clicked", "feature-map-last"
"""(key of the chart, position): to be opened in this rerun, and clicked last."""
_CHART_CONFIG: dict[str, Any] = {
    # No double-clicks: Streamlit tells of one by an empty selection, just as of a second click on a point.
    "doubleClickDelay": 0,
    "displayModeBar": True,
    "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d"]],
}


def draw_feature_map(subject: Subject) -> None:
    """The map by principal components with every point clickable, and an image to open by its number."""
    from cifar_core.analysis.features import principal_map

    try:
        features = resources.features(subject.store, subject.run, subject.split)
    except DataError as error:
        tell_missing(subject.run, error)
        return
    except StoreError as error:
        tell_no_weights(subject.run, error)
        return
    laid = principal_map(features)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        candidates = _choose_images(subject)
        _draw_opener(subject)
    if not len(candidates):
        st.info("There is no such image.", icon=":material/info:")
        return
    count = min(len(candidates), MAX_POINTS)
    shown = candidates[np.linspace(0, len(candidates) - 1, count).astype(np.int64)]
    sampled = f"A sample of {count:,} of {counted(len(candidates), 'image')}. " if count < len(candidates) else ""
    st.caption(
        f"{sampled}A point is an image as the {features.shape[1]} numbers that enter the last layer, laid flat along "
        "the two directions in which they differ most (principal components, Pearson 1901), which hold "
        f"{percent(sum(laid.shares))} of their variance: two points apart are apart for the network, two near each "
        "other may differ in what is not shown. Click a point to open its image; drag to enlarge."
    )
    _draw_points(subject, laid, shown)


def _draw_points(subject: Subject, laid: PrincipalMap, shown: NDArray[np.int64]) -> None:
    names, text_color = subject.info.class_names, TEXT_ON[st.context.theme.type or "light"]
    key = f"feature-map-{subject.scope}"
    st.plotly_chart(
        feature_map_figure(laid, subject.predictions, shown, names, text_color),
        key=key,
        on_select=lambda: _take_click(key),
        selection_mode="points",
        config=_CHART_CONFIG,
        alt="Principal components of the images' features, coloured by class; the box above opens an image by keyboard",
    )
    clicked = st.session_state.pop(_CLICKED, None)
    if clicked is not None and clicked[0] == key:
        open_image(subject, clicked[1])


def _choose_images(subject: Subject) -> NDArray[np.int64]:
    """Positions of the images of a class, or of all, perhaps only of mistakes."""
    options = [_EVERY, *subject.info.class_names]
    chosen = st.selectbox("Show", options, key=f"map-class-{subject.info.name}", width=180)
    only_mistakes = st.toggle("Only mistakes", key="map-mistakes", persist_state="session")
    positions = select_cell(subject.predictions, None if chosen == _EVERY else options.index(chosen) - 1)
    wrong: NDArray[np.bool_] = subject.predictions.predicted != subject.predictions.targets
    return positions[wrong[positions]] if only_mistakes else positions


def _draw_opener(subject: Subject) -> None:
    """The keyboard's way to a point: its image's number, and a button."""
    index = subject.predictions.index
    with st.form("open-image", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            "Image number",
            min_value=0,
            value=int(index[0]),
            width=140,
            help="The image's place in the data set, as a point's label tells it.",
        )
        if not st.form_submit_button("Open", icon=":material/open_in_full:"):
            return
    found = np.flatnonzero(index == number)
    if len(found):
        open_image(subject, int(found[0]))
        return
    near = int(index[np.abs(index - number).argmin()])
    st.warning(f"Image {number} is not among the {subject.split} images: the nearest one is {near}.")


def _take_click(key: str) -> None:
    """Asks for the clicked point's image, once: the chart's own selection stays through further reruns."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        st.session_state[_LAST] = (key, int(points[0]["customdata"]))
    # A second click on a point takes its selection away, and is meant to open it again.
    st.session_state[_CLICKED] = st.session_state.get(_LAST)
