"""Parts of the Home page."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitectureSpec, describe, find_preset
from cifar_core.architecture.nodes import Conv
from cifar_core.architecture.rules import RuleLimits
from cifar_core.data import dataset_status
from cifar_core.errors import LabError
from cifar_core.machine import machine_title
from cifar_core.runs import RunFilter, RunOrigin, RunState
from cifar_core.runs.records import ACTIVE
from cifar_core.ui import resources
from cifar_core.ui.figures.field import field_figure
from cifar_core.ui.panes import two_panes
from cifar_core.ui.workbench import put_architecture
from cifar_core.words import count, percent, plain

HOME_CANVAS = 86
"""Pixels: the widest field that the control reaches."""
_STORY = ("seed-model-1", "seed-model-2", "seed-model-3")
_QUERY = {"Your network": {"pane": "Your network"}}
_DOORS = (
    (
        "pages/architecture.py",
        "Architecture",
        ":material/schema:",
        "Check my network",
        "Paste it; count, field, rules.",
    ),
    (
        "pages/augmentation.py",
        "Augmentation",
        ":material/auto_fix_high:",
        "Try an augmentation",
        "What it really does.",
    ),
    ("pages/mistakes.py", "Mistakes", ":material/grid_on:", "See where a network errs", "And the images behind it."),
)


def draw_field() -> None:
    """Model 3's receptive field, with the dilation of its third block in the visitor's hand."""
    controls, picture = two_panes()
    with controls:
        dilation = st.slider(
            "Dilation of the first convolution in block C3",
            1,
            4,
            2,
            key="dilation",
            persist_state="session",
            help="A dilated kernel skips cells: the same nine weights look at a wider square.",
        )
        spec = _with_dilation(find_preset("seed-model-3").spec, dilation)
        numbers = describe(spec)
        st.metric("Receptive field (before pooling)", f"{numbers.receptive_field} px", border=True)
        st.metric("Parameters", count(numbers.params), border=True)
        st.caption(
            "The receptive field is the part of the image that one value inside the network can see. Each square is "
            "that of one layer of the seed document's Model 3; dilation widens it and costs no parameter."
        )
        if st.button("Go on with this network", icon=":material/edit:", key="take-along"):
            put_architecture("seed-model-3", spec)
            st.switch_page("pages/architecture.py")
    with picture:
        figure = field_figure(spec.layers, spec.input.size, RuleLimits().receptive_field_above, canvas=HOME_CANVAS)
        st.plotly_chart(
            figure,
            key="home-field",
            config={"displayModeBar": False},
            alt=f"Nested squares: a receptive field of {numbers.receptive_field} pixels around an image of 32 pixels",
        )


def draw_doors() -> None:
    """Three ways in."""
    for column, (target, label, icon, question, sentence) in zip(st.columns(3), _DOORS, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{question}**")
            st.caption(sentence)
            st.page_link(target, label=label, icon=icon, query_params=_QUERY.get(label))


def draw_story() -> None:
    """The seed document's three models as cards."""
    st.subheader("The story so far: one assignment, three attempts", anchor=False)
    for column, name in zip(st.columns(3), _STORY, strict=True):
        preset = find_preset(name)
        numbers = describe(preset.spec)
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{preset.title}**")
            st.markdown(f"#### {percent(preset.reported_test_accuracy)}\ntest accuracy, as the document reports it")
            st.markdown(f"{count(numbers.params)} parameters, field {numbers.receptive_field} px")
            st.caption(preset.teaches)


def draw_beyond() -> None:
    """The example runs of other networks under the same rules, the best first; nothing where the store has none."""
    try:
        wanted = RunFilter(states=(RunState.COMPLETED,), datasets=("cifar10",), origins=(RunOrigin.EXAMPLE,))
        found = resources.run_store().find_runs(wanted)
    except LabError:
        return  # the status line tells
    # Of several seeds the one that was trained first, not the one that came out best.
    examples = {run.family: run for run in found if run.test_accuracy is not None}.values()
    if not examples:
        return
    told = "; ".join(
        f"**{plain(run.name)}** {percent(run.test_accuracy)} with {count(run.num_params)} parameters"
        for run in sorted(examples, key=lambda run: run.test_accuracy or 0.0, reverse=True)
    )
    st.markdown(f"Networks of this project keep the rules too, and their runs lie under Runs. Test accuracy: {told}.")


def draw_status() -> None:
    """One line: data, device, what trains."""
    status = dataset_status("cifar10")
    missing = "CIFAR-10 is not here: handwritten digits stand in (the Training page downloads it)"
    data = "CIFAR-10 is here" if status.available else missing
    st.caption(
        f":material/database: {data}  ·  :material/memory: {machine_title()}  ·  :material/directions_run: {_job()}"
    )


def _job() -> str:
    try:
        active = resources.run_store().list_runs(limit=1, states=ACTIVE)
    except LabError:
        return "the run store cannot be opened"
    if not active:
        return "nothing is training"
    run = active[0]
    return f"{plain(run.name)} is {run.state}, {run.epochs_done} of {run.config.training.epochs} epochs done"


def _with_dilation(spec: ArchitectureSpec, dilation: int) -> ArchitectureSpec:
    nodes = list(spec.nodes)
    at, node = next((at, node) for at, node in enumerate(nodes) if isinstance(node, Conv) and node.dilation > 1)
    nodes[at] = node.changed(dilation=dilation)
    return spec.changed(nodes=[node.model_dump() for node in nodes])
