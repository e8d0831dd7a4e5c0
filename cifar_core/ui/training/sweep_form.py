"""Setting up a sweep on the Training page: what varies around the form's run, and how it is searched."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import streamlit as st

from cifar_core.analysis.duration import estimate_duration
from cifar_core.data import require_dataset
from cifar_core.errors import LabError, SpecError
from cifar_core.runs import RunConfig, RunStore
from cifar_core.sweeps import SweepSpec, new_sweep, read_parameters
from cifar_core.sweeps.cluster.place import ClusterPlace
from cifar_core.sweeps.outlook import Outlook, look_ahead
from cifar_core.sweeps.spec import MAX_MINUTES, MAX_SWEEP_NAME
from cifar_core.ui import resources
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.training.sweep_parameters import draw_parameters, keep_in_link
from cifar_core.ui.training.sweep_place import choose_place
from cifar_core.words import duration, plain

FORM = "sweep-form"
"""Key of the form, and in the URL whether it is open."""
_STARTED = "sweep.started"
_BOXES = {"trials": "Trials at most", "minutes": "Minutes at most", "sampler": "What is tried next"}
"""Titles of the boxes of a SweepSpec's fields, of which a sentence may speak."""
_SEEKS = {"accuracy": "Accuracy", "params": "Accuracy and size", "macs": "Accuracy and MACs"}
_SAMPLERS = {"tpe": "Guided (TPE)", "random": "At random", "grid": "Whole grid"}
_PRUNERS = {"median": "Below the median", "asha": "All but the best third (ASHA)", "none": "None"}


def draw_sweep_form(store: RunStore, config: RunConfig) -> None:
    """Folded away, and then it costs nothing: the search space, its budget, and the button that starts it.

    Args:
        store: where the sweep will lie.
        config: what every trial is but for what varies.
    """
    with st.expander(
        "Sweep: search for better settings", icon=":material/travel_explore:", key=FORM, bind="query-params"
    ) as form:
        if form.open:
            _draw_form(store, config)


def _draw_form(store: RunStore, config: RunConfig) -> None:
    st.caption(
        "Trains many runs like the one above that differ in what you list here, and tells which are best. Networks "
        "that break a rule of the assignment are passed over before anything is trained."
    )
    if config.training.protocol != "validation":
        st.info(
            'A sweep chooses on validation images: set the protocol to "validation" under All settings, above.',
            icon=":material/info:",
        )
        return
    typed, is_told = draw_parameters(config)
    spec = _spec(config, typed, tuple(_choose_search().items()))
    place, is_complete = choose_place()
    keep_in_link(typed)
    pressed = st.button(
        "Start the sweep",
        icon=":material/travel_explore:",
        key="sweep-start",
        width="stretch",
        disabled=isinstance(spec, str) or not is_complete,
    )
    if isinstance(spec, str):
        if not is_told:
            st.error(plain(spec), icon=":material/error:")
        return
    if pressed:
        _start(store, spec, place)
    if st.session_state.get(_STARTED):
        query = {"sweep": st.session_state[_STARTED]}
        st.page_link("pages/runs.py", label="See the sweep", icon=":material/show_chart:", query_params=query)
    if place is None and is_complete:
        _tell_cost(store, spec)


def _choose_search() -> dict[str, Any]:
    """The budget, and how it is searched."""
    left, right = st.columns(2)
    with left:
        trials = st.number_input(
            _BOXES["trials"],
            1,
            1_000,
            12,
            key="sweep.trials",
            **KEPT,
            help="That are trained. A whole grid has as many as there are combinations.",
            disabled=st.session_state.get("sweep.sampler") == "grid",
        )
        seeks = st.selectbox(
            "Search for",
            list(_SEEKS),
            format_func=_SEEKS.__getitem__,
            key="sweep.seeks",
            **KEPT,
            help="Size: few parameters. With two aims the sweep follows the front of the best compromises, and ends no "
            "trial early.",
        )
    with right:
        minutes = st.number_input(
            _BOXES["minutes"],
            min_value=0.5,
            max_value=MAX_MINUTES,
            value=None,
            placeholder="no limit",
            key="sweep.minutes",
            **KEPT,
            help="After so many no trial begins; the one under way ends as usual.",
        )
        sampler = st.selectbox(
            _BOXES["sampler"],
            list(_SAMPLERS),
            format_func=_SAMPLERS.__getitem__,
            key="sweep.sampler",
            **KEPT,
            help="Guided: where earlier trials went well (TPE, Bergstra 2011). Whole grid: every combination once.",
        )
    pruner = "none"
    if seeks == "accuracy":
        pruner = st.selectbox(
            "Trials that end early",
            list(_PRUNERS),
            format_func=_PRUNERS.__getitem__,
            key="sweep.pruner",
            **KEPT,
            help="Judged by the accuracy on validation images after the same number of epochs: those below the median "
            "of the others, or all but the best third at epochs 1, 3, 9 and so on (Li 2018).",
        )
    return {
        "trials": None if sampler == "grid" else trials,
        "minutes": minutes,
        "objectives": ("accuracy",) if seeks == "accuracy" else ("accuracy", seeks),
        "sampler": sampler,
        "pruner": pruner,
    }


@lru_cache(maxsize=16)
def _spec(config: RunConfig, typed: tuple[str, ...], search: tuple[tuple[str, Any], ...]) -> SweepSpec | str:
    """The sweep, or why there can be none."""
    try:
        return new_sweep(
            SweepSpec.parse_typed(
                {
                    "name": config.name[:MAX_SWEEP_NAME],
                    "base": config.model_dump(),
                    "parameters": [parameter.model_dump() for parameter in read_parameters(typed, config)],
                    **dict(search),
                }
            )
        )
    except SpecError as error:
        field, blank, rest = str(error).partition(" ")
        return f"{_BOXES.get(field, field)}{blank}{rest}"


def _start(store: RunStore, spec: SweepSpec, place: ClusterPlace | None) -> None:
    try:
        if place is None:
            require_dataset(spec.base.dataset)
        running = (each for each in store.list_sweeps() if each.state.is_open)
        same = next((each for each in running if each.spec_json == spec.to_json()), None)
        if same is not None:  # a double click, or the same button pressed in two browsers
            st.session_state[_STARTED] = same.id
            st.toast(f"{plain(spec.name)} runs already. Any change makes another sweep.", icon=":material/info:")
            return
        sweep = store.add_sweep(spec.name, spec.to_json(), None if place is None else place.to_json())
        resources.sweeps().ring()
    except LabError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state[_STARTED] = sweep.id
    st.toast(f"The sweep {plain(spec.name)} begins.", icon=":material/travel_explore:")


@lru_cache(maxsize=16)
def _outlook(spec_json: str) -> Outlook:
    return look_ahead(SweepSpec.parse(spec_json))


def _tell_cost(store: RunStore, spec: SweepSpec) -> None:
    outlook = _outlook(spec.to_json())
    _tell_legality(outlook)
    trials = spec.trials or spec.grid_size
    if trials is None:
        return
    if spec.grid_size is not None:
        trials = min(trials, spec.grid_size)
    estimate = estimate_duration(store, spec.base)
    early = "" if spec.pruner == "none" else ", less what ends early"
    seconds = 0.0 if estimate is None else trials * estimate.seconds * outlook.effort
    cost = f"about **{duration(seconds)}** at this run's pace, by epochs and MACs{early}" if seconds else ""
    combinations = f"{spec.grid_size:,} combinations; at" if spec.grid_size is not None else "At"
    st.caption(f":material/schedule: {combinations} most {trials:,} trials{': ' + cost if cost else ''}.")


def _tell_legality(outlook: Outlook) -> None:
    """What of the space would be passed over, before anybody waits for it."""
    if outlook.legal == outlook.drawn:
        return
    of = f"of {outlook.drawn} combinations that were looked at"
    if outlook.legal:
        over = outlook.drawn - outlook.legal
        st.caption(f":material/block: {over} {of} would be passed over, and cost nothing. {plain(outlook.why)}")
    else:
        st.warning(f"None {of} can be trained. {plain(outlook.why)}", icon=":material/block:")
