"""Between the database's rows and what the rest of the project sees."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

from cifar_core.architecture import num_params, receptive_field
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.records import Run, RunProgress, RunState
from cifar_core.runs.tables import EpochRow, RunRow
from cifar_core.training.metrics import EpochMetrics


def utc_now() -> datetime:
    """The time, naive and in UTC."""
    # Naive UTC: SQLite keeps no time zone, and mixing the two kinds fails on comparison.
    return datetime.now(UTC).replace(tzinfo=None)


def new_run_row(config: RunConfig) -> RunRow:
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
    )


def record_from_row(row: RunRow) -> Run:
    """A run as the store tells it.

    Raises:
        StoreError: its configuration cannot be read: it was damaged, or written by another version.
    """
    try:
        config = RunConfig.parse(row.config_json)
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
        progress=RunProgress(**json.loads(row.progress_json)) if row.progress_json else None,
    )


def metrics_from_row(row: EpochRow) -> EpochMetrics:
    """An epoch as the training reported it."""
    return EpochMetrics(**{name: getattr(row, name) for name in EpochMetrics.__dataclass_fields__})
