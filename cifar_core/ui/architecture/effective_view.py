"""The effective field: measured once a network, initialised beside trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.data.datasets import available_datasets, dataset_info
from cifar_core.errors import LabError
from cifar_core.ui import resources
from cifar_core.ui.empty import empty_state
from cifar_core.ui.figures.effective import effective_figure
from cifar_core.ui.figures.seen import Outline
from cifar_core.words import moment, percent, plain

if TYPE_CHECKING:
    from cifar_core.architecture.effective import EffectiveField
    from cifar_core.runs import Run

_MEASURED = "architecture.measured"
"""Networks whose field was asked for in this session."""
MAX_MEASURED = 64


def measured_outlines(spec: ArchitectureSpec) -> tuple[Outline, ...]:
    """The 50 % and 95 % squares of the initialised network; empty as long as they are not measured."""
    if not _is_measured(spec):
        return ()
    try:
        field = _initial(_key(spec), available_datasets()[0])
    except LabError:
        return ()  # `draw_effective` says why
    return (
        Outline(field.side_50, "half of the gradient", "dash"),
        Outline(field.side_95, "95 % of the gradient", "dot"),
    )


def draw_effective(spec: ArchitectureSpec) -> None:
    """Initialised beside trained, each with what it was measured for; only on request, off the way of an edit."""
    st.markdown("**Effective field**: where the squared gradient of the last map's central cell really lies")
    if not _is_measured(spec):
        st.button(
            "Measure it",
            icon=":material/center_focus_strong:",
            key="effective-measure",
            on_click=_measure,
            args=(spec,),
            help="Builds this network and looks at its gradient: some seconds, and kept for each network.",
        )
        return
    initialised, trained = st.columns(2)
    dataset = available_datasets()[0]
    with initialised:
        st.selectbox("Weights", ["Initialised, seed 0"], disabled=True, key="initial-weights")
        _draw(lambda: _initial(_key(spec), dataset), "Initialised, seed 0", dataset, "effective-initial")
    with trained:
        runs = _runs(spec)
        if not runs:
            empty_state(
                "No run has trained exactly this network yet: its effective field after training would stand here.",
                "pages/training.py",
                "Train this",
                ":material/play_circle:",
            )
            return
        run = st.selectbox("Trained by", runs, format_func=lambda run: f"{run.name}, {moment(run.created_at)}")
        epochs = f"{run.epochs_done} epoch{'s' if run.epochs_done > 1 else ''}"
        title = f"Trained: {plain(run.name)}, {epochs} on {dataset_info(run.config.dataset).title}"
        _draw(lambda: _trained(run.id, run.epochs_done, run.config.dataset), title, run.config.dataset, "effective-run")


def _is_measured(spec: ArchitectureSpec) -> bool:
    return _key(spec) in st.session_state.get(_MEASURED, ())


def _measure(spec: ArchitectureSpec) -> None:
    st.session_state[_MEASURED] = [*st.session_state.get(_MEASURED, ()), _key(spec)][-MAX_MEASURED:]


def _draw(measure: Callable[[], EffectiveField], title: str, dataset: str, key: str) -> None:
    try:
        field = measure()
    except LabError as error:
        st.warning(f"{title}. {plain(str(error))}", icon=":material/blur_off:")
        return
    st.plotly_chart(
        effective_figure(field.density, field.side_50, field.side_95),
        key=key,
        config={"displayModeBar": False},
        alt=f"{title}: half of the squared gradient lies within {field.side_50} pixels, 95 % within {field.side_95}",
    )
    area = percent((field.side_50 / field.receptive_field) ** 2)
    st.caption(
        f"{title}. Half of the squared gradient lies within **{field.side_50} px** ({area} of the "
        f"{field.receptive_field} px square), 95 % within **{field.side_95} px**. Measured over {field.num_images} "
        f"training images of {dataset_info(dataset).title}, mirrored to {field.canvas} px, for the central cell."
    )


def _runs(spec: ArchitectureSpec) -> list[Run]:
    from cifar_core.analysis.effective import runs_of_network

    return runs_of_network(resources.run_store(), spec)


def _key(spec: ArchitectureSpec) -> str:
    """A network is the same whatever it is called."""
    return spec.changed(name="").model_dump_json()


@st.cache_data(max_entries=64, show_spinner="Measuring the effective field …")
def _initial(spec_json: str, dataset: str) -> EffectiveField:
    from cifar_core.analysis.effective import initial_field

    return initial_field(ArchitectureSpec.parse(spec_json), resources.dataset(dataset))


# A run that is resumed has other weights: its epochs are part of the key.
@st.cache_data(max_entries=64, show_spinner="Measuring the effective field …")
def _trained(run_id: str, epochs_done: int, dataset: str) -> EffectiveField:
    from cifar_core.analysis.effective import trained_field

    store = resources.run_store()
    return trained_field(store, store.get(run_id), resources.dataset(dataset))
