"""What pages share across reruns and sessions, kept by Streamlit, bounded."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from cifar_core.collector import exempt_loaded_objects
from cifar_core.data import ImageDataset, dataset_info, shared_dataset
from cifar_core.data.datasets import Images
from cifar_core.data.photos import sample_photos
from cifar_core.errors import DataError, StoreError
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunFiles, RunStore, TrainingJobs, training_jobs
from cifar_core.runs.package.examples import import_examples
from cifar_core.settings import data_folder, runs_folder, store_url
from cifar_core.sweeps.jobs import SweepJobs, sweep_jobs

if TYPE_CHECKING:
    from cifar_core.analysis.features import Features
    from cifar_core.runs.evaluation import TrainedNetwork

_WARM_UP = "cifar-lab-warm-up"


def run_store() -> RunStore:
    """The store that the environment names.

    Raises:
        StoreError: it cannot be opened.
    """
    return _store(store_url(), str(runs_folder().resolve()), RunStore)


# The class is part of the key: a source edit re-imports modules, and a store of the old ones knows no new specs.
@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={type: id})
def _store(url: str, folder: str, kind: type[RunStore]) -> RunStore:
    return kind()


def offer_examples() -> None:
    """Puts the example runs into an empty store, the first time that this server looks at it.

    Raises:
        SpecError: the setting that can say no to them says something else.
    """
    _offer_examples(store_url(), str(runs_folder().resolve()), run_store())


@st.cache_resource(max_entries=4, show_spinner=False)
def _offer_examples(url: str, folder: str, _store: RunStore) -> bool:
    return import_examples(_store)


def jobs() -> TrainingJobs:
    """The background thread, started with the first page that is opened: it takes up what is queued.

    Raises:
        StoreError: the store cannot be opened.
    """
    return training_jobs(run_store())


def sweeps() -> SweepJobs:
    """The background thread that drives sweeps, started with the first page that is opened.

    Raises:
        StoreError: the store cannot be opened.
    """
    return sweep_jobs(run_store(), jobs())


def dataset(name: str) -> ImageDataset:
    """A data set in memory; the first call of a server loads it.

    Raises:
        DataError: it is not at hand.
    """
    with st.spinner("Loading the images …", show_time=True):
        return shared_dataset(name)


def predicted_images(run: Run, split: EvaluationSplit, predictions: Predictions) -> Images:
    """The images, uint8 [N, 32, 32, 3], that `predictions.index` counts in.

    Raises:
        DataError: the data set is not at hand, or is not the one that was predicted.
    """
    images = dataset(run.config.dataset)
    labelled = images.train if split == "validation" else images.test
    index = predictions.index
    if index.max(initial=-1) >= len(labelled) or (labelled.targets[index] != predictions.targets).any():
        raise DataError(f"The {split} images of {images.title} here are not those that run {run.id} predicted.")
    return labelled.images


def predictions(store: RunStore, run: Run, split: EvaluationSplit) -> Predictions | None:
    """A run's stored predictions for a set; None if there are none. Shared by all sessions: not to be written to.

    Raises:
        StoreError: the file is damaged.
    """
    files = RunFiles(store.run_folder(run.id))
    written_at = files.written_at(files.predictions_path(split))
    stored = None if written_at is None else _predictions(run.id, split, written_at, Predictions, files)
    if stored is not None and stored.probabilities.shape[1] != len(dataset_info(run.config.dataset).class_names):
        raise StoreError(f"{files.predictions_path(split)} is damaged: delete it and evaluate the run again.")
    return stored


# Keyed by the file's time: a run that is evaluated anew must not be shown as it was.
@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={type: id})
def _predictions(
    run_id: str, split: EvaluationSplit, written_at: int, kind: type[Predictions], _files: RunFiles
) -> Predictions | None:
    return _files.load_predictions(split)


def trained_network(store: RunStore, run: Run) -> TrainedNetwork:
    """A run's network with the weights that its accuracy stands for, on this machine's best device.

    Raises:
        StoreError: the checkpoint is missing, damaged, or of another network.
    """
    from cifar_core.runs.evaluation import TrainedNetwork

    return _trained_network(run.id, weights_written_at(store, run), TrainedNetwork, store, run)


def weights_written_at(store: RunStore, run: Run) -> tuple[int | None, ...]:
    """When a run's checkpoints were written: with its id the key of what is computed from them."""
    files = RunFiles(store.run_folder(run.id))
    checkpoints = (files.checkpoint(which) for which in ("best", "last", "previous"))
    return tuple(files.written_at(path) for path in (*checkpoints, files.weights_path))


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs={type: id})
def _trained_network(
    run_id: str, written_at: tuple[int | None, ...], kind: type[TrainedNetwork], _store: RunStore, _run: Run
) -> TrainedNetwork:
    return kind(_store, _run)


def features(store: RunStore, run: Run, split: EvaluationSplit) -> Features:
    """Penultimate features, float32 [N, D], of the images that a run predicted, in the order of its predictions.

    The first call lets the network see all of them, which takes seconds on a CPU. Shared: not to be written to.

    Raises:
        StoreError: there are no predictions, or the weights cannot be read.
        DataError: the data set is not at hand.
    """
    stored = predictions(store, run, split)
    if stored is None:
        raise StoreError(f"Run {run.id} has no predictions for the {split} images.")
    images = predicted_images(run, split, stored)
    network = trained_network(store, run)
    with st.spinner("The network looks at all images …", show_time=True):
        files = RunFiles(store.run_folder(run.id))
        written_at = (*weights_written_at(store, run), files.written_at(files.predictions_path(split)))
        return _features(run.id, split, written_at, type(network), network, images, stored)


# 10,000 images take 2 to 20 MB.
@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={type: id})
def _features(
    run_id: str,
    split: EvaluationSplit,
    written_at: tuple[int | None, ...],
    kind: type[TrainedNetwork],
    _network: TrainedNetwork,
    _images: Images,
    _predictions: Predictions,
) -> Features:
    import torch

    from cifar_core.analysis.features import penultimate_features

    return penultimate_features(_network, torch.from_numpy(_images[_predictions.index]))


@st.cache_data(max_entries=4, show_spinner=False)
def _photos(folder: str) -> tuple[Images, str]:
    return sample_photos(Path(folder))


def photos() -> tuple[Images, str]:
    """Some photographs to draw on, and where they come from: see `sample_photos`."""
    return _photos(str(data_folder().resolve()))


def warm_up() -> None:
    """Imports the heavy libraries once, behind the first page, so that the next one does not wait for them."""
    if any(thread.name == _WARM_UP for thread in threading.enumerate()) or _is_warm():
        return
    threading.Thread(target=_import_heavy, name=_WARM_UP, daemon=True).start()


def _is_warm() -> bool:
    import sys

    return "albumentations" in sys.modules and "torchvision" in sys.modules


def _import_heavy() -> None:
    # Only third-party roots, so that no lock of this project's modules is held while a page imports them.
    import albumentations  # noqa: F401
    import torchvision  # noqa: F401

    exempt_loaded_objects()
