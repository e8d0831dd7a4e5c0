from __future__ import annotations

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from cifar_core.training import (
    ConstantSchedule,
    CosineSchedule,
    OneCycleSchedule,
    Sgd,
    TrainingSpec,
    find_recipe,
    learning_rate,
)
from cifar_core.training.schedule import augmentation_strength

STEPS_AN_EPOCH = 20


def spec_with(schedule: ConstantSchedule | CosineSchedule | OneCycleSchedule, epochs: int = 12) -> TrainingSpec:
    return TrainingSpec(epochs=epochs, optimizer=Sgd(learning_rate=0.3), schedule=schedule)


def any_optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)


def rates_of(scheduler: LRScheduler, count: int) -> list[float]:
    rates = []
    for _ in range(count):
        rates.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def test_constant_stays() -> None:
    assert {learning_rate(spec_with(ConstantSchedule()), done) for done in (0, 0.5, 11.9)} == {0.3}


@pytest.mark.parametrize(("rise", "start", "floor"), [(0.2, 0.04, 0.0004), (0.3, 0.5, 0.1), (0.05, 1.0, 0.0)])
def test_one_cycle_is_that_of_pytorch(rise: float, start: float, floor: float) -> None:
    spec = spec_with(OneCycleSchedule(rise=rise, start=start, floor=floor))
    last = spec.epochs * STEPS_AN_EPOCH
    # PyTorch reaches its peak and its end one step early: `total_steps` and `pct_start` are chosen to align both.
    scheduler = OneCycleLR(
        any_optimizer(),
        max_lr=0.3,
        total_steps=last + 1,
        pct_start=(rise * last + 1) / (last + 1),
        div_factor=1 / start,
        final_div_factor=start / floor if floor else 1e12,
        cycle_momentum=False,
    )
    ours = [learning_rate(spec, step / STEPS_AN_EPOCH) for step in range(last + 1)]
    assert ours == pytest.approx([*rates_of(scheduler, last), 0.3 * floor], abs=1e-9)


def test_one_cycle_of_one_epoch_begins_low_peaks_and_ends_at_the_floor() -> None:
    spec = spec_with(OneCycleSchedule(rise=0.25, start=0.1, floor=0.01), epochs=1)
    rates = [learning_rate(spec, done) for done in (0, 0.25, 1, 1.5)]
    assert rates == pytest.approx([0.03, 0.3, 0.003, 0.003])


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_cosine_is_that_of_pytorch_and_climbs_back_beyond_its_minimum(floor: float) -> None:
    spec = spec_with(CosineSchedule(t_max=5, floor=floor))
    scheduler = CosineAnnealingLR(any_optimizer(), T_max=5 * STEPS_AN_EPOCH, eta_min=0.3 * floor)
    count = 12 * STEPS_AN_EPOCH
    ours = [learning_rate(spec, step / STEPS_AN_EPOCH) for step in range(count)]
    assert ours == pytest.approx(rates_of(scheduler, count), abs=1e-9)
    assert learning_rate(spec, 5) == pytest.approx(0.3 * floor)
    assert learning_rate(spec, 10) == pytest.approx(0.3)


def test_the_seed_recipe_has_its_minima_after_a_third_of_the_run_and_at_its_end() -> None:
    spec = find_recipe("seed").spec
    grid = [step / 300 for step in range(50 * 300 + 1)]
    rates = [learning_rate(spec, done) for done in grid]
    inner = [grid[i] for i in range(1, len(grid) - 1) if rates[i] <= rates[i - 1] and rates[i] < rates[i + 1]]
    assert inner == pytest.approx([50 / 3], abs=1 / 300)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert rates[-1] < rates[-2]
    assert learning_rate(spec, 100 / 3) == pytest.approx(spec.optimizer.learning_rate)


@pytest.mark.parametrize(("first", "last"), [(0.0, 1.0), (1.0, 0.25), (0.5, 0.5)])
def test_the_strength_of_the_augmentation_goes_straight_from_the_first_epoch_to_the_last(
    first: float, last: float
) -> None:
    spec = TrainingSpec(epochs=5, augmentation_first=first, augmentation_last=last)
    strengths = [augmentation_strength(spec, epoch) for epoch in range(1, 6)]
    assert strengths == pytest.approx(torch.linspace(first, last, 5).tolist())


def test_a_single_epoch_has_the_strength_of_the_first() -> None:
    assert augmentation_strength(TrainingSpec(epochs=1, augmentation_first=0.3), 1) == 0.3


def test_beyond_the_last_epoch_the_strength_stays() -> None:
    assert augmentation_strength(TrainingSpec(epochs=3, augmentation_last=0.5), 9) == 0.5
