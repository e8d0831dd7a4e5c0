"""Unpacks a run's package into a store."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cifar_core.errors import SpecError
from cifar_core.files import make_folder, write_atomically
from cifar_core.runs.adoption import UNFINISHED_MARK, Arrival
from cifar_core.runs.keeping import kept_tags
from cifar_core.runs.package.layout import LOG
from cifar_core.runs.package.reading import RunPackage, read_package
from cifar_core.runs.records import Run, RunOrigin
from cifar_core.runs.report_texts import ReportText
from cifar_core.runs.rows import as_json, new_run_row
from cifar_core.runs.run_files import RunFiles
from cifar_core.runs.store import RunStore
from cifar_core.runs.tables import EpochRow, RunRow

_STAGING = ".unpacking-"
_ABANDONED_SECONDS = 3600
"""Age of a staging folder whose process has certainly ended."""


def unpack(store: RunStore, path: Path, trial_of: tuple[str, int] | None = None) -> Run:
    """Adds the run of a package to a store, as it was when it was packed; it cannot be resumed.

    Args:
        store: that it comes into.
        path: of the package.
        trial_of: the sweep, and the number in it, whose trial it is.

    Raises:
        SpecError: there is no such file, it is no whole run package of this version, holds the weights of another
            network, or its run is in the store already.
        StoreError: it cannot be stored; nothing of it is left then.
    """
    package = load_package(path)
    try:
        _require_own_weights(package)
    except SpecError as error:
        raise _refusal(path, error) from None
    with staged_arrival(store, package, RunOrigin.UNPACKED, f"Unpacked from {path.name}.") as arrival:
        if trial_of is not None:
            arrival.row.sweep_id, arrival.row.sweep_trial = trial_of
        store.adopt([arrival])
    store.measure_sizes([package.run.id])
    return store.get(package.run.id)


def load_package(path: Path) -> RunPackage:
    """Reads and checks a package, but for whether its weights fit its network.

    Raises:
        SpecError: there is no such file, or it is no whole run package of this version.
    """
    try:
        with path.open("rb") as file:
            return read_package(file)
    except SpecError as error:
        raise _refusal(path, error) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null in it
        raise SpecError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


@contextmanager
def staged_arrival(store: RunStore, package: RunPackage, origin: RunOrigin, note: str) -> Iterator[Arrival]:
    """A package's run with its files in a folder of their own, for a block that has the store adopt it.

    Raises:
        StoreError: the files cannot be written.
    """
    make_folder(store.folder)
    _remove_abandoned(store.folder)
    files = RunFiles(store.folder / f"{_STAGING}{secrets.token_hex(8)}")
    try:
        files.prepare(package.config)
        write_atomically(files.folder / UNFINISHED_MARK, b"")
        write_atomically(files.weights_path, package.weights)
        for split, predictions in package.predictions.items():
            files.save_predictions(split, predictions)
        if package.log:
            write_atomically(files.folder / LOG, package.log.encode())
        text = ReportText(package.run.target, package.run.analysis)
        yield Arrival(_row(package, origin), _epoch_rows(package), note, text, files.folder)
    finally:
        shutil.rmtree(files.folder, ignore_errors=True)


def _row(package: RunPackage, origin: RunOrigin) -> RunRow:
    run, epochs = package.run, package.epochs.epochs
    row = new_run_row(package.config, queue_position=0)
    row.id, row.state, row.origin = run.id, run.state, origin
    row.created_at, row.started_at, row.finished_at = run.created_at, run.started_at, run.finished_at
    row.epochs_done, row.last_accuracy = len(epochs), epochs[-1].eval_accuracy
    if package.best_epoch is not None:
        row.best_epoch, row.best_accuracy = package.best_epoch, epochs[package.best_epoch - 1].eval_accuracy
    row.clean_train_accuracy, row.test_accuracy = run.clean_train_accuracy, run.test_accuracy
    row.device, row.environment_json, row.error = run.device, json.dumps(run.environment), run.error
    row.spent_seconds, row.parent_id, row.group_id = run.spent_seconds, run.parent_id, run.group_id
    row.note, row.tags_json = run.note, as_json(kept_tags(run.tags))
    if package.epochs.watched_index is not None:
        row.watched_json = json.dumps({"split": epochs[0].split, "index": package.epochs.watched_index})
    return row


def _epoch_rows(package: RunPackage) -> list[EpochRow]:
    return [
        EpochRow(
            run_id=package.run.id,
            **told.model_dump(exclude={"watched"}),
            probabilities_json=None if told.watched is None else json.dumps(told.watched),
        )
        for told in package.epochs.epochs
    ]


def _require_own_weights(package: RunPackage) -> None:
    """Builds the network without memory for its weights, and compares."""
    import torch

    from cifar_core.architecture.build import build_network

    with torch.device("meta"):
        state = build_network(package.config.architecture).state_dict()
    if package.shapes != {name: tuple(tensor.shape) for name, tensor in state.items()}:
        raise SpecError("its weights are those of another network than its configuration describes.")


def _refusal(path: Path, error: SpecError) -> SpecError:
    return SpecError(f"{path.name} cannot be unpacked: {error}")


def _remove_abandoned(folder: Path) -> None:
    """Removes what a process left that ended while it unpacked."""
    for staging in folder.glob(f"{_STAGING}*"):
        try:
            if time.time() - staging.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(staging, ignore_errors=True)
        except OSError as error:  # its own process has just removed it, or nobody may
            logging.getLogger(__name__).info("%s stays: %s", staging, error)
