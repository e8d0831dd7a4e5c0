"""Too little memory is told with a smaller batch to try."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cifar_core.errors import TrainingError
from cifar_core.training.loop import train
from tests.tiny import Recorder, tiny_training, unchanged
from tests.training.looping import CPU, DATA


class Failing(nn.Linear):
    """Fails in its first step."""

    def __init__(self, error: Exception) -> None:
        super().__init__(3, 10)
        self.error = error

    def forward(self, images: Tensor) -> Tensor:
        raise self.error


@pytest.mark.parametrize(("batch_size", "advice"), [(64, "try 32"), (3, "try 2"), (2, "try a smaller network")])
@pytest.mark.parametrize(
    ("error", "where"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), "GPU"),
        (MemoryError(), "machine"),
    ],
)
def test_too_little_memory_names_a_smaller_batch(error: Exception, where: str, batch_size: int, advice: str) -> None:
    sentence = rf"^The {where} ran out of memory at batch size {batch_size}: {advice}\.$"
    with pytest.raises(TrainingError, match=sentence):
        train(Failing(error), DATA, tiny_training(batch_size=batch_size), CPU, unchanged, Recorder())


def test_a_real_lack_of_memory_on_a_processor_is_told_as_one() -> None:
    class Hungry(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            return torch.empty(2**60, dtype=torch.uint8).float()

    with pytest.raises(TrainingError, match=r"^The machine ran out of memory at batch size 64: try 32\.$"):
        train(Hungry(3, 10), DATA, tiny_training(), CPU, unchanged, Recorder())


def test_another_failure_of_the_network_is_not_taken_for_a_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        train(Failing(RuntimeError("shapes do not fit")), DATA, tiny_training(), CPU, unchanged, Recorder())
