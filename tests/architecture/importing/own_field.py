"""The receptive field of a person's own module, measured on it by its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tests.architecture.importing.parts import ConvGate, SqueezeExcite


class _ReachedError(Exception):
    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.features = features


class _StopBeforeHead(TorchFunctionMode):
    """Runs a forward pass up to its global pooling or flattening, with norms over the whole map left out.

    Where the head begins shows on an image of the true size alone: on a larger one no window covers the map.
    """

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self.stop_at = stop_at
        self.calls = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in ("group_norm", "layer_norm"):
            return args[0]
        ends = "pool2d" in name or name in ("mean", "flatten", "view", "reshape", "squeeze")
        if ends and isinstance(args[0], Tensor) and args[0].dim() == 4:
            in_windows = name == "avg_pool2d" and (args[1:] or (kwargs or {})["kernel_size"])[0] != args[0].shape[-1]
            if self.calls == self.stop_at or (self.stop_at is None and not in_windows):
                raise _ReachedError(args[0])
            self.calls += 1
        return func(*args, **(kwargs or {}))


def _features(model: nn.Module, image: Tensor, stop_at: int | None) -> tuple[Tensor, int]:
    """The map before the head, and how many pooling calls came before it."""
    mode = _StopBeforeHead(stop_at)
    try:
        with mode:
            model(image)
    except _ReachedError as reached:
        return reached.features, mode.calls
    raise AssertionError("the module never pools or flattens")


def measured_field(model: nn.Module, expected: int) -> tuple[int, int]:
    """Height and width of the input pixels that the centre cell of the map before the head depends on.

    Args:
        model: its weights are overwritten.
        expected: chooses how large the image must be for its borders not to matter.
    """
    model = model.double().eval()
    _leave_gates_out(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1 / parameter[0].numel() if parameter.dim() > 1 else 1e-3)
    _, calls = _features(model, torch.rand(1, 3, 32, 32).double(), None)
    image = torch.rand(1, 3, *(2 * expected + 64,) * 2, dtype=torch.float64, requires_grad=True)
    features, _ = _features(model, image, calls)
    centre = features.shape[-1] // 2
    (gradient,) = torch.autograd.grad(features[:, :, centre, centre].sum(), image)
    reached = gradient.abs().sum(dim=(0, 1)) > 0
    rows, columns = reached.any(dim=1).nonzero(), reached.any(dim=0).nonzero()
    return int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1


def _leave_gates_out(model: nn.Module) -> None:
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, SqueezeExcite | ConvGate):
                setattr(parent, name, nn.Identity())
