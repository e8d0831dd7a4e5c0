from __future__ import annotations

import pytest
from hypothesis import given, settings

from cifar_core.architecture import ArchitectureSpec, LayerRow, find_preset, num_macs, num_params, preset_names
from cifar_core.architecture.build import build_network
from cifar_core.architecture.editing.comparison import block_totals, compare
from cifar_core.architecture.editing.rows import with_row_edits
from cifar_core.architecture.nodes import Conv, Pool
from tests.architecture.branched import networks


@pytest.mark.parametrize("name", preset_names())
def test_a_network_beside_itself_is_the_same_everywhere(name: str) -> None:
    spec = find_preset(name).spec
    assert {row.status for row in compare(spec, spec).rows} == {"same"}


def test_an_inserted_layer_shifts_nothing() -> None:
    left = find_preset("seed-model-3").spec
    added = Conv(block="C2", groups="depthwise", padding=1, kernel_size=5)
    added = added.changed(padding=2)
    right = left.changed(nodes=[node.model_dump() for node in (*left.nodes[:4], added, *left.nodes[4:])])
    rows = compare(left, right).rows
    (only,) = (row for row in rows if row.status == "only right")
    assert only.right is not None
    assert (only.left, only.right.name, only.right.kernel) == (None, "C2.2", 5)
    assert [row.status for row in rows[:4]] == ["same"] * 4
    # What follows is paired with itself: its field alone has grown.
    assert {row.differing for row in rows if row.status == "changed"} == {("r_in", "r_out")}


def test_a_changed_dilation_is_one_changed_layer_and_its_field_below() -> None:
    left = find_preset("seed-model-3").spec
    nodes = [node.model_dump() for node in left.nodes]
    nodes[7] |= {"dilation": 3, "padding": 2}
    rows = compare(left, left.changed(nodes=nodes)).rows
    assert rows[7].differing == ("padding", "dilation", "r_out")
    assert {row.status for row in rows[:7]} == {"same"}
    assert {row.differing for row in rows[8:]} == {("r_in", "r_out")}


def test_wider_layers_differ_in_channels_and_cost() -> None:
    rows = compare(find_preset("seed-model-1").spec, find_preset("seed-model-2").spec).rows
    changed = [row for row in rows if row.status == "changed"]
    assert any({"c_out", "params", "macs"} <= set(row.differing) for row in changed)


def test_a_pooling_does_not_stand_for_a_convolution() -> None:
    left = find_preset("seed-model-3").spec
    right = left.changed(head=[Pool(), Conv(out_channels=10, kernel_size=1)])
    for row in compare(left, right).rows:
        if row.left is not None and row.right is not None:
            assert ("avg" in row.left.op) == ("avg" in row.right.op)


def test_a_block_in_front_is_only_on_its_side() -> None:
    left = find_preset("seed-model-3").spec
    front = Conv(block="C0", out_channels=3, kernel_size=1)
    wider = [front, *left.nodes[:-1], left.nodes[-1].changed(kernel_size=5, padding=2)]
    rows = compare(left, left.changed(nodes=[node.model_dump() for node in wider])).rows
    assert [row.status for row in rows[:4]] == ["only right", "same", "same", "same"]
    assert {row.status for row in rows[4:-1]} <= {"same", "changed"}


@settings(max_examples=40, deadline=None)
@given(left=networks(), right=networks())
def test_every_layer_stands_in_one_row_and_in_order(left: ArchitectureSpec, right: ArchitectureSpec) -> None:
    comparison = compare(left, right)
    for spec, side in ((left, "left"), (right, "right")):
        rows: list[LayerRow] = [row for pair in comparison.rows if (row := getattr(pair, side)) is not None]
        assert [row.name for row in rows] == [layer.name for layer in spec.layers]
    for row in comparison.rows:
        assert (row.status == "changed") == bool(row.differing)


@settings(max_examples=20, deadline=None)
@given(spec=networks())
def test_the_blocks_add_up_to_the_network(spec: ArchitectureSpec) -> None:
    totals = block_totals(spec)
    assert list(totals) == [*spec.blocks, "head"]
    assert sum(block.params for block in totals.values()) == sum(p.numel() for p in build_network(spec).parameters())
    assert sum(block.macs for block in totals.values()) == num_macs(spec.layers)
    assert sum(block.layers for block in totals.values()) == len(spec.layers)
    assert compare(spec, spec).left_total.params == num_params(spec.layers)


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"steps": "conv gelu batchnorm dropout2d:0.01"}, "steps"),
        ({"steps": "conv relu layernorm dropout2d:0.01"}, "steps"),
        ({"steps": "conv relu batchnorm dropout2d:0.5"}, "steps"),
        ({"padding_mode": "reflect"}, "padding_mode"),
        ({"bias": True}, "bias"),
        ({"groups": "4"}, "groups"),
    ],
)
def test_what_leaves_every_shape_alone_differs_all_the_same(edit: dict[str, object], field: str) -> None:
    before = find_preset("seed-model-3").spec
    compared = compare(before, with_row_edits(before, {3: edit}))
    (row,) = (row for row in compared.rows if row.status != "same")
    assert row.status == "changed"
    assert field in row.differing
