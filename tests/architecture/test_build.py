from __future__ import annotations

import re
import subprocess
import sys

import pytest
import torch
from torch import nn

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params, preset_names
from cifar_core.architecture.build import build_network, build_seeded
from cifar_core.architecture.nodes import (
    ActivationStep,
    Conv,
    ConvStep,
    DropoutStep,
    Flatten,
    Linear,
    LinearStep,
    NormStep,
    Pool,
)

# As the seed document prints its module, one leaf a line.
PRINTED_MODEL_3 = """
Conv2d(3, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
ReLU()
BatchNorm2d(32, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(32, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
ReLU()
BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(64, 32, kernel_size=(1, 1), stride=(2, 2))
ReLU()
Conv2d(32, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
ReLU()
BatchNorm2d(32, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(32, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=32, bias=False)
Conv2d(32, 64, kernel_size=(1, 1), stride=(1, 1), padding=(1, 1), bias=False)
ReLU()
BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(64, 32, kernel_size=(1, 1), stride=(2, 2))
ReLU()
Conv2d(32, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(2, 2), bias=False)
ReLU()
BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(64, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
ReLU()
BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(64, 16, kernel_size=(1, 1), stride=(2, 2))
ReLU()
Conv2d(16, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
ReLU()
BatchNorm2d(32, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
Dropout2d(p=0.01, inplace=False)
Conv2d(32, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=32, bias=False)
Conv2d(32, 10, kernel_size=(1, 1), stride=(1, 1), padding=(1, 1), bias=False)
AdaptiveAvgPool2d(output_size=1)
""".strip().splitlines()
# In, out, kernel, stride, padding, dilation, groups, bias.
PRINTED_CONVS = [
    (3, 32, 3, 1, 1, 1, 1, False),
    (32, 64, 3, 1, 1, 1, 1, False),
    (64, 32, 1, 2, 0, 1, 1, True),
    (32, 32, 3, 1, 1, 1, 1, False),
    (32, 32, 3, 1, 1, 1, 32, False),
    (32, 64, 1, 1, 1, 1, 1, False),
    (64, 32, 1, 2, 0, 1, 1, True),
    (32, 64, 3, 1, 1, 2, 1, False),
    (64, 64, 3, 1, 1, 1, 1, False),
    (64, 16, 1, 2, 0, 1, 1, True),
    (16, 32, 3, 1, 1, 1, 1, False),
    (32, 32, 3, 1, 1, 1, 32, False),
    (32, 10, 1, 1, 1, 1, 1, False),
]


def leaves(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if not list(module.children())]


def settings_of(conv: nn.Conv2d) -> tuple[int, int, int, int, int, int, int, bool]:
    numbers = (conv.kernel_size, conv.stride, conv.padding, conv.dilation)
    kernel, stride, padding, dilation = (int(number[0]) for number in numbers)
    return conv.in_channels, conv.out_channels, kernel, stride, padding, dilation, conv.groups, conv.bias is not None


@pytest.mark.parametrize("name", ["seed-model-2", "seed-model-3"])
def test_convolutions_are_those_of_the_seeds_printed_module(name: str) -> None:
    network = build_network(find_preset(name).spec)
    assert [settings_of(m) for m in network.modules() if isinstance(m, nn.Conv2d)] == PRINTED_CONVS


def test_seed_model_3_prints_as_the_seeds_module_does() -> None:
    network = build_network(find_preset("seed-model-3").spec)
    # Newer PyTorch prints a bias=True of BatchNorm2d that the seed's did not.
    printed = [re.sub(r"affine=True, bias=True", "affine=True", str(module)) for module in leaves(network)]
    assert printed == PRINTED_MODEL_3


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_gives_one_logit_a_class(name: str) -> None:
    network = build_seeded(find_preset(name).spec, seed=0).eval()
    with torch.no_grad():
        logits = network(torch.rand(2, 3, 32, 32))
    assert logits.shape == (2, 10)
    assert torch.isfinite(logits).all()


def test_steps_are_built_in_their_order() -> None:
    steps = (NormStep(), ActivationStep(kind="gelu"), ConvStep(), DropoutStep(rate=0.2), ActivationStep(kind="silu"))
    spec = ArchitectureSpec(
        nodes=(Conv(out_channels=4, steps=steps),),
        head=(
            Pool(),
            Flatten(),
            Linear(out_features=10, steps=(NormStep(), LinearStep(), DropoutStep(kind="channel"))),
        ),
    )
    built = [type(module) for module in leaves(build_network(spec))]
    assert built == [
        nn.BatchNorm2d, nn.GELU, nn.Conv2d, nn.Dropout, nn.SiLU,
        nn.AdaptiveAvgPool2d, nn.Flatten, nn.BatchNorm1d, nn.Linear, nn.Dropout,
    ]  # fmt: skip


def test_channel_dropout_drops_whole_maps() -> None:
    steps = (ConvStep(), DropoutStep(kind="channel", rate=0.3))
    spec = ArchitectureSpec(
        nodes=(Conv(out_channels=4, steps=steps),), head=(Pool(), Conv(out_channels=10, kernel_size=1))
    )
    dropout = next(module for module in leaves(build_network(spec)) if isinstance(module, nn.Dropout2d))
    assert dropout.p == 0.3


def test_norm_before_the_convolution_works_on_the_input_channels() -> None:
    steps = (NormStep(), ConvStep(), NormStep())
    spec = ArchitectureSpec(
        nodes=(Conv(out_channels=8, steps=steps),), head=(Pool(), Conv(out_channels=10, kernel_size=1))
    )
    norms = [module.num_features for module in leaves(build_network(spec)) if isinstance(module, nn.BatchNorm2d)]
    assert norms == [3, 8]


def test_modules_carry_the_layers_names() -> None:
    network = build_network(find_preset("seed-model-3").spec)
    assert [name for name, _ in network.body.named_children()][:4] == ["C1_1", "C1_2", "C1_3", "C2_1"]
    assert [name for name, _ in network.head.named_children()] == ["head_1", "head_2"]


def test_blocks_whose_names_differ_in_a_dot_keep_all_their_layers() -> None:
    spec = ArchitectureSpec(
        nodes=(Conv(block="C1.2", out_channels=4), Conv(block="C1_2", out_channels=5), Conv(out_channels=6)),
        head=(Conv(out_channels=10, kernel_size=1), Pool()),
    )
    network = build_network(spec)
    assert sum(parameter.numel() for parameter in network.parameters()) == num_params(spec.layers)
    assert [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d)] == [4, 5, 6, 10]


def test_padding_mode_and_same_padding_reach_the_convolution() -> None:
    spec = ArchitectureSpec(
        nodes=(Conv(out_channels=4, padding="same", padding_mode="reflect"), Conv(out_channels=4, kernel_size=2)),
        head=(Conv(out_channels=10, kernel_size=1), Pool()),
    )
    first, second, _ = (m for m in build_network(spec).modules() if isinstance(m, nn.Conv2d))
    assert (first.padding, first.padding_mode) == ("same", "reflect")
    assert (second.padding, second.padding_mode) == ((0, 0), "zeros")


def test_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    spec = find_preset("seed-model-3").spec
    first, again, other = (build_seeded(spec, seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["body.C1_1.conv.weight"], other["body.C1_1.conv.weight"])


def test_seeded_building_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    build_seeded(find_preset("dilated").spec, seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_arithmetic_on_networks_needs_no_torch() -> None:
    program = (
        "import sys, cifar_core.architecture as a\n"
        "spec = a.find_preset('seed-model-3').spec\n"
        "a.judge(spec), a.num_macs(spec.layers), a.coverage(spec.layers), a.with_block_widths(spec, {'C1': 16})\n"
        "assert 'torch' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
