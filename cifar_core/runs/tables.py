"""The database's tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 6
"""Of the tables; an older store is brought up to it (`migrations.py`), a newer one refused rather than misread."""


_LEAGUE = ("dataset", "protocol", "train_images")


class Table(DeclarativeBase):
    """Base of the tables."""


class StoreInfoRow(Table):
    """One row: what wrote this store."""

    __tablename__ = "store_info"
    schema_version: Mapped[int] = mapped_column(primary_key=True)
    has_examples: Mapped[bool] = mapped_column(default=False)
    """Whether the example runs were put in once: a person who deletes them must not get them back."""


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
    watched_json: Mapped[str | None] = mapped_column(Text)
    """Which images' probabilities the epochs keep: {"split", "index"}."""
    parent_id: Mapped[str | None] = mapped_column(String(40))
    """The run whose settings this one was cloned from."""
    group_id: Mapped[str | None] = mapped_column(String(40))
    """Shared by runs that were launched together and differ in their seed alone."""
    launch_key: Mapped[str | None] = mapped_column(String(64))
    """Digest of the configuration: while such a run waits or trains, a second one is not made."""
    queue_position: Mapped[int] = mapped_column(default=0)
    """The smallest is next. A count, not a time: a clock that was set back must not let a run jump the queue."""
    spent_seconds: Mapped[float] = mapped_column(default=0.0)
    """On whole epochs, over all sessions of the run."""
    fence: Mapped[int] = mapped_column(default=0)
    beat: Mapped[int] = mapped_column(default=0)
    """Counted up by the owner while it lives."""
    owner_host: Mapped[str | None] = mapped_column(String(120))
    owner_pid: Mapped[int | None]
    owner_started: Mapped[float | None]
    """Start time of the owning process: a number that a reused process id does not have."""
    note: Mapped[str] = mapped_column(Text, default="")
    tags_json: Mapped[str] = mapped_column(Text, default="[]")
    deleted_at: Mapped[datetime | None]
    """Set by a deletion, which can be undone until the run is purged."""
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """Of the files in the run's folder, when they were last counted."""
    origin: Mapped[str] = mapped_column(String(16), default="trained")
    family: Mapped[str] = mapped_column(String(64), default="")
    """Digest of the configuration without what only names it, its seed and its device."""
    dataset: Mapped[str] = mapped_column(String(16), default="")
    protocol: Mapped[str] = mapped_column(String(16), default="")
    train_images: Mapped[int] = mapped_column(default=0)
    """These three stand beside the configuration too: rankings must not mix them."""
    meets_rules: Mapped[bool] = mapped_column(default=False)
    sweep_id: Mapped[str | None] = mapped_column(String(40))
    """The sweep whose trial this run is."""
    sweep_trial: Mapped[int | None]
    """Which of its trials, from 0."""

    __table_args__ = (
        Index("run_by_state", "state"),
        Index("run_by_creation", "created_at", "id"),
        Index("run_by_group", "group_id"),
        Index("run_by_sweep", "sweep_id", "sweep_trial"),
        Index("run_by_place", "queue_position"),
        # Lists and rankings read these alone: a row's configuration lies before its other columns, and is long.
        Index("run_by_league", "deleted_at", *_LEAGUE, "best_accuracy", "test_accuracy", "created_at", "id"),
        Index("run_by_family", "deleted_at", "family", "created_at", "state", "best_accuracy", "test_accuracy"),
        Index("run_by_tags", "deleted_at", "tags_json"),
    )


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
    probabilities_json: Mapped[str | None] = mapped_column(Text, deferred=True)
    """Of the run's watched images: a list of class probabilities for each."""


class ReportTextRow(Table):
    """What a person wrote about a run for its report."""

    __tablename__ = "report_text"
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    target: Mapped[str] = mapped_column(Text, default="")
    analysis: Mapped[str] = mapped_column(Text, default="")


class DeviceLeaseRow(Table):
    """Who may train on a device: one process among all that use this store."""

    __tablename__ = "device_lease"
    device: Mapped[str] = mapped_column(String(160), primary_key=True)
    fence: Mapped[int] = mapped_column(default=0)
    beat: Mapped[int] = mapped_column(default=0)
    owner_host: Mapped[str | None] = mapped_column(String(120))
    """None while the device is free."""
    owner_pid: Mapped[int | None]
    owner_started: Mapped[float | None]


class TrialRow(Table):
    """What a short trial measured: the speed of some work on a device, or a learning-rate range test."""

    __tablename__ = "trial"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    measured_at: Mapped[datetime]
    result_json: Mapped[str] = mapped_column(Text)


class SweepRow(Table):
    """Many runs that search for something; what was sampled lies in Optuna's file beside the store."""

    __tablename__ = "sweep"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    spec_json: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    spent_seconds: Mapped[float] = mapped_column(default=0.0)
    """That some program drove it."""
    problem: Mapped[str] = mapped_column(Text, default="")
    cluster_json: Mapped[str | None] = mapped_column(Text)
    """The cluster that trains its trials; None where this machine does."""
    jobs: Mapped[int] = mapped_column(default=0)
    """How often it was submitted there."""
    job_tries: Mapped[int] = mapped_column(default=0)
    """The same since a person started or resumed it; 0 where it is yet to be submitted."""


class EventRow(Table):
    """What happened to a run, for its history."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")


class SavedSpecRow(Table):
    """An architecture or augmentation that a person saved under a name."""

    __tablename__ = "saved_spec"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    folded_name: Mapped[str] = mapped_column(String(400), primary_key=True)
    """The name without regard to case, so that no two differ in that alone; folding can lengthen it."""
    name: Mapped[str] = mapped_column(String(80))
    spec_json: Mapped[str] = mapped_column(Text)
    preset: Mapped[str | None] = mapped_column(String(80))
    """Of an architecture: the preset that it was made from, which names its default augmentation and recipe."""
    saved_at: Mapped[datetime]
