"""Metrics for other tools, read back by these."""

from __future__ import annotations

import csv
import zipfile
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cifar_core.analysis.export.formats import export_run
from cifar_core.runs import Run, RunConfig, RunStore
from cifar_core.training.metrics import EpochMetrics
from tests.tiny import some_metrics, tiny_config


def read_events(content: bytes, folder: Path) -> EventAccumulator:
    zipfile.ZipFile(BytesIO(content)).extractall(folder)
    (logs,) = folder.iterdir()
    events = EventAccumulator(str(logs))
    events.Reload()
    return events


def test_a_csv_equals_the_epochs_of_the_store(store: RunStore, run: Run) -> None:
    content = export_run(store, run, "csv").content
    types = {name: type(value) for name, value in ((n, getattr(some_metrics(), n)) for n in EpochMetrics.__slots__)}
    rows = list(csv.DictReader(StringIO(content.decode())))
    epochs = [EpochMetrics(**{name: types[name](text) for name, text in row.items()}) for row in rows]
    assert len(epochs) == 2
    assert epochs == store.epochs(run.id)


def test_tensorboard_reads_what_every_epoch_measured(store: RunStore, run: Run, tmp_path: Path) -> None:
    events = read_events(export_run(store, run, "tensorboard").content, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [run.id]
    epochs = store.epochs(run.id)
    for tag, field in (
        ("loss/train", "train_loss"),
        ("loss/validation", "eval_loss"),
        ("accuracy/train", "train_accuracy"),
        ("accuracy/validation", "eval_accuracy"),
        ("learning_rate", "learning_rate"),
        ("speed/images_per_second", "images_per_second"),
        ("speed/epoch_seconds", "seconds"),
    ):
        told = events.Scalars(tag)
        assert [each.step for each in told] == [1, 2]
        assert [each.value for each in told] == pytest.approx([getattr(metrics, field) for metrics in epochs])
    first, second = events.Scalars("loss/train")
    assert second.wall_time - first.wall_time == pytest.approx(epochs[1].seconds, abs=1e-3)


def test_tensorboard_shows_the_settings_of_the_run(store: RunStore, run: Run, tmp_path: Path) -> None:
    events = read_events(export_run(store, run, "tensorboard").content, tmp_path)
    (told,) = events.Tensors("settings/text_summary")
    text = told.tensor_proto.string_val[0].decode()
    assert RunConfig.parse("\n".join(line[4:] for line in text.splitlines())) == run.config


@pytest.mark.parametrize("kind", ["csv", "tensorboard"])
def test_what_was_measured_leaves_while_the_run_still_trains(tmp_path: Path, kind: str) -> None:
    store = RunStore(folder=tmp_path)
    claim = store.start(tiny_config())
    store.report_epoch(claim, some_metrics(1))
    assert export_run(store, store.get(claim.run_id), kind).content
    store.close()
