"""What every epoch measured, for a spreadsheet and for TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import UTC
from io import BytesIO, StringIO

from cifar_core.runs import Run
from cifar_core.runs.package.archive import write_archive
from cifar_core.training.metrics import EpochMetrics


def metrics_csv(epochs: Sequence[EpochMetrics]) -> bytes:
    """A line an epoch under a header with the names of `EpochMetrics`; every number is read back as the same one."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(EpochMetrics)])
    writer.writerows(astuple(metrics) for metrics in epochs)
    return text.getvalue().encode()


def tensorboard_zip(run: Run, epochs: Sequence[EpochMetrics]) -> bytes:
    """A zip with a folder named after the run, in which one event file lies: `tensorboard --logdir` shows it.

    Steps are epochs. Moments are reckoned from the start of the run by the seconds of its epochs.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.record_writer import RecordWriter
    from torch.utils.tensorboard.summary import scalar, text

    start = at = (run.started_at or run.created_at).replace(tzinfo=UTC).timestamp()
    buffer = BytesIO()
    writer = RecordWriter(buffer)

    def write(**fields: object) -> None:
        writer.write(Event(wall_time=at, **fields).SerializeToString())

    write(file_version="brain.Event:2")
    settings = "\n".join(f"    {line}" for line in run.config.to_json().splitlines())  # as Markdown's code
    write(step=0, summary=text("settings", settings))  # type: ignore[no-untyped-call]
    for metrics in epochs:
        at += metrics.seconds
        for tag, value in _scalars(metrics).items():
            write(step=metrics.epoch, summary=scalar(tag, value))  # type: ignore[no-untyped-call]
    writer.flush()
    return write_archive({f"{run.id}/events.out.tfevents.{start:.0f}.cifar-lab": buffer.getvalue()})


def _scalars(metrics: EpochMetrics) -> dict[str, float]:
    """By tag: those of one kind share a chart's group, and losses and accuracies of both sets stand side by side."""
    evaluated = "train-clean" if metrics.split == "train" else metrics.split
    return {
        "loss/train": metrics.train_loss,
        f"loss/{evaluated}": metrics.eval_loss,
        "accuracy/train": metrics.train_accuracy,
        f"accuracy/{evaluated}": metrics.eval_accuracy,
        "learning_rate": metrics.learning_rate,
        "speed/images_per_second": metrics.images_per_second,
        "speed/epoch_seconds": metrics.seconds,
    }
