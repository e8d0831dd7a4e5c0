"""The shapes of what `--json` prints; the files in `docs/schemas/` are made from them and tested against them."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, TypeAdapter

from cifar_core.architecture import ArchitectureDescription, ArchitecturePreset, all_required_pass, describe
from cifar_core.classroom.table import ClassTable
from cifar_core.cli.bench_outputs import (
    ArchitectureBenchOutput,
    AugmentationBenchOutput,
    RaceBenchOutput,
    ResponsivenessBenchOutput,
    StoreBenchOutput,
    SweepBenchOutput,
    TrainingBenchOutput,
)
from cifar_core.cli.compare_outputs import ComparisonOutput
from cifar_core.cli.package_outputs import ExportOutput, PackOutput
from cifar_core.cli.sweep_outputs import SweepLineOutput, SweepOutput
from cifar_core.protocol import ACCURACY_LABELS, EvaluationSplit, Protocol
from cifar_core.runs import Run, RunConfig, RunOrigin, RunState, RunStore
from cifar_core.training.metrics import EpochMetrics


class PresetOutput(BaseModel):
    """A preset in one line."""

    name: str
    title: str
    teaches: str
    params: int
    macs: int
    receptive_field: int
    passes: bool
    """Whether every required rule of the assignment holds."""
    augmentation: str
    recipe: str

    @classmethod
    def of(cls, preset: ArchitecturePreset) -> PresetOutput:
        """The line of a preset."""
        numbers = describe(preset.spec)
        return cls(
            name=preset.name,
            title=preset.title,
            teaches=preset.teaches,
            params=numbers.params,
            macs=numbers.macs,
            receptive_field=numbers.receptive_field,
            passes=all_required_pass(numbers.rules),
            augmentation=preset.augmentation,
            recipe=preset.recipe,
        )


class ImportOutput(BaseModel):
    """A network that was brought along, and where its spec is now."""

    name: str
    params: int
    receptive_field: int
    file: str


class DataOutput(BaseModel):
    """Whether a data set can be loaded."""

    name: str
    available: bool
    folder: str
    sentence: str


class RunOutput(BaseModel):
    """A run in one line. Accuracies are in 0..1."""

    id: str
    name: str
    state: RunState
    example: bool
    """Whether it shipped with the project."""
    dataset: str
    params: int
    receptive_field: int
    epochs: int
    """Finished ones."""
    planned_epochs: int
    best_epoch: int | None
    best_val_accuracy: float | None
    """On the validation images, at best_epoch; null under a protocol that has none."""
    best_test_accuracy: float | None
    """Chosen on the test set, as the seed's protocol does; null under every other."""
    test_accuracy: float | None
    """Null until the test set was read."""
    test_accuracy_of: str
    """How the epoch behind test_accuracy was chosen: "validation-chosen", "last epoch", "refit, last epoch"."""
    protocol: Protocol
    parent_id: str | None
    """The run whose settings it was cloned from."""
    group_id: str | None
    """Shared by runs launched together, which differ in their seed alone."""
    sweep_id: str | None
    """The sweep whose trial it is."""
    tags: list[str]
    deleted: bool
    """Whether it is out of every list, until it is restored or purged."""

    @classmethod
    def of(cls, run: Run) -> RunOutput:
        """The line of a run."""
        return cls(**_run_fields(run))


class PurgeOutput(BaseModel):
    """How many deleted runs were removed for good."""

    purged: int


class EventOutput(BaseModel):
    """An entry of a run's history."""

    at: datetime
    state: RunState
    note: str
    """Why, in a sentence; empty where the state says it all."""


class RunDetailOutput(RunOutput):
    """A run with all that is stored about it."""

    seed: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    clean_train_accuracy: float | None
    device: str | None
    environment: dict[str, str]
    error: str | None
    folder: str
    note: str
    """What a person wrote about it."""
    config: RunConfig
    metrics: list[EpochMetrics]
    history: list[EventOutput]

    @classmethod
    def of_stored(cls, store: RunStore, run: Run) -> RunDetailOutput:
        """The details of a run of a store."""
        return cls(
            **_run_fields(run),
            seed=run.config.training.seed,
            created_at=run.created_at.replace(tzinfo=UTC),
            started_at=_in_utc(run.started_at),
            finished_at=_in_utc(run.finished_at),
            clean_train_accuracy=run.clean_train_accuracy,
            device=run.device,
            environment=run.environment,
            error=run.error,
            folder=str(store.run_folder(run.id)),
            note=run.note,
            config=run.config,
            metrics=store.epochs(run.id),
            history=[
                EventOutput(at=event.at.replace(tzinfo=UTC), state=event.state, note=event.note)
                for event in store.history(run.id)
            ],
        )


class ClassOutput(BaseModel):
    """How one class fares; figures in 0..1."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


class EvaluationOutput(BaseModel):
    """A run's figures on a set."""

    run: str
    split: EvaluationSplit
    epoch: int
    """Of the checkpoint evaluated."""
    accuracy: float
    correct: int
    count: int
    accuracy_of: str
    """How the epoch was chosen: "validation-chosen" or "last epoch"."""
    mirrored_accuracy: float | None
    """With each answer averaged with that for the mirror image; null where it was not asked for."""
    expected_calibration_error: float
    """Mean gap between confidence and accuracy over 15 bins of confidence, in 0..1."""
    classes: list[ClassOutput]
    confusion: list[list[int]]
    """Row = true class, column = predicted class."""


class ClassProbability(BaseModel):
    """A class and how probable the network finds it, in 0..1."""

    name: str
    probability: float


class PredictionOutput(BaseModel):
    """What a run's network says about one picture, most probable class first."""

    image: str
    predicted: str
    probabilities: list[ClassProbability]
    augmented: int
    """Augmented draws of the picture that were predicted too."""
    stability: float | None
    """Share of them with the same answer, in 0..1; null without any."""


def _in_utc(time: datetime | None) -> datetime | None:
    """A time of the store with its zone told: a reader of JSON would take a bare one for local time."""
    return None if time is None else time.replace(tzinfo=UTC)


def _run_fields(run: Run) -> dict[str, object]:
    protocol = run.config.training.protocol
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "example": run.origin == RunOrigin.EXAMPLE,
        "dataset": run.config.dataset,
        "params": run.num_params,
        "receptive_field": run.receptive_field,
        "epochs": run.epochs_done,
        "planned_epochs": run.config.training.epochs,
        "best_epoch": run.best_epoch,
        "best_val_accuracy": run.best_accuracy if protocol == "validation" else None,
        "best_test_accuracy": run.best_accuracy if protocol == "seed" else None,
        "test_accuracy": run.test_accuracy,
        "test_accuracy_of": ACCURACY_LABELS[protocol],
        "protocol": protocol,
        "parent_id": run.parent_id,
        "group_id": run.group_id,
        "sweep_id": run.sweep_id,
        "tags": list(run.tags),
        "deleted": run.deleted_at is not None,
    }


OUTPUTS: dict[str, TypeAdapter[object]] = {
    "presets": TypeAdapter(list[PresetOutput]),
    "describe": TypeAdapter(ArchitectureDescription),
    "import": TypeAdapter(ImportOutput),
    "bench architecture": TypeAdapter(ArchitectureBenchOutput),
    "bench augmentation": TypeAdapter(AugmentationBenchOutput),
    "bench race": TypeAdapter(RaceBenchOutput),
    "bench responsiveness": TypeAdapter(ResponsivenessBenchOutput),
    "bench store": TypeAdapter(StoreBenchOutput),
    "bench sweep": TypeAdapter(SweepBenchOutput),
    "bench training": TypeAdapter(TrainingBenchOutput),
    "data": TypeAdapter(list[DataOutput]),
    "train": TypeAdapter(RunDetailOutput),
    "runs": TypeAdapter(list[RunOutput]),
    "show": TypeAdapter(RunDetailOutput),
    "stop": TypeAdapter(RunOutput),
    "refit": TypeAdapter(RunDetailOutput),
    "resume": TypeAdapter(RunDetailOutput),
    "seed": TypeAdapter(list[RunDetailOutput]),
    "sweep": TypeAdapter(SweepOutput | SweepLineOutput),
    "sweeps": TypeAdapter(list[SweepLineOutput] | SweepOutput | SweepLineOutput),
    "delete": TypeAdapter(list[RunOutput]),
    "restore": TypeAdapter(list[RunOutput]),
    "purge": TypeAdapter(PurgeOutput),
    "evaluate": TypeAdapter(EvaluationOutput),
    "predict": TypeAdapter(list[PredictionOutput]),
    "compare": TypeAdapter(ComparisonOutput),
    "class": TypeAdapter(ClassTable),
    "pack": TypeAdapter(PackOutput),
    "unpack": TypeAdapter(RunOutput),
    "export": TypeAdapter(ExportOutput),
}
"""What each command's `--json` prints."""
