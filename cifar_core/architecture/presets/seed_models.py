"""The seed document's three models."""

from __future__ import annotations

from cifar_core.architecture.nodes import ActivationStep, Conv, ConvNodeStep, ConvStep, DropoutStep, NormStep, Pool
from cifar_core.architecture.presets.preset import ArchitecturePreset
from cifar_core.architecture.spec import ArchitectureSpec

_CONV, _RELU, _BATCH_NORM = ConvStep(), ActivationStep(kind="relu"), NormStep(kind="batch")
_CONV_RELU_BN: tuple[ConvNodeStep, ...] = (_CONV, _RELU, _BATCH_NORM)
_SEED_STEPS: tuple[ConvNodeStep, ...] = (*_CONV_RELU_BN, DropoutStep(kind="channel", rate=0.01))


def seed_model_1() -> ArchitecturePreset:
    """Plain convolutions, eight times too many parameters."""

    def conv(block: str, channels: int) -> Conv:
        return Conv(block=block, out_channels=channels, padding=1, bias=True, steps=_CONV_RELU_BN)

    nodes: list[Conv] = []
    for block, width in (("C1", 64), ("C2", 128), ("C3", 256)):
        nodes += [conv(block, width // 2), conv(block, width), conv(block, width)]
        nodes.append(Conv(block=block, out_channels=width // 4, kernel_size=1, stride=2, steps=_CONV_RELU_BN))
    nodes += [conv("C4", 128), conv("C4", 256)]
    return ArchitecturePreset(
        name="seed-model-1",
        title="Seed, Model 1",
        teaches="Plain 3x3 convolutions: eight times the allowed parameters, and it memorises the training set.",
        spec=ArchitectureSpec(
            name="seed-model-1",
            nodes=tuple(nodes),
            head=(Conv(out_channels=10, kernel_size=1), Pool(kind="adaptive_avg")),
        ),
        augmentation="none",
        recipe="seed",
        reported_test_accuracy=0.80,
        reconstructed="The seed gives only the count of 1,605,600 parameters; this layout hits it exactly.",
    )


def _model_3_spec(name: str) -> ArchitectureSpec:
    """The module that the seed prints, its padding of 1 on 1x1 convolutions included (maps 32-32-16-18-9-7-4-6-1)."""

    def seed_conv(block: str, channels: int, dilation: int = 1) -> Conv:
        return Conv(block=block, out_channels=channels, padding=1, dilation=dilation, steps=_SEED_STEPS)

    def transition(block: str, channels: int) -> Conv:
        return Conv(block=block, out_channels=channels, kernel_size=1, stride=2, bias=True, steps=(_CONV, _RELU))

    def depthwise(block: str) -> Conv:
        return Conv(block=block, groups="depthwise", padding=1)

    return ArchitectureSpec(
        name=name,
        nodes=(
            seed_conv("C1", 32),
            seed_conv("C1", 64),
            transition("C1", 32),
            seed_conv("C2", 32),
            depthwise("C2"),
            Conv(block="C2", out_channels=64, kernel_size=1, padding=1, steps=_SEED_STEPS),
            transition("C2", 32),
            seed_conv("C3", 64, dilation=2),
            seed_conv("C3", 64),
            transition("C3", 16),
            seed_conv("C4", 32),
            depthwise("C4"),
        ),
        head=(Conv(out_channels=10, kernel_size=1, padding=1), Pool(kind="adaptive_avg")),
    )


def seed_model_2() -> ArchitecturePreset:
    """Depthwise-separable and dilated, without augmentation."""
    return ArchitecturePreset(
        name="seed-model-2",
        title="Seed, Model 2",
        teaches="Depthwise-separable and dilated convolutions cut the count to 97,264; unaugmented it stops at 67 %.",
        spec=_model_3_spec("seed-model-2"),
        augmentation="none",
        recipe="seed",
        reported_test_accuracy=0.67,
        reconstructed="The seed prints one module for Models 2 and 3; Model 2 is that module without augmentation.",
    )


def seed_model_3() -> ArchitecturePreset:
    """The same network with augmentation."""
    return ArchitecturePreset(
        name="seed-model-3",
        title="Seed, Model 3",
        teaches="The same network with augmentation: 85.4 % after 50 epochs. Its 1x1 convolutions pad, so maps grow.",
        spec=_model_3_spec("seed-model-3"),
        augmentation="seed-model-3",
        recipe="seed",
        reported_test_accuracy=0.854,
    )
