"""The usual ends of a network, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cifar_core.architecture.spec import ArchitectureSpec


@dataclass(frozen=True, slots=True)
class HeadChoice:
    """A head that a person can pick instead of writing it."""

    title: str
    nodes: tuple[dict[str, Any], ...]


def head_choices(num_classes: int) -> dict[str, HeadChoice]:
    """The usual heads for a number of classes, by name."""
    pool: dict[str, Any] = {"type": "pool", "kind": "adaptive_avg"}
    classes: dict[str, Any] = {"type": "conv", "out_channels": num_classes, "kernel_size": 1}
    flatten: dict[str, Any] = {"type": "flatten"}
    linear: dict[str, Any] = {"type": "linear", "out_features": num_classes}
    hidden: dict[str, Any] = {
        "type": "linear",
        "out_features": 64,
        "steps": [{"step": "linear"}, {"step": "activation"}],
    }
    return {
        "conv-gap": HeadChoice("1x1 convolution, then global average pooling", (classes, pool)),
        "gap-conv": HeadChoice("Global average pooling, then 1x1 convolution", (pool, {**classes, "bias": True})),
        "gap-linear": HeadChoice("Global average pooling, then Linear", (pool, flatten, linear)),
        "gap-linear-2": HeadChoice("Global average pooling, then two Linear layers", (pool, flatten, hidden, linear)),
        "conv-max": HeadChoice(
            "1x1 convolution, then global max pooling (breaks a rule)",
            (classes, {"type": "pool", "kind": "adaptive_max"}),
        ),
    }


def head_name(spec: ArchitectureSpec) -> str | None:
    """Which of the usual heads a network has; None for one of its own."""
    for name, choice in head_choices(spec.num_classes).items():
        if spec.changed(head=choice.nodes).head == spec.head:
            return name
    return None
