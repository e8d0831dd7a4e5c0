from __future__ import annotations

import json

import pytest

from cifar_core.architecture import ArchitectureSpec, find_preset, preset_names
from cifar_core.architecture.editing.compact import compact_json
from cifar_core.architecture.editing.rows import inserted


@pytest.mark.parametrize("name", preset_names())
def test_compact_nodes_read_back_to_the_same_network(name: str) -> None:
    spec = inserted(find_preset(name).spec, 2, "residual")
    again = spec.changed(nodes=json.loads(compact_json(spec.nodes)), head=json.loads(compact_json(spec.head)))
    assert again == spec


def test_what_is_at_its_default_is_left_out_and_what_a_node_is_stays() -> None:
    head = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]
    nodes = [{"out_channels": 4, "kernel_size": 3, "stride": 1, "bias": True}]
    spec = ArchitectureSpec.parse({"nodes": nodes, "head": head})
    assert json.loads(compact_json(spec.nodes[0])) == {"type": "conv", "out_channels": 4, "bias": True}
    assert json.loads(compact_json(spec.head)) == [
        {"type": "pool"},
        {"type": "conv", "out_channels": 10, "kernel_size": 1},
    ]
