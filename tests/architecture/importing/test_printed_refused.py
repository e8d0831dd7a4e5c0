"""Prints that cannot be read, by accident or by intent: each refused in one sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from torch import nn

from cifar_core.architecture.importing.printed import parse_printed
from tests.architecture.importing.printed_samples import BARE, CONV, TAIL, read_layers, told


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
    printed = read_layers(nn.Conv2d(3, 8, (1, 3)), nn.MaxPool2d(2), nn.Tanh(), nn.Conv2d(9, 8, 3), nn.Linear(7, 10))
    assert len(printed.problems) == 5


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


@pytest.mark.parametrize(
    "line", ["(odd): OddConv 8->8", "odd conv, 5x5", "(odd) Conv2d", "padding=3, dilation=2", "(odd): <Conv object>"]
)
def test_no_line_within_a_network_is_passed_over_in_silence(line: str) -> None:
    network = parse_printed(f"Net(\n  (conv): {CONV}\n  {line}\n  {TAIL}")
    assert network.spec is None
    assert any("no line that PyTorch prints" in problem for problem in network.problems)


def test_a_network_without_layers_is_a_problem() -> None:
    assert parse_printed("Net(\n  (empty): Sequential()\n)").problems
