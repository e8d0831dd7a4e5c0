"""From a graph of operations to parts: each addition and concatenation becomes a join of two paths from their fork."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from cifar_core.architecture.importing.parts import (
    Findings,
    ForeignPart,
    JoinPart,
    Part,
    Source,
    StepPart,
    as_gate,
    convolutions,
)
from cifar_core.architecture.nodes import ActivationStep

SIDE_PATH = re.compile(r"(shortcut|downsample|skip|residual|identity|projection)", re.IGNORECASE)
"""Names that people give to what is added to another path."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One value of the forward pass and how it is made."""

    source: Source
    inputs: tuple[str, ...] = ()
    """Names of the values that it reads; none for the image."""
    parts: tuple[Part, ...] = ()
    """What it does to its only input; nothing where it only changes the view."""
    combine: Literal["", "add", "concat", "product"] = ""
    """How it joins two or more inputs."""


def as_parts(operations: Mapping[str, Operation], output: str, findings: Findings) -> tuple[Part, ...]:
    """The parts from the image to the output.

    Args:
        operations: by name, each behind those that it reads; the first is the image.
        output: name of the network's output.
        findings: takes what no nesting of branches can hold.
    """
    graph = _Graph(_with_nested_concats(operations), findings)
    try:
        return graph.between(output, next(iter(operations)))
    except _CrossingError as crossing:
        findings.problem(
            crossing.source,
            "it is read by paths that cross: the grammar holds branches inside one another, each with one fork and "
            "one join",
        )
        return ()


class _CrossingError(Exception):
    """One operation would have to stand at two places."""

    def __init__(self, source: Source) -> None:
        super().__init__(str(source))
        self.source = source


def _with_nested_concats(operations: Mapping[str, Operation]) -> dict[str, Operation]:
    """Concatenations of what another one holds already read that one: cat(x, a, b) becomes cat(cat(x, a), b)."""
    nested: dict[str, Operation] = {}
    concats: dict[tuple[str, ...], str] = {}
    for name, operation in operations.items():
        nested[name] = operation
        if operation.combine != "concat":
            continue
        for length in range(len(operation.inputs) - 1, 1, -1):
            earlier = concats.get(operation.inputs[:length])
            if earlier is not None:
                nested[name] = replace(operation, inputs=(earlier, *operation.inputs[length:]))
                break
        concats.setdefault(operation.inputs, name)
    return nested


@dataclass(slots=True)
class _Graph:
    operations: Mapping[str, Operation]
    findings: Findings
    dominators: dict[str, str] = field(default_factory=dict)
    """Of each value the nearest one that every path to it passes; the image's is itself."""
    depths: dict[str, int] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name, operation in self.operations.items():
            fork = self.fork(operation.inputs) if operation.inputs else name
            self.dominators[name] = fork
            self.depths[name] = self.depths[fork] + 1 if operation.inputs else 0

    def fork(self, names: Sequence[str]) -> str:
        """The nearest value that all paths to these values pass."""
        found = names[0]
        for other in names[1:]:
            while found != other:
                if self.depths[found] < self.depths[other]:
                    found, other = other, found
                found = self.dominators[found]
        return found

    def between(self, end: str, start: str) -> tuple[Part, ...]:
        """The parts that make one value from another, which dominates it."""
        pieces: list[tuple[Part, ...]] = []
        name = end
        while name != start:
            operation = self.operations[name]
            if operation.parts or operation.combine:
                if name in self.placed:
                    raise _CrossingError(operation.source)
                self.placed.add(name)
            if operation.combine == "product":
                part, name = self._product(operation)
                pieces.append(part)
            elif operation.combine:
                fork = self.dominators[name]
                pieces.append(self._join(operation, [self.between(source, fork) for source in operation.inputs]))
                name = fork
            else:
                pieces.append(operation.parts)
                name = operation.inputs[0]
        return tuple(part for piece in reversed(pieces) for part in piece)

    def _product(self, operation: Operation) -> tuple[tuple[Part, ...], str]:
        """A gate, or SiLU written out; and the value that it scales."""
        fork = self.fork(operation.inputs)
        if fork not in operation.inputs:
            self.findings.problem(operation.source, _NO_PRODUCT)
            return (), fork
        other = operation.inputs[1] if operation.inputs[0] == fork else operation.inputs[0]
        chain = self.between(other, fork)
        if len(chain) == 1 and isinstance(chain[0], ForeignPart) and chain[0].source.kind.lower() == "sigmoid":
            return (StepPart(operation.source, ActivationStep(kind="silu")),), fork
        gate = as_gate(chain)
        if isinstance(gate, StepPart):
            return (gate,), fork
        if gate is None:
            self.findings.problem(operation.source, _NO_PRODUCT)
        else:
            source, _, why = gate.partition(": ")
            self.findings.problem(source, why)
        return (), fork

    def _join(self, operation: Operation, paths: list[tuple[Part, ...]]) -> tuple[Part, ...]:
        if sum(not path for path in paths) > 1:
            self.findings.problem(operation.source, "it takes the same map twice: a branch needs a path of its own")
            return ()
        joined = paths[0]
        for path in paths[1:]:
            joined = (self._pair(operation, joined, path),)
        return joined

    def _pair(self, operation: Operation, first: tuple[Part, ...], second: tuple[Part, ...]) -> JoinPart:
        if operation.combine == "concat":
            if not first:
                self.findings.exact = False
                self.findings.remark(
                    f"{operation.source} puts the map itself first: the spec puts it last, so that the channels, and "
                    "the weights that read them, stand in another order."
                )
                first, second = second, first
            return JoinPart(operation.source, "concat", first, second)
        if _is_side_path(first, second):
            first, second = second, first
        return JoinPart(operation.source, "add", first, second)


def _is_side_path(first: Sequence[Part], second: Sequence[Part]) -> bool:
    """Whether the first of two added paths is the shortcut."""
    if not first or not second:
        return not first
    named = [any(_has_side_name(conv.source) for conv in convolutions(path)) for path in (first, second)]
    if named[0] != named[1]:
        return named[0]
    return sum(1 for _ in convolutions(first)) < sum(1 for _ in convolutions(second))


def _has_side_name(source: Source) -> bool:
    return any(SIDE_PATH.match(name) for name in source.name.split("."))


_NO_PRODUCT = (
    "it multiplies two values: the grammar knows products only as squeeze-excite gates (average over the map, 1x1 or "
    "Linear, ReLU, 1x1 or Linear, sigmoid)"
)
