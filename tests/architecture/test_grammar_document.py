from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from cifar_core.architecture import ArchitectureSpec, receptive_field
from cifar_core.architecture.build import build_network
from cifar_core.architecture.geometry import MAX_CHANNELS, MAX_MAP_SIDE, MAX_RECEPTIVE_FIELD
from cifar_core.architecture.nodes import (
    MAX_DILATION,
    MAX_NODES,
    MAX_OUT_CHANNELS,
    MAX_PADDING,
    ActivationStep,
    Branch,
    Conv,
    DropoutStep,
    GateStep,
    Linear,
    NormStep,
    Pool,
)
from cifar_core.architecture.spec import MAX_PARAMS
from cifar_core.spec_model import SpecModel

TEXT = (Path(__file__).parents[2] / "docs" / "architecture-grammar.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)


def test_every_example_is_a_network_that_reads_back() -> None:
    assert len(BLOCKS) == 2
    for block in BLOCKS:
        spec = ArchitectureSpec.parse(block)
        assert ArchitectureSpec.parse(spec.to_json()) == spec


def test_the_residual_example_has_the_numbers_that_the_text_tells() -> None:
    spec = ArchitectureSpec.parse(BLOCKS[1])
    params = sum(parameter.numel() for parameter in build_network(spec).parameters())
    assert f"Its {params:,} parameters" in TEXT
    assert f"receptive field is {receptive_field(spec.layers)} pixels" in TEXT


@pytest.mark.parametrize("model", [Conv, Branch, Pool, Linear, NormStep, ActivationStep, DropoutStep, GateStep])
def test_every_field_is_told(model: type[SpecModel]) -> None:
    for field in set(model.model_fields) - {"type", "step"}:
        assert f"`{field}`" in TEXT


@pytest.mark.parametrize("model", [NormStep, ActivationStep, DropoutStep, Pool])
def test_every_kind_is_told(model: type[SpecModel]) -> None:
    for kind in get_args(model.model_fields["kind"].annotation):
        assert f"`{kind}`" in TEXT


@pytest.mark.parametrize(
    "limit",
    [
        MAX_NODES,
        MAX_PARAMS,
        MAX_CHANNELS,
        MAX_MAP_SIDE,
        MAX_RECEPTIVE_FIELD,
        MAX_OUT_CHANNELS,
        MAX_PADDING,
        MAX_DILATION,
    ],
)
def test_every_limit_is_told(limit: int) -> None:
    assert re.search(rf"(?<![\d,]){limit:,}(?![\d,]*\d)", TEXT)
