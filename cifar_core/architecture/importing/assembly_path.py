"""One path of a person's network on its way into the grammar: its parts in order become nodes with their steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cifar_core.architecture.importing.block_labels import last_label
from cifar_core.architecture.importing.parts import (
    ConvPart,
    EndingPart,
    Findings,
    FlattenPart,
    JoinPart,
    LinearPart,
    PadPart,
    Part,
    PoolPart,
    Source,
    StepPart,
)
from cifar_core.architecture.nodes import Conv, DropoutStep, NormStep
from cifar_core.errors import SpecError


@dataclass(frozen=True, slots=True)
class Place:
    """What a part finds at its input."""

    channels: int
    n: int
    """Side of the map; 1 once it is flat."""
    flat: bool = False


Bridge = Callable[[LinearPart, Place], Sequence[Part]]
"""What stands unseen between a map and a Linear."""


@dataclass(slots=True)
class GrowingNode:
    """A node of the spec as it grows."""

    source: Source
    kind: str
    """Its `type` in the spec."""
    fields: dict[str, Any]
    before: list[StepPart] = field(default_factory=list)
    after: list[StepPart] = field(default_factory=list)
    inner: list[GrowingNode] = field(default_factory=list)
    """Of a branch: the nodes of both paths."""

    @property
    def data(self) -> dict[str, Any]:
        """As a spec's JSON holds it."""
        if self.kind in ("pool", "flatten"):
            return {"type": self.kind, **self.fields}
        middle = [] if self.kind == "branch" else [{"step": self.kind}]
        steps = [*(part.step for part in self.before), *middle, *(part.step for part in self.after)]
        fields = {
            key: [node.data for node in value] if key in ("main", "shortcut") else value
            for key, value in self.fields.items()
        }
        return {"type": self.kind, **fields, "steps": steps}

    def ordered_weights(self) -> list[str]:
        """Paths of the modules with learned numbers, in the order in which the built node has them."""
        own = [self.source.name] if self.kind in ("conv", "linear") else []
        inner = [weight for node in self.inner for weight in node.ordered_weights()]
        steps = [[weight for part in parts for weight in part.weights] for parts in (self.before, self.after)]
        return [*steps[0], *own, *inner, *steps[1]]


@dataclass(slots=True)
class PathWalk:
    """One path of the network, from its fork or the image on."""

    findings: Findings
    labels: Mapping[str, str]
    place: Place
    bridge: Bridge | None
    hint: str
    in_branch: bool = False
    nodes: list[GrowingNode] = field(default_factory=list)
    waiting: list[StepPart] = field(default_factory=list)
    """Steps without a node that they follow: they go before the next one."""
    pad: PadPart | None = None
    ending: EndingPart | None = None

    def walk(self, parts: Sequence[Part]) -> None:
        """Takes parts in, one by one."""
        for part in parts:
            if self.ending is not None and not isinstance(part, FlattenPart):
                self.findings.problem(self.ending.source, "it must be the last layer, where it can be left out")
                self.ending = None
            if self.pad is not None and not isinstance(part, ConvPart):
                self.findings.problem(self.pad.source, "padding on its own must come right before a convolution")
                self.pad = None
            self._take(part)

    def _take(self, part: Part) -> None:
        if isinstance(part, StepPart):
            self._step(part)
        elif isinstance(part, ConvPart):
            self._conv(part)
        elif isinstance(part, PoolPart):
            self._pool(part)
        elif isinstance(part, FlattenPart):
            self._flatten(part)
        elif isinstance(part, LinearPart):
            self._linear(part)
        elif isinstance(part, JoinPart):
            self._join(part)
        elif isinstance(part, PadPart):
            self.pad = part
        elif isinstance(part, EndingPart):
            self.ending = part
            self.findings.remark(f"{part.source} at the end was left out: the grammar's networks end in logits.")
        else:
            self.findings.problem(part.source, part.why)

    def _problem(self, part: Part, why: str) -> None:
        self.findings.problem(part.source, why)

    def _misfit(self, part: Part, why: str) -> None:
        self.findings.problem(part.source, f"{why}{self.hint}")

    def _step(self, part: StepPart) -> None:
        if part.channels not in (None, self.place.channels):
            self._misfit(part, f"it is made for {part.channels} channels and finds {self.place.channels}")
        if self.nodes and self.nodes[-1].kind in ("conv", "linear", "branch"):
            self.nodes[-1].after.append(part)
        else:
            self.waiting.append(part)

    def _conv(self, part: ConvPart) -> None:
        part = self._with_pad(part)
        place = self.place
        if place.flat:
            self._problem(part, "it comes after a flattening or Linear, and a convolution needs a map")
        elif part.in_channels != place.channels:
            self._misfit(part, f"in_channels is {part.in_channels}, and the map there has {place.channels} channels")
        fields = _conv_fields(part, self.labels.get(part.source.name, ""))
        extent = (part.kernel_size - 1) * part.dilation + 1
        n = place.n
        try:
            Conv.parse_typed(fields)
            n = n if part.padding == "same" else (n + 2 * part.padding - extent) // max(part.stride, 1) + 1
        except SpecError as error:
            self._problem(part, str(error))
        if n < 1:
            self._problem(part, f"the map would shrink from {place.n} x {place.n} to nothing")
        self._add(GrowingNode(part.source, "conv", fields, self._waited()))
        self.place = Place(part.out_channels, max(n, 1))

    def _with_pad(self, part: ConvPart) -> ConvPart:
        pad, self.pad = self.pad, None
        if pad is None or pad.amount == 0:
            return part
        if isinstance(part.padding, int) and (part.padding == 0 or pad.mode == part.padding_mode == "zeros"):
            return replace(part, padding=part.padding + pad.amount, padding_mode=pad.mode)
        self._problem(part, f"its padding {part.padding} ({part.padding_mode}) cannot be one with that of {pad.source}")
        return part

    def _pool(self, part: PoolPart) -> None:
        n = self.place.n
        if self.place.flat:
            self._problem(part, "it comes after a flattening or Linear, and pooling needs a map")
        window, why = _window(part, n)
        if why:
            self._problem(part, why)
        whole = part.kind != "avg" and part.size == 1
        self._add(
            GrowingNode(part.source, "pool", {"kind": part.kind} if whole else {"kind": "avg", "kernel_size": window})
        )
        self.place = replace(self.place, n=max(n // window, 1))

    def _flatten(self, part: FlattenPart) -> None:
        if self.place.flat:
            return
        for step in self.waiting:
            kind = step.step
            per_channel = isinstance(kind, NormStep) or (isinstance(kind, DropoutStep) and kind.kind == "channel")
            if per_channel and self.place.n > 1:
                self._problem(
                    step, "between a pooling and the flattening only activations and element dropout can stand"
                )
        self._add(GrowingNode(part.source, "flatten", {}))
        self.place = Place(self.place.channels * self.place.n**2, 1, flat=True)

    def _linear(self, part: LinearPart) -> None:
        if not self.place.flat and self.bridge is not None:
            self.walk(self.bridge(part, self.place))
        if not self.place.flat:
            self._problem(part, "it finds a map: flatten it before a Linear")
        elif part.in_features != self.place.channels:
            self._misfit(part, f"in_features is {part.in_features}, and {self.place.channels} values come in")
        fields = {"out_features": part.out_features, "bias": part.bias}
        self._add(GrowingNode(part.source, "linear", fields, self._waited()))
        self.place = Place(part.out_features, 1, flat=True)

    def _join(self, part: JoinPart) -> None:
        for step in self._waited():
            self._problem(
                step, "it stands before a fork and behind no convolution: the grammar has no place for it there"
            )
        main, shortcut = self._inner(part.main), self._inner(part.shortcut)
        if not main.nodes:
            self._problem(part, "neither of its paths has a convolution of its own")
        ends = [f"{path.place.channels} channels on {path.place.n} x {path.place.n} cells" for path in (main, shortcut)]
        if main.place.n != shortcut.place.n or (
            part.combine == "add" and main.place.channels != shortcut.place.channels
        ):
            self._problem(part, f"its paths end in {ends[0]} and {ends[1]}, which do not fit")
        channels = main.place.channels + (shortcut.place.channels if part.combine == "concat" else 0)
        fields = {
            "block": last_label(part.main, dict(self.labels)),
            "main": main.nodes,
            "shortcut": shortcut.nodes,
            "combine": part.combine,
        }
        self._add(GrowingNode(part.source, "branch", fields, inner=[*main.nodes, *shortcut.nodes]))
        self.place = replace(main.place, channels=channels)

    def _inner(self, parts: Sequence[Part]) -> PathWalk:
        path = PathWalk(self.findings, self.labels, self.place, None, self.hint, in_branch=True)
        path.walk(parts)
        path.end()
        return path

    def _add(self, node: GrowingNode) -> None:
        if self.in_branch and node.kind in ("pool", "flatten", "linear"):
            self.findings.problem(node.source, "it stands on a path of a join, where only convolutions can stand")
        self.nodes.append(node)

    def _waited(self) -> list[StepPart]:
        waited, self.waiting = self.waiting, []
        return waited

    def end(self) -> None:
        """Tells what was left without a node."""
        if self.pad is not None:
            self._problem(self.pad, "padding on its own must come right before a convolution")
        if self.in_branch and self.ending is not None:
            self._problem(self.ending, "it must be the last layer, where it can be left out")
        for step in self._waited():
            self._problem(step, "no convolution or Linear stands before or after it on its path to hold it")


def _window(part: PoolPart, n: int) -> tuple[int, str]:
    """Side of the windows that a pooling takes on a map of side n, and why the grammar cannot hold it, if so."""
    if part.size < 1:
        return 1, f"its size is {part.size}: it must be at least 1"
    if part.kind != "avg":
        if part.size == 1 or (part.kind == "adaptive_avg" and part.size <= n and n % part.size == 0):
            return n // part.size, ""
        return 1, f"output_size is {part.size} on a map of {n} x {n} cells: the grammar pools adaptively to 1"
    if part.size > n:
        return 1, f"kernel_size is {part.size}: the map's side is only {n}"
    if part.stride != part.size and part.size < n:
        return part.size, f"kernel_size is {part.size} and stride {part.stride}: the grammar's windows do not overlap"
    return part.size, ""


def _conv_fields(part: ConvPart, block: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: getattr(part, name) for name in ("kernel_size", "stride", "padding", "dilation", "bias", "padding_mode")
    }
    fields["block"] = block
    if part.groups > 1 and part.groups == part.in_channels and part.out_channels % part.in_channels == 0:
        return {**fields, "groups": "depthwise", "channel_multiplier": part.out_channels // part.in_channels}
    return {**fields, "groups": part.groups, "out_channels": part.out_channels}
