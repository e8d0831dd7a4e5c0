"""Modules that torch.fx or the grammar stumbles over, each for one reason."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Base(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.conv2(self.conv(x)))

    def classify(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(x.mean([2, 3]))
        return logits


class NeedsArguments(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()


class DataDependent(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if x.sum() > 0:
            x = self.conv2(x)
        return self.classify(x)


class Raising(Base):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("lost the plot\nand more")


class GreyImages(Base):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)


class Exiting(nn.Module):
    def __init__(self) -> None:
        raise SystemExit(3)


class TwoOutputs(Base):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        y = super().forward(x)
        return y, y


class Unusual(nn.Module):
    """One thing after another that the grammar has no word for."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(3, 6, (3, 5), padding=(1, 2))
        self.uneven = nn.Conv2d(6, 6, 3, stride=(2, 1), padding=1)
        self.max = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(6, 6, 2)
        self.leaky = nn.LeakyReLU(0.2)
        self.plain = nn.BatchNorm2d(6, affine=False)
        self.scale = nn.Parameter(torch.ones(1))
        self.fc = nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.plain(self.leaky(self.up(self.max(self.uneven(self.wide(x))))))
        x = torch.tanh(x) * self.scale
        out: Tensor = self.fc(x.mean([2, 3]))
        return out


class SharedConv(Base):
    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.conv2(self.conv2(self.conv(x))))


class Crossing(Base):
    def __init__(self) -> None:
        super().__init__()
        self.conv3 = nn.Conv2d(6, 6, 1)
        self.conv4 = nn.Conv2d(6, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        a, b = self.conv2(x), self.conv3(x)
        return self.classify(self.conv4(a + b) + b)


class Biasless(Base):
    def __init__(self) -> None:
        super().__init__()
        self.squeeze = nn.Linear(6, 2, bias=False)
        self.excite = nn.Linear(2, 6, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        y = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean([2, 3])))))
        return self.classify(x * y[:, :, None, None])


class Doubling(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.classify(self.conv2(x + x))


class InPlaceBeforeSum(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.classify(self.conv2(F.relu_(x)) + x)


class LayerNormAlongRows(Base):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(32)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.norm(self.conv(x)))


class BatchLost(Base):
    def forward(self, x: Tensor) -> Tensor:
        cells: Tensor = self.conv2(self.conv(x))
        return cells.view(-1, 6)


class LayerNormChannels(nn.Module):
    """Written out, as ConvNeXt's own code does."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(channels))
        self.bias = nn.Parameter(torch.rand(channels))
        self.eps = 1e-3

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class OwnNorm(Base):
    def __init__(self) -> None:
        super().__init__()
        self.norm = LayerNormChannels(6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return self.classify(sum([x, self.conv2(x)]))  # type: ignore[arg-type]


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.convs = nn.ModuleList(nn.Conv2d(4, 4, 1) for _ in range(300))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        total = x
        for conv in self.convs:
            total = total + conv(x)
        return total.mean((2, 3))


class DecidedByShapes(Base):
    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[1] == 3
        y = self.conv(x)
        z = self.conv2(y)
        if z.shape == y.shape and y.size(2) > 8:
            z = z + y
        return self.classify(z)


class DecidedByANumber(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.classify(self.conv2(x) if x.sum().item() > 0 else x)


class Unused(Base):
    def __init__(self) -> None:
        super().__init__()
        self.old_head = nn.Linear(6, 100)


class AlwaysDropping(Base):
    def forward(self, x: Tensor) -> Tensor:
        return self.classify(F.dropout(self.conv2(self.conv(x)), 0.2))
