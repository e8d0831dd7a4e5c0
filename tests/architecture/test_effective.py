from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from cifar_core.architecture import ArchitectureSpec, coverage, find_preset, preset_names, receptive_field
from cifar_core.architecture.build import CompactNetwork, build_seeded
from cifar_core.architecture.effective import MAX_FIELD, canvas_side, effective_field
from cifar_core.errors import SpecError

HEAD = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]


def images(count: int = 2) -> torch.Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def network_of(*nodes: Mapping[str, object]) -> tuple[ArchitectureSpec, CompactNetwork]:
    spec = ArchitectureSpec.parse({"nodes": [{"out_channels": 4, **node} for node in nodes], "head": HEAD})
    return spec, build_seeded(spec, 0)


def fill(network: nn.Module, weight: float) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, weight)


@pytest.mark.parametrize("name", preset_names())
def test_squares_lie_within_the_theoretical_field_and_within_each_other(name: str) -> None:
    spec = find_preset(name).spec
    field = effective_field(build_seeded(spec, 0), spec, images())
    assert field.receptive_field == receptive_field(spec.layers) == len(field.density)
    assert 1 <= field.side_50 <= field.side_95 <= field.receptive_field < field.canvas
    assert field.density.sum() == pytest.approx(1)
    assert (field.density >= 0).all()


def test_a_single_convolution_has_the_gradient_of_its_weights() -> None:
    spec, network = network_of({"kernel_size": 5, "padding": 2})
    fill(network, 1.0)
    field = effective_field(network, spec, images())
    np.testing.assert_allclose(field.density, np.full((5, 5), 1 / 25), rtol=1e-6)
    assert (field.side_50, field.side_95) == (5, 5)


def test_weight_in_the_middle_alone_shrinks_the_effective_field_to_one_pixel() -> None:
    spec, network = network_of({"kernel_size": 7})
    fill(network, 0.0)
    conv = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    with torch.no_grad():
        conv.weight[:, :, 3, 3] = 1.0
    field = effective_field(network, spec, images())
    assert (field.side_50, field.side_95) == (1, 1)


def test_pixels_without_a_path_have_no_gradient() -> None:
    spec, network = network_of(*({"dilation": rate, "padding": rate} for rate in (2, 4, 8, 8)))
    field = effective_field(network, spec, images())
    share = coverage(spec.layers)
    assert share is not None
    assert (field.density > 0).mean() == pytest.approx(share, abs=0.01)


def test_stride_even_kernels_and_branches_keep_the_gradient_inside_the_square() -> None:
    conv: dict[str, object] = {"out_channels": 4, "padding": 1}
    branch = {"type": "branch", "main": [{**conv, "stride": 2}, conv], "shortcut": [{**conv, "kernel_size": 2,
              "stride": 2, "padding": 0}]}  # fmt: skip
    spec = ArchitectureSpec.parse({"nodes": [{**conv, "padding": "same", "kernel_size": 4}, branch], "head": HEAD})
    network = build_seeded(spec, 0).double()
    field = effective_field(network, spec, images().double())
    rows = np.flatnonzero(field.density.sum(axis=1))
    assert (rows[0], rows[-1]) == (0, field.receptive_field - 1)
    assert (canvas_side(spec) - spec.input.size) % 2 == 0


def test_measuring_leaves_mode_weights_and_generator_as_they_were() -> None:
    spec = find_preset("dilated").spec
    network = build_seeded(spec, 0).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = effective_field(network, spec, images())
    assert network.training
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    np.testing.assert_array_equal(first.density, effective_field(network, spec, images()).density)


def test_weights_that_kill_every_gradient_are_told() -> None:
    spec, network = network_of({})
    fill(network, 0.0)
    with pytest.raises(SpecError, match="No gradient reaches the image"):
        effective_field(network, spec, images())


def test_a_field_too_large_to_measure_is_refused() -> None:
    spec, network = network_of({"dilation": 64, "kernel_size": 9, "padding": 256})
    with pytest.raises(SpecError, match=f"513 px: it is measured up to {MAX_FIELD} px"):
        effective_field(network, spec, images())


def test_network_without_a_body_looks_at_one_pixel() -> None:
    spec = ArchitectureSpec.parse({"head": HEAD})
    field = effective_field(build_seeded(spec, 0), spec, images())
    assert (field.receptive_field, field.side_95) == (1, 1)
