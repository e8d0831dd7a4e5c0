"""ArchitectureSpec to stand-alone PyTorch source, which needs torch and nothing of this project."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from cifar_core.architecture.cost import num_params
from cifar_core.architecture.geometry import receptive_field
from cifar_core.architecture.layers import Layer
from cifar_core.architecture.names import ACTIVATION_CLASSES, flatten_name, module_name, step_name
from cifar_core.architecture.nodes import (
    ActivationStep,
    AnyNode,
    Branch,
    Conv,
    ConvNodeStep,
    DropoutStep,
    Flatten,
    GateStep,
    Linear,
    LinearNodeStep,
    NormStep,
    Pool,
)
from cifar_core.architecture.spec import ArchitectureSpec

_INDENT = "    "


def source_code(spec: ArchitectureSpec) -> str:
    """A Python file with a class `Network` that has the weights' names and shapes of `build_network(spec)`."""
    return network_source(spec) + _MAIN.format(size=f"1, {spec.input.channels}, {spec.input.size}, {spec.input.size}")


def network_source(spec: ArchitectureSpec, imports: Sequence[str] = (), about: str = "") -> str:
    """`source_code` without what it does as a program, for a file that goes on behind the class.

    Args:
        spec: of the network.
        imports: further lines, of the standard library, for the part that follows.
        about: a line for the docstring; without what could end it.
    """
    layers = iter(spec.layers)
    body = _sequence(spec.nodes, layers, 2)
    head = _sequence(spec.head, layers, 2)
    classes = [source for name, source in _own_modules() if f"{name}(" in body + head]
    return _TEMPLATE.format(
        docstring=_docstring(spec, about),
        standard="\n".join(("from collections import OrderedDict", *imports)),
        torch="from torch import Tensor, nn" if classes else "from torch import nn",
        classes="".join(f"{source}\n\n\n" for source in classes),
        body=body,
        head=head,
    )


_TEMPLATE = """{docstring}

{standard}

import torch
{torch}


{classes}class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = {body}
        self.head = {head}

    def forward(self, images):
        return self.head(self.body(images)).flatten(1)
"""

_MAIN = """

if __name__ == "__main__":
    network = Network()
    print(f"{{sum(parameter.numel() for parameter in network.parameters()):,}} parameters")
    print("output:", tuple(network.eval()(torch.randn({size})).shape))
"""


def _docstring(spec: ArchitectureSpec, about: str) -> str:
    # A name is a person's text: what could end the string or start an escape becomes a blank.
    name = "".join(c if c.isprintable() and c not in "\"'\\" else " " for c in spec.name).strip() or "untitled"
    about = f"\n{about}" if about else ""
    text = f"{num_params(spec.layers):,} parameters, receptive field {receptive_field(spec.layers)} px before pooling."
    return f'"""{name}: {text}\n\nWritten by CIFAR Lab; needs torch alone.{about}\n"""'


def _own_modules() -> list[tuple[str, str]]:
    """Name and source of each class of `modules.py`, read as text: importing it would bring torch along."""
    text = Path(__file__).with_name("modules.py").read_text(encoding="utf-8")
    classes = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    return [(node.name, ast.get_source_segment(text, node) or "") for node in classes]


def _sequence(nodes: Sequence[AnyNode], layers: Iterator[Layer], depth: int) -> str:
    """The source of a `nn.Sequential` with the names that `build.py` gives."""
    entries: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, Flatten):
            entries[flatten_name(entries)] = "nn.Flatten()"
        elif isinstance(node, Branch):
            main, shortcut = (_sequence(path, layers, depth + 2) for path in (node.main, node.shortcut))
            join = next(layers)
            after = _steps(node.steps, join, depth + 2)
            arguments = f"\n{_INDENT * (depth + 2)}{main},\n{_INDENT * (depth + 2)}{shortcut},\n"
            arguments += f'{_INDENT * (depth + 2)}"{node.combine}",\n{_INDENT * (depth + 2)}{after},\n'
            entries[module_name(join, entries)] = f"Join({arguments}{_INDENT * (depth + 1)})"
        else:
            layer = next(layers)
            entries[module_name(layer, entries)] = _layer(layer, depth + 1)
    return _ordered(entries, depth)


def _ordered(entries: dict[str, str], depth: int) -> str:
    if not entries:
        return "nn.Sequential()"
    lines = "".join(f"{_INDENT * (depth + 1)}({_quoted(name)}, {source}),\n" for name, source in entries.items())
    return f"nn.Sequential(OrderedDict([\n{lines}{_INDENT * depth}]))"


def _quoted(name: str) -> str:
    return f'"{name}"' if name.isidentifier() else repr(name)


def _layer(layer: Layer, depth: int) -> str:
    node = layer.node
    if isinstance(node, Pool):
        if node.kernel_size is not None:
            return f"nn.AvgPool2d({node.kernel_size})"
        return "nn.AdaptiveAvgPool2d(1)" if node.kind == "adaptive_avg" else "nn.AdaptiveMaxPool2d(1)"
    return _steps(node.steps, layer, depth)


def _steps(steps: Sequence[ConvNodeStep | LinearNodeStep], layer: Layer, depth: int) -> str:
    entries: dict[str, str] = {}
    channels, spatial = layer.in_channels, not isinstance(layer.node, Linear)
    for step in steps:
        name = step_name(step, entries)
        if isinstance(step, NormStep):
            entries[name] = _norm(step, channels, spatial)
        elif isinstance(step, ActivationStep):
            entries[name] = f"nn.{ACTIVATION_CLASSES[step.kind]}()"
        elif isinstance(step, DropoutStep):
            entries[name] = f"nn.Dropout{'2d' if spatial and step.kind == 'channel' else ''}({step.rate!r})"
        elif isinstance(step, GateStep):
            entries[name] = f"Gate({channels}, {step.hidden_channels})"
        else:
            entries[name] = _conv(layer.node, layer) if isinstance(layer.node, Conv) else _linear(layer)
            channels = layer.out_channels
    return _ordered(entries, depth)


def _norm(step: NormStep, channels: int, spatial: bool) -> str:
    if step.num_groups is not None:
        return f"nn.GroupNorm({step.num_groups}, {channels})"
    if step.kind == "layer":
        return f"LayerNorm2d({channels})" if spatial else f"nn.LayerNorm({channels})"
    return f"nn.BatchNorm{'2d' if spatial else '1d'}({channels})"


def _conv(node: Conv, layer: Layer) -> str:
    arguments = [str(layer.in_channels), str(layer.out_channels), str(node.kernel_size)]
    for name, value, usual in (
        ("stride", node.stride, 1),
        ("padding", node.padding, 0),
        ("dilation", node.dilation, 1),
        ("groups", layer.groups, 1),
        ("bias", node.bias, True),
        ("padding_mode", node.padding_mode, "zeros"),
    ):
        if value != usual:
            arguments.append(f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}")
    return f"nn.Conv2d({', '.join(arguments)})"


def _linear(layer: Layer) -> str:
    bias = "" if isinstance(layer.node, Linear) and layer.node.bias else ", bias=False"
    return f"nn.Linear({layer.in_channels}, {layer.out_channels}{bias})"
