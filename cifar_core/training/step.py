"""One step of training: forward, backward, clipping, optimizer, average."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

from cifar_core.errors import TrainingError
from cifar_core.training.batches import Normalize
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.ema import WeightAverage
from cifar_core.training.optim import build_optimizer, load_optimizer, set_rate
from cifar_core.training.spec import TrainingSpec
from cifar_core.training.step_graph import StepGraph


class TrainingStep:
    """Trains a network in place, a batch a call, and holds all that changes with it."""

    def __init__(self, network: nn.Module, normalize: Normalize, spec: TrainingSpec, device: torch.device) -> None:
        """Moves the network to the device, channels_last.

        Args:
            network: what is trained.
            normalize: from bytes to the network's input, on the device.
            spec: optimizer, label smoothing, averaging, clipping and precision; the rest does not matter here.
            device: where to compute.
        """
        self.network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._normalize, self._spec, self._device = normalize, spec, device
        self._compiled = torch.compile(self.network, dynamic=False) if spec.execution == "compiled" else None
        # Recorded once, a step reads its learning rate from a tensor. Float16 looks at its gradients on the host.
        graphed = device.type == "cuda" and spec.execution != "eager" and spec.precision != "float16"
        self._optimizer = build_optimizer(network, spec.optimizer, spec.decay_norms, in_graph=graphed)
        self._average = None if spec.ema_decay is None else WeightAverage(network, spec.ema_decay)
        # Disabled it hands everything through. Small float16 gradients would round to zero; bfloat16 has the range.
        self._scaler = torch.amp.GradScaler(device.type, enabled=spec.precision == "float16")
        self._run = StepGraph(self._compute) if graphed else self._compute
        self._steps = 0

    @property
    def evaluated(self) -> nn.Module:
        """The network to evaluate: the one with averaged weights where there is one."""
        return self.network if self._average is None else self._average.network

    def __call__(self, images: Tensor, targets: Tensor, rate: float, seed: int) -> tuple[Tensor, Tensor]:
        """One optimizer step at a learning rate.

        Args:
            images: uint8 [N, H, W, C], on the host or the device.
            targets: int64 [N], or each class's share, float32 [N, num_classes].
            rate: the learning rate.
            seed: of dropout.

        Returns:
            The batch's mean loss and its number of right answers, both on the device. Of a mixed image the class with
            the larger share is the right answer.
        """
        torch.manual_seed(seed)
        set_rate(self._optimizer, rate)
        self._steps += 1
        if self._average is not None:
            self._average.prepare(self._steps)
        return self._run(images.to(self._device, non_blocking=True), targets.to(self._device, non_blocking=True))

    def _compute(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The step itself: nothing in it waits for the device."""
        with self._autocast():
            logits = self._forward(self._normalize(images))
            loss = functional.cross_entropy(logits, targets, label_smoothing=self._spec.label_smoothing)
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self._scaler.scale(loss))
        if self._spec.clip_norm is not None:
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self._spec.clip_norm)
        # In float16 a gradient that overflows skips the step and lowers the scale: the loss itself is still finite.
        self._scaler.step(self._optimizer)
        self._scaler.update()
        if self._average is not None:
            self._average.update()
        classes = targets if targets.dim() == 1 else targets.argmax(dim=1)
        return loss.detach(), (logits.detach().argmax(dim=1) == classes).sum()

    def checkpoint(self, epoch: int) -> Checkpoint:
        """All that training on needs; it shares memory with the network."""
        return Checkpoint(
            epoch=epoch,
            network=self.network.state_dict(),
            optimizer=self._optimizer.state_dict(),
            ema=None if self._average is None else self._average.network.state_dict(),
            scaler=self._scaler.state_dict() or None,
        )

    def restore(self, start: Checkpoint, steps: int) -> None:
        """Puts everything where a checkpoint, taken after so many steps, left off.

        Raises:
            TrainingError: it belongs to another network, optimizer, averaging or precision.
        """
        _load_weights(self.network, start.network)
        load_optimizer(self._optimizer, self._spec.optimizer, start.optimizer)
        if (start.ema is None) != (self._average is None):
            raise TrainingError("The checkpoint is of another training: only one of the two averages its weights.")
        if self._average is not None and start.ema is not None:
            _load_weights(self._average.network, start.ema)
        if (start.scaler is None) == self._scaler.is_enabled():
            raise TrainingError("The checkpoint is of another training: only one of the two is in float16.")
        if start.scaler is not None:
            self._scaler.load_state_dict(start.scaler)
        self._steps = steps

    def _forward(self, inputs: Tensor) -> Tensor:
        # An epoch's last batch is smaller, and would be compiled anew for its size.
        is_whole = len(inputs) == self._spec.batch_size
        network = self._compiled if self._compiled is not None and is_whole else self.network
        logits: Tensor = network(inputs)
        return logits

    def _autocast(self) -> AbstractContextManager[object]:
        if self._spec.precision == "float32":
            return nullcontext()
        return torch.autocast(self._device.type, getattr(torch, self._spec.precision))


def _load_weights(network: nn.Module, weights: object) -> None:
    try:
        network.load_state_dict(weights)  # type: ignore[arg-type]
    except (RuntimeError, TypeError):  # TypeError: what stands in the weights' place is no mapping
        raise TrainingError("The checkpoint holds the weights of another network.") from None
