"""A training step recorded once as a CUDA graph, and replayed with a single launch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Compute = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(images, targets) on the device -> the batch's mean loss and its number of right answers."""

WARM_UP_STEPS = 3
"""Steps before the recording: kernels are chosen and compiled, and the optimizer makes its buffers."""


class StepGraph:
    """Carries a step out: some times as it is, then by replaying what it launched.

    A compact network is hundreds of kernels of a few microseconds each, which a processor launches more slowly than a
    GPU computes them. What changes from step to step must lie in tensors: learning rate and averaging do so.
    """

    def __init__(self, compute: Compute) -> None:
        """Takes the step.

        Args:
            compute: launches the same kernels at every call, and never waits for the device.
        """
        self._compute = compute
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._steps = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One step; what it returns is overwritten by the next one.

        Args:
            images: uint8 [N, H, W, C] on the device; another N than at first, as an epoch's last batch has, is not
                replayed.
            targets: on the device.
        """
        if self._graph is None and self._steps < WARM_UP_STEPS:
            return self._warm_up(images, targets)
        if self._graph is None:
            self._record(images, targets)
        if images.shape != self._images.shape:
            return self._compute(images, targets)
        self._images.copy_(images)
        self._targets.copy_(targets)
        assert self._graph is not None
        self._graph.replay()
        return self._answer

    def _warm_up(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """On another stream, as a recording is made on one: autograd remembers where it ran first."""
        self._steps += 1
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            answer = self._compute(images, targets)
        current.wait_stream(self._stream)
        return answer

    def _record(self, images: Tensor, targets: Tensor) -> None:
        self._images, self._targets = images.clone(), targets.clone()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream):
            self._answer = self._compute(self._images, self._targets)
        self._graph = graph
