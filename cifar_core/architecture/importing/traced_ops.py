"""From the nodes of a torch.fx graph to operations: modules, their functional and method forms, joins and views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, fx, nn

from cifar_core.architecture.importing.graph import Operation
from cifar_core.architecture.importing.parts import (
    ConvPart,
    Findings,
    FlattenPart,
    ForeignPart,
    LinearPart,
    PadPart,
    Part,
    PoolPart,
    Source,
    StepPart,
)
from cifar_core.architecture.importing.printed_tree import read_arguments
from cifar_core.architecture.importing.recognise import recognise
from cifar_core.architecture.thinned import ThinnedPointwise

# Functional and method form: the module that does the same, and its parameters behind the tensor.
_FUNCTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "relu": ("ReLU", ("inplace",)),
    "relu6": ("ReLU6", ("inplace",)),
    "leaky_relu": ("LeakyReLU", ("negative_slope", "inplace")),
    "elu": ("ELU", ("alpha", "inplace")),
    "gelu": ("GELU", ()),
    "silu": ("SiLU", ("inplace",)),
    "hardswish": ("Hardswish", ("inplace",)),
    "sigmoid": ("Sigmoid", ()),
    "dropout": ("Dropout", ("p", "training", "inplace")),
    "dropout2d": ("Dropout2d", ("p", "training", "inplace")),
    "avg_pool2d": ("AvgPool2d", ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", ("output_size",)),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", ("output_size",)),
    "max_pool2d": ("MaxPool2d", ("kernel_size", "stride", "padding")),
    "softmax": ("Softmax", ("dim",)),
    "log_softmax": ("LogSoftmax", ("dim",)),
}
_VIEWS = frozenset(
    ["view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "clone", "float", "to", "expand", "expand_as"]
)
_JOINS = {"add": "add", "cat": "concat", "concat": "concat", "concatenate": "concat", "mul": "product"}
_TO_LAST, _TO_SECOND = (0, 2, 3, 1), (0, 3, 1, 2)


@dataclass(slots=True)
class OperationReader:
    """Reads a traced graph.

    Args:
        model: that was traced.
        values: what each node gave for a batch of images.
        findings: takes what is not recognised.
    """

    model: nn.Module
    values: Mapping[fx.Node, Any]
    findings: Findings
    operations: dict[str, Operation] = field(default_factory=dict)
    channels_last: set[str] = field(default_factory=set)
    """Values whose map is permuted to [N, H, W, C]."""
    called: set[str] = field(default_factory=set)

    def read(self, graph: fx.Graph) -> dict[str, Operation]:
        """The operations of all nodes that give a tensor, by the nodes' names."""
        for node in graph.nodes:
            if node.op == "placeholder" and not self.operations:
                self.operations[node.name] = Operation(Source(node.name, "image"))
            elif node.op in ("call_module", "call_function", "call_method") and self._is_tensor(node):
                inputs = tuple(source.name for source in node.all_input_nodes if source.name in self.operations)
                if inputs:
                    self.operations[node.name] = self._operation(node, inputs)
        return self.operations

    def _is_tensor(self, node: object) -> bool:
        return isinstance(node, fx.Node) and isinstance(self.values.get(node), Tensor)

    def _shape(self, node: object) -> tuple[int, ...]:
        assert isinstance(node, fx.Node)
        return tuple(self.values[node].shape)

    def _operation(self, node: fx.Node, inputs: tuple[str, ...]) -> Operation:
        if node.op == "call_module":
            source, parts = self._module(node)
            return self._chain(node, source, inputs, parts)
        name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
        name = name.rstrip("_").removeprefix("feature_")
        name = name[1:] if name in ("iadd", "imul") else name
        source = Source(node.name, name)
        if name in _JOINS:
            return self._join(source, _JOINS[name], node, inputs)
        return self._chain(node, source, inputs, self._function(source, name, node))

    def _chain(self, node: fx.Node, source: Source, inputs: tuple[str, ...], parts: tuple[Part, ...]) -> Operation:
        if inputs[0] in self.channels_last and source.kind != "permute":
            self.channels_last.add(node.name)
            parts = tuple(map(_on_channels_last, parts))
        return Operation(source, inputs[:1], parts)

    def _module(self, node: fx.Node) -> tuple[Source, tuple[Part, ...]]:
        path = str(node.target)
        module = self.model.get_submodule(path)
        read = node.args[0] if node.args else next(iter(node.kwargs.values()))
        own_norm = is_layer_norm(module) and type(module) is not nn.LayerNorm
        own_kind = "LayerNorm" if self._is_channels_last(read) else "LayerNorm2d"
        kind = "Conv2d" if isinstance(module, ThinnedPointwise) else type(module).__name__
        source = Source(path, own_kind if own_norm else kind)
        if path in self.called and any(True for _ in module.parameters()):
            self.findings.problem(source, "it is called more than once: the grammar has no shared weights")
        self.called.add(path)
        along_side = type(module) is nn.LayerNorm and len(self._shape(read)) > 2
        if along_side and not self._is_channels_last(read):
            why = "it normalises along the map's side, and the grammar's layer norm over the channels of each cell"
            return source, (ForeignPart(source, why),)
        arguments = read_arguments(module.extra_repr())
        if own_norm:
            arguments[0] = sum(parameter.numel() for parameter in module.parameters()) // 2
            arguments["eps"] = getattr(module, "eps", None)
        return source, recognise(source, arguments, self.findings)

    def _is_channels_last(self, node: object) -> bool:
        return isinstance(node, fx.Node) and node.name in self.channels_last

    def _join(self, source: Source, combine: str, node: fx.Node, inputs: tuple[str, ...]) -> Operation:
        arguments = self._by_name(node, ("tensors", "dim") if combine == "concat" else ("input", "other"))
        operands: Any = arguments.get("tensors") or (arguments.get("input"), arguments.get("other"))
        names = tuple(item.name for item in operands if isinstance(item, fx.Node) and item.name in self.operations)
        dim = arguments.get("dim", 0)
        why = ""
        if combine == "add" and 0 in [operand for operand in operands if isinstance(operand, int)]:
            return Operation(source, inputs[:1])  # sum() begins with 0
        if combine == "concat" and dim not in (1, -3):
            why = f"it concatenates along axis {dim}, and the grammar along the channels"
        elif len(names) < 2 or len(names) != len(operands) or arguments.get("alpha", 1) != 1:
            why = "one of its operands is a number or a learned tensor, or scaled by one"
        if why:
            return Operation(source, inputs[:1], (ForeignPart(source, why),))
        return Operation(source, names, combine=combine)  # type: ignore[arg-type]

    def _by_name(self, node: fx.Node, names: tuple[str, ...]) -> dict[str, Any]:
        """All arguments by their names, numbers that were computed on the way put in, tensors as their nodes."""

        def plain(source: fx.Node) -> Any:
            return source if self._is_tensor(source) else self.values.get(source)

        arguments: Any = fx.node.map_arg((tuple(node.args), dict(node.kwargs)), plain)
        return {**dict(zip(names, arguments[0], strict=False)), **arguments[1]}

    def _function(self, source: Source, name: str, node: fx.Node) -> tuple[Part, ...]:
        if name in _FUNCTIONS:
            return self._functional(node, *_FUNCTIONS[name])
        if name in ("mean", "amax"):
            return self._mean(source, node)
        if name == "pad":
            return self._pad(source, node)
        if name in _VIEWS:
            return self._view(source, node)
        if name == "permute":
            return self._permute(source, node)
        return (ForeignPart(source, f"the grammar has no {name}"),)

    def _functional(self, node: fx.Node, kind: str, parameters: tuple[str, ...]) -> tuple[Part, ...]:
        given = self._by_name(node, ("input", *parameters))
        known = (*parameters, "approximate")
        arguments: dict[str | int, Any] = {key: value for key, value in given.items() if key in known}
        source = Source(node.name, kind)
        if kind.startswith("Dropout") and arguments.pop("training", True):
            self.findings.exact = False
            self.findings.remark(f"{source} lacks training=self.training and drops at inference too, unlike the spec.")
        return recognise(source, arguments, self.findings)

    def _mean(self, source: Source, node: fx.Node) -> tuple[Part, ...]:
        arguments = self._by_name(node, ("input", "dim", "keepdim"))
        rank, dims = len(self._shape(arguments["input"])), arguments.get("dim")
        axes = {axis % rank for axis in (dims if isinstance(dims, list | tuple) else [dims]) if isinstance(axis, int)}
        if rank < 3 or axes != set(range(2, rank)):
            return (ForeignPart(source, f"it reduces the axes {dims}: the grammar pools over the map, axes (2, 3)"),)
        pool = PoolPart(source, "adaptive_avg" if source.kind == "mean" else "adaptive_max", 1)
        return (pool,) if arguments.get("keepdim") else (pool, FlattenPart(source))

    def _pad(self, source: Source, node: fx.Node) -> tuple[Part, ...]:
        arguments = self._by_name(node, ("input", "pad", "mode", "value"))
        mode, sides = arguments.get("mode", "constant"), arguments.get("pad", ())
        if len(sides) != 4 or len(set(sides)) != 1 or sides[0] < 0 or arguments.get("value") not in (None, 0):
            return (ForeignPart(source, f"it pads {tuple(sides)}: the grammar pads all four sides alike, with zeros"),)
        return (PadPart(source, sides[0], "zeros" if mode == "constant" else mode),)

    def _view(self, source: Source, node: fx.Node) -> tuple[Part, ...]:
        before, after = self._shape(node.args[0]), self._shape(node)
        if before == after:
            return ()
        if after[:1] == before[:1] and len(after) == 2:
            return (FlattenPart(source),)
        if after[:2] == before[:2] and len(after) == 3:
            return ()  # half of a flattening, or a map as a row of cells
        return (ForeignPart(source, f"it turns {list(before)} into {list(after)}, which the grammar has no word for"),)

    def _permute(self, source: Source, node: fx.Node) -> tuple[Part, ...]:
        first, *rest = node.args
        given = node.kwargs.get("dims", rest[0] if rest and isinstance(rest[0], list | tuple) else rest)
        order = tuple(given) if isinstance(given, list | tuple) else ()
        is_last = self._is_channels_last(first)
        if order != (_TO_SECOND if is_last else _TO_LAST):
            return (ForeignPart(source, f"it permutes the axes to {order}, which the grammar has no word for"),)
        if not is_last:
            self.channels_last.add(node.name)
        return ()


def is_layer_norm(module: nn.Module) -> bool:
    """Whether a module is PyTorch's LayerNorm or one of a person's own, with a scale and a shift for each channel."""
    if isinstance(module, nn.LayerNorm):
        return True
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    return "LayerNorm" in type(module).__name__ and len(shapes) == 2 and shapes[0] == shapes[1] and len(shapes[0]) == 1


def _on_channels_last(part: Part) -> Part:
    """A Linear over the last axis is a 1x1 convolution there, and a LayerNorm one over channels."""
    if isinstance(part, LinearPart):
        return ConvPart(part.source, part.in_features, part.out_features, 1, bias=part.bias)
    if isinstance(part, StepPart) and (part.channels is None or part.source.kind == "LayerNorm"):
        return part
    return ForeignPart(part.source, "it works on a map permuted to [N, H, W, C]: only LayerNorm and Linear may")
