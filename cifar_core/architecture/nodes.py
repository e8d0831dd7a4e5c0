"""The grammar's words: the nodes of a network and the steps inside a node.

Every number is checked on construction as far as the node alone can tell; what depends on a node's place (channels that
groups must divide, a map that vanishes) is checked by `geometry.trace_layers`, which `ArchitectureSpec` calls.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from cifar_core.spec_model import SpecModel

MAX_NODES = 200
"""In one list, and in the whole network with all that is nested."""
MAX_DEPTH = 16
"""Branches within branches."""
MAX_OUT_CHANNELS, MAX_PADDING, MAX_DILATION = 4096, 256, 64
Channels = Annotated[int, Field(ge=1, le=MAX_OUT_CHANNELS)]


class ConvStep(SpecModel):
    """The convolution itself, at its place among the steps of its node."""

    step: Literal["conv"] = "conv"


class LinearStep(SpecModel):
    """The matrix product itself, at its place among the steps of its node."""

    step: Literal["linear"] = "linear"


class NormStep(SpecModel):
    """A normalisation with a learned scale and shift per channel.

    "batch" normalises each channel over the batch (with stored figures at inference), "layer" each cell over its
    channels (as ConvNeXt does), "group" groups of channels over the whole map: that one reads every cell.
    """

    step: Literal["norm"] = "norm"
    kind: Literal["batch", "group", "layer"] = "batch"
    num_groups: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Groups of channels of a "group" norm; it must divide the channels. None for the other kinds."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "group") != (self.num_groups is not None):
            raise ValueError(
                f'num_groups is {self.num_groups} and kind is "{self.kind}": "group" needs num_groups, '
                "the other kinds take none"
            )
        return self

    @property
    def reads_whole_map(self) -> bool:
        """Whether its output at one cell depends on every cell at inference."""
        return self.kind == "group"


class ActivationStep(SpecModel):
    """A pointwise non-linearity. All of them leave 0 at 0."""

    step: Literal["activation"] = "activation"
    kind: Literal["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish"] = "relu"


class DropoutStep(SpecModel):
    """Dropout while training: of single elements, or of whole channels (Dropout2d)."""

    step: Literal["dropout"] = "dropout"
    kind: Literal["element", "channel"] = "element"
    rate: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Probability that an element or channel is zeroed, in [0, 1)."""


class GateStep(SpecModel):
    """Squeeze-and-excitation (Hu et al., 2018): scales each channel by a factor computed from the whole map.

    Average over the map, 1x1 convolution to `hidden_channels`, ReLU, 1x1 convolution back, sigmoid; both with bias.
    """

    step: Literal["gate"] = "gate"
    hidden_channels: Annotated[int, Field(ge=1, le=4096)]
    reads_whole_map: ClassVar[bool] = True


MapStep = Annotated[NormStep | ActivationStep | DropoutStep | GateStep, Field(discriminator="step")]
"""What may stand around a convolution, or behind the join of a branch."""
ConvNodeStep = Annotated[ConvStep | NormStep | ActivationStep | DropoutStep | GateStep, Field(discriminator="step")]
LinearNodeStep = Annotated[LinearStep | NormStep | ActivationStep | DropoutStep, Field(discriminator="step")]


def _require_exactly_one(step_name: str, steps: tuple[SpecModel, ...]) -> None:
    count = sum(getattr(step, "step", None) == step_name for step in steps)
    if count != 1:
        raise ValueError(f"steps hold {count} {step_name} steps: exactly one is needed")


class Conv(SpecModel):
    """A 2-D convolution with a square kernel, and the norm, activation and dropout steps around it."""

    type: Literal["conv"] = "conv"
    block: Annotated[str, Field(max_length=16)] = ""
    """Label of the block it belongs to (C1, C2, C3, C4 in the assignment); one block is a run of equal labels."""
    out_channels: Channels | None = None
    """Channels out; None for a depthwise convolution, whose channels follow from its input."""
    kernel_size: Annotated[int, Field(ge=1, le=31)] = 3
    """Side of the kernel, in cells."""
    stride: Annotated[int, Field(ge=1, le=16)] = 1
    padding: Annotated[int, Field(ge=0, le=MAX_PADDING)] | Literal["same"] = 0
    """Cells added on each side; "same" keeps the map's side and needs stride 1."""
    dilation: Annotated[int, Field(ge=1, le=MAX_DILATION)] = 1
    groups: Annotated[int, Field(ge=1, le=4096)] | Literal["depthwise"] = 1
    """Channel groups; "depthwise" means one group per input channel."""
    channel_multiplier: Annotated[int, Field(ge=1, le=64)] = 1
    """Output channels per input channel of a depthwise convolution."""
    bias: bool = False
    padding_mode: Literal["zeros", "reflect", "replicate"] = "zeros"
    steps: tuple[ConvNodeStep, ...] = (ConvStep(),)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require_exactly_one("conv", self.steps)
        if self.groups == "depthwise" and self.out_channels is not None:
            raise ValueError(
                f"out_channels is {self.out_channels}, but a depthwise convolution takes its channels from its input: "
                "leave out_channels out and set channel_multiplier"
            )
        if self.groups != "depthwise":
            if self.out_channels is None:
                raise ValueError('out_channels is missing: it may be left out only with groups "depthwise"')
            if self.channel_multiplier != 1:
                raise ValueError(
                    f'channel_multiplier is {self.channel_multiplier}: it must be 1 unless groups is "depthwise"'
                )
        if self.padding == "same" and self.stride != 1:
            raise ValueError(f'padding is "same" and stride is {self.stride}: "same" needs stride 1')
        return self

    @property
    def extent(self) -> int:
        """Side of the input square that one application of the kernel spans, in cells."""
        return (self.kernel_size - 1) * self.dilation + 1


def _type(node: object) -> object:
    # A node without a type is a Conv. What is no object is handed to Conv, which says so.
    if isinstance(node, dict):
        return node.get("type", "conv")
    return getattr(node, "type", "conv")


class Branch(SpecModel):
    """Two paths from one map that are added or concatenated: a residual block, or a pair of parallel convolutions."""

    type: Literal["branch"] = "branch"
    block: Annotated[str, Field(max_length=16)] = ""
    """Label of the block that the join belongs to, and every node inside that has no label of its own."""
    main: Annotated[tuple[Node, ...], Field(min_length=1, max_length=MAX_NODES)]
    shortcut: Annotated[tuple[Node, ...], Field(max_length=MAX_NODES)] = ()
    """Empty for the identity."""
    combine: Literal["add", "concat"] = "add"
    """"add" needs equal shapes, "concat" (main's channels first) equal sides."""
    steps: tuple[MapStep, ...] = ()
    """Applied to the joined map, in order."""


Node = Annotated[Annotated[Conv, Tag("conv")] | Annotated[Branch, Tag("branch")], Discriminator(_type)]
"""What `ArchitectureSpec.nodes` holds: by its `type`, which may be left out of a Conv."""


class Pool(SpecModel):
    """Pooling in the head: over the whole map (adaptive), or over windows of `kernel_size` with equal stride."""

    type: Literal["pool"] = "pool"
    kind: Literal["adaptive_avg", "adaptive_max", "avg"] = "adaptive_avg"
    kernel_size: Annotated[int, Field(ge=1, le=256)] | None = None
    """Side of the window of an "avg" pool, in cells; None for the adaptive kinds, which take the whole map."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.kind == "avg") != (self.kernel_size is not None):
            raise ValueError(
                f'kernel_size is {self.kernel_size} and kind is "{self.kind}": "avg" needs a kernel_size, '
                "the adaptive kinds take none"
            )
        return self


class Flatten(SpecModel):
    """Turns [N, C, H, W] into [N, C * H * W] before a Linear."""

    type: Literal["flatten"] = "flatten"


class Linear(SpecModel):
    """A fully connected layer on the flattened map, with the steps around it."""

    type: Literal["linear"] = "linear"
    out_features: Channels
    bias: bool = True
    steps: tuple[LinearNodeStep, ...] = (LinearStep(),)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require_exactly_one("linear", self.steps)
        return self


HeadNode = Annotated[Pool | Conv | Flatten | Linear, Field(discriminator="type")]
AnyNode = Conv | Branch | Pool | Flatten | Linear
