from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cifar_core.analysis.grad_cam import constant_cells, grad_cam, mapped_layers
from cifar_core.architecture import ArchitectureSpec, find_preset
from cifar_core.architecture.nodes import ActivationStep, Branch, Conv, ConvStep, Flatten, Linear, Pool
from cifar_core.errors import SpecError
from cifar_core.runs.evaluation import TrainedNetwork
from tests.analysis.networks import untrained
from tests.tiny import tiny_architecture, tiny_data

IMAGE = tiny_data().train.images[0].numpy()


def scaled(activation: Tensor) -> np.ndarray:
    positive = activation.clamp(min=0)
    return np.asarray(positive / positive.max())


def by_hand(network: TrainedNetwork, before: Callable[[Tensor], Tensor], after: Callable[[Tensor], Tensor]) -> Tensor:
    """Grad-CAM of class 3 of a network cut in two: no hook, and no search for the layer."""
    maps = before(network.normalize(torch.from_numpy(IMAGE[None]))).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(after(maps)[0, 3], maps)
    weights = gradient[0].sum(dim=(1, 2)) / maps[0, 0].numel()
    return torch.einsum("k,khw->hw", weights, maps[0]).detach()


def test_before_an_average_and_a_linear_layer_it_is_the_weights_times_the_channels() -> None:
    # Zhou et al., CVPR 2016: there the class activation map is known in closed form.
    network = untrained(tiny_architecture())
    with torch.no_grad():
        maps = network.network.body(network.normalize(torch.from_numpy(IMAGE[None])))[0]
        weights = network.network.state_dict()["head.head_2.linear.weight"]
        expected = scaled(torch.einsum("k,khw->hw", weights[5], maps))
    found = grad_cam(network, tiny_architecture(), IMAGE, 5, "C3.1")
    assert found.dtype == np.float32
    assert found.shape == (8, 8)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.max() == 1


@pytest.mark.parametrize(("name", "cut"), [("C1.1", 1), ("C2.1", 2)])
def test_of_an_earlier_layer_it_is_that_of_a_network_cut_in_two(name: str, cut: int) -> None:
    network = untrained(tiny_architecture())
    body, head = network.network.body, network.network.head
    expected = by_hand(network, body[:cut], lambda maps: head(body[cut:](maps)))
    np.testing.assert_allclose(grad_cam(network, tiny_architecture(), IMAGE, 3, name), scaled(expected), atol=1e-5)


def branched() -> ArchitectureSpec:
    steps = (ConvStep(), ActivationStep())
    main = (Conv(out_channels=4, padding=1, steps=steps), Conv(out_channels=6, padding=1, steps=steps))
    join = Branch(block="C1", main=main, shortcut=(Conv(out_channels=6, kernel_size=1, steps=steps),))
    last = Conv(block="C2", out_channels=8, stride=4, padding=1, steps=steps)
    return ArchitectureSpec(name="branched", nodes=(join, last), head=(Pool(), Flatten(), Linear(out_features=10)))


def test_the_layers_of_a_branch_are_told_apart() -> None:
    network, spec = untrained(branched()), branched()
    body, head = network.network.body, network.network.head
    join: Any = body[0]
    image = network.normalize(torch.from_numpy(IMAGE[None]))
    whole = {
        "C1.1": by_hand(
            network, join.main[:1], lambda maps: head(body[1](join.after(join.main[1:](maps) + join.shortcut(image))))
        ),
        "C1.3": by_hand(network, join.shortcut, lambda maps: head(body[1](join.after(join.main(image) + maps)))),
        "C1.4": by_hand(network, join, lambda maps: head(body[1](maps))),
    }
    for name, expected in whole.items():
        np.testing.assert_allclose(grad_cam(network, spec, IMAGE, 3, name), scaled(expected), atol=1e-5, err_msg=name)


def test_the_layers_offered_have_several_cells_and_their_maps_the_printed_side() -> None:
    spec = find_preset("seed-model-3").spec
    offered, network = mapped_layers(spec), untrained(spec)
    # Its head begins with a convolution on the map that is pooled.
    assert [layer.name for layer in offered] == [layer.name for layer in spec.layers if layer.n_out > 1]
    assert offered[-1].name == "head.1"
    for layer in (offered[0], offered[-1]):
        assert grad_cam(network, spec, IMAGE, 0, layer.name).shape == (layer.n_out, layer.n_out)


def test_cells_of_padding_alone_are_those_that_no_image_changes() -> None:
    spec = find_preset("seed-model-3").spec
    network, found = untrained(spec).network, constant_cells(spec)
    with torch.no_grad():
        maps = network.head[0](network.body(torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))))
    fixed = (maps == maps[:1]).all(dim=0).all(dim=0)
    assert found["head.1"] == int(fixed.sum()) == 20
    last = [layer.name for layer in mapped_layers(spec) if not found[layer.name]][-1]
    assert last != "head.1"
    assert set(found) == {layer.name for layer in mapped_layers(spec)}


def test_where_nothing_speaks_for_the_class_the_map_is_empty() -> None:
    network = untrained(tiny_architecture())
    with torch.no_grad():
        network.network.state_dict()["head.head_2.linear.weight"].zero_()
    assert not grad_cam(network, tiny_architecture(), IMAGE, 0, "C3.1").any()


def test_the_shared_network_keeps_no_hook_and_no_gradient() -> None:
    network = untrained(tiny_architecture())
    grad_cam(network, tiny_architecture(), IMAGE, 0, "C2.1")
    assert not any(module._forward_hooks for module in network.network.modules())
    assert all(weights.grad is None for weights in network.network.parameters())


@pytest.mark.parametrize("name", ["C9.1", "head.1", ""])
def test_a_layer_without_a_map_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match=r"choose one of C1\.1, C2\.1, C3\.1\."):
        grad_cam(untrained(tiny_architecture()), tiny_architecture(), IMAGE, 0, name)
