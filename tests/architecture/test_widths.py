from __future__ import annotations

import pytest

from cifar_core.architecture import ArchitectureSpec, block_widths, find_preset, preset_names, with_block_widths
from cifar_core.architecture.nodes import Conv, HeadNode, Pool
from cifar_core.errors import SpecError

HEAD: tuple[HeadNode, ...] = (Conv(out_channels=10, kernel_size=1), Pool())


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
    assert [node.changed(out_channels=1) for node in after.nodes if node.out_channels] == [
        node.changed(out_channels=1) for node in before.nodes if node.out_channels
    ]


@pytest.mark.parametrize("width", [1, 5, 9, 13, 50])
def test_groups_go_on_dividing_their_own_channels(width: int) -> None:
    nodes = (
        Conv(block="C1", out_channels=12, padding=1),
        Conv(block="C2", out_channels=24, groups=4, padding=1),
    )
    spec = with_block_widths(ArchitectureSpec(nodes=nodes, head=HEAD), {"C2": width})
    assert spec.layers[1].out_channels % 4 == 0
    assert spec.layers[1].out_channels == max(4, width // 4 * 4)


def test_groups_that_no_longer_divide_the_block_before_are_refused() -> None:
    nodes = (
        Conv(block="C1", out_channels=12, padding=1),
        Conv(block="C2", out_channels=24, groups=4, padding=1),
    )
    with pytest.raises(SpecError, match=r"nodes\[1\]: groups is 4: it must divide in_channels, 10\.$"):
        with_block_widths(ArchitectureSpec(nodes=nodes, head=HEAD), {"C1": 10})


def test_narrow_convolutions_keep_at_least_one_channel() -> None:
    assert min(channels(with_block_widths(find_preset("seed-model-1").spec, {"C1": 1}))) == 1


def test_a_width_beyond_what_a_convolution_allows_is_refused() -> None:
    with pytest.raises(SpecError, match=r"out_channels is 5000: .*4096"):
        with_block_widths(find_preset("seed-model-3").spec, {"C1": 5000})


def test_unknown_blocks_are_ignored() -> None:
    spec = find_preset("dilated").spec
    assert with_block_widths(spec, {"C9": 8}) == spec
