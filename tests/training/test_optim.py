from __future__ import annotations

from torch import nn, optim

from cifar_core.training import AdamW, Sgd
from cifar_core.training.optim import build_optimizer


def test_sgd_is_built_as_described() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = build_optimizer(network, Sgd(learning_rate=0.2, momentum=0.8, weight_decay=1e-3))
    (group,) = optimizer.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"], group["nesterov"]) == (0.2, 0.8, 1e-3, True)
    assert [id(tensor) for tensor in group["params"]] == [id(tensor) for tensor in network.parameters()]


def test_without_momentum_there_is_no_nesterov() -> None:
    optimizer = build_optimizer(nn.Linear(2, 3), Sgd(momentum=0.0))
    assert optimizer.param_groups[0]["nesterov"] is False


def test_adamw_is_built_as_described() -> None:
    network = nn.Linear(2, 3)
    optimizer = build_optimizer(network, AdamW(learning_rate=0.02, beta1=0.8, beta2=0.95, weight_decay=0.05))
    assert isinstance(optimizer, optim.AdamW)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.02, (0.8, 0.95), 0.05)
    assert [id(tensor) for tensor in group["params"]] == [id(tensor) for tensor in network.parameters()]
