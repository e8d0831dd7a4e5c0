"""Networks that are the same but for names: equal weights would give equal answers."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache

from cifar_core.architecture import ArchitectureSpec, Layer, find_preset, preset_names
from cifar_core.architecture.nodes import Conv, Linear, Pool


def network_identity(spec: ArchitectureSpec) -> Hashable:
    """Equal for two networks of the same layers in the same places, however these are named, labelled or written.

    A depthwise convolution is one of as many groups as channels, and "same" padding the cells that it amounts to.
    Dropout counts: with another rate it is another experiment.
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
        () if isinstance(node, Pool) else node.steps,
    )
