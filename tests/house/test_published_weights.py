from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cifar_core.architecture import find_preset
from cifar_core.architecture.build import build_network
from cifar_core.data import load_dataset
from cifar_core.settings import data_folder
from cifar_core.training.batches import Normalize
from cifar_core.training.evaluate import evaluate_logits, predict_logits
from tests.tiny import PROJECT


@pytest.mark.cifar10
@pytest.mark.parametrize(("preset", "accuracy"), [("best-100k", 0.9286), ("best-200k", 0.9388)])
def test_published_weights_are_as_good_as_the_document_says(preset: str, accuracy: float) -> None:
    data = load_dataset("cifar10", Path(data_folder()))
    network = build_network(find_preset(preset).spec)
    network.load_state_dict(load_file(PROJECT / "docs" / "gpu" / f"{preset}.safetensors"))
    normalize = Normalize(data.mean, data.std, torch.device("cpu"))
    logits = predict_logits(network, torch.from_numpy(data.test.images[:1000]), normalize)
    # Of a thousand images the accuracy has a standard error of 0.8 points.
    assert evaluate_logits(logits, torch.from_numpy(data.test.targets[:1000])).accuracy == pytest.approx(
        accuracy, abs=0.025
    )
    assert f"**{100 * accuracy:.2f} %**" in (PROJECT / "docs" / "gpu.md").read_text()
