"""From the parts of a person's network to an ArchitectureSpec: steps find their nodes, the head is split off.

One walk follows the channels and the side of the map, so that all that does not fit is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cifar_core.architecture.block_labels import last_label
from cifar_core.architecture.nodes import Conv, DropoutStep, NormStep
from cifar_core.architecture.parts import (
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
from cifar_core.architecture.spec import ArchitectureSpec, ImageInput
from cifar_core.errors import SpecError

_NO_LABELS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """What a part finds at its input."""

    channels: int
    n: int
    """Side of the map; 1 once it is flat."""
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Assembled:
    """A network put together as far as it could be."""

    spec: ArchitectureSpec | None
    """None where there were problems."""
    weights: tuple[str, ...]
    """Paths of the modules with learned numbers, in the order of the spec's layers and steps."""
    end: Place
    """Where the parts lead."""


Bridge = Callable[[LinearPart, Place], Sequence[Part]]
"""What stands unseen between a map and a Linear."""
_BASE = ImageInput()


def assemble(
    parts: Sequence[Part],
    findings: Findings,
    *,
    name: str,
    labels: Mapping[str, str] = _NO_LABELS,
    image: ImageInput = _BASE,
    bridge: Bridge | None = None,
    hint: str = "",
) -> Assembled:
    """Puts a network together.

    Args:
        parts: in the order of the forward pass.
        findings: takes every problem and remark.
        name: of the network.
        labels: block label by the name of a convolution.
        image: that the network reads.
        bridge: gives parts to put before a Linear that finds a map; without it that is a problem.
        hint: added where what comes in is not what a layer was made for.
    """
    path = _Path(findings, labels, Place(image.channels, image.size), bridge, hint)
    path.walk(parts)
    path.end()
    body, head = _split(path)
    if findings.problems:
        return Assembled(None, (), path.place)
    end = path.place.channels * path.place.n**2
    data = {
        "name": name[:80],
        "input": image,
        "num_classes": end,
        "nodes": [node.data for node in body],
        "head": [node.data for node in head],
    }
    try:
        spec = ArchitectureSpec.parse(data)
    except SpecError as error:
        findings.problem(name, str(error).partition(": ")[2] or str(error))
        return Assembled(None, (), path.place)
    return Assembled(spec, tuple(weight for node in (*body, *head) for weight in node.ordered_weights()), path.place)


@dataclass(slots=True)
class _Node:
    """A node of the spec as it grows."""

    source: Source
    kind: str
    """Its `type` in the spec."""
    fields: dict[str, Any]
    before: list[StepPart] = field(default_factory=list)
    after: list[StepPart] = field(default_factory=list)
    inner: list[_Node] = field(default_factory=list)
    """Of a branch: the nodes of both paths."""

    @property
    def data(self) -> dict[str, Any]:
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
        own = [self.source.name] if self.kind in ("conv", "linear") else []
        inner = [weight for node in self.inner for weight in node.ordered_weights()]
        steps = [[weight for part in parts for weight in part.weights] for parts in (self.before, self.after)]
        return [*steps[0], *own, *inner, *steps[1]]


@dataclass(slots=True)
class _Path:
    """One path of the network, from its fork or the image on."""

    findings: Findings
    labels: Mapping[str, str]
    place: Place
    bridge: Bridge | None
    hint: str
    in_branch: bool = False
    nodes: list[_Node] = field(default_factory=list)
    waiting: list[StepPart] = field(default_factory=list)
    """Steps without a node that they follow: they go before the next one."""
    pad: PadPart | None = None
    ending: EndingPart | None = None

    def walk(self, parts: Sequence[Part]) -> None:
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
            Conv.parse(fields)
            n = n if part.padding == "same" else (n + 2 * part.padding - extent) // max(part.stride, 1) + 1
        except SpecError as error:
            self._problem(part, str(error).removeprefix("Conv: "))
        if n < 1:
            self._problem(part, f"the map would shrink from {place.n} x {place.n} to nothing")
        self._add(_Node(part.source, "conv", fields, self._waited()))
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
        n, fields = self.place.n, {"kind": part.kind}
        if self.place.flat:
            self._problem(part, "it comes after a flattening or Linear, and pooling needs a map")
        window = part.size if part.kind == "avg" else n // max(part.size, 1)
        if (part.kind == "avg" and part.size == n == window) or (part.size == 1 and part.kind != "avg"):
            window = n
        elif part.kind == "adaptive_max" or (part.kind == "adaptive_avg" and (not window or n % part.size)):
            self._problem(
                part, f"output_size is {part.size} on a map of {n} x {n} cells: the grammar pools adaptively to 1"
            )
        elif part.kind == "avg" and part.stride != part.size:
            self._problem(
                part, f"kernel_size is {part.size} and stride {part.stride}: the grammar's windows do not overlap"
            )
        elif window > n:
            self._problem(part, f"kernel_size is {window}: the map's side is only {n}")
        after = max(n // max(window, 1), 1)
        whole = part.kind != "avg" and part.size == 1
        self._add(_Node(part.source, "pool", fields if whole else {"kind": "avg", "kernel_size": max(window, 1)}))
        self.place = replace(self.place, n=after)

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
        self._add(_Node(part.source, "flatten", {}))
        self.place = Place(self.place.channels * self.place.n**2, 1, flat=True)

    def _linear(self, part: LinearPart) -> None:
        if not self.place.flat and self.bridge is not None:
            self.walk(self.bridge(part, self.place))
        if not self.place.flat:
            self._problem(part, "it finds a map: flatten it before a Linear")
        elif part.in_features != self.place.channels:
            self._misfit(part, f"in_features is {part.in_features}, and {self.place.channels} values come in")
        fields = {"out_features": part.out_features, "bias": part.bias}
        self._add(_Node(part.source, "linear", fields, self._waited()))
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
        self._add(_Node(part.source, "branch", fields, inner=[*main.nodes, *shortcut.nodes]))
        self.place = replace(main.place, channels=channels)

    def _inner(self, parts: Sequence[Part]) -> _Path:
        path = _Path(self.findings, self.labels, self.place, None, self.hint, in_branch=True)
        path.walk(parts)
        path.end()
        return path

    def _add(self, node: _Node) -> None:
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
        for step in self._waited():
            self._problem(step, "no convolution or Linear stands before or after it on its path to hold it")


def _conv_fields(part: ConvPart, block: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: getattr(part, name) for name in ("kernel_size", "stride", "padding", "dilation", "bias", "padding_mode")
    }
    fields["block"] = block
    if part.groups > 1 and part.groups == part.in_channels and part.out_channels % part.in_channels == 0:
        return {**fields, "groups": "depthwise", "channel_multiplier": part.out_channels // part.in_channels}
    return {**fields, "groups": part.groups, "out_channels": part.out_channels}


def _split(path: _Path) -> tuple[list[_Node], list[_Node]]:
    """Body and head. The head begins with the first pooling, or with the convolution to the classes before it."""
    nodes, findings = path.nodes, path.findings
    at = next((at for at, node in enumerate(nodes) if node.kind in ("pool", "flatten", "linear")), len(nodes))
    classes = path.place.channels * path.place.n**2
    if at and nodes[at - 1].kind == "conv" and nodes[at - 1].fields.get("out_channels") == classes:
        at -= 1
    body, head = nodes[:at], nodes[at:]
    for node in head:
        node.fields.pop("block", None)
        if node.kind == "branch":
            findings.problem(
                node.source, "it joins two paths behind the first pooling, where the grammar has no branches"
            )
    if head and head[-1].kind == "flatten":
        head.pop()  # the grammar's networks end in a vector anyway
    if body and not head:
        findings.remark("The network has no pooling or Linear at its end: a pooling of its last cell was put there.")
        if path.place.n > 1:
            findings.problem("The end", f"the last map has {path.place.n} x {path.place.n} cells and nothing pools it")
        head.append(_Node(Source("end", "pooling"), "pool", {"kind": "adaptive_avg"}))
    return body, head
