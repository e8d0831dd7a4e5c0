from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from cifar_core.errors import TrainingError
from cifar_core.training import speed as speed_module
from cifar_core.training.evaluate import StopRequested
from cifar_core.training.speed import measure_speed
from tests.tiny import flip_some, tiny_data, tiny_network, tiny_training, unchanged

CPU = torch.device("cpu")
DATA = tiny_data()


class Clock:
    """Time passes only where something says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(speed_module, "time", clock)
    return clock


class Timed(nn.Module):
    """Takes `seconds` a batch, but many at its first two, and 0.64 s for an evaluation."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self.inner, self.clock, self.seconds, self.batches = nn.Linear(3, 10), clock, seconds, 0

    def __deepcopy__(self, memo: object) -> Timed:
        return self

    def forward(self, images: Tensor) -> Tensor:
        self.batches += self.training
        self.clock.now += (60 if self.batches <= 2 else self.seconds) if self.training else 0.64
        logits: Tensor = self.inner(images.mean(dim=(2, 3)))
        return logits


@pytest.mark.parametrize(("seconds", "batches"), [(100.0, 3), (1.0, 4), (0.5, 8), (0.0, 40)])
def test_the_trial_ends_after_four_seconds_or_enough_batches(clock: Clock, seconds: float, batches: int) -> None:
    network = Timed(clock, seconds)
    speed = measure_speed(network, DATA, tiny_training(), CPU, unchanged)
    assert speed.seconds_per_batch == pytest.approx(seconds)
    assert speed.seconds_per_eval_image == pytest.approx(0.01)
    assert "CPU" in speed.device
    # Two of them to warm up. An epoch has 4 batches: it starts again.
    assert network.batches == 2 + batches


def test_augmentation_counts(clock: Clock) -> None:
    def slowly(images: Tensor, targets: Tensor, seed: int, strength: float) -> tuple[Tensor, Tensor]:
        clock.now += 1.5
        return images, targets

    speed = measure_speed(Timed(clock, 0.5), DATA, tiny_training(), CPU, slowly)
    assert speed.seconds_per_batch == pytest.approx(2.0)


def test_the_network_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed_module, "MAX_SECONDS", 0.0)
    network = tiny_network().eval()
    before = copy.deepcopy(network.state_dict())
    measure_speed(network, DATA, tiny_training(ema_decay=0.9), CPU, flip_some)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not network.training


@pytest.mark.parametrize("question", [1, 4])
def test_a_stop_ends_the_trial(question: int) -> None:
    answers = iter([False] * (question - 1) + [True])
    with pytest.raises(StopRequested):
        measure_speed(tiny_network(), DATA, tiny_training(), CPU, unchanged, should_stop=lambda: next(answers))
    assert next(answers, "all asked") == "all asked"


def test_too_little_memory_is_a_sentence() -> None:
    class Hungry(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            raise MemoryError

    with pytest.raises(TrainingError, match="machine ran out of memory at batch size 64"):
        measure_speed(Hungry(3, 10), DATA, tiny_training(), CPU, unchanged)
