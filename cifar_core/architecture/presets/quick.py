"""The project's network for a machine without a GPU: the most accuracy in ten minutes on two processor cores.

A processor computes dense 3x3 convolutions fastest. It takes longest over large maps, and over depthwise convolutions
that are dilated (ten times as long as undilated). So the map is halved at once behind the first convolution, dense
residual blocks do most of the work at 16 and 8 pixels, the dilated convolution is a dense one at 8, and the
depthwise-separable ones stand at 4.
"""

from __future__ import annotations

from cifar_core.architecture.nodes import ActivationStep, Branch, Conv, ConvNodeStep, ConvStep, NormStep, Pool
from cifar_core.architecture.presets.preset import ArchitecturePreset
from cifar_core.architecture.spec import ArchitectureSpec

_CONV_BN: tuple[ConvNodeStep, ...] = (ConvStep(), NormStep(kind="batch"))
_CONV_BN_RELU: tuple[ConvNodeStep, ...] = (*_CONV_BN, ActivationStep(kind="relu"))


def quick_cpu() -> ArchitecturePreset:
    """Fewest seconds to 85 % on two cores."""
    return ArchitecturePreset(
        name="quick-cpu",
        title="Quick on a CPU",
        teaches="Dense convolutions on a map halved at once: 87.2 % in 7 minutes on two cores (docs/recipes.md).",
        spec=ArchitectureSpec(
            name="quick-cpu",
            nodes=(
                _conv("C1", 24),
                _conv("C1", 48, stride=2),
                Branch(block="C2", main=(_conv("C2", 48), _conv("C2", 48))),
                _conv("C2", 64, stride=2),
                Branch(block="C3", main=(_conv("C3", 64), _conv("C3", 64, dilation=2))),
                _depthwise("C3", 3, _CONV_BN, stride=2),
                _pointwise("C4", 96),
                Branch(block="C4", main=(_depthwise("C4", 5, _CONV_BN_RELU), _pointwise("C4", 96))),
            ),
            head=(Pool(kind="adaptive_avg"), Conv(out_channels=10, kernel_size=1, bias=True)),
        ),
        augmentation="best",
        recipe="quick",
    )


def _conv(block: str, out_channels: int, stride: int = 1, dilation: int = 1) -> Conv:
    return Conv(
        block=block,
        out_channels=out_channels,
        stride=stride,
        dilation=dilation,
        padding=dilation,
        steps=_CONV_BN_RELU,
    )


def _depthwise(block: str, kernel_size: int, steps: tuple[ConvNodeStep, ...], stride: int = 1) -> Conv:
    return Conv(
        block=block,
        groups="depthwise",
        kernel_size=kernel_size,
        stride=stride,
        padding=kernel_size // 2,
        steps=steps,
    )


def _pointwise(block: str, out_channels: int) -> Conv:
    return Conv(block=block, out_channels=out_channels, kernel_size=1, steps=_CONV_BN_RELU)
