"""OptimizerSpec to `torch.optim`."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn, optim

from cifar_core.errors import TrainingError
from cifar_core.training.spec import AdamW, Sgd


def build_optimizer(network: nn.Module, spec: Sgd | AdamW) -> optim.Optimizer:
    """The optimizer over all parameters of a network; the schedule sets its learning rate before every step."""
    options = _options(spec)
    if isinstance(spec, AdamW):
        return optim.AdamW(network.parameters(), lr=spec.learning_rate, **options)
    return optim.SGD(network.parameters(), lr=spec.learning_rate, **options)


def load_optimizer(optimizer: optim.Optimizer, spec: Sgd | AdamW, state: dict[str, Any]) -> None:
    """Puts an optimizer where a `state_dict` left off, on its parameters' device; the state itself is not shared.

    Raises:
        TrainingError: the state is that of another optimizer.
    """
    options = _options(spec)
    try:
        same = all(group[name] == options[name] for group in state["param_groups"] for name in options)
        if same:
            optimizer.load_state_dict(copy.deepcopy(state))
    except (KeyError, TypeError, ValueError):
        same = False
    if not same:
        raise TrainingError("The checkpoint is of another optimizer: training can only go on with the same settings.")


def _options(spec: Sgd | AdamW) -> dict[str, Any]:
    """What the optimizer keeps from step to step; the learning rate is the schedule's."""
    if isinstance(spec, AdamW):
        return {"betas": (spec.beta1, spec.beta2), "weight_decay": spec.weight_decay}
    return {
        "momentum": spec.momentum,
        "nesterov": spec.nesterov and spec.momentum > 0,
        "weight_decay": spec.weight_decay,
    }
