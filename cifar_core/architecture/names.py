"""Names that `build.py` and written source share: of modules, by which weights go, and of PyTorch's activations."""

from __future__ import annotations

from collections.abc import Container, Sized
from typing import Protocol

from cifar_core.architecture.layers import Layer

ACTIVATION_CLASSES = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "hardswish": "Hardswish",
}
"""Class in `torch.nn` of each kind of activation."""


class Taken(Container[str], Sized, Protocol):
    """Names that are used already."""


class Named(Protocol):
    """A step of a node."""

    @property
    def step(self) -> str:
        """What kind of step it is."""


def module_name(layer: Layer, taken: Taken) -> str:
    """The name of a layer's module among its neighbours: "C1.2" becomes "C1_2"."""
    name = layer.name.replace(".", "_")
    while name in taken:  # a label may hold "." or "_" itself: "C1.2" then "C1_2"
        name += "_"
    return name


def step_name(step: Named, taken: Taken) -> str:
    """The name of a step's module in its layer: "norm", and "norm_3" where it is the second one."""
    return step.step if step.step not in taken else f"{step.step}_{len(taken)}"


def flatten_name(taken: Taken) -> str:
    """The name of a Flatten among its neighbours."""
    return "flatten" if "flatten" not in taken else f"flatten_{len(taken)}"
