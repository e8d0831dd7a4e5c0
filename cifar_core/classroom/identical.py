"""Networks that are the same but for names: equal weights would give equal answers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cache

from cifar_core.architecture import ArchitectureSpec, Layer, find_preset, preset_names
from cifar_core.architecture.nodes import ActivationStep, Conv, DropoutStep, Linear, Pool
from cifar_core.spec_model import SpecModel


def network_identity(spec: ArchitectureSpec) -> Hashable:
    """Equal for two networks of the same layers in the same places, however these are named, labelled or written.

    A depthwise convolution is one of as many groups as channels, and "same" padding the cells that it amounts to.
    Dropout counts, but for a rate of 0: with another rate it is another experiment. ReLU done twice is done once.
    """
    return (spec.input.channels, spec.input.size, spec.num_classes, *map(_identity, spec.layers))


def same_presets(spec: ArchitectureSpec) -> tuple[str, ...]:
    """Presets of the project that are the same network; none for a network of one's own."""
    return _presets().get(network_identity(spec), ())


@cache
def _presets() -> dict[Hashable, tuple[str, ...]]:
    """Names by identity: a network may be a preset twice, with another augmentation."""
    found: dict[Hashable, tuple[str, ...]] = {}
    for name in preset_names():
        identity = network_identity(find_preset(name).spec)
        found[identity] = (*found.get(identity, ()), name)
    return found


def _identity(layer: Layer) -> Hashable:
    node = layer.node
    padded = layer.padding != 0
    kind = layer.op if layer.is_join or layer.is_pool else node.type
    if layer.pools_whole_map and kind == "avg":
        kind = "adaptive_avg"
    return (
        kind,
        layer.inputs,
        layer.in_channels,
        layer.out_channels,
        layer.groups,
        layer.kernel_size,
        layer.stride,
        layer.dilation if layer.kernel_size > 1 else 1,
        (layer.pad_before, layer.n_out),
        node.padding_mode if isinstance(node, Conv) and padded else "",
        isinstance(node, Conv | Linear) and node.bias,
        () if isinstance(node, Pool) else _steps(node.steps),
    )


def _steps(steps: Iterable[SpecModel]) -> tuple[SpecModel, ...]:
    """Those that change anything."""
    kept: list[SpecModel] = []
    for step in steps:
        if isinstance(step, DropoutStep) and step.rate == 0:
            continue
        if kept and step == kept[-1] and isinstance(step, ActivationStep) and step.kind == "relu":
            continue
        kept.append(step)
    return tuple(kept)
