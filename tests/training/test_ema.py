from __future__ import annotations

import torch
from torch import nn

from cifar_core.training.ema import WeightAverage


def test_the_average_is_the_textbook_sum_with_its_warm_up() -> None:
    network = nn.BatchNorm2d(3)
    with torch.no_grad():
        network.weight.fill_(0.0)
    average, expected = WeightAverage(network, 0.6), torch.zeros(3, dtype=torch.float64)
    for steps in range(1, 21):
        with torch.no_grad():
            network.weight.fill_(float(steps) ** 2)
            network.get_buffer("running_mean").add_(steps)
            network.get_buffer("num_batches_tracked").add_(1)
        average.prepare(steps)
        average.update()
        decay = min(0.6, (1 + steps) / (10 + steps))
        expected = decay * expected + (1 - decay) * steps**2
    state = average.network.state_dict()
    torch.testing.assert_close(state["weight"], expected.float())
    assert 0 < state["running_mean"][0] < network.state_dict()["running_mean"][0]
    assert state["num_batches_tracked"] == 20


def test_the_average_starts_at_the_weights_and_takes_no_gradient() -> None:
    network = nn.Linear(4, 2)
    average = WeightAverage(network, 0.9)
    average.prepare(1)
    average.update()
    torch.testing.assert_close(average.network.state_dict(), network.state_dict())
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_averaging_leaves_the_network_alone() -> None:
    network = nn.Linear(4, 2)
    average = WeightAverage(network, 0.9)
    with torch.no_grad():
        network.weight.add_(1.0)
    before = network.weight.detach().clone()
    average.prepare(1)
    average.update()
    assert torch.equal(network.weight, before)
    assert not torch.equal(average.network.state_dict()["weight"], before)
