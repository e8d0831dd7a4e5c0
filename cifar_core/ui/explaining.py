"""What a run's network makes of single images, computed when asked for and kept for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cifar_core.data import AugmentationSpec, dataset_info
from cifar_core.data.datasets import Images
from cifar_core.runs import Run, RunStore
from cifar_core.ui import resources

if TYPE_CHECKING:
    from cifar_core.analysis.variants import Variants

_KEPT = 64
"""Explanations of each kind; the largest takes 25 kB."""
_WrittenAt = tuple[int | None, ...]


def occlusion(store: RunStore, run: Run, image: Images, target: int) -> NDArray[np.float32]:
    """Where a class loses probability when the data set's mean colour covers the image: see `analysis.occlusion`.

    Raises:
        StoreError: the run's weights cannot be read.
    """
    return _occlusion(run.id, resources.weights_written_at(store, run), image, target, store, run)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _occlusion(
    run_id: str, written_at: _WrittenAt, image: Images, target: int, _store: RunStore, _run: Run
) -> NDArray[np.float32]:
    from cifar_core.analysis.occlusion import occlusion_map

    network = resources.trained_network(_store, _run)
    return occlusion_map(network, image, target, fill=dataset_info(_run.config.dataset).mean)


def class_activation(store: RunStore, run: Run, image: Images, target: int, layer: str) -> NDArray[np.float32]:
    """Grad-CAM of one layer: see `analysis.grad_cam`.

    Raises:
        StoreError: the run's weights cannot be read.
    """
    return _class_activation(run.id, resources.weights_written_at(store, run), image, target, layer, store, run)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _class_activation(
    run_id: str, written_at: _WrittenAt, image: Images, target: int, layer: str, _store: RunStore, _run: Run
) -> NDArray[np.float32]:
    from cifar_core.analysis.grad_cam import grad_cam

    network = resources.trained_network(_store, _run)
    return grad_cam(network, _run.config.architecture, image, target, layer)


def variants(
    store: RunStore, run: Run, image: Images, augmentation: AugmentationSpec | None = None, seed: int = 0
) -> Variants:
    """The image drawn eight times by an augmentation, by default the run's, with answers: see `analysis.variants`.

    Raises:
        StoreError: the run's weights cannot be read.
    """
    spec = augmentation or run.config.augmentation
    return _variants(run.id, resources.weights_written_at(store, run), image, spec.to_json(), seed, spec, store, run)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _variants(
    run_id: str,
    written_at: _WrittenAt,
    image: Images,
    spec_json: str,
    seed: int,
    _spec: AugmentationSpec,
    _store: RunStore,
    _run: Run,
) -> Variants:
    from cifar_core.analysis.variants import predict_variants

    network = resources.trained_network(_store, _run)
    return predict_variants(network, image, _spec, dataset_info(_run.config.dataset).mean, seed=seed)
