from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from cifar_core.errors import SpecError, TrainingError
from cifar_core.training import AdamW
from cifar_core.training.batches import TensorImages, TrainingData
from cifar_core.training.evaluate import StopRequested
from cifar_core.training.range_test import RatePoint, range_test, suggested_rate
from tests.tiny import flip_some, tiny_data, tiny_network, tiny_training, unchanged

CPU = torch.device("cpu")
DATA = tiny_data()
OF_CLASS_0 = TrainingData(
    TensorImages(DATA.train.images, torch.zeros(256, dtype=torch.int64)),
    DATA.evaluation,
    "validation",
    DATA.mean,
    DATA.std,
)


class Scripted(nn.Module):
    """A network whose loss at every step is given beforehand, for images of class 0."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.losses = iter(losses)
        self.unused = nn.Parameter(torch.zeros(()))

    def __deepcopy__(self, memo: object) -> Scripted:
        return self

    def forward(self, images: Tensor) -> Tensor:
        loss = next(self.losses)
        # Cross-entropy of [0, x] with class 0 is log(1 + e^x).
        other = math.log(math.expm1(loss)) if math.isfinite(loss) else loss
        return torch.tensor([[0.0, other]]).expand(len(images), 2) + 0 * self.unused


def scripted(losses: list[float]) -> tuple[RatePoint, ...]:
    return range_test(Scripted(losses), OF_CLASS_0, tiny_training(), CPU, unchanged, steps=len(losses))


def curve(*losses: float) -> list[RatePoint]:
    """Points from rate 1e-4 on, ten a decade."""
    return [RatePoint(1e-4 * 10 ** (position / 10), loss) for position, loss in enumerate(losses)]


def test_the_rate_grows_geometrically_from_low_to_high_through_a_small_set_again() -> None:
    heard: list[RatePoint] = []
    points = range_test(
        tiny_network(), DATA, tiny_training(), CPU, flip_some, low=1e-4, high=1e-2, steps=9, on_point=heard.append
    )
    assert [point.learning_rate for point in points] == pytest.approx([1e-4 * 10 ** (step / 4) for step in range(9)])
    assert list(points) == heard
    assert all(math.isfinite(point.loss) for point in points)


def test_the_loss_is_the_bias_corrected_moving_average() -> None:
    losses = [1.0, 3.0, 2.0, 0.5, 1.5]
    weights = [0.98 ** (len(losses) - 1 - position) for position in range(len(losses))]
    expected = sum(weight * loss for weight, loss in zip(weights, losses, strict=True)) / sum(weights)
    points = scripted(losses)
    assert points[0].loss == pytest.approx(1.0)
    assert points[-1].loss == pytest.approx(expected, rel=1e-5)


def test_it_ends_once_the_smoothed_loss_is_four_times_its_lowest() -> None:
    # The mean of the two last ones is above 4, that of the two before is not.
    points = scripted([1.0, 1.0, 1.0, 20.0, 20.0, 20.0])
    assert len(points) == 4
    assert points[-1].loss > 4 * points[0].loss >= 4 * points[-2].loss


@pytest.mark.parametrize("broken", [math.inf, math.nan])
def test_it_ends_before_a_loss_that_is_no_number(broken: float) -> None:
    assert len(scripted([1.0, 1.0, broken, 1.0])) == 2


@pytest.mark.parametrize("fields", [{}, {"optimizer": AdamW(), "ema_decay": 0.9, "clip_norm": 1.0}])
def test_the_network_is_left_as_it_was_and_the_test_repeats(fields: dict[str, object]) -> None:
    network = tiny_network().eval()
    before = copy.deepcopy(network.state_dict())
    one, other = (range_test(network, DATA, tiny_training(**fields), CPU, flip_some, steps=6) for _ in range(2))
    assert one == other
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not network.training


def test_a_stop_ends_between_two_steps() -> None:
    heard: list[RatePoint] = []
    with pytest.raises(StopRequested):
        range_test(
            tiny_network(),
            DATA,
            tiny_training(),
            CPU,
            unchanged,
            on_point=heard.append,
            should_stop=lambda: len(heard) == 3,
        )
    assert len(heard) == 3


@pytest.mark.parametrize(("low", "high", "steps"), [(0.0, 1.0, 9), (1.0, 1.0, 9), (1.0, 0.1, 9), (0.1, 1.0, 1)])
def test_a_range_that_is_none_is_refused(low: float, high: float, steps: int) -> None:
    with pytest.raises(SpecError, match=r"needs 0 < low < high and 2 steps or more\.$"):
        range_test(tiny_network(), DATA, tiny_training(), CPU, unchanged, low=low, high=high, steps=steps)


def test_too_little_memory_is_a_sentence() -> None:
    class Hungry(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            raise MemoryError

    with pytest.raises(TrainingError, match="machine ran out of memory at batch size 64"):
        range_test(Hungry(3, 10), DATA, tiny_training(), CPU, unchanged)


def test_the_suggestion_is_a_tenth_of_the_rate_of_the_lowest_loss() -> None:
    points = curve(*[2.3] * 10, *[2.2 - 0.1 * step for step in range(20)], *[0.5 + step for step in range(5)])
    assert suggested_rate(points) == pytest.approx(1e-4 * 10 ** (29 / 10) / 10)


def test_the_first_points_do_not_decide() -> None:
    points = curve(0.1, *[2.0] * 9, 1.5, 1.0, 0.5, 3.0, *[4.0] * 6)
    assert suggested_rate(points) == pytest.approx(1e-4 * 10 ** (12 / 10) / 10)


@pytest.mark.parametrize("losses", [[], [2.3], [2.0 + step for step in range(20)], [2.3, 2.29] * 10])
def test_a_curve_that_does_not_fall_suggests_nothing(losses: list[float]) -> None:
    assert suggested_rate(curve(*losses)) is None


def test_the_suggested_rate_trains_the_tiny_network_and_the_highest_does_not() -> None:
    points = range_test(tiny_network(), DATA, tiny_training(), CPU, unchanged, low=1e-3, high=100, steps=40)
    rate = suggested_rate(points)
    assert rate is not None
    assert 0.01 < rate < 2
    assert points[-1].loss > min(point.loss for point in points)
