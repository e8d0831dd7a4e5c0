"""Parts of which people build the networks that they hand in."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_bn_relu(inward: int, outward: int, kernel: int = 3, **options: object) -> nn.Sequential:
    options = {"padding": kernel // 2, "bias": False, **options}
    return nn.Sequential(
        nn.Conv2d(inward, outward, kernel, **options),  # type: ignore[arg-type]
        nn.BatchNorm2d(outward),
        nn.ReLU(),
    )


def separable(inward: int, outward: int, **options: object) -> list[nn.Module]:
    options = {"padding": 1, "bias": False, **options}
    return [
        nn.Conv2d(inward, inward, 3, groups=inward, **options),  # type: ignore[arg-type]
        nn.Conv2d(inward, outward, 1, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(outward),
    ]


class SqueezeExcite(nn.Module):
    """The gate as people write it, with Linear layers."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        n, c, _, _ = x.size()
        y = self.fc(self.pool(x).view(n, c)).view(n, c, 1, 1)
        return x * y.expand_as(x)


class ConvGate(nn.Module):
    """The gate with 1x1 convolutions."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.excite = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.mean((2, 3), keepdim=True)
        return torch.sigmoid(self.excite(F.relu(self.squeeze(y)))) * x
