"""Where a sweep's trials are trained: here, or on a Ray cluster."""

from __future__ import annotations

import streamlit as st

from cifar_core.errors import SpecError
from cifar_core.sweeps.cluster.place import INSTALL, ClusterPlace, has_ray
from cifar_core.words import plain

_HERE, _CLUSTER = "Here, one after the other", "On a Ray cluster"


def choose_place() -> tuple[ClusterPlace | None, bool]:
    """The cluster, None for here; and whether enough is told of it to start."""
    where = st.radio(
        "Where",
        (_HERE, _CLUSTER),
        horizontal=True,
        key="sweep.where",
        persist_state="session",
        label_visibility="collapsed",
    )
    if where == _HERE:
        return None, True
    if not has_ray():
        st.info(
            "With Ray the trials of a sweep train side by side on a cluster's machines, each with as many cores or "
            f"GPUs as you give it, and come back as ordinary runs. It is not installed here: `{INSTALL}` brings it.",
            icon=":material/hub:",
        )
        return None, False
    return _edit_place()


def _edit_place() -> tuple[ClusterPlace | None, bool]:
    left, right = st.columns(2)
    with left:
        address = st.text_input(
            "Address of its dashboard",
            placeholder="http://head:8265",
            key="sweep.address",
            persist_state="session",
            help="Of the cluster's head: its Jobs API takes the sweep as one job.",
        )
        cpus = st.number_input(
            "Cores for a trial",
            1,
            1_024,
            1,
            key="sweep.cpus",
            persist_state="session",
            help="It trains on as many threads.",
        )
    with right:
        folder = st.text_input(
            "Shared folder",
            placeholder="/shared/sweeps",
            key="sweep.folder",
            persist_state="session",
            help="That this machine and all of the cluster's see under the same path; finished runs come through it.",
        )
        gpus = st.number_input(
            "GPUs for a trial",
            0.0,
            64.0,
            0.0,
            0.25,
            key="sweep.gpus",
            persist_state="session",
            help="A part of one lets several trials share it.",
        )
    data = st.text_input(
        "Data folder there",
        placeholder="as its machines are set up",
        key="sweep.data",
        persist_state="session",
        help="That holds CIFAR-10 on the cluster's machines; empty for their own CIFAR_LAB_DATA.",
    )
    if not (address and folder):
        st.caption("The address and the shared folder are still missing.")
        return None, False
    told = {"address": address, "folder": folder, "cpus": cpus, "gpus": gpus, "data": data or None}
    try:
        return ClusterPlace.parse_typed(told), True
    except SpecError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None, False
