"""A word where an augmentation does not suit the images."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.misfits import misfits
from cifar_core.data.datasets import DatasetInfo


def tell_misfits(spec: AugmentationSpec, dataset: DatasetInfo) -> None:
    """One line for each of `misfits`: a hint, no warning, since it may be meant."""
    for sentence in misfits(spec, dataset):
        st.caption(f":orange[:material/info: {sentence}]")
