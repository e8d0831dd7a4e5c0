"""An exponential moving average of a network's weights."""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """A second network whose parameters and floating-point buffers are moving averages of the first one's."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Starts at the network's weights.

        Args:
            network: on the device and in the memory format in which it trains.
            decay: share of the average that a step keeps, in 0..1.
        """
        self.network = copy.deepcopy(network).requires_grad_(False)
        self._decay = decay
        self._share = torch.zeros((), device=next(network.parameters()).device)
        # Both networks change their tensors in place, so the pairs are looked up once.
        pairs = list(zip(self.network.state_dict().values(), network.state_dict().values(), strict=True))
        self._averages = [average for average, _ in pairs if average.is_floating_point()]
        self._weights = [weight for _, weight in pairs if weight.is_floating_point()]
        self._whole_numbers = [(own, theirs) for own, theirs in pairs if not own.is_floating_point()]

    def prepare(self, steps: int) -> None:
        """Says how much the next update takes in, after `steps` steps; early on the average is short.

        So it leaves the start soon. The share lies in a tensor, because an update may be a part of a CUDA graph.
        """
        self._share.fill_(1 - min(self._decay, (1 + steps) / (10 + steps)))

    @torch.no_grad()
    def update(self) -> None:
        """Takes the weights in."""
        changes = torch._foreach_sub(self._weights, self._averages)
        torch._foreach_mul_(changes, self._share)
        torch._foreach_add_(self._averages, changes)
        for own, theirs in self._whole_numbers:
            own.copy_(theirs)
