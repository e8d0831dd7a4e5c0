"""Random networks, built, and read back both ways: traced, and from their printed text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from cifar_core.architecture import ArchitectureSpec, find_preset, num_macs, num_params, preset_names, receptive_field
from cifar_core.architecture.build import build_network
from cifar_core.architecture.importing.printed import parse_printed
from cifar_core.architecture.importing.tracing import trace_network
from cifar_core.architecture.nodes import Branch
from cifar_core.errors import SpecError
from tests.architecture.branched import networks
from tests.architecture.random_specs import conv_chains

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
GEOMETRY = ("op", "in_channels", "out_channels", "groups", "n_in", "n_out", "kernel_size", "stride", "padding",
            "dilation", "jump_out", "r_out", "offset")  # fmt: skip


def assert_same_network(found: ArchitectureSpec | None, expected: ArchitectureSpec) -> None:
    """Equal but for the blocks, and for a step between two convolutions, which may belong to either."""
    assert found is not None
    geometry = [[getattr(layer, name) for name in GEOMETRY] for layer in found.layers]
    assert geometry == [[getattr(layer, name) for name in GEOMETRY] for layer in expected.layers]
    assert num_params(found.layers) == num_params(expected.layers)
    assert num_macs(found.layers) == num_macs(expected.layers)


def on_cifar_images(spec: ArchitectureSpec) -> ArchitectureSpec:
    try:
        return spec.changed(input={"channels": 3, "size": 32})
    except SpecError:
        assume(False)
        raise


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(conv_chains())
def test_random_chains_are_read_back(spec: ArchitectureSpec) -> None:
    spec = on_cifar_images(spec)
    traced = trace_network(build_network(spec), "built.py:net")
    assert traced.problems == ()
    assert_same_network(traced.spec, spec)
    printed = parse_printed(str(build_network(spec)))
    assert printed.problems == ()
    assert_same_network(printed.spec, spec)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_random_branched_networks_are_traced_back(spec: ArchitectureSpec) -> None:
    spec = on_cifar_images(spec)
    traced = trace_network(build_network(spec), "built.py:net")
    assert traced.problems == ()
    assert traced.spec is not None
    found = traced.spec.layers
    assert num_params(found) == num_params(spec.layers)
    assert num_macs(found) == num_macs(spec.layers)
    assert receptive_field(found) == receptive_field(spec.layers)
    assert sorted(layer.op for layer in found) == sorted(layer.op for layer in spec.layers)


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_read_back(name: str) -> None:
    spec = find_preset(name).spec
    network = build_network(spec)
    assert_same_network(trace_network(network, f"built.py:{name}").spec, spec)
    if not any(isinstance(node, Branch) for node in spec.nodes):  # a printed module does not show what is added
        assert_same_network(parse_printed(str(network)).spec, spec)
