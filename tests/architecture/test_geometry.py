from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cifar_core.architecture import (
    ArchitectureSpec,
    before_pooling,
    block_widths,
    coverage,
    find_preset,
    num_macs,
    num_params,
    preset_names,
    receptive_field,
    receptive_field_with_pooling,
    with_block_widths,
)
from cifar_core.architecture.build import build_network
from cifar_core.architecture.nodes import Conv, Flatten, Linear, Pool
from cifar_core.errors import SpecError
from tests.architecture.oracles import measure, reached_pixels
from tests.architecture.random_specs import networks

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
HEAD = (Conv(out_channels=10, kernel_size=1), Pool())
QUIET = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def narrowed(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The same body, narrow: its geometry is the same and its gradient cheap."""
    return with_block_widths(spec, dict.fromkeys(block_widths(spec), 3))


def assert_is_the_gradients_box(spec: ArchitectureSpec) -> None:
    field, counted = receptive_field(spec.layers), before_pooling(spec.layers)
    reached = reached_pixels(spec, field)
    assert (reached.height, reached.width) == (field, field)
    assert reached.top == (counted[-1].offset if counted else 0)
    assert reached.share == pytest.approx(coverage(spec.layers))


@pytest.mark.parametrize("name", preset_names())
def test_map_shapes_of_every_preset_are_those_of_the_built_network(name: str) -> None:
    spec = find_preset(name).spec
    shapes = measure(build_network(spec), spec).shapes
    assert shapes == tuple((layer.out_channels, layer.n_out, layer.n_out) for layer in spec.layers)


@QUIET
@given(networks())
def test_map_shapes_of_random_networks_are_those_of_the_built_network(spec: ArchitectureSpec) -> None:
    measured = measure(build_network(spec), spec)
    assert list(measured.shapes) == expected_shapes(spec)
    assert measured.output == (1, spec.num_classes)


def expected_shapes(spec: ArchitectureSpec) -> list[tuple[int, ...]]:
    return [
        (layer.out_channels,) if layer.op == "linear" else (layer.out_channels, layer.n_out, layer.n_out)
        for layer in spec.layers
    ]


@pytest.mark.parametrize("name", preset_names())
def test_receptive_field_and_coverage_of_every_preset_are_the_gradients_box(name: str) -> None:
    assert_is_the_gradients_box(narrowed(find_preset(name).spec))


@QUIET
@given(networks())
def test_receptive_field_and_coverage_of_random_networks_are_the_gradients_box(spec: ArchitectureSpec) -> None:
    assert_is_the_gradients_box(spec)


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
@given(networks())
def test_five_hundred_random_networks_agree_with_pytorch(spec: ArchitectureSpec) -> None:
    measured = measure(build_network(spec), spec)
    assert (num_params(spec.layers), num_macs(spec.layers)) == (measured.params, measured.macs)
    assert list(measured.shapes) == expected_shapes(spec)
    assert_is_the_gradients_box(spec)


def test_pooling_in_windows_counts_like_a_convolution() -> None:
    head = (
        Pool(kind="avg", kernel_size=2),
        Conv(out_channels=10, kernel_size=5, padding=2),
        Pool(kind="adaptive_avg"),
    )
    spec = ArchitectureSpec(nodes=(Conv(out_channels=4, padding=1),), head=head)
    assert receptive_field(spec.layers) == 3 + 1 * 1 + 4 * 2
    assert coverage(spec.layers) == 1.0


Path = Sequence[Mapping[str, object]]


def branch(main: Path, shortcut: Path, **fields: object) -> dict[str, object]:
    return {"nodes": [{"type": "branch", "main": main, "shortcut": shortcut, **fields}], "head": TO_CLASSES}


TO_CLASSES = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]
WIDE: dict[str, object] = {"out_channels": 3, "padding": 1}


def test_the_field_of_a_join_is_the_box_of_both_paths() -> None:
    spec = ArchitectureSpec.parse(
        branch(
            [{**WIDE, "kernel_size": 2, "padding": 1}, {**WIDE, "kernel_size": 2, "padding": 0}],
            [{**WIDE, "kernel_size": 5, "padding": 2}],
        )
    )
    join = next(layer for layer in spec.layers if layer.is_join)
    assert (join.r_in, join.r_out, join.offset) == (5, 5, -2)
    assert [layer.r_out for layer in spec.layers[:3]] == [2, 3, 5]


def test_paths_off_each_others_centre_have_a_box_larger_than_either() -> None:
    left, right = ([{**WIDE, "kernel_size": 2, "stride": 3, "padding": padding}] for padding in (1, 0))
    spec = ArchitectureSpec.parse(branch(left, right))
    join = next(layer for layer in spec.layers if layer.is_join)
    assert (join.r_in, join.r_out, join.offset) == (2, 3, -1)
    assert coverage(spec.layers) == pytest.approx(7 / 9)
    assert_is_the_gradients_box(spec)


@pytest.mark.parametrize(
    ("main", "shortcut", "combine", "named"),
    [
        ([WIDE], [{**WIDE, "out_channels": 4}], "add", 'shortcut in 4 channels on 32 x 32 cells: combine "add"'),
        ([{**WIDE, "padding": 0}], [], "concat", 'shortcut in 3 channels on 32 x 32 cells: combine "concat"'),
        ([{**WIDE, "stride": 2}], [{**WIDE, "kernel_size": 17, "padding": 0}], "add", "are 2 pixels apart"),
        ([WIDE, {"type": "branch", "main": [{"out_channels": 9}]}], [], "add", "nodes[0].main[1]: main ends in 9"),
    ],
)
def test_paths_that_do_not_meet_are_refused(main: Path, shortcut: Path, combine: str, named: str) -> None:
    with pytest.raises(SpecError) as refused:
        ArchitectureSpec.parse(branch(main, shortcut, combine=combine))
    assert named in str(refused.value)
    assert "nodes[0]" in str(refused.value)


def test_nodes_inside_a_branch_take_its_label_unless_they_have_their_own() -> None:
    main: list[dict[str, object]] = [WIDE, {**WIDE, "block": "C2"}]
    spec = ArchitectureSpec.parse(
        {
            "nodes": [
                {**WIDE, "block": "C1"},
                {"type": "branch", "block": "C2", "main": [{**main[0], "block": "C1"}, main[1]]},
                {"type": "branch", "block": "C2", "main": main},
            ],
            "head": TO_CLASSES,
        }
    )
    assert [layer.name for layer in spec.layers[:7]] == ["C1.1", "C1.2", "C2.1", "C2.2", "C2.3", "C2.4", "C2.5"]
    assert spec.blocks == ("C1", "C2")
