"""The project's networks for a machine without a GPU: the most accuracy in ten minutes, and in about an hour.

A processor computes dense 3x3 convolutions fastest. It takes longest over large maps, and over depthwise convolutions
that are dilated (ten times as long as undilated). So the map is halved at once behind the first convolutions, dense
residual blocks do most of the work at 16 and 8 pixels, the dilated convolution is a dense one at 8, and the
depthwise-separable ones stand at 4.
"""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.architecture.nodes import ActivationStep, Branch, Conv, ConvNodeStep, ConvStep, Node, NormStep, Pool
from cifar_core.architecture.presets.preset import ArchitecturePreset
from cifar_core.architecture.spec import ArchitectureSpec

_CONV_BN: tuple[ConvNodeStep, ...] = (ConvStep(), NormStep(kind="batch"))
_CONV_BN_RELU: tuple[ConvNodeStep, ...] = (*_CONV_BN, ActivationStep(kind="relu"))


def quick_cpu() -> ArchitecturePreset:
    """Fewest seconds to 85 % on two cores."""
    return ArchitecturePreset(
        name="quick-cpu",
        title="Quick on a CPU",
        teaches="Dense convolutions, a map halved at once: 87.2 % test accuracy after 7 minutes on two cores.",
        spec=_spec("quick-cpu", widths=(24, 48, 64, 96), depths=(0, 1)),
        augmentation="best",
        recipe="quick",
        for_processor=True,
    )


def cpu_100k() -> ArchitecturePreset:
    """Under 100,000 parameters, for an hour on a processor."""
    return ArchitecturePreset(
        name="cpu-100k",
        title="CPU, under 100k",
        teaches="Dense residual blocks, narrow and deeper: 89.2 % test accuracy after 80 epochs in bfloat16.",
        spec=_spec("cpu-100k", widths=(16, 32, 40, 64), depths=(1, 2)),
        augmentation="best",
        recipe="hour",
        for_processor=True,
    )


def cpu_200k() -> ArchitecturePreset:
    """Under 200,000 parameters, for an hour on a processor."""
    return ArchitecturePreset(
        name="cpu-200k",
        title="CPU, under 200k",
        teaches="Three dense residual blocks at 16 pixels: 90.7 % test accuracy after 70 epochs in bfloat16.",
        spec=_spec("cpu-200k", widths=(24, 40, 56, 96), depths=(0, 3)),
        augmentation="best",
        recipe="hour",
        for_processor=True,
    )


def _spec(name: str, widths: Sequence[int], depths: tuple[int, int]) -> ArchitectureSpec:
    """Four blocks.

    Args:
        name: of the network.
        widths: output channels of the four blocks' maps, at 32, 16, 8 and 4 pixels.
        depths: dense residual blocks at 32 and at 16 pixels.
    """
    first, second, third, fourth = widths
    nodes: tuple[Node, ...] = (
        _conv("C1", first),
        *(_residual("C1", first) for _ in range(depths[0])),
        _conv("C1", second, stride=2),
        *(_residual("C2", second) for _ in range(depths[1])),
        _conv("C2", third, stride=2),
        _residual("C3", third, dilation=2),
        _depthwise("C3", 3, _CONV_BN, stride=2),
        _pointwise("C4", fourth),
        Branch(block="C4", main=(_depthwise("C4", 5, _CONV_BN_RELU), _pointwise("C4", fourth))),
    )
    return ArchitectureSpec(
        name=name, nodes=nodes, head=(Pool(kind="adaptive_avg"), Conv(out_channels=10, kernel_size=1, bias=True))
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


def _residual(block: str, width: int, dilation: int = 1) -> Branch:
    return Branch(block=block, main=(_conv(block, width), _conv(block, width, dilation=dilation)))


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
