"""A loss that is no number ends the training with a sentence."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from cifar_core.training import Sgd
from cifar_core.training.loop import DivergedError, train
from tests.tiny import Recorder, tiny_training, unchanged
from tests.training.looping import CPU, DATA


def test_a_huge_learning_rate_diverges_with_a_sentence() -> None:
    spec = tiny_training(epochs=5, optimizer=Sgd(learning_rate=10, momentum=0.99, weight_decay=0.9))
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 64), nn.Linear(64, 10))
    with pytest.raises(DivergedError, match=r"^The loss became (nan|inf) in epoch \d: try a lower learning rate\.$"):
        train(network, DATA, spec, CPU, unchanged, Recorder())


class Poisoned(nn.Module):
    """Answers with what is no number, in training or in evaluation."""

    def __init__(self, while_training: bool) -> None:
        super().__init__()
        self.inner, self.while_training = nn.Linear(3, 10), while_training

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.inner(images.mean(dim=(2, 3)))
        return logits * float("nan") if self.training == self.while_training else logits


@pytest.mark.parametrize("while_training", [True, False])
def test_a_loss_that_is_no_number_stores_no_epoch(while_training: bool) -> None:
    seen = Recorder()
    with pytest.raises(DivergedError, match="epoch 1"):
        train(Poisoned(while_training), DATA, tiny_training(), CPU, unchanged, seen)
    assert seen.metrics == []
