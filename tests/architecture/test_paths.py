from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cifar_core.architecture import ArchitectureSpec, find_preset
from cifar_core.architecture.build import build_network
from cifar_core.architecture.paths import path_counts, visible_square
from cifar_core.architecture.taps import Grid
from tests.architecture.oracles import make_linear_and_positive, outputs
from tests.architecture.random_specs import networks

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
HEAD = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]
QUIET = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def with_single_channels(data: Any) -> Any:
    """Every convolution puts out one channel, so that a gradient counts paths and nothing else."""
    if isinstance(data, dict):
        data = {name: with_single_channels(value) for name, value in data.items()}
        if data.get("type") == "conv":
            data |= {"out_channels": 1, "groups": 1, "channel_multiplier": 1}
        if data.get("type") == "branch":
            data["combine"] = "add"
        return {name: [s for s in v if s.get("step") == "conv"] if name == "steps" else v for name, v in data.items()}
    return [with_single_channels(each) for each in data] if isinstance(data, list | tuple) else data


def gradient(spec: ArchitectureSpec, position: int, row: int, column: int) -> Grid:
    """Of one cell's channels, all weights 1, scaled so that the largest is 1."""
    network = build_network(spec).double()
    make_linear_and_positive(network.body)
    image = torch.zeros(1, spec.input.channels, spec.input.size, spec.input.size, dtype=torch.float64)
    maps, _ = outputs(network, image.requires_grad_())
    (gradients,) = torch.autograd.grad(maps[position][:, :, row, column].sum(), image)
    counts: Grid = gradients[0, 0].numpy()
    return counts / counts.max() if counts.max() > 0 else counts


@QUIET
@given(networks())
def test_paths_to_the_cells_of_random_networks_are_those_of_the_gradient(spec: ArchitectureSpec) -> None:
    nodes = with_single_channels([node.model_dump() for node in spec.nodes])
    single = spec.changed(input={"channels": 1, "size": spec.input.size}, nodes=nodes, head=HEAD)
    body = [(at, layer) for at, layer in enumerate(single.layers) if not layer.in_head]
    position, layer = body[-1]
    for row, column in ((0, 0), (layer.n_out // 2, layer.n_out // 2), (layer.n_out - 1, 0)):
        counts = path_counts(single.layers, single.input.size, position, row, column)
        np.testing.assert_allclose(counts, gradient(single, position, row, column), rtol=1e-9, atol=1e-12)


def test_a_cell_of_two_3x3_convolutions_has_the_paths_of_a_pyramid() -> None:
    nodes = [{"out_channels": 4, "padding": 1}] * 2
    spec = ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})
    counts = path_counts(spec.layers, 32, 1, 16, 16)
    line = np.array([1, 2, 3, 2, 1])
    np.testing.assert_array_equal(counts[14:19, 14:19], np.outer(line, line) / 9)
    assert np.count_nonzero(counts) == 25


def test_the_square_of_a_cell_moves_by_the_jump_and_holds_all_its_paths() -> None:
    spec = find_preset("seed-model-3").spec
    for position, layer in enumerate(spec.layers[:-1]):
        middle = layer.n_out // 2
        top, left, side = visible_square(layer, middle, middle)
        assert visible_square(layer, middle + 1, middle) == (top + layer.jump_out, left, side)
        counts = path_counts(spec.layers, 32, position, middle, middle)
        rows, columns = np.nonzero(counts)
        assert top <= rows.min()
        assert rows.max() < top + side
        assert left <= columns.min()
        assert columns.max() < left + side


def test_a_blind_cell_sees_nothing() -> None:
    spec = find_preset("seed-model-3").spec
    assert not path_counts(spec.layers, 32, len(spec.layers) - 2, 0, 0).any()


def test_a_linear_layer_on_the_flattened_map_sees_every_pixel() -> None:
    spec = ArchitectureSpec.parse({"head": [{"type": "flatten"}, {"type": "linear", "out_features": 10}]})
    np.testing.assert_array_equal(path_counts(spec.layers, 32, 0, 0, 0), np.ones((32, 32)))


def test_counts_beyond_float64_stay_finite() -> None:
    nodes = [{"out_channels": 1, "kernel_size": 31, "padding": 15}] * 190
    spec = ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})
    counts = path_counts(spec.layers, 32, 189, 16, 16)
    assert counts.max() == 1
    assert np.isfinite(counts).all()
