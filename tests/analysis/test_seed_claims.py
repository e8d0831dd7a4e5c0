"""What the seed document says, beside what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cifar_core.analysis.seed_claims import compare_with_seed, seed_model_of
from cifar_core.data import AugmentationSpec
from cifar_core.runs import Run, RunStore
from cifar_core.runs.seed_experiment import seed_experiment
from tests.tiny import some_metrics, tiny_config

SEED = Path(__file__).parents[2].parent / "shared" / "reference" / "seed.md"


@pytest.fixture
def models(own_store: Path) -> Iterator[list[Run]]:
    with closing(RunStore()) as store:
        yield [store.enqueue(config) for config in seed_experiment(3)]


def test_each_model_is_known_by_its_layers_and_transforms(models: list[Run]) -> None:
    assert [seed_model_of(run) for run in models] == ["seed-model-1", "seed-model-2", "seed-model-3"]
    renamed = replace(models[2], config=models[2].config.changed(name="mine"))
    assert seed_model_of(renamed) == "seed-model-3"


def test_another_network_or_data_set_repeats_none(models: list[Run], own_store: Path) -> None:
    other = replace(models[0], config=tiny_config("other"))
    assert seed_model_of(other) is None
    assert compare_with_seed(other, []) == ()
    mixed = AugmentationSpec.parse({**models[2].config.augmentation.model_dump(), "batch": [{"type": "mixup"}]})
    mixing = models[2].config.changed(augmentation=mixed.model_dump())
    assert seed_model_of(replace(models[2], config=mixing)) is None
    on_digits = replace(models[0], config=seed_experiment(3, "digits")[0])
    assert compare_with_seed(on_digits, []) == ()


def test_what_was_not_measured_is_said(models: list[Run]) -> None:
    rows = {row.figure: (row.said, row.measured) for row in compare_with_seed(models[2], [])}
    assert rows == {
        "Parameters": ("97,264", "97,264"),
        "Training images": ("50,000", "50,000"),
        "Best training accuracy, as trained": ("84.0 %", "not measured"),
        "Best test accuracy": ("85.4 %", "not measured"),
        "Epochs run": ("50", "0 of 3"),
    }


def test_measured_figures_are_the_runs_own(models: list[Run]) -> None:
    done = replace(models[2], epochs_done=3, best_accuracy=0.8123, best_epoch=2, test_accuracy=0.81)
    metrics = [some_metrics(epoch) for epoch in (1, 2, 3)]
    rows = {row.figure: row.measured for row in compare_with_seed(done, metrics)}
    assert rows["Best test accuracy"] == "81.2 % (test-chosen)"
    assert rows["Epochs run"] == "3 of 3"
    trial = done.config.changed(training=done.config.training.changed(limit_test=10).model_dump())
    tried = {row.figure: row.measured for row in compare_with_seed(replace(done, config=trial), metrics)}
    assert tried["Best test accuracy"] == "81.2 % (test-chosen, of 10 images only)"
    assert rows["Best training accuracy, as trained"] != "not measured"


@pytest.mark.skipif(not SEED.exists(), reason="the document lies beside the project, not in it")
def test_the_claims_are_the_documents(models: list[Run]) -> None:
    sections = re.split(r"^## Model[123]$|^### Model1$", SEED.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:4]
    for run, section in zip(models, sections, strict=True):
        rows = {row.figure: row.said for row in compare_with_seed(run, [])}
        told = {
            name: re.search(rf"{name}: ([\d.,]+)", section)
            for name in ("Parameters", "Training Accuracy", "Test Accuracy")
        }
        figures = [match[1] for match in told.values() if match is not None]
        assert figures[0] == rows["Parameters"]
        assert float(figures[1]) == float(rows["Best training accuracy, as trained"].removesuffix(" %"))
        assert float(figures[2]) == float(rows["Best test accuracy"].removesuffix(" %"))
