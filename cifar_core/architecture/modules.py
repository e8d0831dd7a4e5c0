"""The modules that PyTorch lacks and the grammar needs. They use torch alone: `codegen` copies their source."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Join(nn.Module):
    """Adds or concatenates two paths from the same map."""

    def __init__(self, main: nn.Module, shortcut: nn.Module, combine: str, after: nn.Module) -> None:
        super().__init__()
        self.main = main
        self.shortcut = shortcut
        self.combine = combine
        self.after = after

    def forward(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] to [N, C', H', W']."""
        main, shortcut = self.main(maps), self.shortcut(maps)
        joined = main + shortcut if self.combine == "add" else torch.cat((main, shortcut), dim=1)
        output: Tensor = self.after(joined)
        return output


class Gate(nn.Module):
    """Squeeze-and-excitation (Hu et al., 2018): scales each channel by a factor computed from the whole map."""

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        # All five are modules, so that a printed network shows what happens here.
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, hidden_channels, 1)
        self.activation = nn.ReLU()
        self.excite = nn.Conv2d(hidden_channels, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] to the same shape."""
        factors: Tensor = self.sigmoid(self.excite(self.activation(self.squeeze(self.pool(maps)))))
        return maps * factors


class LayerNorm2d(nn.LayerNorm):
    """Normalises each cell over its channels, as ConvNeXt does (Liu et al., 2022)."""

    def forward(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] to the same shape."""
        return super().forward(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
