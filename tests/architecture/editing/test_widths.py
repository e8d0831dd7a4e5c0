from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cifar_core.architecture import (
    ArchitectureSpec,
    block_widths,
    find_preset,
    num_params,
    preset_names,
    with_block_widths,
)
from cifar_core.architecture.build import build_network
from cifar_core.architecture.editing.width_classes import width_classes
from cifar_core.architecture.editing.widths import scaled
from cifar_core.architecture.nodes import Branch, Conv, ConvStep, Flatten, HeadNode, Linear, LinearStep, NormStep, Pool
from cifar_core.errors import SpecError
from tests.architecture.branched import networks

HEAD: tuple[HeadNode, ...] = (Conv(out_channels=10, kernel_size=1), Pool())


def conv(out_channels: int, block: str = "") -> Conv:
    return Conv(block=block, out_channels=out_channels, padding=1)


def channels(spec: ArchitectureSpec) -> list[int]:
    return [layer.out_channels for layer in spec.layers if not layer.in_head]


def test_width_of_a_block_is_its_widest_convolution() -> None:
    assert block_widths(find_preset("seed-model-1").spec) == {"C1": 64, "C2": 128, "C3": 256, "C4": 256}
    assert block_widths(find_preset("seed-model-3").spec) == {"C1": 64, "C2": 64, "C3": 64, "C4": 32}


def test_network_without_a_body_has_no_widths() -> None:
    assert block_widths(ArchitectureSpec(head=HEAD)) == {}


@pytest.mark.parametrize("name", preset_names())
def test_the_present_widths_change_nothing(name: str) -> None:
    spec = find_preset(name).spec
    assert with_block_widths(spec, block_widths(spec)) == spec
    assert with_block_widths(spec, {}) == spec


def test_scaling_a_block_keeps_the_ratios_inside_it_and_leaves_the_others() -> None:
    spec = with_block_widths(find_preset("seed-model-1").spec, {"C2": 64})
    assert channels(spec) == [32, 64, 64, 16, 32, 64, 64, 16, 128, 256, 256, 64, 128, 256]


@pytest.mark.parametrize("width", [1, 7, 20, 33, 64, 100, 128])
def test_the_wanted_width_is_reached(width: int) -> None:
    spec = with_block_widths(find_preset("seed-model-3").spec, {"C2": width, "C4": width})
    assert block_widths(spec) == {"C1": 64, "C2": width, "C3": 64, "C4": width}


def test_depthwise_convolutions_follow_their_input() -> None:
    spec = with_block_widths(find_preset("seed-model-3").spec, {"C2": 32})
    assert channels(spec)[3:7] == [16, 16, 32, 16]
    assert spec.layers[4].groups == 16


def test_the_head_and_every_other_field_stay() -> None:
    before = find_preset("seed-model-3").spec
    after = with_block_widths(before, {"C1": 32, "C2": 32, "C3": 32, "C4": 16})
    assert after.head == before.head
    for old, new in zip(before.nodes, after.nodes, strict=True):
        assert isinstance(old, Conv)
        assert new == (old.changed(out_channels=old.out_channels // 2) if old.out_channels else old)


@pytest.mark.parametrize("width", [1, 5, 9, 13, 50])
def test_groups_go_on_dividing_their_own_channels(width: int) -> None:
    nodes = (
        Conv(block="C1", out_channels=12, padding=1),
        Conv(block="C2", out_channels=24, groups=4, padding=1),
    )
    spec = with_block_widths(ArchitectureSpec(nodes=nodes, head=HEAD), {"C2": width})
    assert spec.layers[1].out_channels % 4 == 0
    assert spec.layers[1].out_channels == max(4, width // 4 * 4)


def test_what_is_read_in_groups_stays_divisible_by_them() -> None:
    nodes = (
        Conv(block="C1", out_channels=12, padding=1),
        Conv(block="C2", out_channels=24, groups=4, padding=1),
    )
    assert channels(with_block_widths(ArchitectureSpec(nodes=nodes, head=HEAD), {"C1": 10})) == [8, 24]


def test_group_norms_behind_a_depthwise_multiplier_ask_for_their_share() -> None:
    group_norm = (ConvStep(), NormStep(kind="group", num_groups=6))
    nodes = (
        Conv(block="C1", out_channels=12, padding=1),
        Conv(block="C2", groups="depthwise", channel_multiplier=2, padding=1, steps=group_norm),
    )
    # 6 groups of 2 * c channels: c needs a factor of 3.
    assert channels(with_block_widths(ArchitectureSpec(nodes=nodes, head=HEAD), {"C1": 8})) == [6, 12]


def test_channels_tied_by_an_identity_move_with_either_block() -> None:
    nodes = (
        Conv(block="C1", out_channels=16, padding=1),
        Branch(block="C2", main=(Conv(out_channels=32, padding=1), Conv(out_channels=16, padding=1))),
    )
    spec = ArchitectureSpec(nodes=nodes, head=HEAD)
    assert block_widths(spec) == {"C1": 16, "C2": 32}
    assert channels(with_block_widths(spec, {"C1": 8})) == [8, 32, 8, 8]
    assert channels(with_block_widths(spec, {"C2": 8})) == [4, 8, 4, 4]
    assert channels(with_block_widths(spec, {"C1": 12, "C2": 64})) == [12, 64, 12, 12]


def test_a_projection_moves_with_the_path_that_it_is_added_to() -> None:
    projection = Conv(out_channels=24, kernel_size=1)
    nodes = (
        Conv(block="C1", out_channels=16, padding=1),
        Branch(block="C2", main=(Conv(out_channels=24, padding=1),), shortcut=(projection,)),
    )
    spec = with_block_widths(ArchitectureSpec(nodes=nodes, head=HEAD), {"C1": 5, "C2": 7})
    assert channels(spec) == [5, 7, 7, 7]


def test_concatenated_paths_scale_each_on_its_own() -> None:
    both = Branch(block="C1", main=(conv(12),), shortcut=(conv(8),), combine="concat")
    spec = ArchitectureSpec(nodes=(both, conv(16, "C2")), head=HEAD)
    assert channels(with_block_widths(spec, {"C1": 5})) == [5, 3, 8, 16]


def test_what_is_added_to_the_image_or_ends_in_the_classes_has_no_width() -> None:
    nodes = (
        Branch(block="C1", main=(Conv(out_channels=20, padding=1), Conv(out_channels=3, padding=1))),
        Conv(block="C2", out_channels=10, kernel_size=1),
    )
    spec = ArchitectureSpec(nodes=nodes, head=(Pool(),))
    assert block_widths(spec) == {"C1": 20}
    assert channels(with_block_widths(spec, {"C1": 5, "C2": 99})) == [5, 3, 3, 10]


def test_a_concatenation_added_to_one_convolution_keeps_its_channels() -> None:
    both = Branch(main=(conv(6),), shortcut=(conv(2),), combine="concat")
    inner = Branch(block="C2", main=(conv(5), both), shortcut=(conv(8),))
    spec = ArchitectureSpec(nodes=(conv(4, "C1"), inner), head=HEAD)
    assert channels(with_block_widths(spec, {"C1": 9, "C2": 11})) == [9, 11, 6, 2, 8, 8, 8]


def test_groups_that_divide_only_a_sum_of_channels_keep_them() -> None:
    both = Branch(block="C1", main=(conv(7),), shortcut=(conv(5),), combine="concat")
    spec = ArchitectureSpec(nodes=(both, Conv(block="C2", out_channels=8, groups=4)), head=HEAD)
    assert block_widths(spec) == {"C2": 8}
    assert channels(with_block_widths(spec, {"C1": 3, "C2": 16})) == [7, 5, 12, 16]


def test_groups_behind_a_flatten_ask_little_of_the_channels() -> None:
    head = (Flatten(), Linear(out_features=10, steps=(NormStep(kind="group", num_groups=8), LinearStep())))
    nodes = (Conv(block="C1", out_channels=6, kernel_size=29),)  # 4 x 4 cells
    spec = ArchitectureSpec(nodes=nodes, head=head)
    assert channels(with_block_widths(spec, {"C1": 5})) == [5]


@settings(max_examples=60, deadline=None)
@given(spec=networks(), data=st.data())
def test_any_widths_give_a_network_that_builds(spec: ArchitectureSpec, data: st.DataObject) -> None:
    present = block_widths(spec)
    assert with_block_widths(spec, present) == spec
    assert scaled(spec, 1) == spec
    wanted = {block: data.draw(st.integers(1, 256), label=block) for block in present}
    after = with_block_widths(spec, wanted)
    assert sum(p.numel() for p in build_network(after).parameters()) == num_params(after.layers)
    assert after.head == spec.head
    assert num_params(scaled(spec, Fraction(1, 2)).layers) <= num_params(spec.layers)


@settings(max_examples=60, deadline=None)
@given(spec=networks(), width=st.integers(1, 256), data=st.data())
def test_a_slider_moves_its_own_block_and_what_is_tied_to_it(
    spec: ArchitectureSpec, width: int, data: st.DataObject
) -> None:
    present = block_widths(spec)
    assume(present)
    block = data.draw(st.sampled_from(sorted(present)))
    after = with_block_widths(spec, {block: width})
    tied = [width_class for width_class in width_classes(spec.layers) if block in width_class.blocks]
    moving = {position for width_class in tied for position in width_class.positions}
    for position, (old, new) in enumerate(zip(spec.layers, after.layers, strict=True)):
        if isinstance(old.node, Conv) and old.node.out_channels is not None and position not in moving:
            assert new.out_channels == old.out_channels
    steps = {width_class.step for width_class in tied if width_class.channels == present[block]}
    assert block_widths(after)[block] >= min(max(step, width // step * step) for step in steps)


def test_narrow_convolutions_keep_at_least_one_channel() -> None:
    assert min(channels(with_block_widths(find_preset("seed-model-1").spec, {"C1": 1}))) == 1


def test_a_width_beyond_what_a_convolution_allows_is_refused() -> None:
    with pytest.raises(SpecError, match=r"out_channels is 5000: .*4096"):
        with_block_widths(find_preset("seed-model-3").spec, {"C1": 5000})


def test_unknown_blocks_are_ignored() -> None:
    spec = find_preset("dilated").spec
    assert with_block_widths(spec, {"C9": 8}) == spec
