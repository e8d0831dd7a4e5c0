"""OptimizerSpec to `torch.optim`."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn, optim

from cifar_core.errors import TrainingError
from cifar_core.training.spec import AdamW, Sgd


def build_optimizer(network: nn.Module, spec: Sgd | AdamW, decay_norms: bool = True) -> optim.Optimizer:
    """The optimizer over all parameters of a network; the schedule sets its learning rate before every step.

    Args:
        network: on the device where it trains.
        spec: which optimizer, with its settings.
        decay_norms: whether weight decay acts on vectors too: the scales and shifts of norms, and biases.
    """
    options = _options(spec)
    groups: list[dict[str, Any]] = [{"params": list(network.parameters())}]
    if not decay_norms:
        matrices = [weight for weight in network.parameters() if weight.dim() > 1]
        vectors = [weight for weight in network.parameters() if weight.dim() <= 1]
        groups = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    # One kernel for all weights where the device has one; on a CPU the plain loop over them is as fast.
    fused = all(weight.is_cuda for weight in network.parameters())
    if isinstance(spec, AdamW):
        return optim.AdamW(groups, lr=spec.learning_rate, fused=fused, **options)
    return optim.SGD(groups, lr=spec.learning_rate, fused=fused, **options)


def load_optimizer(optimizer: optim.Optimizer, spec: Sgd | AdamW, state: dict[str, Any]) -> None:
    """Puts an optimizer where a `state_dict` left off, on its parameters' device; the state itself is not shared.

    Raises:
        TrainingError: the state is that of another optimizer.
    """
    try:
        pairs = list(zip(optimizer.param_groups, state["param_groups"], strict=True))
        same = all(own[name] == theirs[name] for own, theirs in pairs for name in _options(spec))
        if same:
            state = copy.deepcopy(state)
            for own, theirs in zip(optimizer.param_groups, state["param_groups"], strict=True):
                theirs["fused"] = own["fused"]  # how to compute is this device's matter, not the checkpoint's
            optimizer.load_state_dict(state)
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
