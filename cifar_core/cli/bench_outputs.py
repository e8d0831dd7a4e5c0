"""The shapes of what `bench NAME --json` prints, each with the machine that it was measured on."""

from __future__ import annotations

import os
import platform
from typing import Literal

from pydantic import BaseModel

from cifar_core import __version__


class BenchMachine(BaseModel):
    """Where something was measured."""

    machine: str
    python: str
    version: str
    """Of this project."""

    @classmethod
    def here(cls) -> BenchMachine:
        """This machine."""
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        return cls(machine=machine, python=platform.python_version(), version=__version__)


class ArchitectureBenchOutput(BaseModel):
    """What `bench architecture` measures; times in milliseconds of core work."""

    edit_p50_ms: float
    edit_p95_ms: float
    fit_p50_ms: float
    fit_p95_ms: float
    edits: int
    """How many were timed."""
    fits: int
    measured_on: BenchMachine


class AugmentationBenchOutput(BaseModel):
    """What `bench augmentation` measures: both engines on the CPU, in turns."""

    batched_images_per_second: float
    """Median over the turns, as is the other."""
    albumentations_images_per_second: float
    ratio: float
    """Batched to albumentations."""
    preview_p95_ms: float
    """Of 8 images x 8 samples by albumentations, with what was drawn for each; core work alone."""
    preset: str
    threads: int
    """That each engine might use."""
    opencv_threads: int
    """With which albumentations was fastest; 0 lets OpenCV start none."""
    batch_size: int
    rounds: int
    """Turns of each engine, and previews."""
    dataset: str
    libraries: dict[str, str]
    """Versions by name."""
    load_before: float
    """The system's load average over the minute before: near 0 on a machine that does nothing else."""
    measured_on: BenchMachine


class TrainingBenchOutput(BaseModel):
    """What `bench training` measures: three loops in turns, medians over the turns."""

    images_per_second: float
    """Ours without augmentation: what the bare loop does, and all the bookkeeping of a run."""
    augmented_images_per_second: float
    """Ours as the run would train."""
    bare_images_per_second: float
    overhead: float
    """1 - ours / bare; below 0 where ours is the faster."""
    preset: str
    recipe: str
    batch_size: int
    precision: str
    """In both."""
    execution: str
    """Of our steps; the bare ones are always eager."""
    augmentation_engine: str
    images: int
    """A turn."""
    rounds: int
    dataset: str
    device: str
    torch: str
    load_before: float
    """The system's load average over the minute before: near 0 on a machine that does nothing else."""
    measured_on: BenchMachine


class SweepBenchOutput(BaseModel):
    """What `bench sweep` measures: the same runs as a sweep's trials, then queued by hand."""

    sweep_seconds: float
    by_hand_seconds: float
    overhead: float
    """sweep / by hand - 1; below 0 where the sweep was the faster."""
    trials: int
    epochs: int
    """A trial."""
    images: int
    """That each trains on."""
    preset: str
    dataset: str
    torch: str
    load_before: float
    """The system's load average over the minute before: near 0 on a machine that does nothing else."""
    measured_on: BenchMachine


class RacePoint(BaseModel):
    """Where a racer is after an epoch."""

    epoch: int
    seconds: float
    """Since its start, evaluation included."""
    accuracy: float
    """Of the held-out training images, in 0..1."""


class RaceCurve(BaseModel):
    """One racer: a network with its recipe."""

    preset: str
    recipe: str
    epochs: int
    """That its recipe has."""
    finished: bool
    """Whether they were done in time."""
    points: list[RacePoint]
    seconds_to: dict[str, float | None]
    """By accuracy: the seconds after the first epoch that reached it; null where none did."""


class RaceBenchOutput(BaseModel):
    """What `bench race` measures: accuracy against seconds, one racer after the other."""

    curves: list[RaceCurve]
    seed_log_seconds_to: dict[str, float | None]
    """By accuracy, reckoned: as many epochs as the seed document's own log of Model 3 takes to it, at the seconds an
    epoch that Model 3 took here; null where the log does not come to it, or no epoch was done here."""
    minutes: float
    """That each had."""
    seed: int
    dataset: str
    device: str
    torch: str
    load_before: float
    """The system's load average over the minute before: near 0 on a machine that does nothing else."""
    measured_on: BenchMachine


WorkerKind = Literal["process", "thread"]
"""Where the dashboard trains: in a process of its own, or in a thread of the server."""


class PageResponse(BaseModel):
    """Reruns of one page, in milliseconds from the message sent to the script finished."""

    page: str
    idle_p50_ms: float
    idle_p95_ms: float
    training_p50_ms: float
    """While a network trains in the background."""
    training_p95_ms: float
    ratio: float
    """Of the p95, training to idle."""


class WorkerResponse(BaseModel):
    """Reruns of every page beside one kind of worker."""

    worker: WorkerKind
    pages: list[PageResponse]
    images_per_second: float
    """What the worker trained meanwhile: a trainer that stood still would leave the pages quick."""


class ResponsivenessBenchOutput(BaseModel):
    """What `bench responsiveness` measures; the worst page counts."""

    idle_p95_ms: float
    ratio_process: float
    ratio_thread: float
    reruns: int
    """Of each page in each state."""
    dataset: str
    """What was trained on; "digits" where CIFAR-10 is missing."""
    workers: list[WorkerResponse]
    load_before: float
    """The system's load average over the minute before: near 0 on a machine that does nothing else."""
    measured_on: BenchMachine


class TabResponse(BaseModel):
    """Reruns of one view of the Runs page, in milliseconds from the message sent to the script finished."""

    tab: str
    p50_ms: float
    p95_ms: float


class StoreBenchOutput(BaseModel):
    """What `bench store` measures."""

    runs_p95_ms: float
    """Of the Runs page; the slowest tab counts."""
    errors_p95_ms: float
    """Of the Mistakes page: the matrix, and the 60 worst images."""
    runs: int
    """Stored ones."""
    predictions: int
    reruns: int
    """Of each tab."""
    tabs: list[TabResponse]
    dataset: str
    load_before: float
    """The system's load average over the minute before."""
    measured_on: BenchMachine
