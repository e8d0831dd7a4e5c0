"""The layers of several networks as settings, paired so that an inserted layer does not shift all that follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cifar_core.analysis.setting_words import Part, Settings, aligned, merged
from cifar_core.architecture import ArchitectureSpec, Layer
from cifar_core.architecture.editing.comparison import compare
from cifar_core.architecture.editing.step_words import format_steps
from cifar_core.architecture.nodes import Branch, Conv, Pool

_ELSEWHERE = ("type", "kind", "block", "steps", "main", "shortcut")
"""Fields of a node that stand in its kind, in its place, or in layers of their own."""


def network_settings(specs: Sequence[ArchitectureSpec]) -> list[Settings]:
    """What each network sets, layer by layer; the layers of the first one give the places their names.

    Only what a person sets: sides of maps, fields and counts follow from it. The labels of blocks are names:
    `label_settings` tells of them.
    """
    bodies = [_unlabelled(spec) for spec in specs]
    ways = list(dict.fromkeys(bodies))
    if len(ways) == 1:
        return [{} for _ in specs]
    # Layers are paired by block: networks that differ in labels alone are paired as one.
    specs = [specs[bodies.index(body)] for body in bodies]
    places = [aligned(title, [_part(layer) for layer in layers]) for title, layers in _places(specs).items()]
    settings = merged(places, len(specs))
    if all(each == settings[0] for each in settings):  # the same layers, joined in another order
        return [{"connections": f"way {ways.index(body) + 1}"} for body in bodies]
    return settings


def are_same_network(specs: Sequence[ArchitectureSpec]) -> bool:
    """Whether they differ in nothing but names."""
    first, *others = specs
    unlike = [spec for spec in others if (spec.nodes, spec.head) != (first.nodes, first.head)]
    return not unlike or all(_unlabelled(spec) == _unlabelled(first) for spec in unlike)


def label_settings(specs: Sequence[ArchitectureSpec]) -> list[Settings]:
    """The names of layers, which hold their blocks' labels, where networks differ in nothing else."""
    if not are_same_network(specs):
        return [{} for _ in specs]
    places = zip(*([layer.name for layer in spec.layers] for spec in specs), strict=True)
    named = zip(*(names for names in places if len(set(names)) > 1), strict=True)
    return [{"layers": ", ".join(names)} for names in named] or [{} for _ in specs]


def _unlabelled(spec: ArchitectureSpec) -> tuple[object, ...]:
    """The nodes and the head, without the labels of blocks."""

    def bare(nodes: Iterable[Conv | Branch]) -> tuple[Conv | Branch, ...]:
        return tuple(
            node.model_copy(update={"block": "", "main": bare(node.main), "shortcut": bare(node.shortcut)})
            if isinstance(node, Branch)
            else node.model_copy(update={"block": ""})
            for node in nodes
        )

    return *bare(spec.nodes), spec.head


def _places(specs: Sequence[ArchitectureSpec]) -> dict[str, list[Layer | None]]:
    """The layers, one a network, that stand for each other; by the place's name, from the image on."""
    first = specs[0]
    own: dict[str, list[Layer | None]] = {layer.name: [layer, *[None] * (len(specs) - 1)] for layer in first.layers}
    added: dict[str, dict[int, list[Layer | None]]] = {}
    for number, spec in enumerate(specs[1:], start=1):
        layers, before, extra = {layer.name: layer for layer in spec.layers}, "", 0
        for row in compare(first, spec).rows:
            if row.left is not None:
                before, extra = row.left.name, 0
                if row.right is not None:
                    own[before][number] = layers[row.right.name]
            elif row.right is not None:
                extra += 1
                beside = added.setdefault(before, {}).setdefault(extra, [None] * len(specs))
                beside[number] = layers[row.right.name]
    places: dict[str, list[Layer | None]] = {}
    for before in ("", *own):
        if before:
            places[before] = own[before]
        for extra, beside in added.get(before, {}).items():
            places[f"added layer {extra} {f'behind {before}' if before else 'at the start'}"] = beside
    return places


def _part(layer: Layer | None) -> Part | None:
    if layer is None:
        return None
    node = layer.node
    fields = Part.of("", node).fields
    kept = {name: value for name, value in fields.items() if name.replace(" ", "_") not in _ELSEWHERE}
    if isinstance(node, Pool):
        return Part(f"{node.kind} pool", kept)
    steps = format_steps(node.steps)
    if isinstance(node, Branch):
        return Part("join", {**kept, "steps": steps})
    kind: str = node.type
    if isinstance(node, Conv) and node.groups == "depthwise":
        kind = "depthwise"
        kept = {name: value for name, value in kept.items() if name not in ("groups", "out channels")}
    elif isinstance(node, Conv):
        kept.pop("channel multiplier")
    return Part(kind, {**kept, "steps": steps})
