"""A network that earns the dilation bonus."""

from __future__ import annotations

from cifar_core.architecture.nodes import ActivationStep, Conv, ConvNodeStep, ConvStep, NormStep, Pool
from cifar_core.architecture.presets.preset import ArchitecturePreset
from cifar_core.architecture.spec import ArchitectureSpec

_CONV, _RELU, _BATCH_NORM = ConvStep(), ActivationStep(kind="relu"), NormStep(kind="batch")
_CONV_BN_RELU: tuple[ConvNodeStep, ...] = (_CONV, _BATCH_NORM, _RELU)


def dilated() -> ArchitecturePreset:
    """No stride at all: unpadded dilated convolutions shrink the map."""

    def conv(block: str, channels: int, dilation: int = 1, padding: int = 1) -> Conv:
        return Conv(block=block, out_channels=channels, padding=padding, dilation=dilation, steps=_CONV_BN_RELU)

    def separable(block: str, channels: int) -> tuple[Conv, Conv]:
        return (
            Conv(block=block, groups="depthwise", padding=1, steps=(_CONV, _BATCH_NORM)),
            Conv(block=block, out_channels=channels, kernel_size=1, steps=_CONV_BN_RELU),
        )

    return ArchitecturePreset(
        name="dilated",
        title="Dilated",
        teaches="No stride anywhere: unpadded dilated convolutions shrink the map between blocks. Earns the bonus.",
        spec=ArchitectureSpec(
            name="dilated",
            nodes=(
                conv("C1", 16),
                conv("C1", 24),
                conv("C1", 24, dilation=2, padding=0),
                *separable("C2", 48),
                *separable("C2", 48),
                conv("C2", 48, dilation=4, padding=0),
                *separable("C3", 64),
                *separable("C3", 64),
                conv("C3", 64, dilation=8, padding=0),
                *separable("C4", 96),
                *separable("C4", 128),
            ),
            head=(Pool(kind="adaptive_avg"), Conv(out_channels=10, kernel_size=1, bias=True)),
        ),
        augmentation="assignment",
        recipe="quick",
    )
