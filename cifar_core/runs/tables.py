"""The database's tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 1
"""Of the tables; a store of another version is refused rather than misread."""


class Table(DeclarativeBase):
    """Base of the tables."""


class StoreInfoRow(Table):
    """One row: what wrote this store."""

    __tablename__ = "store_info"
    schema_version: Mapped[int] = mapped_column(primary_key=True)


class RunRow(Table):
    """One run; best and last figures stand here too, so that a list of runs reads this table alone."""

    __tablename__ = "run"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    config_json: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    num_params: Mapped[int]
    receptive_field: Mapped[int]
    epochs_done: Mapped[int] = mapped_column(default=0)
    best_epoch: Mapped[int | None]
    best_accuracy: Mapped[float | None]
    last_accuracy: Mapped[float | None]
    clean_train_accuracy: Mapped[float | None]
    test_accuracy: Mapped[float | None]
    device: Mapped[str | None] = mapped_column(String(120))
    environment_json: Mapped[str] = mapped_column(Text, default="{}")
    error: Mapped[str | None] = mapped_column(Text)
    progress_json: Mapped[str | None] = mapped_column(Text)
    fence: Mapped[int] = mapped_column(default=0)
    owner_host: Mapped[str | None] = mapped_column(String(120))
    owner_pid: Mapped[int | None]
    owner_started: Mapped[float | None]
    """Start time of the owning process: a number that a reused process id does not have."""

    __table_args__ = (Index("run_by_state", "state"), Index("run_by_creation", "created_at", "id"))


class EpochRow(Table):
    """What one epoch of a run measured."""

    __tablename__ = "epoch_metric"
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    train_loss: Mapped[float]
    train_accuracy: Mapped[float]
    last_batch_loss: Mapped[float]
    batches: Mapped[int]
    split: Mapped[str] = mapped_column(String(16))
    eval_loss: Mapped[float]
    eval_accuracy: Mapped[float]
    eval_correct: Mapped[int]
    eval_count: Mapped[int]
    learning_rate: Mapped[float]
    images_per_second: Mapped[float]
    seconds: Mapped[float]


class EventRow(Table):
    """What happened to a run, for its history."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
