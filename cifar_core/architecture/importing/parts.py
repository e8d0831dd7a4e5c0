"""What an import understands of a person's network, before it is put together into the grammar's nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cifar_core.architecture.nodes import ActivationStep, DropoutStep, GateStep, NormStep


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part comes from, in the person's own words."""

    name: str
    """Dotted path of the attribute ("layer1.0.conv2"), or the name of a traced function's result."""
    kind: str
    """The module's class or the function: "Conv2d", "add"."""

    def __str__(self) -> str:
        return f"layer {self.name} ({self.kind})"

    @property
    def last_name(self) -> str:
        """The attribute's own name, without those of its parents."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ConvPart:
    """A 2-D convolution."""

    source: Source
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int | Literal["same"] = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    padding_mode: str = "zeros"


@dataclass(frozen=True, slots=True)
class StepPart:
    """A norm, activation, dropout or gate."""

    source: Source
    step: NormStep | ActivationStep | DropoutStep | GateStep
    channels: int | None = None
    """What it was made for; None if any number will do."""
    weights: tuple[str, ...] = ()
    """Paths of the modules that hold its learned numbers, in order."""


@dataclass(frozen=True, slots=True)
class PoolPart:
    """Average or adaptive pooling."""

    source: Source
    kind: Literal["avg", "adaptive_avg", "adaptive_max"]
    size: int
    """Side of the window of "avg", of the output map for the adaptive kinds."""
    stride: int = 0
    """Of "avg"."""


@dataclass(frozen=True, slots=True)
class PadPart:
    """Padding on its own, which the next convolution takes over."""

    source: Source
    amount: int
    mode: str


@dataclass(frozen=True, slots=True)
class FlattenPart:
    """From a map to a vector."""

    source: Source


@dataclass(frozen=True, slots=True)
class LinearPart:
    """A fully connected layer."""

    source: Source
    in_features: int
    out_features: int
    bias: bool = True


@dataclass(frozen=True, slots=True)
class EndingPart:
    """A softmax: allowed as the last thing only, and left out, since the grammar's networks end in logits."""

    source: Source


@dataclass(frozen=True, slots=True)
class ForeignPart:
    """What the grammar cannot hold by itself, but may be a piece of something that it can (a gate's sigmoid)."""

    source: Source
    why: str


@dataclass(frozen=True, slots=True)
class JoinPart:
    """Two paths from one map that are added or concatenated."""

    source: Source
    combine: Literal["add", "concat"]
    main: tuple[Part, ...]
    shortcut: tuple[Part, ...]


Part = ConvPart | StepPart | PoolPart | PadPart | FlattenPart | LinearPart | EndingPart | ForeignPart | JoinPart


@dataclass(slots=True)
class Findings:
    """What is told about an import as it goes on."""

    problems: list[str] = field(default_factory=list)
    """What the grammar cannot hold, one sentence each."""
    remarks: list[str] = field(default_factory=list)
    """What was assumed or left out, one sentence each."""
    exact: bool = True
    """Whether the spec's network, given the same weights, ought to give the same output."""

    def problem(self, source: object, why: str) -> None:
        """Adds a sentence about a layer, once."""
        _add(self.problems, f"{source}: {why.rstrip('.')}.")

    def remark(self, sentence: str) -> None:
        """Adds a sentence, once."""
        _add(self.remarks, sentence)


def _add(sentences: list[str], sentence: str) -> None:
    sentence = " ".join(sentence.split())  # what it quotes may hold line breaks
    if sentence not in sentences:
        sentences.append(sentence)


def convolutions(parts: Sequence[Part]) -> Iterator[ConvPart]:
    """All convolutions, of a join those of its main path first."""
    for part in parts:
        if isinstance(part, ConvPart):
            yield part
        elif isinstance(part, JoinPart):
            yield from convolutions(part.main)
            yield from convolutions(part.shortcut)


def as_gate(chain: Sequence[Part]) -> StepPart | str | None:
    """A squeeze-excite gate, if a chain of parts is the usual one.

    Args:
        chain: from the pooling to the sigmoid; changes of shape between them do not count.

    Returns:
        The gate; a sentence on why the grammar's gate differs from this one; None if it is none at all.
    """
    # A view back to [N, C, 1, 1] or an expand is Foreign too: only the sigmoid counts.
    kept = [part for part in chain if not isinstance(part, FlattenPart) and not _changes_shape(part)]
    if len(kept) != 5:
        return None
    pool, squeeze, relu, excite, sigmoid = kept
    if not isinstance(pool, PoolPart) or pool.kind != "adaptive_avg" or pool.size != 1:
        return None
    if not (isinstance(sigmoid, ForeignPart) and sigmoid.source.kind.lower() == "sigmoid"):
        return None
    first, second = _pointwise(squeeze), _pointwise(excite)
    if first is None or second is None or first[1] != second[0] or first[0] != second[1]:
        return None
    source = Source(squeeze.source.name.rpartition(".")[0] or squeeze.source.name, "squeeze-excite")
    if not (isinstance(relu, StepPart) and relu.step == ActivationStep()):
        return f"{source}: its inner activation is {relu.source.kind}: the grammar's gate has a ReLU there"
    if not (first[2] and second[2]):
        return f"{source}: bias is False in it: both layers of the grammar's gate have a bias"
    return StepPart(source, GateStep(hidden_channels=first[1]), first[0], (squeeze.source.name, excite.source.name))


def _changes_shape(part: Part) -> bool:
    return isinstance(part, ForeignPart) and part.source.kind.lower() != "sigmoid"


def _pointwise(part: Part) -> tuple[int, int, bool] | None:
    """(channels in, out, bias) of a Linear or of a plain 1x1 convolution."""
    if isinstance(part, LinearPart):
        return part.in_features, part.out_features, part.bias
    plain: dict[str, Any] = {"kernel_size": 1, "stride": 1, "padding": 0, "groups": 1}
    if isinstance(part, ConvPart) and all(getattr(part, name) == value for name, value in plain.items()):
        return part.in_channels, part.out_channels, part.bias
    return None
