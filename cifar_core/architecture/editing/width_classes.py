"""Which convolutions of a network must change their channels together, and in which steps.

The channels of every map are followed as a sum of terms, each a convolution's out_channels times the multipliers of the
depthwise convolutions behind it. An add ties the terms of its paths; groups and group norms say what must divide them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cifar_core.architecture.layers import IMAGE, Layer
from cifar_core.architecture.nodes import Conv, Linear, NormStep, Pool


@dataclass(frozen=True, slots=True)
class WidthClass:
    """Convolutions that have one width."""

    positions: tuple[int, ...]
    """Of its convolutions, among all layers."""
    blocks: tuple[str, ...]
    """That these lie in, in order."""
    channels: int
    step: int
    """What the channels must stay a multiple of."""

    def scaled_channels(self, scale: Fraction) -> int:
        """Channels times a factor: the next multiple of the step below, at least one step."""
        return max(self.step, self.channels * scale.numerator // scale.denominator // self.step * self.step)


def width_classes(layers: Sequence[Layer]) -> tuple[WidthClass, ...]:
    """The body's convolutions whose channels are free, by what must change together.

    Left out, since they are tied to something that has its channels once and for all: what is added to the image, what
    ends in the classes, and what is added to a sum of other terms.
    """
    ties = _Ties(layers)
    terms: dict[int, _Terms] = {IMAGE: ((IMAGE, 1),)}
    for position, layer in enumerate(layers):
        sources = [terms[source] for source in layer.inputs]
        terms[position] = ties.behind(position, layer, sources)
    ties.freeze(terms[len(layers) - 1])
    return ties.classes()


_Terms = tuple[tuple[int, int], ...]
"""The channels of one map: (position of a convolution, how often its channels count)."""


@dataclass
class _Ties:
    """Union-find over the convolutions, with what must divide each."""

    layers: Sequence[Layer]
    parent: dict[int, int] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=lambda: {IMAGE})

    def behind(self, position: int, layer: Layer, sources: Sequence[_Terms]) -> _Terms:
        """The terms of a layer's output; what it asks of its inputs is noted."""
        node = layer.node
        if isinstance(node, Pool):
            return sources[0]
        if isinstance(node, Conv | Linear):
            before, behind = self._of_weights(position, layer, sources[0])
        else:
            behind = self._of_join(layer, sources)
            before = behind
        terms = before
        for step in node.steps:
            if step.step == "conv" or step.step == "linear":
                terms = behind
            elif isinstance(step, NormStep) and step.num_groups is not None:
                self._divide(terms, step.num_groups)
        return behind

    def _of_weights(self, position: int, layer: Layer, source: _Terms) -> tuple[_Terms, _Terms]:
        """Terms before and behind a convolution or linear layer."""
        node = layer.node
        if isinstance(node, Conv) and node.groups == "depthwise":
            return source, tuple((at, times * node.channel_multiplier) for at, times in source)
        if isinstance(node, Conv):
            self._divide(source, layer.groups)
            self.steps[position] = math.lcm(self.steps.get(position, 1), layer.groups)
        else:
            # A flatten makes a channel of each cell.
            cells = layer.in_channels // sum(self._channels(at) * times for at, times in source)
            source = tuple((at, times * cells) for at, times in source)
        if layer.in_head:
            self.frozen.add(position)
        return source, ((position, 1),)

    def _of_join(self, layer: Layer, sources: Sequence[_Terms]) -> _Terms:
        main, shortcut = sources
        if layer.op == "concat":
            return main + shortcut
        sizes = [[(times, self._channels(at)) for at, times in terms] for terms in sources]
        if sizes[0] == sizes[1]:
            for (one, _), (other, _) in zip(main, shortcut, strict=True):
                self.parent[self._root(other)] = self._root(one)
        else:
            self.freeze(main + shortcut)
        return main

    def _divide(self, terms: _Terms, groups: int) -> None:
        """Keeps a map's channels divisible; where not every term is, the sum is only as long as nothing changes."""
        needs = [(at, groups // math.gcd(groups, times)) for at, times in terms]
        if any(self._channels(at) % need for at, need in needs):
            self.freeze(terms)
            return
        for at, need in needs:
            self.steps[at] = math.lcm(self.steps.get(at, 1), need)

    def freeze(self, terms: _Terms) -> None:
        """Notes that these must not change."""
        self.frozen.update(at for at, _ in terms)

    def classes(self) -> tuple[WidthClass, ...]:
        """The classes with no frozen member, in the order of their first convolutions."""
        frozen = {self._root(at) for at in self.frozen}
        members: dict[int, list[int]] = {}
        for position, layer in enumerate(self.layers):
            if isinstance(layer.node, Conv) and layer.node.out_channels is not None:
                members.setdefault(self._root(position), []).append(position)
        step_of: dict[int, int] = {}
        for at, step in self.steps.items():
            step_of[self._root(at)] = math.lcm(step_of.get(self._root(at), 1), step)
        return tuple(
            WidthClass(
                positions=tuple(positions),
                blocks=tuple(dict.fromkeys(self.layers[at].block for at in positions)),
                channels=self._channels(positions[0]),
                step=step_of.get(root, 1),
            )
            for root, positions in members.items()
            if root not in frozen
        )

    def _channels(self, position: int) -> int:
        return self.layers[0].in_channels if position == IMAGE else self.layers[position].out_channels

    def _root(self, position: int) -> int:
        while position in self.parent and self.parent[position] != position:
            position = self.parent[position]
        return position
