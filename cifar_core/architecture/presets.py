"""Named networks: the seed document's three models, and one that earns the dilation bonus.

A preset names its default augmentation and recipe, which other rooms hold; explicit options override them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cifar_core.architecture.nodes import ActivationStep, Conv, ConvNodeStep, ConvStep, DropoutStep, NormStep, Pool
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.errors import SpecError


@dataclass(frozen=True, slots=True)
class ArchitecturePreset:
    """A named network with what it teaches."""

    name: str
    title: str
    teaches: str
    """One or two sentences for a student."""
    spec: ArchitectureSpec
    augmentation: str
    """Name of its default augmentation preset."""
    recipe: str
    """Name of its default training recipe."""
    reported_test_accuracy: float | None = None
    """What the seed document reports for it, in 0..1; not measured here."""
    reconstructed: str = ""
    """What the source left open and was filled in here; empty if nothing."""


def preset_names() -> tuple[str, ...]:
    """Names of all presets, in the order in which they are shown."""
    return tuple(_presets())


def find_preset(name: str) -> ArchitecturePreset:
    """Looks a preset up.

    Raises:
        SpecError: if there is none of that name.
    """
    presets = _presets()
    if name not in presets:
        raise SpecError(f"There is no preset {name!r}: choose one of {', '.join(presets)}.")
    return presets[name]


@cache
def _presets() -> dict[str, ArchitecturePreset]:
    # Built on first use: validating four networks is work that a command which needs none should not pay for.
    return {preset.name: preset for preset in (_seed_model_1(), _seed_model_2(), _seed_model_3(), _dilated())}


_CONV, _RELU, _BATCH_NORM = ConvStep(), ActivationStep(kind="relu"), NormStep(kind="batch")
_CONV_BN_RELU: tuple[ConvNodeStep, ...] = (_CONV, _BATCH_NORM, _RELU)
_CONV_RELU_BN: tuple[ConvNodeStep, ...] = (_CONV, _RELU, _BATCH_NORM)
_SEED_STEPS: tuple[ConvNodeStep, ...] = (*_CONV_RELU_BN, DropoutStep(kind="channel", rate=0.01))


def _seed_model_1() -> ArchitecturePreset:
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


def _seed_model_2() -> ArchitecturePreset:
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


def _seed_model_3() -> ArchitecturePreset:
    return ArchitecturePreset(
        name="seed-model-3",
        title="Seed, Model 3",
        teaches="The same network with augmentation: 85.4 % after 50 epochs. Its 1x1 convolutions pad, so maps grow.",
        spec=_model_3_spec("seed-model-3"),
        augmentation="seed-model-3",
        recipe="seed",
        reported_test_accuracy=0.854,
    )


def _dilated() -> ArchitecturePreset:
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
