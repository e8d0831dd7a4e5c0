"""What the network relied on in one image: parts of it covered, and the activation of a layer."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import Layer
from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.ui import explaining
from cifar_core.ui.figures.overlay import overlay_figure
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.words import percent, plain

_CHART_CONFIG = {"displayModeBar": False}
_WIDTH = 440
"""Screen pixels of each map with its colour bar."""


def draw_relied(subject: Subject, position: int, picture: Images) -> None:
    """An occlusion map beside a Grad-CAM of a chosen layer.

    Args:
        subject: whose.
        position: of the image in its predictions.
        picture: the image, uint8 [32, 32, 3].

    Raises:
        StoreError: the run's weights cannot be read.
    """
    st.markdown("**What the network relied on**")
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=_WIDTH):
        target = _choose_target(subject, position)
        name = subject.info.class_names[target]
        heat = explaining.occlusion(subject.store, subject.run, picture, target)
        st.plotly_chart(
            overlay_figure(picture, heat, "loss of probability", number_format=".2~p"),
            key=f"occlusion-{subject.scope}",
            config=_CHART_CONFIG,
            alt=f"Occlusion map for {name}: the largest mean loss of probability is {percent(float(heat.max()))}",
        )
        st.caption(
            f"Occlusion: orange where covering 8 x 8 px with the mean colour costs **{name}** probability, blue where "
            "it helps (Zeiler and Fergus, 2014)."
        )
    with row.container(width=_WIDTH):
        _draw_grad_cam(subject, picture, target)


def _choose_target(subject: Subject, position: int) -> int:
    """The predicted class; where it is wrong, a switch to the true one."""
    true, answer = int(subject.predictions.targets[position]), int(subject.predictions.predicted[position])
    names = subject.info.class_names
    explained = st.segmented_control(
        "For the class",
        ("predicted",) if true == answer else ("predicted", "true"),
        default="predicted",
        format_func=lambda which: f"{which.capitalize()}: {names[answer if which == 'predicted' else true]}",
        required=True,
        key=f"explained-{subject.scope}-{position}",
    )
    return true if explained == "true" else answer


def _draw_grad_cam(subject: Subject, picture: Images, target: int) -> None:
    from cifar_core.analysis.grad_cam import constant_cells, mapped_layers

    layers = {layer.name: layer for layer in mapped_layers(subject.run.config.architecture)}
    if not layers:
        st.caption("Grad-CAM: this network has no map of several cells.")
        return
    names, constant = list(layers), constant_cells(subject.run.config.architecture)
    # The last one that the image reaches everywhere: padding that speaks for a class is no part of the image.
    first_shown = max((at for at, name in enumerate(names) if not constant[name]), default=len(names) - 1)
    chosen = st.selectbox(
        "Grad-CAM of layer",
        names,
        first_shown,
        format_func=lambda name: f"{name}: {layers[name].n_out} x {layers[name].n_out}, field {layers[name].r_out} px",
        key=f"cam-layer-{subject.run.id}",
        help="Selvaraju et al., 2017: the layer's channels, weighted by how much each speaks for the class.",
    )
    layer = layers[chosen]
    heat = explaining.class_activation(subject.store, subject.run, picture, target, chosen)
    first = layer.offset + (layer.r_out - 1) / 2
    st.plotly_chart(
        overlay_figure(picture, heat, "activation, largest 1", first, layer.jump_out),
        key=f"grad-cam-{subject.scope}",
        config=_CHART_CONFIG,
        alt=f"Grad-CAM of {chosen} for {subject.info.class_names[target]}, {layer.n_out} x {layer.n_out} cells",
    )
    st.caption(f"{plain(chosen)}: {_how_local(layer, constant[chosen])}")
    if not heat.any():
        st.caption("Nothing in this layer speaks for the class.")


def _how_local(layer: Layer, constant: int) -> str:
    """What a place on the map is worth."""
    side, field = f"{layer.n_out} x {layer.n_out}", f"{layer.r_out} x {layer.r_out}"
    told = f"{side} cells, each drawn in the middle of the {field} px that it can depend on"
    if constant:
        cells = f"{constant} of its {layer.n_out**2} cells come of padding alone and never change"
        return f"{told}. {cells}: what they hold says nothing about the image."
    if layer.r_out >= 2 * IMAGE_SIZE - 1:
        return f"{told}. Every cell can see the whole image, so this map localises little."
    if layer.r_out >= IMAGE_SIZE:
        return f"{told}. A cell in the middle can see the whole image, so this map localises only roughly."
    return f"{told}, so this map localises."
