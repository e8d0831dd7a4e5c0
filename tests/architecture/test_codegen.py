from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params, preset_names
from cifar_core.architecture.build import build_network, build_seeded
from cifar_core.architecture.codegen import source_code
from tests.architecture.random_specs import networks

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
WIDE = {"out_channels": 8, "padding": 1}
RESIDUAL = ArchitectureSpec.parse(
    {
        "nodes": [
            {**WIDE, "bias": True, "steps": [{"step": "norm", "kind": "layer"}, {"step": "conv"}]},
            {
                "type": "branch",
                "main": [
                    {**WIDE, "steps": [{"step": "conv"}, {"step": "gate", "hidden_channels": 3}]},
                    {"type": "branch", "main": [{"groups": "depthwise", "padding": 1}], "combine": "concat"},
                    {"out_channels": 8, "kernel_size": 1},
                ],
                "steps": [{"step": "norm", "kind": "group", "num_groups": 2}, {"step": "norm"}, {"step": "activation"}],
            },
        ],
        "head": [{"type": "pool"}, {"type": "flatten"}, {"type": "linear", "out_features": 10, "bias": False}],
    }
)  # fmt: skip


def executed(spec: ArchitectureSpec) -> nn.Module:
    namespace: dict[str, Any] = {"__name__": "network"}
    exec(compile(source_code(spec), "network.py", "exec"), namespace)
    network: nn.Module = namespace["Network"]()
    return network


def assert_same(spec: ArchitectureSpec) -> None:
    ours, written = build_seeded(spec, 0).eval(), executed(spec).eval()
    assert sum(parameter.numel() for parameter in written.parameters()) == num_params(spec.layers)
    written.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(2, spec.input.channels, spec.input.size, spec.input.size)
    with torch.no_grad():
        torch.testing.assert_close(written(images), ours(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", preset_names())
def test_source_of_every_preset_computes_the_same(name: str) -> None:
    assert_same(find_preset(name).spec)


def test_source_with_branches_gates_and_norms_computes_the_same() -> None:
    assert_same(RESIDUAL)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_source_of_random_networks_computes_the_same(spec: ArchitectureSpec) -> None:
    assert_same(spec)


def test_source_runs_with_torch_alone(tmp_path: Path) -> None:
    file = tmp_path / "network.py"
    file.write_text(source_code(RESIDUAL))
    assert "cifar_core" not in file.read_text()
    result = subprocess.run(
        [sys.executable, "-I", file], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert result.stdout == f"{num_params(RESIDUAL.layers):,} parameters\noutput: (1, 10)\n"


def test_only_the_classes_that_are_used_stand_in_it() -> None:
    plain, residual = source_code(find_preset("dilated").spec), source_code(RESIDUAL)
    assert [name in plain for name in ("class Join", "class Gate", "class LayerNorm2d")] == [False] * 3
    assert [name in residual for name in ("class Join", "class Gate", "class LayerNorm2d")] == [True] * 3


@pytest.mark.parametrize(
    "name", ['""" + exit() + """', "a\nimport os", "\\", "it's", '"', "", "\x00", "{0}", "%s", "\u2028x", "ünïcode 名"]
)
def test_no_name_breaks_out_of_the_source(name: str) -> None:
    spec = find_preset("dilated").spec.changed(name=name)
    tree = ast.parse(source_code(spec))
    _, *rest = tree.body
    assert (ast.get_docstring(tree) or "").endswith("needs torch alone.")
    assert [type(node) for node in rest] == [ast.ImportFrom, ast.Import, ast.ImportFrom, ast.ClassDef, ast.If]
    assert_same(spec)


@pytest.mark.parametrize("block", ["C'1", 'C"1', "C\\1", "C\n1", "C.1", "__", "training", "名"])
def test_no_block_label_breaks_the_source(block: str) -> None:
    spec = ArchitectureSpec.parse(
        {"nodes": [{"block": block, "out_channels": 4}, {"block": block, "out_channels": 4}],
         "head": [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]}
    )  # fmt: skip
    build_network(spec)
    assert_same(spec)
