"""A word where an augmentation does not suit the images."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.misfits import misfits
from cifar_core.data.datasets import DatasetInfo


def tell_misfits(spec: AugmentationSpec, dataset: DatasetInfo, in_turns: bool = False) -> None:
    """One line for each of `misfits`: a hint, no warning, since it may be meant."""
    for sentence in misfits(spec, dataset, in_turns):
        st.caption(f":orange[:material/info: {sentence}]")
