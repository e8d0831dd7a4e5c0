"""Setting up a sweep on the Training page: what varies around the form's run, and how it is searched."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import streamlit as st

from cifar_core.analysis.duration import estimate_duration
from cifar_core.architecture.nodes import Conv
from cifar_core.data import require_dataset
from cifar_core.errors import LabError, SpecError
from cifar_core.runs import RunConfig, RunStore
from cifar_core.runs.fields import WIDTH_SCALE
from cifar_core.sweeps import SweepSpec, check_parameter, read_parameters
from cifar_core.sweeps.cluster.place import ClusterPlace
from cifar_core.sweeps.spec import MAX_SWEEP_NAME
from cifar_core.training.spec import MAX_EPOCHS
from cifar_core.ui import resources
from cifar_core.ui.field_titles import field_by_title, parameter_title, told_by_title
from cifar_core.ui.training.sweep_place import choose_place
from cifar_core.words import duration, plain

_ROWS, _NEXT, _STARTED = "sweep.rows", "sweep.next", "sweep.started"
MAX_ROWS, MAX_VALUES_TYPED = 6, 2000
_SEEKS = {"accuracy": "Accuracy", "params": "Accuracy and size", "macs": "Accuracy and MACs"}
_SAMPLERS = {"tpe": "Guided (TPE)", "random": "At random", "grid": "Whole grid"}
_PRUNERS = {"median": "Below the median", "asha": "All but the best third (ASHA)", "none": "None"}


def draw_sweep_form(store: RunStore, config: RunConfig) -> None:
    """Folded away: the search space, its budget, and the button that starts it.

    Args:
        store: where the sweep will lie.
        config: what every trial is but for what varies.
    """
    with st.expander("Sweep: search for better settings", icon=":material/travel_explore:", key="sweep-form"):
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
        problems = [_draw_row(row, config) for row in _rows(config)]
        st.button(
            "Vary one more",
            icon=":material/add:",
            key="sweep-add",
            disabled=len(st.session_state[_ROWS]) >= MAX_ROWS,
            on_click=_add,
            args=(config,),
        )
        spec = _spec(config, tuple(map(_typed, st.session_state[_ROWS])), tuple(_choose_search().items()))
        place, is_complete = choose_place()
        pressed = st.button(
            "Start the sweep",
            icon=":material/travel_explore:",
            key="sweep-start",
            width="stretch",
            disabled=isinstance(spec, str) or not is_complete,
        )
        if isinstance(spec, str):
            if not any(problems):  # what is wrong with one row stands below it
                st.error(plain(spec), icon=":material/error:")
            return
        if pressed:
            _start(store, spec, place)
        if st.session_state.get(_STARTED):
            query = {"sweep": st.session_state[_STARTED]}
            st.page_link("pages/runs.py", label="See the sweep", icon=":material/show_chart:", query_params=query)
        if place is None and is_complete:
            _tell_cost(store, spec)


def _often_varied(config: RunConfig) -> dict[str, str]:
    """Values to begin with of what is often varied, by name."""
    training = config.training
    rate, decay = training.optimizer.learning_rate, training.optimizer.weight_decay or 5e-4
    longer = min(2 * training.epochs, MAX_EPOCHS)
    return {
        "lr": f"{rate / 4:.2g}..{min(rate * 4, 10):.2g}:log",
        WIDTH_SCALE: "0.5,0.75,1",
        "optimizer.weight_decay": f"{decay / 5:.2g}..{min(decay * 5, 0.9):.2g}:log",
        "label_smoothing": "0,0.05,0.1",
        "batch_size": "64,128,256",
        "epochs": f"{training.epochs if training.epochs < longer else longer // 2},{longer}",
        "ema_decay": "null,0.99,0.998",
        "augmentation_first": "0,0.5,1",
        "augmentation_last": "0,0.5,1",
        **{f"augmentation.transforms[{at}].p": "0,0.25,0.5,1" for at in range(len(config.augmentation.transforms))},
    }


def _rows(config: RunConfig) -> list[int]:
    if _ROWS not in st.session_state:
        st.session_state[_ROWS], st.session_state[_NEXT] = [], 0
        _add(config)
        _add(config)
    return list(st.session_state[_ROWS])


def _add(config: RunConfig) -> None:
    fields, row = _often_varied(config), st.session_state[_NEXT]
    taken = {st.session_state.get(_key("field", other)) for other in st.session_state[_ROWS]}
    field = next((name for name in fields if name not in taken), next(iter(fields)))
    st.session_state[_key("field", row)], st.session_state[_key("values", row)] = field, fields[field]
    st.session_state[_ROWS], st.session_state[_NEXT] = [*st.session_state[_ROWS], row], row + 1


def _drop(row: int) -> None:
    st.session_state[_ROWS] = [other for other in st.session_state[_ROWS] if other != row]


def _key(what: str, row: int) -> str:
    return f"sweep.{what}.{row}"


def _draw_row(row: int, config: RunConfig) -> str:
    """What varies and between which values; gives back what is wrong with it, empty if nothing is."""
    fields, chosen = list(_often_varied(config)), str(st.session_state[_key("field", row)])
    left, middle, right = st.columns([5, 5, 1], vertical_alignment="bottom")
    with left:
        st.selectbox(
            "What varies",
            # One that was typed is an option too: the box gives its title back, which must stand for something.
            fields if chosen in fields else [*fields, chosen],
            format_func=lambda name: parameter_title(name, config),
            accept_new_options=True,
            key=_key("field", row),
            on_change=_suggest,
            args=(row, config),
            persist_state="session",
            help=f"Choose, or type the path of any field: {_path_of_a_momentum(config)}, augmentation.transforms[0].p, "
            f"{_path_of_a_dilation(config)}.",
        )
    with middle:
        st.text_input(
            "Values",
            key=_key("values", row),
            max_chars=MAX_VALUES_TYPED,
            persist_state="session",
            help="A range, 0.01..0.3, evenly, or 0.01..0.3:log, each tenfold alike; or a list, 0.5,0.75,1.",
        )
    with right:
        st.button(
            "",
            icon=":material/close:",
            key=_key("drop", row),
            help="Vary this no more.",
            disabled=len(st.session_state[_ROWS]) < 2,
            on_click=_drop,
            args=(row,),
        )
    problem = told_by_title(_problem(_typed(row), config), config)
    if problem:
        st.caption(f":red[:material/error: {plain(problem)}]")
    return problem


def _typed(row: int) -> str:
    return f"{st.session_state[_key('field', row)]}={st.session_state[_key('values', row)]}"


def _path_of_a_momentum(config: RunConfig) -> str:
    """An example of the run's own kind of optimizer."""
    return f"optimizer.{'momentum' if config.training.optimizer.kind == 'sgd' else 'beta1'}"


def _path_of_a_dilation(config: RunConfig) -> str:
    """An example in the network at hand: convolutions in a branch have longer paths than others."""
    node = config.architecture.nodes[-1]
    place = f"architecture.nodes[{len(config.architecture.nodes) - 1}]"
    return f"{place}.dilation" if isinstance(node, Conv) else f"{place}.main[0].dilation"


def _suggest(row: int, config: RunConfig) -> None:
    """Values for another field; a title that was typed stands for its field."""
    field = str(st.session_state[_key("field", row)]).strip()
    name = field_by_title(field, config) or field
    st.session_state[_key("field", row)] = name
    st.session_state[_key("values", row)] = _often_varied(config).get(name, "")


@lru_cache(maxsize=64)  # the page runs anew at every touch of a widget
def _problem(typed: str, config: RunConfig) -> str:
    """What is wrong with one parameter; empty if nothing is."""
    try:
        for parameter in read_parameters([typed], config):
            check_parameter(parameter, config)
    except SpecError as error:
        return str(error)
    return ""


def _choose_search() -> dict[str, Any]:
    """The budget, and how it is searched."""
    left, right = st.columns(2)
    with left:
        trials = st.number_input(
            "Trials at most",
            1,
            1_000,
            12,
            key="sweep.trials",
            persist_state="session",
            help="That are trained. A whole grid has as many as there are combinations.",
            disabled=st.session_state.get("sweep.sampler") == "grid",
        )
        seeks = st.selectbox(
            "Search for",
            list(_SEEKS),
            format_func=_SEEKS.__getitem__,
            key="sweep.seeks",
            persist_state="session",
            help="Size: few parameters. With two aims the sweep follows the front of the best compromises, and ends no "
            "trial early.",
        )
    with right:
        minutes = st.number_input(
            "Minutes at most",
            min_value=0.5,
            value=None,
            placeholder="no limit",
            key="sweep.minutes",
            persist_state="session",
            help="After so many no trial begins; the one under way ends as usual.",
        )
        sampler = st.selectbox(
            "What is tried next",
            list(_SAMPLERS),
            format_func=_SAMPLERS.__getitem__,
            key="sweep.sampler",
            persist_state="session",
            help="Guided: where earlier trials went well (TPE, Bergstra 2011). Whole grid: every combination once.",
        )
    pruner = "none"
    if seeks == "accuracy":
        pruner = st.selectbox(
            "Trials that end early",
            list(_PRUNERS),
            format_func=_PRUNERS.__getitem__,
            key="sweep.pruner",
            persist_state="session",
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
        return SweepSpec.parse_typed(
            {
                "name": config.name[:MAX_SWEEP_NAME],
                "base": config.model_dump(),
                "parameters": [parameter.model_dump() for parameter in read_parameters(typed, config)],
                **dict(search),
            }
        )
    except SpecError as error:
        return str(error)


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


def _tell_cost(store: RunStore, spec: SweepSpec) -> None:
    trials = spec.trials or spec.grid_size
    if trials is None:
        return
    if spec.grid_size is not None:
        trials = min(trials, spec.grid_size)
    estimate = estimate_duration(store, spec.base)
    early = "" if spec.pruner == "none" else ", less what ends early"
    cost = f"about **{duration(trials * estimate.seconds)}** at this run's pace{early}" if estimate else ""
    combinations = f"{spec.grid_size:,} combinations; " if spec.grid_size is not None else ""
    st.caption(f":material/schedule: {combinations}at most {trials:,} trials{': ' + cost if cost else ''}.")
