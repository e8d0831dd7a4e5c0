from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from cifar_core.architecture import (
    ArchitectureSpec,
    find_preset,
    layer_macs,
    layer_params,
    num_macs,
    num_params,
    preset_names,
)
from cifar_core.architecture.build import build_layer, build_network
from cifar_core.architecture.nodes import ActivationStep, Conv, ConvStep, Flatten, Linear, LinearStep, NormStep, Pool
from tests.architecture.oracles import measure
from tests.architecture.random_specs import networks

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


@pytest.mark.parametrize("name", preset_names())
def test_counts_of_every_preset_are_those_of_the_built_network(name: str) -> None:
    spec = find_preset(name).spec
    measured = measure(build_network(spec), spec)
    assert num_params(spec.layers) == measured.params
    assert num_macs(spec.layers) == measured.macs


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_counts_of_random_networks_are_those_of_the_built_network(spec: ArchitectureSpec) -> None:
    measured = measure(build_network(spec), spec)
    assert num_params(spec.layers) == measured.params
    assert num_macs(spec.layers) == measured.macs


@pytest.mark.parametrize("name", preset_names())
def test_parameters_of_each_single_layer_are_those_of_its_module(name: str) -> None:
    for layer in find_preset(name).spec.layers:
        assert layer_params(layer) == sum(p.numel() for p in build_layer(layer).parameters()), layer.name


def test_networks_sum_is_the_sum_of_its_layers() -> None:
    layers = find_preset("dilated").spec.layers
    assert num_params(layers) == sum(layer_params(layer) for layer in layers)
    assert num_macs(layers) == sum(layer_macs(layer) for layer in layers)


def test_a_convolution_is_counted_by_hand() -> None:
    spec = ArchitectureSpec(
        nodes=(Conv(out_channels=8, padding=1, bias=True, stride=2, steps=(NormStep(), ConvStep(), NormStep())),),
        head=(Pool(), Flatten(), Linear(out_features=10, steps=(LinearStep(), ActivationStep()))),
    )
    conv, pool, linear = spec.layers
    assert layer_params(conv) == 2 * 3 + 8 * 3 * 9 + 8 + 2 * 8
    assert layer_macs(conv) == 16 * 16 * 8 * 3 * 9
    assert (layer_params(pool), layer_macs(pool)) == (0, 0)
    assert (layer_params(linear), layer_macs(linear)) == (8 * 10 + 10, 8 * 10)


def test_depthwise_convolution_costs_one_kernel_a_channel() -> None:
    spec = ArchitectureSpec(
        nodes=(Conv(out_channels=16, kernel_size=1), Conv(groups="depthwise", channel_multiplier=2, padding=1)),
        head=(Pool(), Conv(out_channels=10, kernel_size=1)),
    )
    assert layer_params(spec.layers[1]) == 32 * 9
    assert layer_macs(spec.layers[1]) == 32 * 32 * 32 * 9
