from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params, receptive_field
from cifar_core.architecture.build import build_network
from cifar_core.architecture.importing.printed import PrintedNetwork, parse_printed
from cifar_core.architecture.importing.printed_tree import read_arguments
from cifar_core.architecture.importing.tracing import trace_network
from cifar_core.architecture.nodes import Conv, Flatten, GateStep, Linear, Pool
from cifar_core.errors import SpecError
from tests.architecture.importing.handed_in import CHAINS
from tests.architecture.importing.joins import SmallResNet
from tests.architecture.importing.parts import SqueezeExcite, conv_bn_relu

SEED = (Path(__file__).parent / "seed_model_3.txt").read_text()
BARE = textwrap.dedent(SEED)


def spec_of(printed: PrintedNetwork) -> ArchitectureSpec:
    assert printed.problems == ()
    assert printed.spec is not None
    return printed.spec


def read(*layers: nn.Module, answers: dict[str, str] | None = None) -> PrintedNetwork:
    return parse_printed(str(nn.Sequential(*layers)), answers)


def told(printed: PrintedNetwork, *words: str) -> bool:
    """Whether one problem holds all of these words, and every problem is a sentence."""
    assert printed.spec is None
    assert all(problem.endswith(".") and "\n" not in problem for problem in printed.problems)
    return any(all(word in problem for word in words) for problem in printed.problems)


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


class TestWhatForwardHides:
    def test_global_pooling_is_deduced_from_a_linear(self) -> None:
        printed = read(nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.Linear(24, 10))
        assert spec_of(printed).head == (Pool(), Flatten(), Linear(out_features=10))
        assert any("Global average pooling" in sentence and "in_features are 24" in sentence
                   for sentence in printed.assumptions)  # fmt: skip
        assert [question.key for question in printed.questions] == ["blocks"]

    def test_pooling_in_windows_is_deduced_from_a_linear(self) -> None:
        printed = read(nn.Conv2d(3, 6, 3, padding=1, stride=2), nn.Linear(6 * 4 * 4, 10))
        assert spec_of(printed).head[0] == Pool(kind="avg", kernel_size=4)
        assert any("windows of 4 x 4" in sentence for sentence in printed.assumptions)

    def test_flattening_is_deduced_from_a_linear(self) -> None:
        printed = read(nn.Conv2d(3, 6, 3, stride=8), nn.Linear(6 * 4 * 4, 10))
        assert spec_of(printed).head == (Flatten(), Linear(out_features=10))
        assert any("Flatten was put before 1" in sentence for sentence in printed.assumptions)

    def test_pooling_at_the_end_is_asked_for(self) -> None:
        layers = (nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 10, 1), nn.LogSoftmax(dim=1))
        printed = read(*layers)
        (question,) = [question for question in printed.questions if question.key == "pooling"]
        assert question.default == "average"
        assert "30 x 30" in question.sentence
        assert spec_of(printed).head == (Conv(out_channels=10, kernel_size=1, bias=True), Pool())
        assert spec_of(read(*layers, answers={"pooling": "max"})).head[-1] == Pool(kind="adaptive_max")
        assert told(read(*layers, answers={"pooling": "none"}), "30 x 30", "nothing pools it")

    def test_no_pooling_is_asked_for_where_one_cell_is_left(self) -> None:
        printed = read(nn.Conv2d(3, 8, 31, stride=2, padding=15), nn.Conv2d(8, 10, 16))
        assert [question.key for question in printed.questions] == ["blocks"]
        assert spec_of(printed).head == (Conv(out_channels=10, kernel_size=16, bias=True),)

    def test_other_image_sides_are_asked_for_where_32_does_not_fit(self) -> None:
        printed = read(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
        (question,) = [question for question in printed.questions if question.key == "image"]
        assert (question.default, list(question.options)) == ("28", ["28"])
        assert (spec_of(printed).input.channels, spec_of(printed).input.size) == (1, 28)
        assert any("28 x 28" in sentence for sentence in printed.assumptions)

    def test_channels_that_do_not_follow_hide_something(self) -> None:
        printed = read(nn.Conv2d(3, 8, 3), nn.Conv2d(16, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Linear(8, 10))
        assert told(printed, "layer 1 (Conv2d)", "in_channels is 16", "8 channels", "describe FILE.py:ClassName")

    def test_norms_that_stand_apart_from_their_convolutions_hide_an_order(self) -> None:
        printed = read(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 9, 3), nn.BatchNorm2d(8), nn.BatchNorm2d(9), nn.Linear(9, 10))
        assert told(printed, "layer 2 (BatchNorm2d)", "8 channels", "another order")

    def test_shortcuts_hide_an_addition(self) -> None:
        assert told(parse_printed(str(SmallResNet())), "layer2.0.shortcut", "adds it to another path", "FILE.py")

    def test_classes_that_are_known_to_add_are_told(self) -> None:
        text = str(SmallResNet().layer1).replace("(shortcut): Sequential()", "").replace("Sequential(", "Net(", 1)
        printed = parse_printed(text)
        assert any("BasicBlock" in sentence for sentence in printed.assumptions)

    def test_squeeze_excite_is_seen_in_its_layers(self) -> None:
        printed = read(nn.Conv2d(3, 8, 3), SqueezeExcite(8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
        (conv,) = spec_of(printed).nodes
        assert conv.steps[-1] == GateStep(hidden_channels=2)
        assert any("squeeze-excite" in sentence for sentence in printed.assumptions)


class TestQuestions:
    LAYERS = (*conv_bn_relu(3, 8), *conv_bn_relu(8, 8, stride=2), *conv_bn_relu(8, 8), nn.Linear(8, 10))

    @pytest.mark.parametrize(("cut", "blocks"), [("strides", ("C1", "C2")), ("none", ("",))])
    def test_blocks_are_cut_as_answered(self, cut: str, blocks: tuple[str, ...]) -> None:
        assert spec_of(read(*self.LAYERS, answers={"blocks": cut})).blocks == blocks

    def test_transitions_belong_to_the_block_before(self) -> None:
        text = BARE.replace("trans1", "downsampling1").replace("trans2", "transition_block2")
        assert spec_of(parse_printed(text)).layers == find_preset("seed-model-3").spec.layers

    def test_an_answer_that_is_no_option_is_refused(self) -> None:
        with pytest.raises(SpecError, match="blocks is 'colours': it must be one of names, strides, none"):
            read(*self.LAYERS, answers={"blocks": "colours"})

    def test_answers_to_questions_that_did_not_come_up_are_ignored(self) -> None:
        assert read(*self.LAYERS, answers={"pooling": "max", "shape": "round"}) == read(*self.LAYERS)

    def test_one_of_several_networks_is_chosen(self) -> None:
        text = f"First:\n{nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(8, 10))}\nand then\n{BARE}"
        printed = parse_printed(text)
        assert printed.questions[0].key == "network"
        assert spec_of(printed).name == "Sequential"
        assert spec_of(parse_printed(text, {"network": "2"})).name == "CIFAR10"


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("Conv2d(3, 8, kernel_size=(3, 5), stride=(1, 1))", ["kernel_size (3, 5) is not square"]),
        ("Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 1))", ["stride (2, 1) is not square"]),
        ("Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding_mode=circular)", ["padding_mode is 'circular'"]),
        ("Conv2d(3, 8, kernel_size=(99, 99), stride=(1, 1))", ["kernel_size is 99", "31"]),
        ("Conv2d(3, 8, kernel_size=(31, 31), stride=(1, 1), dilation=(2, 2))", ["shrink from 32 x 32"]),
        ("Conv2d(3, 8)", ["arguments cannot be read"]),
        ("Conv2d(3, eight, kernel_size=(3, 3))", ["arguments cannot be read"]),
        ("ConvTranspose2d(3, 8, kernel_size=(2, 2), stride=(2, 2))", ["the grammar has no ConvTranspose2d"]),
        ("MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)", ["no max-pooling"]),
        ("AvgPool2d(kernel_size=3, stride=2, padding=1)", ["padding is 1"]),
        ("LeakyReLU(negative_slope=0.2)", ["negative_slope is 0.2", "0.01"]),
        ("GELU(approximate='tanh')", ["approximate is tanh"]),
        ("BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=False, track_running_stats=True)", ["affine is False"]),
        ("LayerNorm((3, 32, 32), eps=1e-05, elementwise_affine=True)", ["normalized_shape is (3, 32, 32)"]),
        ("Softmax(dim=1)", ["must be the last layer"]),
        ("Mystery()", ["the grammar has no Mystery"]),
        ("Dropout(p=1.0, inplace=False)", ["rate is 1.0"]),
    ],
)
def test_what_the_grammar_cannot_hold_is_named(layer: str, words: list[str]) -> None:
    text = f"Net(\n  (odd): {layer}\n  (conv): Conv2d(3, 10, kernel_size=(1, 1))\n  (gap): AdaptiveAvgPool2d(1)\n)"
    assert told(parse_printed(text), f"layer odd ({layer.partition('(')[0]})", *words), parse_printed(text).problems


def test_all_problems_are_told_at_once() -> None:
    printed = read(nn.Conv2d(3, 8, (1, 3)), nn.MaxPool2d(2), nn.Tanh(), nn.Conv2d(9, 8, 3), nn.Linear(7, 10))
    assert len(printed.problems) == 5


@pytest.mark.parametrize(
    "layer",
    ["Identity()", "Sequential()", "CrossEntropyLoss()", "Dropout(p=0.0, inplace=False)", "ReLU(inplace=True)"],
)
def test_what_changes_nothing_is_no_problem(layer: str) -> None:
    text = f"Net(\n  (conv): Conv2d(3, 8, kernel_size=(1, 1))\n  (odd): {layer}\n  (fc): Linear(8, 10, bias=True)\n)"
    assert num_params(spec_of(parse_printed(text)).layers) == 3 * 8 + 8 + 8 * 10 + 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no printed network"),
        ("import torch\nclass Net(nn.Module):\n    pass", "no printed network"),
        ("\x7fELF\0\0\0", "zero bytes"),
        ("(" * 100_000, "no printed network"),
        ("(a): A(" * 20_000, "nested more than"),
        ("Net(\n (a): A(" + "(" * 100_000, "nested more than"),
        ("a" * 200_001, "200,001 characters"),
        ("Net(\n" + "  (0-99999): 99999 x Conv2d(3, 3, kernel_size=(1, 1))\n" * 9 + ")", "more than 4,000 modules"),
        ("Net(\n" + "(0-9): 9 x B(" * 30 + "(c): Conv2d(3, 3)" + ")" * 31, "more than 4,000 modules"),
        (BARE[:700], "cut short"),
        ("A(" + " " * 199_000, "no printed network"),
        ("A(\n" * 60_000, "no printed network"),
        ("(a-" * 60_000, "no printed network"),
        ("N(\n (c): Conv2d(" + "9" * 150_000 + "))", "cannot be read"),
    ],
)
def test_hostile_text_is_refused_in_one_sentence_and_at_once(text: str, words: str) -> None:
    begun = time.monotonic()
    printed = parse_printed(text)
    assert time.monotonic() - begun < 1
    assert printed.spec is None
    (problem,) = printed.problems
    assert words in problem
    assert "\n" not in problem
    assert len(problem) < 300


def test_text_is_never_executed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    text = f"Net(\n  (a): Conv2d(__import__('pathlib').Path('{victim}').touch(), 3)\n)"
    assert parse_printed(text).spec is None
    assert not victim.exists()


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


def test_a_block_that_scales_its_input_out_of_sight_is_told() -> None:
    text = (
        "Net(\n  (conv): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n  (se): SEBlock(\n"
        "    (fc1): Conv2d(8, 2, kernel_size=(1, 1), stride=(1, 1))\n"
        "    (fc2): Conv2d(2, 8, kernel_size=(1, 1), stride=(1, 1))\n  )\n  (pool): AdaptiveAvgPool2d(output_size=1)\n"
        "  (out): Conv2d(8, 10, kernel_size=(1, 1), stride=(1, 1))\n)"
    )
    network = parse_printed(text)
    assert any("A SEBlock usually scales its input" in sentence for sentence in network.assumptions)


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


CONV = "Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))"
TAIL = "(pool): AdaptiveAvgPool2d(output_size=1)\n  (out): Conv2d(8, 10, kernel_size=(1, 1), stride=(1, 1))\n)"


@pytest.mark.parametrize(
    "line", ["(odd): OddConv 8->8", "odd conv, 5x5", "(odd) Conv2d", "padding=3, dilation=2", "(odd): <Conv object>"]
)
def test_no_line_within_a_network_is_passed_over_in_silence(line: str) -> None:
    network = parse_printed(f"Net(\n  (conv): {CONV}\n  {line}\n  {TAIL}")
    assert network.spec is None
    assert any("no line that PyTorch prints" in problem for problem in network.problems)


@pytest.mark.parametrize("name", ["layer 1", "b/2", "ünï", "a-b", "0"])
def test_modules_may_have_any_name(name: str) -> None:
    network = parse_printed(f"Net(\n  ({name}): {CONV}\n  {TAIL}")
    assert network.problems == ()
    assert network.spec is not None
    assert num_params(network.spec.layers) == 8 * 27 + 8 + 10 * 8 + 10


def test_blanks_of_a_web_page_are_blanks() -> None:
    text = f"Sequential(\n  (conv): {CONV}\n  {TAIL}"
    assert parse_printed(text.replace("  ", "\u00a0\u00a0")).spec == parse_printed(text).spec


def test_a_network_without_layers_is_a_problem() -> None:
    assert parse_printed("Net(\n  (empty): Sequential()\n)").problems
