"""From a PyTorch module's class name and arguments, as its `extra_repr` prints them, to parts of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from cifar_core.architecture.importing.parts import (
    ConvPart,
    EndingPart,
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
from cifar_core.architecture.nodes import ActivationStep, DropoutStep, NormStep
from cifar_core.errors import SpecError

Arguments = Mapping[str | int, Any]
"""By position (0, 1, ...) and by name."""
_ACTIVATIONS = {
    "ReLU": "relu",
    "ReLU6": "relu6",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Hardswish": "hardswish",
}
_ACTIVATION_DEFAULTS = {"negative_slope": 0.01, "alpha": 1.0, "approximate": "none"}
_NOTHING = ("Identity", "Sequential", "ModuleList", "ModuleDict")
_NORM_EPS = 1e-5
_Reader = Callable[[Source, Arguments, Findings], Part | None]


def recognise(source: Source, arguments: Arguments, findings: Findings) -> tuple[Part, ...]:
    """The parts that a module stands for: none for an Identity, and none where a problem was found instead.

    Args:
        source: the module; its kind is the class.
        arguments: as printed.
        findings: takes what the grammar cannot hold, and what is left out.
    """
    kind = source.kind
    if kind in _NOTHING:
        return ()
    if kind.endswith("Loss"):
        findings.remark(f"{source} is a loss and no layer: it was left out.")
        return ()
    reader = _READERS.get(kind)
    if reader is None:
        return (ForeignPart(source, f"the grammar has no {kind}"),)
    try:
        part = reader(source, arguments, findings)
    except (KeyError, TypeError, ValueError):
        findings.problem(source, f"its arguments cannot be read: {_printed(arguments)[:80]!r}")
        return ()
    except SpecError as error:
        findings.problem(source, str(error).partition(": ")[2])
        return ()
    return () if part is None else (part,)


def _printed(arguments: Arguments) -> str:
    return ", ".join(str(value) if isinstance(key, int) else f"{key}={value}" for key, value in arguments.items())


def _square(source: Source, field: str, value: object, findings: Findings) -> int:
    """The side of what must be equal along both axes."""
    if isinstance(value, tuple | list):
        sides = [_integer(side) for side in value]
        if len(set(sides)) != 1:
            findings.problem(
                source, f"{field} {tuple(sides)} is not square: the grammar holds one number for both axes"
            )
        return max(sides)
    return _integer(value)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


def _argument(arguments: Arguments, position: int, name: str, default: Any = None) -> Any:
    return arguments.get(position, arguments.get(name, default))


def _conv(source: Source, arguments: Arguments, findings: Findings) -> Part:
    padding = arguments.get("padding", 0)
    if padding == "valid":
        padding = 0
    if padding != "same":
        padding = _square(source, "padding", padding, findings)
    return ConvPart(
        source,
        _integer(_argument(arguments, 0, "in_channels")),
        _integer(_argument(arguments, 1, "out_channels")),
        _square(source, "kernel_size", _argument(arguments, 2, "kernel_size"), findings),
        _square(source, "stride", arguments.get("stride", 1), findings),
        padding,
        _square(source, "dilation", arguments.get("dilation", 1), findings),
        _integer(arguments.get("groups", 1)),
        bool(arguments.get("bias", True)),
        str(arguments.get("padding_mode", "zeros")),
    )


def _check_learned(source: Source, arguments: Arguments, findings: Findings) -> None:
    """The grammar's norms learn a scale and a shift, keep running figures and have PyTorch's default eps."""
    for field in ("affine", "elementwise_affine", "bias", "track_running_stats"):
        if arguments.get(field, True) is not True:
            findings.problem(source, f"{field} is {arguments[field]}: it must be True, as the grammar's norms have it")
    eps = arguments.get("eps", _NORM_EPS)
    if eps is not None and eps != _NORM_EPS:
        findings.remark(f"{source} has eps {eps:g}: a spec does not hold it, and builds with {_NORM_EPS:g}.")


def _batch_norm(source: Source, arguments: Arguments, findings: Findings) -> Part:
    _check_learned(source, arguments, findings)
    channels = _integer(_argument(arguments, 0, "num_features"))
    return StepPart(source, NormStep(kind="batch"), channels, (source.name,))


def _group_norm(source: Source, arguments: Arguments, findings: Findings) -> Part:
    _check_learned(source, arguments, findings)
    groups, channels = _argument(arguments, 0, "num_groups"), _integer(_argument(arguments, 1, "num_channels"))
    return StepPart(source, NormStep.parse({"kind": "group", "num_groups": groups}), channels, (source.name,))


def _layer_norm(source: Source, arguments: Arguments, findings: Findings) -> Part | None:
    shape = _argument(arguments, 0, "normalized_shape")
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    if len(sizes) != 1:
        findings.problem(
            source, f"normalized_shape is {tuple(sizes)}: the grammar's layer norm is over the channels of each cell"
        )
        return None
    _check_learned(source, arguments, findings)
    return StepPart(source, NormStep(kind="layer"), _integer(sizes[0]), (source.name,))


def _activation(source: Source, arguments: Arguments, findings: Findings) -> Part:
    for field, default in _ACTIVATION_DEFAULTS.items():
        value = arguments.get(field, default)
        if value != default:
            findings.problem(source, f"{field} is {value}: the grammar's {source.kind} has {default}")
    return StepPart(source, ActivationStep.parse({"kind": _ACTIVATIONS[source.kind]}))


def _dropout(source: Source, arguments: Arguments, findings: Findings) -> Part:
    kind = "channel" if source.kind == "Dropout2d" else "element"
    return StepPart(source, DropoutStep.parse({"kind": kind, "rate": _argument(arguments, 0, "p", 0.5)}))


def _average_pool(source: Source, arguments: Arguments, findings: Findings) -> Part:
    size = _square(source, "kernel_size", _argument(arguments, 0, "kernel_size"), findings)
    stride = arguments.get("stride")
    padding = _square(source, "padding", arguments.get("padding", 0), findings)
    if padding:
        findings.problem(source, f"padding is {padding}: the grammar pools without padding")
    for field in ("ceil_mode", "divisor_override"):
        if arguments.get(field):
            findings.problem(source, f"{field} is {arguments[field]}: the grammar has none")
    return PoolPart(source, "avg", size, size if stride in (None, ()) else _square(source, "stride", stride, findings))


def _adaptive_pool(source: Source, arguments: Arguments, findings: Findings) -> Part:
    size = _square(source, "output_size", _argument(arguments, 0, "output_size"), findings)
    kind: Literal["adaptive_avg", "adaptive_max"] = "adaptive_avg" if "Avg" in source.kind else "adaptive_max"
    return PoolPart(source, kind, size)


def _max_pool(source: Source, arguments: Arguments, findings: Findings) -> Part:
    return ForeignPart(source, "the grammar has no max-pooling in windows, which the assignment forbids: use a stride")


def _pad(source: Source, arguments: Arguments, findings: Findings) -> Part:
    mode = {"ZeroPad2d": "zeros", "ReflectionPad2d": "reflect", "ReplicationPad2d": "replicate"}[source.kind]
    amount = _argument(arguments, 0, "padding")
    if 3 in arguments:
        amount = tuple(arguments[side] for side in range(4))
    return PadPart(source, _square(source, "padding", amount, findings), mode)


def _flatten(source: Source, arguments: Arguments, findings: Findings) -> Part:
    start, end = arguments.get("start_dim", 1), arguments.get("end_dim", -1)
    if (start, end) not in ((1, -1), (1, 3)):
        findings.problem(source, f"start_dim is {start} and end_dim {end}: the grammar flattens all but the batch")
    return FlattenPart(source)


def _linear(source: Source, arguments: Arguments, findings: Findings) -> Part:
    inward, outward = _argument(arguments, 0, "in_features"), _argument(arguments, 1, "out_features")
    return LinearPart(source, _integer(inward), _integer(outward), bool(arguments.get("bias", True)))


def _ending(source: Source, arguments: Arguments, findings: Findings) -> Part:
    return EndingPart(source)


_READERS: dict[str, _Reader] = {
    "Conv2d": _conv,
    "BatchNorm2d": _batch_norm,
    "BatchNorm1d": _batch_norm,
    "SyncBatchNorm": _batch_norm,
    "GroupNorm": _group_norm,
    "LayerNorm": _layer_norm,
    "LayerNorm2d": _layer_norm,
    **dict.fromkeys(_ACTIVATIONS, _activation),
    "Dropout": _dropout,
    "Dropout2d": _dropout,
    "AvgPool2d": _average_pool,
    "AdaptiveAvgPool2d": _adaptive_pool,
    "AdaptiveMaxPool2d": _adaptive_pool,
    "MaxPool2d": _max_pool,
    **dict.fromkeys(("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d"), _pad),
    "Flatten": _flatten,
    "Linear": _linear,
    "Softmax": _ending,
    "LogSoftmax": _ending,
}
