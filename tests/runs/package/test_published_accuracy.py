"""What is written of the shipped runs is what their weights do."""

from __future__ import annotations

import pytest
import torch

from cifar_core.architecture import find_preset
from cifar_core.data import load_dataset
from cifar_core.runs import RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.runs.package.examples import FOLDER
from cifar_core.runs.package.unpack import unpack
from cifar_core.settings import data_folder
from tests.tiny import PROJECT


@pytest.mark.cifar10
@pytest.mark.parametrize(
    ("example", "document"),
    [
        ("best-100k", "gpu.md"),
        ("best-100k-refit", "gpu.md"),
        ("best-200k", "gpu.md"),
        ("cpu-100k", "recipes.md"),
        ("cpu-200k", "recipes.md"),
        ("quick-cpu-seed-1", "recipes.md"),
        ("quick-cpu-seed-2", "recipes.md"),
    ],
)
def test_a_published_run_is_as_good_as_the_document_says(store: RunStore, example: str, document: str) -> None:
    run = unpack(store, FOLDER / f"{example}.cifarrun")
    preset = example.removesuffix("-refit").partition("-seed")[0]
    assert run.config.architecture == find_preset(preset).spec
    assert run.test_accuracy is not None
    assert f"**{100 * run.test_accuracy:.2f} %**" in (PROJECT / "docs" / document).read_text()
    test = load_dataset("cifar10", data_folder()).test.take(slice(1000))
    probabilities = TrainedNetwork(store, run, "cpu").probabilities(torch.from_numpy(test.images))
    right = (probabilities.argmax(dim=1).numpy() == test.targets).mean()
    # Of a thousand images the accuracy has a standard error of 0.8 points.
    assert right == pytest.approx(run.test_accuracy, abs=0.025)
