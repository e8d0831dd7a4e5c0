"""OptimizerSpec to `torch.optim`."""

from __future__ import annotations

from torch import nn, optim

from cifar_core.training.spec import Sgd


def build_optimizer(network: nn.Module, spec: Sgd) -> optim.Optimizer:
    """The optimizer over all parameters of a network; the schedule sets its learning rate before every step."""
    return optim.SGD(
        network.parameters(),
        lr=spec.learning_rate,
        momentum=spec.momentum,
        nesterov=spec.nesterov and spec.momentum > 0,
        weight_decay=spec.weight_decay,
    )
