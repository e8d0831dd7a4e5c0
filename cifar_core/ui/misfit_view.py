"""A word where an augmentation does not suit the images."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.misfits import misfits
from cifar_core.data.datasets import DatasetInfo


def tell_misfits(spec: AugmentationSpec, dataset: DatasetInfo) -> None:
    """One warning for each of `misfits`."""
    for sentence in misfits(spec, dataset):
        st.warning(sentence, icon=":material/flip:")
