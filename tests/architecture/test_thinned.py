"""Strided 1x1 convolutions of few channels."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import nn

from cifar_core.architecture import find_preset
from cifar_core.architecture.build import build_network
from cifar_core.architecture.thinned import ThinnedPointwise
from tests.tiny import run_python

TRAINED = """
import sys
import torch
from torch import nn
from cifar_core.architecture.thinned import ThinnedPointwise
layer = ThinnedPointwise(int(sys.argv[1]), 2, 1, 2).to(memory_format=torch.channels_last)
for _ in range(60):
    maps = torch.randn(64, layer.in_channels, 18, 18).to(memory_format=torch.channels_last).requires_grad_()
    layer(maps).square().mean().backward()
print("trained")
"""


@pytest.mark.parametrize("in_channels", [1, 3, 4, 7])
def test_its_gradient_does_not_end_the_program(in_channels: int) -> None:
    # In a process of its own: nn.Conv2d there ends it with a signal, on processors with AVX2 alone.
    outcome = run_python(TRAINED, in_channels)
    assert (outcome.returncode, outcome.stdout) == (0, "trained\n"), outcome.stderr


@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "replicate"])
@pytest.mark.parametrize(("stride", "padding", "groups", "size"), [(2, 0, 1, 9), (2, 1, 1, 8), (3, 2, 2, 10)])
def test_it_computes_what_the_strided_convolution_computes(
    stride: int, padding: int, groups: int, size: int, padding_mode: Literal["zeros", "reflect", "replicate"]
) -> None:
    torch.manual_seed(0)
    strided = nn.Conv2d(4, 6, 1, stride, padding, groups=groups, padding_mode=padding_mode).double()
    thinned = ThinnedPointwise(4, 6, 1, stride, padding, groups=groups, padding_mode=padding_mode).double()
    thinned.load_state_dict(strided.state_dict())
    one = torch.randn(3, 4, size, size, dtype=torch.float64, requires_grad=True)
    other = one.detach().clone().requires_grad_()
    expected, computed = strided(one), thinned(other)
    torch.testing.assert_close(computed, expected)
    factors = torch.randn_like(expected)
    expected.backward(factors)
    computed.backward(factors)
    torch.testing.assert_close(other.grad, one.grad)
    torch.testing.assert_close(thinned.weight.grad, strided.weight.grad)
    assert str(thinned) == str(strided)


def test_networks_have_it_where_few_channels_are_read_alone() -> None:
    spec = find_preset("seed-model-3").spec
    assert not [layer for layer in build_network(spec).modules() if isinstance(layer, ThinnedPointwise)]
    narrow = spec.nodes[0].changed(out_channels=4)
    (layer,) = (
        layer
        for layer in build_network(spec.changed(nodes=[narrow, *spec.nodes[2:]])).modules()
        if isinstance(layer, ThinnedPointwise)
    )
    assert (layer.in_channels, layer.stride) == (4, (2, 2))
