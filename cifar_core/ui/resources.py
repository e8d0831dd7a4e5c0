"""What pages share across reruns and sessions, kept by Streamlit, bounded."""

from __future__ import annotations

import threading
from pathlib import Path

import streamlit as st

from cifar_core.collector import exempt_loaded_objects
from cifar_core.data import ImageDataset
from cifar_core.data.datasets import Images
from cifar_core.data.photos import sample_photos
from cifar_core.runs import RunStore, TrainingJobs, training_jobs
from cifar_core.settings import data_folder, runs_folder, store_url

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


def jobs() -> TrainingJobs:
    """The background thread, started with the first page that is opened: it takes up what is queued.

    Raises:
        StoreError: the store cannot be opened.
    """
    return training_jobs(run_store())


def dataset(name: str) -> ImageDataset:
    """A data set in memory; the first call of a server loads it.

    Raises:
        DataError: it is not at hand.
    """
    with st.spinner("Loading the images …", show_time=True):
        from cifar_core.runs.run_data import shared_dataset

        return shared_dataset(name)


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
