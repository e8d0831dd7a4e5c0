from __future__ import annotations

from typing import Any

import pytest

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params, preset_names
from cifar_core.architecture.build import build_network
from cifar_core.architecture.editing.rows import COLUMNS, inserted, last_layers, moved, rows_of, with_row_edits, without
from cifar_core.errors import SpecError

HEAD = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]
MODEL_3 = find_preset("seed-model-3").spec


def residual() -> ArchitectureSpec:
    """A convolution, a residual block with a nested one, a depthwise convolution with a multiplier."""
    conv = {"out_channels": 8, "padding": 1}
    inner = {"type": "branch", "block": "C1", "main": [conv]}
    return ArchitectureSpec.parse(
        {
            "nodes": [
                {**conv, "block": "C1"},
                {"type": "branch", "block": "C1", "main": [conv, inner], "steps": [{"step": "activation"}]},
                {"block": "C2", "groups": "depthwise", "channel_multiplier": 2, "kernel_size": 5},
            ],
            "head": HEAD,
        }
    )


def counted(spec: ArchitectureSpec) -> int:
    return sum(parameter.numel() for parameter in build_network(spec).parameters())


@pytest.mark.parametrize("name", preset_names())
def test_rows_without_edits_are_the_network(name: str) -> None:
    spec = find_preset(name).spec
    assert with_row_edits(spec, {at: {} for at in range(len(spec.nodes))}) == spec
    assert with_row_edits(spec, {}) == spec


def test_writing_every_cell_as_it_is_changes_nothing() -> None:
    for spec in (MODEL_3, residual()):
        rows = rows_of(spec)
        cells: dict[int, dict[str, Any]] = {}
        for at, row in enumerate(rows):
            names = ("block", "steps") if row["out_channels"] is None else set(COLUMNS) - {"kind"}
            cells[at] = {name: row[name] for name in names}
        assert with_row_edits(spec, cells) == spec


def test_a_row_shows_a_node() -> None:
    rows = rows_of(residual())
    assert [row["kind"] for row in rows] == ["conv", "add: 2 nodes + identity", "depthwise"]
    assert (rows[2]["out_channels"], rows[2]["groups"], rows[2]["channel_multiplier"]) == (16, "depthwise", 2)
    assert rows[1]["kernel_size"] is None
    assert rows[1]["steps"] == "relu"


def test_one_node_used_twice_shows_the_channels_of_each_place() -> None:
    spec = residual()
    twice = spec.nodes[2]
    again = ArchitectureSpec(nodes=(spec.nodes[0], twice, twice), head=spec.head)
    assert [row["out_channels"] for row in rows_of(again)] == [8, 16, 32]


def test_last_layers_are_the_joins_of_branches() -> None:
    assert [layer.op for layer in last_layers(residual())] == ["conv", "add", "depthwise"]


@pytest.mark.parametrize(
    "cells",
    [
        {"out_channels": 48},
        {"kernel_size": 5, "padding": "2"},
        {"padding": "same"},
        {"dilation": 2, "padding": "2"},
        {"bias": True},
        {"steps": "batchnorm relu conv dropout:0.2"},
        {"steps": "conv gate:4 groupnorm:8 silu"},
        {"padding_mode": "reflect"},
        {"groups": "8"},
        {"groups": "depthwise"},
        {"groups": "depthwise", "channel_multiplier": 2},
        {"block": "C2", "out_channels": 7},
    ],
)
def test_an_edited_row_counts_as_the_built_network(cells: dict[str, Any]) -> None:
    spec = with_row_edits(MODEL_3, {3: cells})
    assert spec != MODEL_3 or cells == {"block": "C2"}
    assert num_params(spec.layers) == counted(spec)
    assert spec.nodes[:3] == MODEL_3.nodes[:3]
    assert spec.nodes[4:] == MODEL_3.nodes[4:]


def test_a_depthwise_row_that_gets_groups_keeps_its_channels() -> None:
    spec = with_row_edits(residual(), {2: {"groups": "1"}})
    assert (spec.layers[-3].op, spec.layers[-3].out_channels) == ("conv", 16)


def test_rows_are_added_at_the_end_with_sensible_cells() -> None:
    spec = with_row_edits(MODEL_3, {}, added=[{}, {"out_channels": 20, "kernel_size": None, "block": "C5"}])
    assert [node.block for node in spec.nodes[-2:]] == ["C4", "C5"]
    assert [layer.out_channels for layer in spec.layers if not layer.in_head][-2:] == [32, 20]


def test_rows_are_deleted_and_edited_by_the_numbers_that_the_table_shows() -> None:
    spec = with_row_edits(MODEL_3, {11: {"kernel_size": 5, "padding": "2"}}, deleted=[0, 3])
    assert len(spec.nodes) == len(MODEL_3.nodes) - 2
    assert spec.layers[9].kernel_size == 5


def test_all_rows_can_go() -> None:
    spec = with_row_edits(MODEL_3, {}, deleted=range(len(MODEL_3.nodes)))
    assert spec.nodes == ()
    assert rows_of(spec) == []
    assert with_row_edits(spec, {}, added=[{}]).nodes[0].block == "C1"


BAD: dict[str, tuple[dict[int, dict[str, Any]], str]] = {
    "groups that do not divide": ({3: {"groups": "5"}}, "nodes[3]: groups is 5"),
    "no convolution among the steps": ({3: {"steps": "relu"}}, "nodes[3]: steps hold 0 conv"),
    "unknown step": ({3: {"steps": "conv swish"}}, "Row 4: steps holds 'swish'"),
    "empty steps": ({3: {"steps": None}}, "Row 4: steps is empty"),
    "padding of two signs": ({3: {"padding": "--1"}}, "nodes[3].padding is '--1'"),
    "digits of another script": ({3: {"padding": "٣"}}, "nodes[3].padding is '٣'"),
    "half a kernel": ({3: {"kernel_size": 2.5}}, "nodes[3].kernel_size is 2.5"),
    "half a group": ({3: {"steps": "conv groupnorm:2.7"}}, "num_groups is 2.7"),
    "padding in words": ({3: {"padding": "wide"}}, "nodes[3].padding is 'wide'"),
    "a cell emptied": ({3: {"kernel_size": None}}, "Row 4: kernel_size is empty"),
    "negative channels": ({3: {"out_channels": -5}}, "nodes[3].out_channels is -5"),
    "a huge number": ({3: {"groups": "9" * 400}}, "nodes[3].groups"),
    "channels of a depthwise": ({4: {"out_channels": 5}}, "Row 5: out_channels of a depthwise"),
    "same with a stride": ({2: {"padding": "same"}}, 'nodes[2]: padding is "same"'),
    "a map that vanishes": ({0: {"kernel_size": 31, "padding": "0"}}, "shrink"),
    "a label that comes back": ({0: {"block": "C4"}}, "'C4' comes back"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_cell_is_refused_in_one_sentence(case: str) -> None:
    edits, named = BAD[case]
    with pytest.raises(SpecError) as refused:
        with_row_edits(MODEL_3, edits)
    assert named in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_a_branch_row_takes_its_label_and_steps_only() -> None:
    spec = with_row_edits(residual(), {1: {"steps": "batchnorm silu"}})
    assert num_params(spec.layers) == counted(spec) == counted(residual()) + 16
    with pytest.raises(SpecError, match="Row 2 is a branch, which has no kernel_size"):
        with_row_edits(residual(), {1: {"kernel_size": 3}})


def test_moving_a_row_over_the_edge_of_a_block_takes_it_into_that_block_first() -> None:
    spec = moved(MODEL_3, 3, -1)
    assert [node.block for node in spec.nodes].count("C1") == 4
    assert spec.nodes[3].changed(block="C2") == MODEL_3.nodes[3]
    assert moved(spec, 3, 1) == MODEL_3
    assert moved(spec, 3, -1).nodes[2] == spec.nodes[3]
    assert moved(MODEL_3, 0, -1) == MODEL_3
    assert moved(MODEL_3, 11, 1) == MODEL_3


def test_moving_there_and_back_within_a_block_changes_nothing() -> None:
    assert moved(moved(MODEL_3, 0, 1), 1, -1) == MODEL_3


def test_a_row_is_taken_out() -> None:
    assert without(MODEL_3, 1).nodes == (MODEL_3.nodes[0], *MODEL_3.nodes[2:])


@pytest.mark.parametrize("kind", ["conv", "separable", "residual"])
@pytest.mark.parametrize("name", preset_names())
def test_additions_fit_behind_every_row(name: str, kind: str) -> None:
    spec = find_preset(name).spec
    for at in range(-1, len(spec.nodes)):
        longer = inserted(spec, at, kind)
        assert len(longer.nodes) == len(spec.nodes) + (2 if kind == "separable" else 1)
        assert longer.blocks == spec.blocks
    assert num_params(longer.layers) == counted(longer)


def test_additions_fit_into_an_empty_network() -> None:
    empty = ArchitectureSpec.parse({"head": HEAD})
    for kind in ("conv", "separable", "residual"):
        assert inserted(empty, -1, kind).blocks == ("C1",)
