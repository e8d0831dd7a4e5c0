"""Packs a run into a file."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from io import BytesIO

import numpy as np

from cifar_core import __version__
from cifar_core.errors import SpecError
from cifar_core.runs.package.archive import write_archive
from cifar_core.runs.package.arrays import packed_predictions
from cifar_core.runs.package.layout import (
    CONFIG,
    EPOCHS,
    LOG,
    MANIFEST,
    PREDICTIONS,
    WEIGHTS,
    Manifest,
    Member,
    PackedEpochs,
    PackedRun,
)
from cifar_core.runs.package.reading import read_package
from cifar_core.runs.package.weights import packed_weights
from cifar_core.runs.records import Run
from cifar_core.runs.report_texts import ReportText
from cifar_core.runs.run_files import Predictions, RunFiles
from cifar_core.runs.store import RunStore

_FOLDERS = re.compile(
    # Between quotation marks a folder's name may hold spaces; behind a colon "//" begins an address.
    r"""(?<=["'])(?:[A-Za-z]:)?[/\\]{1,2}(?:[^/\\"'<>|:\n]+[/\\])+"""
    r"""|file://(?:/[^\s/"'<>|]+)*/"""
    r"""|(?<![\w/\\.])(?!(?<=:)//)(?:[A-Za-z]:)?[/\\]{1,2}(?:[^\s/\\"'<>|:]+[/\\])+"""
)
"""The folders of an absolute path."""


def pack(store: RunStore, run: Run) -> bytes:
    """One run as a package: the same bytes whenever it is packed.

    It has no images, no path and no name of this machine, and no state of the optimizer.

    Args:
        store: where the run lies.
        run: one that is over and has a finished epoch.

    Raises:
        SpecError: the run has not finished an epoch, still trains, or is too large for a package.
        StoreError: its checkpoint or its predictions cannot be read.
    """
    if not run.state.is_over:
        raise SpecError(f"Run {run.id} is {run.state}: it can be packed once it is over.")
    if not run.epochs_done:
        raise SpecError(f"Run {run.id} has no finished epoch: there is nothing to pack.")
    try:
        content = _packed(store, run)
        # What could not be unpacked again is not given away.
        read_package(BytesIO(content))
    except SpecError as error:
        raise SpecError(f"Run {run.id} cannot be packed: {error}") from None
    return content


def _packed(store: RunStore, run: Run) -> bytes:
    from cifar_core.runs.evaluation import stored_weights

    files = RunFiles(store.run_folder(run.id))
    weights = stored_weights(files, run)
    arrays = {name: tensor.numpy() for name, tensor in weights.state.items()}
    members = {
        CONFIG: run.config.to_json().encode(),
        EPOCHS: _epochs(store, run).model_dump_json().encode(),
        WEIGHTS: packed_weights(arrays, weights.epoch),
    }
    test: Predictions | None = None
    for split, name in PREDICTIONS.items():
        predictions = files.load_predictions(split)
        # A run that went on after it was evaluated has some of an earlier epoch: these weights never said that.
        if predictions is not None and predictions.epoch == weights.epoch:
            members[name] = packed_predictions(predictions)
            test = predictions if split == "test" else test
    log = files.log_text()
    if log:
        members[LOG] = without_folders(log).encode()
    manifest = Manifest(
        project_version=__version__,
        created_at=run.created_at,
        weights_epoch=weights.epoch,
        run=_row(run, test, store.report_text(run.id)),
        members={
            name: Member(size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in members.items()
        },
    )
    everything = {MANIFEST: manifest.to_json().encode(), **members}
    return write_archive(everything, stored=frozenset({WEIGHTS}))


def _row(run: Run, test: Predictions | None, text: ReportText) -> PackedRun:
    return PackedRun(
        id=run.id,
        name=run.name,
        state=run.state,
        protocol=run.config.training.protocol,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        device=run.device,
        environment=run.environment,
        error=without_folders(run.error) if run.error else None,
        clean_train_accuracy=run.clean_train_accuracy,
        # Read or not, it must be seen to be right.
        test_accuracy=test.accuracy if test else None,
        spent_seconds=run.spent_seconds,
        parent_id=run.parent_id,
        group_id=run.group_id,
        note=run.note,
        tags=list(run.tags),
        target=text.target,
        analysis=text.analysis,
    )


def _epochs(store: RunStore, run: Run) -> PackedEpochs:
    watched = store.watched(run.id)
    told = {}
    if watched is not None:
        # As the store keeps them: to four digits.
        told = dict(zip(watched.epochs, np.round(watched.probabilities.astype(float), 4).tolist(), strict=True))
    return PackedEpochs.parse(
        {
            "watched_index": None if watched is None else watched.index,
            "epochs": [{**asdict(metrics), "watched": told.get(metrics.epoch)} for metrics in store.epochs(run.id)],
        }
    )


def without_folders(text: str) -> str:
    """A text in which absolute paths are cut to their last part: whose machine it was is nobody's business."""
    return _FOLDERS.sub("", text)
