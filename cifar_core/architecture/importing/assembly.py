"""From the parts of a person's network to an ArchitectureSpec: steps find their nodes, the head is split off.

One walk follows the channels and the side of the map, so that all that does not fit is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cifar_core.architecture.importing.assembly_path import Bridge, GrowingNode, PathWalk, Place
from cifar_core.architecture.importing.parts import Findings, Part, Source
from cifar_core.architecture.spec import ArchitectureSpec, ImageInput
from cifar_core.errors import SpecError

_NO_LABELS: Mapping[str, str] = {}
_BASE = ImageInput()


@dataclass(frozen=True, slots=True)
class Assembled:
    """A network put together as far as it could be."""

    spec: ArchitectureSpec | None
    """None where there were problems."""
    weights: tuple[str, ...]
    """Paths of the modules with learned numbers, in the order of the spec's layers and steps."""
    end: Place
    """Where the parts lead."""


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
    path = PathWalk(findings, labels, Place(image.channels, image.size), bridge, hint)
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


def _split(path: PathWalk) -> tuple[list[GrowingNode], list[GrowingNode]]:
    """Body and head. The head begins with the first pooling, or with the convolution to the classes before it."""
    nodes, findings = path.nodes, path.findings
    at = next((at for at, node in enumerate(nodes) if node.kind in ("pool", "flatten", "linear")), len(nodes))
    classes = path.place.channels * path.place.n**2
    if at and nodes[at - 1].kind == "conv" and nodes[at - 1].fields.get("out_channels") == classes:
        at -= 1
    body, head = nodes[:at], nodes[at:]
    pools = [number for number, node in enumerate(head) if node.kind == "pool"]
    if pools and any(node.kind == "conv" and node.fields["kernel_size"] > 1 for node in head[pools[0] :]):
        findings.remark(
            f"From {head[pools[0]].source} on all layers belong to the head, where alone the grammar pools: they have "
            "no block."
        )
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
        head.append(GrowingNode(Source("end", "pooling"), "pool", {"kind": "adaptive_avg"}))
    return body, head
