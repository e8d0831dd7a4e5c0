from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor

from cifar_core.architecture import ArchitectureSpec, find_preset, num_macs
from cifar_core.architecture.build import build_network
from cifar_core.architecture.cells import MAX_SIDE, CellUse, cell_use
from cifar_core.architecture.layers import Layer
from cifar_core.architecture.nodes import Conv, GateStep, NormStep, Pool
from tests.architecture.oracles import outputs, shaken, without_activations
from tests.architecture.random_specs import networks

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
HEAD = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]


def seen(spec: ArchitectureSpec) -> list[tuple[int, int, int]]:
    """Unread, constant and zero cells of each layer's map, as a built network shows them."""
    network = without_activations(shaken(build_network(spec), 0))
    shape = (4, spec.input.channels, spec.input.size, spec.input.size)
    images = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    maps, logits = outputs(network, images.requires_grad_())
    weights = torch.randn(logits.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    gradients = torch.autograd.grad((logits * weights).sum(), maps, allow_unused=True)
    return [_counts(values, gradient) for values, gradient in zip(maps, gradients, strict=True)]


def _counts(values: Tensor, gradient: Tensor | None) -> tuple[int, int, int]:
    cells = values.detach().reshape(*values.shape[:2], -1)
    fixed = ((cells - cells[:1]).abs().amax(dim=(0, 1)) < 1e-12) if len(cells) else torch.zeros(0)
    zero = fixed & (cells.abs().amax(dim=(0, 1)) == 0)
    unread = cells.shape[-1]
    if gradient is not None:
        unread = int((gradient.reshape(*gradient.shape[:2], -1).abs().amax(dim=(0, 1)) == 0).sum())
    return unread, int(fixed.sum()), int(zero.sum())


def is_cautious(layer: Layer) -> bool:
    """Layers of which no more is claimed than holds for every weight: what they do to a map depends on its values."""
    if isinstance(layer.node, Pool):
        return layer.op == "adaptive_max"
    return any(
        isinstance(step, GateStep) or (isinstance(step, NormStep) and step.kind != "batch") for step in layer.node.steps
    )


def assert_as_seen(spec: ArchitectureSpec) -> None:
    use = cell_use(spec.layers)
    assert use is not None
    exact = not any(map(is_cautious, spec.layers))
    for layer, claimed, shown in zip(spec.layers, use, seen(spec), strict=True):
        claims = (claimed.unread, claimed.constant, claimed.zero)
        if exact:
            assert claims == shown, layer.name
        assert all(claim <= found for claim, found in zip(claims, shown, strict=True)), layer.name


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_cells_of_random_networks_are_used_as_the_built_network_shows(spec: ArchitectureSpec) -> None:
    assert_as_seen(spec)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(networks())
def test_cells_of_five_hundred_random_networks(spec: ArchitectureSpec) -> None:
    assert_as_seen(spec)


@pytest.mark.parametrize("name", ["seed-model-1", "seed-model-3", "dilated"])
def test_cells_of_a_preset_are_used_as_the_built_network_shows(name: str) -> None:
    assert_as_seen(find_preset(name).spec)


def test_model_3_spends_more_than_half_of_its_macs_for_nothing() -> None:
    layers = find_preset("seed-model-3").spec.layers
    use = cell_use(layers)
    assert use is not None
    assert sum(cells.wasted_macs for cells in use) / num_macs(layers) == pytest.approx(0.607, abs=1e-3)
    assert (use[-2].cells, use[-2].constant, use[-2].zero) == (36, 20, 20)
    assert use[1].unread == 768


def test_an_unread_and_constant_cell_is_wasted_once() -> None:
    spec = ArchitectureSpec.parse(
        {
            "input": {"size": 4},
            "nodes": [
                {"out_channels": 2, "kernel_size": 1, "padding": 1},
                {"out_channels": 2, "kernel_size": 1, "stride": 2},
            ],
            "head": HEAD,
        }
    )
    use = cell_use(spec.layers)
    assert use is not None
    assert use[0] == CellUse(cells=36, unread=27, constant=20, zero=20, wasted_macs=(36 - 4) * 6)


def test_a_norm_over_the_map_reads_every_cell() -> None:
    conv = Conv(out_channels=4, padding=1)
    skipping = Conv(out_channels=4, kernel_size=1, stride=2)
    group = NormStep(kind="group", num_groups=2)
    for steps, unread in (((), 768), ((group,), 0), ((GateStep(hidden_channels=2),), 0), ((NormStep(),), 768)):
        nodes = (conv.changed(steps=[step.model_dump() for step in (*conv.steps, *steps)]), skipping)
        spec = ArchitectureSpec.parse({"nodes": [node.model_dump() for node in nodes], "head": HEAD})
        use = cell_use(spec.layers)
        assert use is not None
        assert use[0].unread == unread


def test_bias_and_batch_norm_make_a_constant_cell_other_than_zero() -> None:
    for fields in ({"bias": True}, {"steps": [{"step": "conv"}, {"step": "norm"}]}):
        node = {"out_channels": 2, "kernel_size": 1, "padding": 2, **fields}
        use = cell_use(ArchitectureSpec.parse({"nodes": [node], "head": HEAD}).layers)
        assert use is not None
        assert (use[0].constant, use[0].zero) == (36 * 36 - 32 * 32, 0)


def test_maps_too_large_to_look_at_are_told_as_unknown() -> None:
    spec = ArchitectureSpec.parse({"input": {"size": MAX_SIDE + 1}, "head": HEAD})
    assert cell_use(spec.layers) is None


def test_network_that_reads_the_image_with_a_linear_layer_wastes_nothing() -> None:
    head = [{"type": "flatten"}, {"type": "linear", "out_features": 10}]
    use = cell_use(ArchitectureSpec.parse({"head": head}).layers)
    assert use == (CellUse(cells=1, unread=0, constant=0, zero=0, wasted_macs=0),)
