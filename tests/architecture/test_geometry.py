from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cifar_core.architecture import (
    ArchitectureSpec,
    before_pooling,
    coverage,
    find_preset,
    preset_names,
    receptive_field,
    receptive_field_with_pooling,
)
from cifar_core.architecture.build import build_network
from cifar_core.architecture.nodes import Conv, Flatten, Linear, Pool
from cifar_core.errors import SpecError
from tests.architecture.chains import conv_chains, measure, reached_pixels

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
HEAD = (Conv(out_channels=10, kernel_size=1), Pool())
QUIET = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def narrowed(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The same body with three channels where it is free to choose: its geometry is the same and its gradient cheap."""
    nodes = [{**node.model_dump(), "out_channels": 3} if node.groups == 1 else node.model_dump() for node in spec.nodes]
    return spec.changed(nodes=nodes)


@pytest.mark.parametrize("name", preset_names())
def test_map_shapes_of_every_preset_are_those_of_the_built_network(name: str) -> None:
    spec = find_preset(name).spec
    shapes = measure(build_network(spec), spec).shapes
    assert shapes == tuple((layer.out_channels, layer.n_out, layer.n_out) for layer in spec.layers)


@QUIET
@given(conv_chains())
def test_map_shapes_of_random_chains_are_those_of_the_built_network(spec: ArchitectureSpec) -> None:
    measured = measure(build_network(spec), spec)
    expected = [
        (layer.out_channels,) if layer.op == "linear" else (layer.out_channels, layer.n_out, layer.n_out)
        for layer in spec.layers
    ]
    assert list(measured.shapes) == expected
    assert measured.output == (1, spec.num_classes)


@pytest.mark.parametrize("name", preset_names())
def test_receptive_field_and_coverage_of_every_preset_are_the_gradients_box(name: str) -> None:
    spec = find_preset(name).spec
    field = receptive_field(spec.layers)
    reached = reached_pixels(narrowed(spec), field)
    assert (reached.height, reached.width) == (field, field)
    assert reached.share == pytest.approx(coverage(spec.layers))


@QUIET
@given(conv_chains())
def test_receptive_field_and_coverage_of_random_chains_are_the_gradients_box(spec: ArchitectureSpec) -> None:
    field = receptive_field(spec.layers)
    reached = reached_pixels(spec, field)
    assert (reached.height, reached.width) == (field, field)
    assert reached.share == pytest.approx(coverage(spec.layers))


def test_layers_follow_each_other_without_a_gap() -> None:
    for name in preset_names():
        layers = find_preset(name).spec.layers
        for before, after in pairwise(layers):
            assert (before.n_out, before.jump_out, before.r_out) == (after.n_in, after.jump_in, after.r_in)
            assert before.out_channels == after.in_channels


def test_seed_model_3_has_the_true_receptive_field_of_69_and_109_with_pooling() -> None:
    layers = find_preset("seed-model-3").spec.layers
    assert receptive_field(layers) == 69
    assert receptive_field_with_pooling(layers) == 109
    assert coverage(layers) == 1


def test_dilations_2_4_8_8_pass_the_rule_and_reach_a_quarter_of_the_square() -> None:
    nodes = tuple(Conv(out_channels=4, padding=d, dilation=d) for d in (2, 4, 8, 8))
    layers = ArchitectureSpec(nodes=nodes, head=HEAD).layers
    assert receptive_field(layers) == 45
    assert coverage(layers) == pytest.approx((23 / 45) ** 2)


def test_stride_larger_than_the_kernel_leaves_pixels_unread() -> None:
    nodes = (Conv(out_channels=4, kernel_size=1, stride=2), Conv(out_channels=4))
    layers = ArchitectureSpec(nodes=nodes, head=HEAD).layers
    assert receptive_field(layers) == 5
    assert coverage(layers) == pytest.approx((3 / 5) ** 2)


def test_convolutions_of_the_head_before_the_pooling_count() -> None:
    spec = ArchitectureSpec(head=(Conv(out_channels=10, kernel_size=5), Pool()))
    assert receptive_field(spec.layers) == 5
    assert [layer.name for layer in before_pooling(spec.layers)] == ["head.1"]


def test_convolutions_behind_the_pooling_do_not_count() -> None:
    spec = ArchitectureSpec(nodes=(Conv(out_channels=8),), head=(Pool(), Conv(out_channels=10, kernel_size=1)))
    assert receptive_field(spec.layers) == 3
    assert receptive_field_with_pooling(spec.layers) == 32


def test_network_without_convolution_reads_one_pixel_before_pooling() -> None:
    layers = ArchitectureSpec(head=(Pool(), Flatten(), Linear(out_features=10))).layers
    assert receptive_field(layers) == 1
    assert coverage(layers) == 1
    assert receptive_field_with_pooling(layers) == 32


def test_linear_layer_on_a_flattened_map_reads_all_that_its_cells_read() -> None:
    spec = ArchitectureSpec(
        input={"channels": 1, "size": 20},
        nodes=(Conv(out_channels=2, stride=2), Conv(out_channels=2)),
        head=(Flatten(), Linear(out_features=10)),
    )
    network = build_network(spec).double()
    image = torch.zeros(1, 1, 20, 20, dtype=torch.float64, requires_grad=True)
    network(image).sum().backward()
    assert image.grad is not None
    rows = (image.grad[0, 0].abs().sum(dim=1) > 0).nonzero()
    assert receptive_field(spec.layers) == 7
    assert receptive_field_with_pooling(spec.layers) == int(rows[-1] - rows[0]) + 1 == 19


def test_layer_names_number_the_layers_of_a_block() -> None:
    names = [layer.name for layer in find_preset("seed-model-3").spec.layers]
    assert names == [*(f"C{block}.{number}" for block, count in ((1, 3), (2, 4), (3, 3), (4, 2))
                       for number in range(1, count + 1)), "head.1", "head.2"]  # fmt: skip


def test_operations_are_told_apart() -> None:
    spec = ArchitectureSpec(
        nodes=(
            Conv(out_channels=8),
            Conv(groups="depthwise"),
            Conv(out_channels=8, groups=8),
            Conv(out_channels=8, groups=2),
            Conv(out_channels=8, kernel_size=1),
        ),
        head=(
            Conv(out_channels=10, kernel_size=1),
            Pool(kind="avg", kernel_size=5),
            Flatten(),
            Linear(out_features=10),
        ),
    )
    assert [layer.op for layer in spec.layers] == [
        "conv", "depthwise", "depthwise", "grouped", "pointwise", "pointwise", "avg", "linear",
    ]  # fmt: skip


def test_average_pooling_drops_the_cells_that_fill_no_window() -> None:
    spec = ArchitectureSpec(head=(Pool(kind="avg", kernel_size=5), Flatten(), Linear(out_features=10)))
    assert spec.layers[0].n_out == 6
    assert measure(build_network(spec), spec).shapes[0] == (3, 6, 6)


@pytest.mark.parametrize("count", [5, 8, 200])
def test_a_field_beyond_any_image_is_refused_instead_of_exhausting_memory(count: int) -> None:
    nodes = [{"out_channels": 1, "stride": 16, "padding": 256}] * count
    with pytest.raises(SpecError, match=r"nodes\[4\].*139,811 pixels.*at most 100,000") as refused:
        ArchitectureSpec.parse({"nodes": nodes, "head": [node.model_dump() for node in HEAD]})
    assert "\n" not in str(refused.value)


def test_the_largest_allowed_field_is_measured_at_once() -> None:
    nodes = tuple(Conv(out_channels=1, stride=16, padding=256) for _ in range(4))
    layers = ArchitectureSpec(nodes=nodes, head=HEAD).layers
    assert receptive_field(layers) == 1 + 2 * (1 + 16 + 256 + 4096)
    assert coverage(layers) == pytest.approx((3**4 / 8739) ** 2)


@pytest.mark.slow
@settings(parent=QUIET, max_examples=500, derandomize=False, database=None)
@given(conv_chains())
def test_five_hundred_random_chains_agree_with_the_gradient(spec: ArchitectureSpec) -> None:
    field = receptive_field(spec.layers)
    reached = reached_pixels(spec, field)
    assert (reached.height, reached.width) == (field, field)
    assert reached.share == pytest.approx(coverage(spec.layers))


def test_pooling_in_windows_counts_like_a_convolution() -> None:
    head = (
        Pool(kind="avg", kernel_size=2),
        Conv(out_channels=10, kernel_size=5, padding=2),
        Pool(kind="adaptive_avg"),
    )
    spec = ArchitectureSpec(nodes=(Conv(out_channels=4, padding=1),), head=head)
    assert receptive_field(spec.layers) == 3 + 1 * 1 + 4 * 2
    assert coverage(spec.layers) == 1.0
