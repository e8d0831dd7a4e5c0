"""Grad-CAM: which cells of a layer's map speak for a class."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cifar_core.architecture import ArchitectureSpec, Layer, before_pooling
from cifar_core.architecture.build import CompactNetwork
from cifar_core.architecture.cells import cell_use
from cifar_core.architecture.modules import Join
from cifar_core.data.datasets import Images
from cifar_core.errors import SpecError
from cifar_core.runs.evaluation import TrainedNetwork


def mapped_layers(spec: ArchitectureSpec) -> tuple[Layer, ...]:
    """The layers that Grad-CAM can be asked of: those before the pooling of the whole map that have several cells."""
    return tuple(layer for layer in before_pooling(spec.layers) if layer.n_out > 1)


def constant_cells(spec: ArchitectureSpec) -> dict[str, int]:
    """How many cells of each of `mapped_layers` come of padding alone: they are the same whatever the image."""
    uses = cell_use(spec.layers) or ()
    by_name = {layer.name: use.constant for layer, use in zip(spec.layers, uses, strict=False)}
    return {layer.name: by_name.get(layer.name, 0) for layer in mapped_layers(spec)}


def grad_cam(
    network: TrainedNetwork, spec: ArchitectureSpec, image: Images, target: int, layer_name: str
) -> NDArray[np.float32]:
    """The class activation map of one layer (Selvaraju et al., "Grad-CAM", ICCV 2017, equations 1 and 2).

    With A_k the k-th channel of the layer's output and y the logit of the class, in evaluation mode:

        weight_k = mean over cells of dy / dA_k
        map = max(0, sum over k of weight_k * A_k)

    Args:
        network: of a run.
        spec: the run's network.
        image: uint8 [size, size, 3].
        target: the class.
        layer_name: of one of `mapped_layers`, "C3.2".

    Returns:
        float32 [n, n], n the side of the layer's map; scaled so that the largest is 1, or 0 where nothing speaks for
        the class.

    Raises:
        SpecError: the network has no such layer.
    """
    names = [layer.name for layer in mapped_layers(spec)]
    if layer_name not in names:
        raise SpecError(f"There is no map of a layer {layer_name!r}: choose one of {', '.join(names) or 'none'}.")
    # A copy: pages share the network, and a hook would see the images of all of them.
    own = deepcopy(network.network)
    kept: list[Tensor] = []
    module = next(found for layer, found in zip(spec.layers, _modules(own), strict=True) if layer.name == layer_name)
    module.register_forward_hook(lambda module, inputs, output: kept.append(output))
    with torch.enable_grad():
        logits = own(network.normalize(torch.from_numpy(image[None])))
        (gradient,) = torch.autograd.grad(logits[0, target], kept[0])
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    activation = (weights * kept[0].detach()).sum(dim=1)[0].relu()
    largest = activation.max()
    scaled: NDArray[np.float32] = (activation / largest if largest > 0 else activation).float().cpu().numpy()
    return scaled


def _modules(network: CompactNetwork) -> Iterator[nn.Module]:
    """The module of each of a spec's layers, in their order: main path, shortcut, join."""
    yield from _in_sequence(network.body)
    yield from _in_sequence(network.head)


def _in_sequence(modules: nn.Module) -> Iterator[nn.Module]:
    for module in modules.children():
        if isinstance(module, Join):
            yield from _in_sequence(module.main)
            yield from _in_sequence(module.shortcut)
        if not isinstance(module, nn.Flatten):
            yield module
