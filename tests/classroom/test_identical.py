from __future__ import annotations

import pytest
import torch

from cifar_core.architecture import ArchitectureSpec, find_preset, preset_names
from cifar_core.architecture.build import build_network
from cifar_core.architecture.importing.printed import parse_printed
from cifar_core.architecture.nodes import ActivationStep, Branch, Conv, ConvStep, DropoutStep, Flatten, Linear, Pool
from cifar_core.classroom.identical import network_identity, same_presets

HEAD = (Pool(), Flatten(), Linear(out_features=10))


def network(
    *nodes: Conv | Branch, head: tuple[Pool | Flatten | Linear, ...] = HEAD, name: str = ""
) -> ArchitectureSpec:
    return ArchitectureSpec(name=name, nodes=nodes, head=head)


def are_same(one: ArchitectureSpec, other: ArchitectureSpec) -> bool:
    return network_identity(one) == network_identity(other)


PLAIN = Conv(out_channels=8, padding=1)
RELU = [ConvStep().model_dump(), ActivationStep(kind="relu").model_dump()]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (network(PLAIN, name="mine"), network(PLAIN, name="yours")),
        (network(PLAIN), network(PLAIN.changed(block="C1"))),
        (network(PLAIN), network(PLAIN.changed(padding="same"))),
        (network(PLAIN), network(PLAIN, head=(Pool(kind="avg", kernel_size=32), Flatten(), Linear(out_features=10)))),
        (
            network(PLAIN, Conv(out_channels=16, groups=8, padding=1)),
            network(PLAIN, Conv(groups="depthwise", channel_multiplier=2, padding=1)),
        ),
        (network(PLAIN), network(PLAIN.changed(steps=[ConvStep().model_dump(), DropoutStep(rate=0).model_dump()]))),
        (network(PLAIN.changed(steps=RELU)), network(PLAIN.changed(steps=[*RELU, RELU[1]]))),
    ],
    ids=[
        "names",
        "labels",
        "same padding",
        "pooling of the whole map",
        "depthwise",
        "dropout of nothing",
        "relu twice",
    ],
)
def test_networks_are_the_same_however_they_are_written(one: ArchitectureSpec, other: ArchitectureSpec) -> None:
    assert one != other
    assert are_same(one, other)
    # The oracle: with the same numbers as weights they give the same answers.
    images = torch.randn(2, 3, 32, 32)
    networks = [build_network(spec).eval() for spec in (one, other)]
    state = list(networks[0].state_dict().values())
    networks[1].load_state_dict(dict(zip(networks[1].state_dict(), state, strict=True)))
    torch.testing.assert_close(networks[1](images), networks[0](images))


@pytest.mark.parametrize(
    "other",
    [
        network(PLAIN.changed(out_channels=9)),
        network(PLAIN.changed(bias=True)),
        network(PLAIN.changed(padding=0)),
        network(PLAIN.changed(padding=2, dilation=2)),
        network(PLAIN.changed(stride=2)),
        network(PLAIN.changed(padding_mode="reflect")),
        network(PLAIN.changed(steps=(ConvStep().model_dump(), ActivationStep().model_dump()))),
        network(PLAIN.changed(steps=(ConvStep().model_dump(), DropoutStep(rate=0.2).model_dump()))),
        network(PLAIN, PLAIN),
        network(PLAIN, Branch(main=(PLAIN,))),
        network(PLAIN, head=(Pool(kind="adaptive_max"), Flatten(), Linear(out_features=10))),
    ],
)
def test_networks_that_differ_in_anything_are_not_the_same(other: ArchitectureSpec) -> None:
    assert not are_same(network(PLAIN), other)


def test_a_join_elsewhere_is_another_network() -> None:
    one = network(PLAIN, Branch(main=(PLAIN,)), PLAIN)
    other = network(PLAIN, PLAIN, Branch(main=(PLAIN,)))
    assert not are_same(one, other)


@pytest.mark.parametrize("name", ["seed-model-1", "seed-model-3", "dilated"])
def test_a_preset_s_own_print_is_the_same_network(name: str) -> None:
    printed = parse_printed(str(build_network(find_preset(name).spec))).spec
    assert printed is not None
    assert name in same_presets(printed)


def test_presets_that_share_a_network_are_told_together() -> None:
    assert same_presets(find_preset("seed-model-2").spec) == ("seed-model-2", "seed-model-3")
    assert same_presets(network(PLAIN)) == ()
    assert all(name in same_presets(find_preset(name).spec) for name in preset_names())
