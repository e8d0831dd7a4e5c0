"""OptimizerSpec to `torch.optim`."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn, optim

from cifar_core.errors import TrainingError
from cifar_core.training.spec import AdamW, Sgd


def build_optimizer(
    network: nn.Module, spec: Sgd | AdamW, decay_norms: bool = True, in_graph: bool = False
) -> optim.Optimizer:
    """The optimizer over all parameters of a network; the schedule sets its learning rate before every step.

    Args:
        network: on the device where it trains.
        spec: which optimizer, with its settings.
        decay_norms: whether weight decay acts on vectors too: the scales and shifts of norms, and biases.
        in_graph: whether its steps become a part of a CUDA graph, which finds all that changes in tensors.
    """
    weights = list(network.parameters())
    groups: list[dict[str, Any]] = [{"params": weights}]
    if not decay_norms:
        vectors = [weight for weight in weights if weight.dim() <= 1]
        groups = [
            {"params": [weight for weight in weights if weight.dim() > 1]},
            {"params": vectors, "weight_decay": 0.0},
        ]
    rate = torch.tensor(spec.learning_rate, device=weights[0].device) if in_graph else spec.learning_rate
    # One kernel for all weights where the device has one; on a CPU the plain loop over them is as fast.
    fused, options = weights[0].is_cuda, _options(spec)
    if isinstance(spec, AdamW):
        return optim.AdamW(groups, lr=rate, fused=fused, capturable=in_graph, **options)
    return optim.SGD(groups, lr=rate, fused=fused, **options)


def set_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Sets the learning rate of the next step."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


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
                # How to compute is this device's matter, not the checkpoint's, and the rate is the schedule's.
                theirs.update({name: own[name] for name in ("lr", "fused", "capturable") if name in own})
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
