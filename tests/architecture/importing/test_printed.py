"""Networks that are read from their print."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest
from torch import nn

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params, receptive_field
from cifar_core.architecture.build import build_network
from cifar_core.architecture.importing.printed import parse_printed
from cifar_core.architecture.importing.printed_tree import read_arguments
from cifar_core.architecture.importing.tracing import trace_network
from cifar_core.errors import SpecError
from tests.architecture.importing.handed_in import CHAINS
from tests.architecture.importing.parts import conv_bn_relu
from tests.architecture.importing.printed_samples import BARE, CONV, SEED, TAIL, read_layers, spec_of


@pytest.mark.parametrize(
    "text",
    [
        SEED,
        BARE,
        SEED.replace("\n", "\r\n"),
        f"## Model 3 (best)\nSome words (and more).\n\n```\n{BARE}```\n\nEpoch 1 (of 50)",
        " ".join(BARE.split()),
        textwrap.indent(BARE, "> "),
        f">>> print(model)\n{BARE}>>> model(x).shape\ntorch.Size([1, 10])",
        BARE.replace("CIFAR10(", "DataParallel(\n(module): CIFAR10(") + ")",
        # As newer versions of PyTorch print the norms.
        BARE.replace("affine=True,", "affine=True, bias=True,"),
    ],
    ids=["indented", "bare", "windows", "readme", "one line", "quoted", "session", "wrapped", "newer"],
)
def test_the_seeds_printed_module_is_seed_model_3(text: str) -> None:
    spec = spec_of(parse_printed(text))
    assert spec.layers == find_preset("seed-model-3").spec.layers
    assert num_params(spec.layers) == 97_264
    assert receptive_field(spec.layers) == 69
    assert spec.blocks == ("C1", "C2", "C3", "C4")
    maps = [spec.layers[0].n_in, *(layer.n_out for layer in spec.layers)]
    assert [n for at, n in enumerate(maps) if at == 0 or n != maps[at - 1]] == [32, 16, 18, 9, 7, 4, 6, 1]


def test_what_print_does_not_tell_is_told() -> None:
    assumptions = " ".join(parse_printed(SEED).assumptions)
    assert "as printed" in assumptions
    assert "Functional calls and additions" in assumptions


@pytest.mark.parametrize("make", CHAINS, ids=lambda make: make.__name__)
def test_printed_chains_are_what_tracing_finds(make: Callable[[], nn.Module]) -> None:
    traced = trace_network(make, f"model.py:{getattr(make, '__name__', '')}")
    assert traced.spec is not None
    spec = spec_of(parse_printed(str(make())))
    assert [layer.node.model_dump(exclude={"block"}) for layer in spec.layers] == [
        layer.node.model_dump(exclude={"block"}) for layer in traced.spec.layers
    ]
    assert num_params(spec.layers) == sum(parameter.numel() for parameter in make().parameters())


class TestQuestions:
    LAYERS = (*conv_bn_relu(3, 8), *conv_bn_relu(8, 8, stride=2), *conv_bn_relu(8, 8), nn.Linear(8, 10))

    @pytest.mark.parametrize(("cut", "blocks"), [("strides", ("C1", "C2")), ("none", ("",))])
    def test_blocks_are_cut_as_answered(self, cut: str, blocks: tuple[str, ...]) -> None:
        assert spec_of(read_layers(*self.LAYERS, answers={"blocks": cut})).blocks == blocks

    def test_transitions_belong_to_the_block_before(self) -> None:
        text = BARE.replace("trans1", "downsampling1").replace("trans2", "transition_block2")
        assert spec_of(parse_printed(text)).layers == find_preset("seed-model-3").spec.layers

    def test_an_answer_that_is_no_option_is_refused(self) -> None:
        with pytest.raises(SpecError, match="blocks is 'colours': it must be one of names, strides, none"):
            read_layers(*self.LAYERS, answers={"blocks": "colours"})

    def test_answers_to_questions_that_did_not_come_up_are_ignored(self) -> None:
        assert read_layers(*self.LAYERS, answers={"pooling": "max", "shape": "round"}) == read_layers(*self.LAYERS)

    def test_one_of_several_networks_is_chosen(self) -> None:
        text = f"First:\n{nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(8, 10))}\nand then\n{BARE}"
        printed = parse_printed(text)
        assert printed.questions[0].key == "network"
        assert spec_of(printed).name == "Sequential"
        assert spec_of(parse_printed(text, {"network": "2"})).name == "CIFAR10"


@pytest.mark.parametrize(
    "layer",
    ["Identity()", "Sequential()", "CrossEntropyLoss()", "Dropout(p=0.0, inplace=False)", "ReLU(inplace=True)"],
)
def test_what_changes_nothing_is_no_problem(layer: str) -> None:
    text = f"Net(\n  (conv): Conv2d(3, 8, kernel_size=(1, 1))\n  (odd): {layer}\n  (fc): Linear(8, 10, bias=True)\n)"
    assert num_params(spec_of(parse_printed(text)).layers) == 3 * 8 + 8 + 8 * 10 + 10


def test_reading_needs_no_torch() -> None:
    program = (
        "import sys\nfrom cifar_core.architecture.importing.printed import parse_printed\n"
        f"assert parse_printed({SEED!r}).spec\nassert 'torch' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_arguments_are_read_as_python_writes_them() -> None:
    arguments = read_arguments("3, 32, kernel_size=(3, 3), padding=same, bias=False, p=0.5, mode='zeros', size=None")
    assert arguments == {
        0: 3, 1: 32, "kernel_size": (3, 3), "padding": "same", "bias": False, "p": 0.5, "mode": "zeros", "size": None,
    }  # fmt: skip


def test_a_gate_of_this_project_is_read_back_from_its_print() -> None:
    spec = ArchitectureSpec.parse(
        {
            "nodes": [{"out_channels": 8, "steps": [{"step": "conv"}, {"step": "gate", "hidden_channels": 3}]}],
            "head": [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}],
        }
    )
    read = parse_printed(str(build_network(spec))).spec
    assert read is not None
    assert read.nodes[0].steps == spec.nodes[0].steps


@pytest.mark.parametrize("name", ["layer 1", "b/2", "ünï", "a-b", "0"])
def test_modules_may_have_any_name(name: str) -> None:
    network = parse_printed(f"Net(\n  ({name}): {CONV}\n  {TAIL}")
    assert network.problems == ()
    assert network.spec is not None
    assert num_params(network.spec.layers) == 8 * 27 + 8 + 10 * 8 + 10


def test_blanks_of_a_web_page_are_blanks() -> None:
    text = f"Sequential(\n  (conv): {CONV}\n  {TAIL}"
    assert parse_printed(text.replace("  ", "\u00a0\u00a0")).spec == parse_printed(text).spec
