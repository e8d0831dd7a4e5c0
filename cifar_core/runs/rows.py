"""Between the database's rows and what the rest of the project sees."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from cifar_core.architecture import num_params, receptive_field
from cifar_core.architecture.rules import all_required_pass, judge
from cifar_core.data import dataset_info
from cifar_core.data.splits import split_sizes
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.records import Run, RunOrigin, RunProgress, RunState, StepPoint, Watched
from cifar_core.runs.tables import EpochRow, RunRow
from cifar_core.training.metrics import EpochMetrics


def utc_now() -> datetime:
    """The time, naive and in UTC."""
    # Naive UTC: SQLite keeps no time zone, and mixing the two kinds fails on comparison.
    return datetime.now(UTC).replace(tzinfo=None)


def as_json(tags: str | Sequence[str]) -> str:
    """Tags, or one of them, as they stand in a row: as they are written, so that a search finds any script."""
    return json.dumps(tags, ensure_ascii=False)


def launch_key(config: RunConfig) -> str:
    """The same for the same configuration, name and seed included, and for no other."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()


def family_key(config: RunConfig) -> str:
    """The same for configurations that differ in their seed, their device, and what things are called."""
    told = config.model_dump(mode="json", exclude={"name": True, "training": {"seed", "device", "recipe"}})
    for part in ("architecture", "augmentation"):
        told[part].pop("name")
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def derived_columns(config: RunConfig) -> dict[str, object]:
    """What a run's row tells of its configuration, so that runs can be searched and ranked without reading it."""
    training = config.training
    images = (training.validation_images, training.limit_train, training.limit_test)
    try:
        train_images, _ = split_sizes(dataset_info(config.dataset), training.protocol, *images)
    except SpecError:
        train_images = 0  # an impossible split: the run will fail, and says why
    return {
        "family": family_key(config),
        "dataset": config.dataset,
        "protocol": training.protocol,
        "train_images": train_images,
        "meets_rules": all_required_pass(judge(config.architecture)),
    }


def new_run_row(config: RunConfig, queue_position: int) -> RunRow:
    """A queued run with a fresh id."""
    now, layers = utc_now(), config.architecture.layers
    return RunRow(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        name=config.name,
        state=RunState.QUEUED,
        config_json=config.model_dump_json(),
        created_at=now,
        num_params=num_params(layers),
        receptive_field=receptive_field(layers),
        launch_key=launch_key(config),
        queue_position=queue_position,
        **derived_columns(config),
    )


@lru_cache(maxsize=512)
def _config(text: str) -> RunConfig:
    # A list of runs is read again and again, and a configuration never changes.
    return RunConfig.parse(text)


def record_from_row(row: RunRow) -> Run:
    """A run as the store tells it.

    Raises:
        StoreError: its configuration cannot be read: it was damaged, or written by another version.
    """
    try:
        config = _config(row.config_json)
    except SpecError as error:
        raise StoreError(f"The configuration of run {row.id} cannot be read: {error}") from None
    return Run(
        id=row.id,
        state=RunState(row.state),
        config=config,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        num_params=row.num_params,
        receptive_field=row.receptive_field,
        epochs_done=row.epochs_done or 0,
        best_epoch=row.best_epoch,
        best_accuracy=row.best_accuracy,
        last_accuracy=row.last_accuracy,
        clean_train_accuracy=row.clean_train_accuracy,
        test_accuracy=row.test_accuracy,
        device=row.device,
        environment=json.loads(row.environment_json or "{}"),
        error=row.error,
        progress=_progress(row.progress_json) if row.progress_json else None,
        parent_id=row.parent_id,
        group_id=row.group_id,
        spent_seconds=row.spent_seconds or 0.0,
        note=row.note or "",
        tags=tuple(json.loads(row.tags_json or "[]")),
        deleted_at=row.deleted_at,
        size_bytes=row.size_bytes,
        origin=RunOrigin(row.origin or RunOrigin.TRAINED),
        family=row.family,
        train_images=row.train_images,
        meets_rules=row.meets_rules,
        sweep_id=row.sweep_id,
        sweep_trial=row.sweep_trial,
    )


def _progress(text: str) -> RunProgress | None:
    try:
        fields = json.loads(text)
        points = tuple(StepPoint(*point) for point in fields.pop("points", ()))
        return RunProgress(**fields, points=points)
    except (ValueError, TypeError, AttributeError):
        return None  # another version told it: where the run is right now hides nothing else of it


def progress_json(progress: RunProgress) -> str:
    """As `record_from_row` reads it; points as bare triples, since there are many and often."""
    fields = asdict(progress)
    fields["points"] = [(point.batch, round(point.loss, 5), round(point.accuracy, 5)) for point in progress.points]
    return json.dumps(fields)


def watched_from_rows(watched_json: str | None, epochs: Sequence[EpochRow]) -> Watched | None:
    """The watched images of a run and what it said of them; None before there is anything."""
    told = [epoch for epoch in epochs if epoch.probabilities_json]
    if watched_json is None or not told:
        return None
    watched = json.loads(watched_json)
    return Watched(
        split=watched["split"],
        index=tuple(watched["index"]),
        epochs=tuple(epoch.epoch for epoch in told),
        probabilities=np.array([json.loads(epoch.probabilities_json or "[]") for epoch in told], dtype=np.float32),
    )


def metrics_from_row(row: EpochRow) -> EpochMetrics:
    """An epoch as the training reported it."""
    return EpochMetrics(**{name: getattr(row, name) for name in EpochMetrics.__dataclass_fields__})
