from __future__ import annotations

import json

import pytest

from tests.tiny import run_python

HEAVY = ["albumentations", "cv2", "numpy", "psutil", "sklearn", "sqlalchemy", "streamlit", "torch", "torchvision"]


def loaded_by(module: str) -> set[str]:
    code = f"import json, sys, {module}; print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


def test_the_room_needs_torch_alone() -> None:
    rooms = ", ".join(f"cifar_core.training.{module}" for module in ("loop", "batches", "checkpoint", "evaluate"))
    # NumPy comes with torch; the room itself imports none of it (the import contract holds that).
    assert loaded_by(rooms) <= {"torch", "numpy"}


@pytest.mark.parametrize("module", ["cifar_core.training", "cifar_core.runs"])
def test_names_that_need_no_torch_are_had_without_it(module: str) -> None:
    assert not loaded_by(module) & {"torch", "torchvision", "albumentations", "sklearn", "streamlit"}


def test_training_needs_nothing_but_torch_and_pydantic_installed() -> None:
    blocked = ["albumentations", "cv2", "psutil", "sklearn", "sqlalchemy", "streamlit", "torchvision", "scipy"]
    code = f"""
import sys
for name in {blocked}:
    sys.modules[name] = None
import torch
from torch import nn
from cifar_core.training import TrainingSpec
from cifar_core.training.batches import TensorImages, TrainingData
from cifar_core.training.loop import train
class Quiet:
    def on_progress(self, progress): pass
    def on_epoch(self, metrics, checkpoint, eval_logits): pass
    def should_stop(self): return False
images = TensorImages(torch.randint(0, 256, (32, 8, 8, 3), dtype=torch.uint8), torch.arange(32) % 10)
data = TrainingData(images, images, "validation", (0.5,) * 3, (0.25,) * 3)
network = nn.Sequential(nn.Flatten(), nn.Linear(192, 10))
spec = TrainingSpec(epochs=1, batch_size=16, device="cpu")
def unchanged(images, targets, seed, strength): return images, targets
print(train(network, data, spec, torch.device("cpu"), unchanged, Quiet()))
"""
    result = run_python(code)
    assert (result.returncode, result.stdout) == (0, "completed\n"), result.stderr
