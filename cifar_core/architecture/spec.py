"""ArchitectureSpec: the whole description of a network, valid by construction."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import groupby
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cifar_core.architecture.cost import num_params
from cifar_core.architecture.geometry import trace_layers
from cifar_core.architecture.layers import Layer
from cifar_core.architecture.nodes import MAX_NODES, Flatten, HeadNode, Linear, Node
from cifar_core.spec_model import SpecModel

MAX_PARAMS = 100_000_000
"""A thousand times what this tool is for; more would only exhaust the memory of the machine that builds it."""


class ImageInput(SpecModel):
    """The image that the network reads."""

    channels: Annotated[int, Field(ge=1, le=16)] = 3
    size: Annotated[int, Field(ge=1, le=1024)] = 32
    """Side of the square image, in pixels."""


class ArchitectureSpec(SpecModel):
    """A network: input, body, head. Its output is one logit per class: [N, num_classes]."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(max_length=80)] = "untitled"
    input: ImageInput = ImageInput()
    num_classes: Annotated[int, Field(ge=2, le=1000)] = 10
    nodes: Annotated[tuple[Node, ...], Field(max_length=MAX_NODES)] = ()
    head: Annotated[tuple[HeadNode, ...], Field(min_length=1, max_length=MAX_NODES)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        layers = trace_layers(self.input.channels, self.input.size, self.nodes, self.head)
        if not layers:
            raise ValueError("the network has no layers: it needs at least a Linear or a Conv")
        if len(layers) > MAX_NODES:
            raise ValueError(f"the network has {len(layers)} layers: at most {MAX_NODES} are allowed")
        params = num_params(layers)
        if params > MAX_PARAMS:
            raise ValueError(f"the network has {params:,} parameters: at most {MAX_PARAMS:,} are allowed")
        returning = [label for label, times in Counter(self.blocks).items() if label and times > 1]
        if returning:
            raise ValueError(f"block {returning[0]!r} comes back after another block: a block is one run of nodes")
        last = layers[-1]
        features = last.out_channels * (1 if isinstance(last.node, Linear) else last.n_out**2)
        if features != self.num_classes:
            shape = f"{last.out_channels} channels on {last.n_out} x {last.n_out} cells"
            raise ValueError(f"head ends in {shape}: it must end in num_classes = {self.num_classes} values")
        if isinstance(self.head[-1], Flatten) and len(self.head) == 1:
            raise ValueError("head holds only a Flatten: it needs a pooling, a Conv or a Linear")
        return self

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every convolution, pooling and linear layer in order, with its shapes and receptive field."""
        return trace_layers(self.input.channels, self.input.size, self.nodes, self.head)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Labels of the body's blocks, in order; a block is a run of equal labels, a branch's main path first."""
        return tuple(label for label, _ in groupby(layer.block for layer in self.layers if not layer.in_head))
