"""A strided 1x1 convolution of few channels, computed in a way that does not end the program."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ThinnedPointwise(nn.Conv2d):
    """`nn.Conv2d` of kernel 1: keeps the pixels that the stride lands on, then convolves with stride 1.

    The same numbers, and in print the same module. On processors with AVX2 and without AVX-512 the gradient of
    `nn.Conv2d`'s own strided form overwrites foreign memory where it reads fewer than eight channels, channels last
    (torch 2.14.1, oneDNN's jit_1x1:avx2; tests/architecture/test_thinned.py).
    """

    ENOUGH_CHANNELS = 8
    """From so many `in_channels` on `nn.Conv2d` is sound."""

    def forward(self, input: Tensor) -> Tensor:
        """[N, C, H, W] to [N, C', H', W']."""
        rows, columns = (int(side) for side in self.padding)
        if rows or columns:
            mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
            input = F.pad(input, (columns, columns, rows, rows), mode)
        down, right = self.stride
        return F.conv2d(input[:, :, ::down, ::right], self.weight, self.bias, groups=self.groups)

    def _get_name(self) -> str:
        return "Conv2d"
