"""Fewest edits: the single changes that bring the receptive field above a threshold, and what each costs."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifar_core.architecture.cost import layer_macs, layer_params, num_macs, num_params
from cifar_core.architecture.coverage import coverage
from cifar_core.architecture.editing.copies import nodes_with
from cifar_core.architecture.editing.rows import last_layers
from cifar_core.architecture.geometry import receptive_field, trace_layers
from cifar_core.architecture.layers import IMAGE, Layer, before_pooling
from cifar_core.architecture.nodes import (
    MAX_DILATION,
    MAX_NODES,
    MAX_OUT_CHANNELS,
    MAX_PADDING,
    ActivationStep,
    Conv,
    ConvNodeStep,
    ConvStep,
    Node,
    NormStep,
)
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.errors import SpecError

INSERTED_DILATIONS = (1, 2, 4, 8)
_STEPS: tuple[ConvNodeStep, ...] = (ConvStep(), NormStep(), ActivationStep())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One edit that suffices."""

    kind: str
    """"dilation", "depthwise" or "dense"."""
    sentence: str
    spec: ArchitectureSpec
    receptive_field: int
    """Before pooling, in pixels."""
    coverage: float | None
    extra_params: int
    extra_macs: int


def suggestions(spec: ArchitectureSpec, receptive_field_above: int, at_most: int = 6) -> tuple[Suggestion, ...]:
    """Single edits after which the receptive field before pooling is above a threshold, the best first.

    Tried are: a larger dilation of each convolution of the body, padded so that its map keeps its side, and a 3x3
    convolution more behind each node, depthwise or dense. A dilation whose taps would all lie beyond the map, but for
    the middle one, is none. The best have full coverage, then the least extra parameters, the
    least extra MACs, and the least dilation.

    Args:
        spec: the network.
        receptive_field_above: pixels that the field must exceed.
        at_most: suggestions; the best of each of the three kinds is always among them.

    Returns:
        Nothing if the field is above already, or if no single edit suffices.
    """
    if receptive_field(spec.layers) > receptive_field_above:
        return ()
    edits = (_dilated(spec, receptive_field_above), _inserted(spec, receptive_field_above))
    found = sorted((edit for kind in edits for edit in _until_enough(kind, at_most)), key=_rank)
    first_of_kind = {edit.kind: number for number, edit in reversed(list(enumerate(found)))}
    others = [number for number in range(len(found)) if number not in first_of_kind.values()]
    kept = sorted([*first_of_kind.values(), *others[: max(at_most - len(first_of_kind), 0)]])
    return tuple(suggestion for number in kept if (suggestion := _checked(spec, found[number])) is not None)


@dataclass(frozen=True, slots=True)
class _Edit:
    """An edit that suffices, not validated yet."""

    kind: str
    sentence: str
    nodes: tuple[Node, ...]
    layers: tuple[Layer, ...]
    coverage: float | None
    params: int
    macs: int
    growth: int
    """Of the dilation: of two edits that cost the same, the gentler one comes first."""


def _rank(edit: _Edit) -> tuple[bool, int, int, int]:
    return edit.coverage != 1, edit.params, edit.macs, edit.growth


def _until_enough(edits: Iterator[_Edit], at_most: int) -> Iterator[_Edit]:
    """Edits that come in the order of their cost, until no later one can be among the best: each takes its time."""
    full = 0
    for edit in edits:
        yield edit
        # A dense insertion comes right behind its depthwise twin.
        full += edit.coverage == 1 and edit.kind != "depthwise"
        if full >= at_most:
            return


def _checked(spec: ArchitectureSpec, edit: _Edit) -> Suggestion | None:
    try:
        changed = spec.changed(nodes=[node.model_dump() for node in edit.nodes])
    except SpecError:
        return None  # a network at the grammar's own limits
    return Suggestion(
        kind=edit.kind,
        sentence=edit.sentence,
        spec=changed,
        receptive_field=receptive_field(edit.layers),
        coverage=edit.coverage,
        extra_params=edit.params - num_params(spec.layers),
        extra_macs=edit.macs - num_macs(spec.layers),
    )


def _edit(
    spec: ArchitectureSpec, threshold: int, kind: str, sentence: str, nodes: tuple[Node, ...], growth: int
) -> _Edit | None:
    """The edit that leads to these nodes; None if they are no network, or their field is too small."""
    try:
        layers = trace_layers(spec.input.channels, spec.input.size, nodes, spec.head)
    except ValueError:
        return None
    if receptive_field(layers) <= threshold:
        return None
    return _Edit(kind, sentence, nodes, layers, coverage(layers), num_params(layers), num_macs(layers), growth)


def _dilated(spec: ArchitectureSpec, threshold: int) -> Iterator[_Edit]:
    """The gentlest first; none of them costs parameters or MACs."""
    changes = [
        (dilation - layer.dilation, position, _dilated_to(layer, dilation))
        for position, layer in enumerate(spec.layers)
        if (dilation := _smallest_dilation(spec, threshold, position)) is not None
    ]
    for growth, position, after in sorted(changes, key=lambda change: change[:2]):
        before = spec.layers[position]
        padded = f" and its padding from {before.padding} to {after.padding}" if after.padding != before.padding else ""
        sentence = f"Raise the dilation of {before.name} from {before.dilation} to {after.dilation}{padded}"
        nodes = nodes_with(spec.nodes, {position: {"dilation": after.dilation, "padding": after.padding}})
        edit = _edit(spec, threshold, "dilation", sentence, nodes, growth)
        if edit is not None:
            yield edit


def _smallest_dilation(spec: ArchitectureSpec, threshold: int, position: int) -> int | None:
    """The one that brings the field above the threshold; None if no allowed one does, or there is nothing to dilate."""
    layer = spec.layers[position]
    if layer.in_head or not isinstance(layer.node, Conv) or layer.kernel_size == 1:
        return None
    # An odd growth of the extent cannot be padded alike on both sides.
    pace = 2 if layer.kernel_size % 2 == 0 and layer.padding != "same" else 1
    dilations = range(layer.dilation + pace, min(MAX_DILATION, layer.n_in - 1) + 1, pace)
    # Beside a path that sees more, the first steps may bring nothing: the field never falls, so that is no obstacle.
    enough = bisect.bisect_right(dilations, threshold, key=lambda dilation: _field_at(spec.layers, position, dilation))
    if enough == len(dilations):
        return None
    padding = _dilated_to(layer, dilations[enough]).padding
    return None if isinstance(padding, int) and padding > MAX_PADDING else dilations[enough]


def _dilated_to(layer: Layer, dilation: int) -> Layer:
    """The layer with another dilation, padded so that its output map keeps its side."""
    padding = layer.padding
    if isinstance(padding, int):
        padding += (layer.kernel_size - 1) * (dilation - layer.dilation) // 2
    return dataclasses.replace(layer, dilation=dilation, padding=padding)


def _field_at(layers: Sequence[Layer], position: int, dilation: int) -> int:
    """The receptive field with one layer's dilation changed: bounding boxes alone, much quicker than a new trace."""
    boxes = {IMAGE: (0, 1)}
    first, end = boxes[IMAGE]
    for at, layer in enumerate(before_pooling(layers)):
        if at == position:
            layer = _dilated_to(layer, dilation)
        before = layer.pad_before * layer.jump_in
        first = min(boxes[source][0] for source in layer.inputs) - before
        end = max(boxes[source][1] for source in layer.inputs) - before
        end += (layer.kernel_size - 1) * layer.dilation * layer.jump_in
        boxes[at] = first, end
    return end - first


def _inserted(spec: ArchitectureSpec, threshold: int) -> Iterator[_Edit]:
    if len(spec.layers) >= MAX_NODES:
        return
    missing = threshold + 1 - receptive_field(spec.layers)
    places = list(enumerate(zip(spec.nodes, last_layers(spec), strict=True), 1))
    # The cheapest first: what an insertion costs is known by its channels and its map.
    for number, (node, end) in sorted(places, key=lambda place: (place[1][1].out_channels, place[1][1].n_out)):
        enough = (d for d in INSERTED_DILATIONS if 2 * d * end.jump_out >= missing and d < end.n_out)
        dilation = next(enough, None)
        if dilation is None:
            continue
        conv = Conv(block=node.block, groups="depthwise", padding=dilation, dilation=dilation, steps=_STEPS)
        dilated = f" with dilation {dilation}" if dilation > 1 else ""
        sentence = f"Insert a 3x3 depthwise convolution{dilated} after {end.name}"
        nodes = (*spec.nodes[:number], conv, *spec.nodes[number:])
        edit = _edit(spec, threshold, "depthwise", sentence, nodes, growth=dilation)
        if edit is not None:
            yield edit
            if end.out_channels <= MAX_OUT_CHANNELS:
                yield _made_dense(edit, conv)


def _made_dense(edit: _Edit, inserted: Conv) -> _Edit:
    """The same insertion with a dense convolution: what it sees is the same, so it need not be looked at again."""
    before = next(layer for layer in edit.layers if layer.node is inserted)
    conv = inserted.model_copy(update={"groups": 1, "out_channels": before.out_channels})
    after = dataclasses.replace(before, node=conv, groups=1)
    return dataclasses.replace(
        edit,
        kind="dense",
        sentence=edit.sentence.replace("depthwise ", ""),
        nodes=tuple(conv if node is inserted else node for node in edit.nodes),
        params=edit.params + layer_params(after) - layer_params(before),
        macs=edit.macs + layer_macs(after) - layer_macs(before),
    )
