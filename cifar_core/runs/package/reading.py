"""Reads a run package and believes nothing of it before it is checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from cifar_core import __version__
from cifar_core.data import DatasetInfo, dataset_info
from cifar_core.errors import SpecError
from cifar_core.protocol import EvaluationSplit, evaluation_split, predicted_splits
from cifar_core.runs.config import RunConfig
from cifar_core.runs.package.archive import PackageArchive
from cifar_core.runs.package.arrays import unpacked_predictions
from cifar_core.runs.package.layout import (
    CONFIG,
    EPOCHS,
    FORMAT_VERSION,
    LOG,
    MANIFEST,
    PREDICTIONS,
    REQUIRED,
    WEIGHTS,
    Manifest,
    PackedEpochs,
    PackedRun,
    newer_version,
)
from cifar_core.runs.package.weights import unpacked_weights
from cifar_core.runs.run_files import Predictions
from cifar_core.words import without_control_signs


@dataclass(frozen=True, slots=True)
class RunPackage:
    """The checked content of a package."""

    run: PackedRun
    config: RunConfig
    epochs: PackedEpochs
    best_epoch: int | None
    """The first one with the best accuracy on the evaluated set; None of a refit, which chooses none."""
    weights: bytes
    """A safetensors file."""
    shapes: dict[str, tuple[int, ...]]
    """Of the weights by name."""
    predictions: dict[EvaluationSplit, Predictions]
    log: str


def read_package(source: BinaryIO) -> RunPackage:
    """Reads a package; whether its weights are its network's own is left to `unpack`, which needs torch for that.

    Raises:
        SpecError: it is none, is damaged, larger than allowed, from a newer version, or contradicts itself.
    """
    archive = PackageArchive(source)
    manifest = _manifest(archive.manifest())
    members = archive.members()
    _check_members(manifest, members)
    config = _config(members[CONFIG])
    run, training = manifest.run, config.training
    if (run.name, run.protocol) != (config.name, training.protocol):
        raise SpecError(f"{MANIFEST} and {CONFIG} tell of different runs.")
    if not run.state.is_over:
        raise SpecError(f"the run in it is {run.state}: only one that is over can be unpacked.")
    info = dataset_info(config.dataset)
    epochs = PackedEpochs.parse(members[EPOCHS])
    _check_epochs(epochs, config, info)
    best_epoch = max(epochs.epochs, key=lambda told: (told.eval_accuracy, -told.epoch)).epoch
    chosen = best_epoch if training.protocol == "validation" else len(epochs.epochs)
    if manifest.weights_epoch != chosen:
        raise SpecError(f"its weights are of epoch {manifest.weights_epoch}, and its accuracy is that of {chosen}.")
    return RunPackage(
        run=run,
        config=config,
        epochs=epochs,
        best_epoch=None if training.protocol == "refit" else best_epoch,
        weights=members[WEIGHTS],
        shapes={name: array.shape for name, array in unpacked_weights(members[WEIGHTS], WEIGHTS).items()},
        predictions=_predictions(members, manifest, info),
        log=_log(members.get(LOG, b"")),
    )


def _manifest(content: bytes) -> Manifest:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        raise SpecError(f"{MANIFEST} is no JSON.") from None
    # Before anything else of it: a newer format may have other fields and members.
    newer = newer_version(told)
    if newer is not None:
        raise SpecError(f"it has format version {newer}: CIFAR Lab {__version__} reads {FORMAT_VERSION}.")
    return Manifest.parse(told)


def _check_members(manifest: Manifest, members: Mapping[str, bytes]) -> None:
    for name in REQUIRED:
        if name not in members:
            raise SpecError(f"{name} is missing.")
    if set(manifest.members) != set(members) - {MANIFEST}:
        raise SpecError(f"{MANIFEST} names other members than there are.")
    for name, told in manifest.members.items():
        content = members[name]
        if len(content) != told.size:
            raise SpecError(f"{name} has {len(content):,} bytes, and {MANIFEST} tells of {told.size:,}.")
        if hashlib.sha256(content).hexdigest() != told.sha256:
            raise SpecError(f"{name} is damaged: its SHA-256 is not the one in {MANIFEST}.")


def _config(content: bytes) -> RunConfig:
    try:
        config = RunConfig.parse(content)
    except SpecError as error:
        raise SpecError(f"CIFAR Lab {__version__} cannot read its configuration: {error}") from None
    for name in (config.architecture.name, config.augmentation.name, config.training.recipe):
        if not name.isprintable():  # the run's own must be that of the manifest
            raise SpecError(f"{CONFIG} holds the name {name!r}, which is not printable.")
    return config


def _check_epochs(told: PackedEpochs, config: RunConfig, info: DatasetInfo) -> None:
    split = evaluation_split(config.training.protocol)
    epochs = told.epochs
    if [epoch.epoch for epoch in epochs] != list(range(1, len(epochs) + 1)) or len(epochs) > config.training.epochs:
        raise SpecError(f"{EPOCHS} must tell of the epochs from 1 on, {config.training.epochs:,} at most.")
    if any(
        epoch.split != split or abs(epoch.eval_accuracy - epoch.eval_correct / epoch.eval_count) > 1e-6
        for epoch in epochs
    ):
        raise SpecError(f"{EPOCHS} must tell of the {split} set, and the accuracy that its right answers give.")
    index = told.watched_index
    images = info.test_images if split == "test" else info.train_images
    if index is not None and max(index, default=0) >= images:
        raise SpecError(f"{EPOCHS} tells of image {max(index):,}: the {split} set's array has {images:,}.")
    for rows in (epoch.watched for epoch in epochs if epoch.watched is not None):
        if index is None or len(rows) != len(index) or any(len(row) != len(info.class_names) for row in rows):
            raise SpecError(f"{EPOCHS} tells probabilities of other images or classes than are watched.")


def _predictions(
    members: Mapping[str, bytes], manifest: Manifest, info: DatasetInfo
) -> dict[EvaluationSplit, Predictions]:
    found: dict[EvaluationSplit, Predictions] = {}
    for split, name in PREDICTIONS.items():
        if name not in members:
            continue
        if split not in predicted_splits(manifest.run.protocol):
            raise SpecError(f'it holds {name}, and the protocol "{manifest.run.protocol}" has no {split} images.')
        found[split] = unpacked_predictions(members[name], name, split, info)
        if found[split].epoch != manifest.weights_epoch:
            raise SpecError(f"{name} is of epoch {found[split].epoch}, and the weights of {manifest.weights_epoch}.")
    if "test" not in found and manifest.run.test_accuracy is not None:
        raise SpecError("it tells a test accuracy without the predictions that give it.")
    if "test" in found and found["test"].accuracy != manifest.run.test_accuracy:
        raise SpecError(f"{PREDICTIONS['test']} gives another test accuracy than {MANIFEST}.")
    return found


def _log(content: bytes) -> str:
    try:
        return without_control_signs(content.decode())
    except UnicodeDecodeError:
        raise SpecError(f"{LOG} is no text in UTF-8.") from None
