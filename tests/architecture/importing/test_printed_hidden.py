"""What a print does not show, because `forward` does it: deduced, asked for, or told."""

from __future__ import annotations

from torch import nn

from cifar_core.architecture.importing.printed import parse_printed
from cifar_core.architecture.nodes import Conv, Flatten, GateStep, Linear, Pool
from tests.architecture.importing.joins import SmallResNet
from tests.architecture.importing.parts import SqueezeExcite
from tests.architecture.importing.printed_samples import read_layers, spec_of, told


def test_global_pooling_is_deduced_from_a_linear() -> None:
    printed = read_layers(nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.Linear(24, 10))
    assert spec_of(printed).head == (Pool(), Flatten(), Linear(out_features=10))
    assert any("Global average pooling" in sentence and "in_features are 24" in sentence
               for sentence in printed.assumptions)  # fmt: skip
    assert [question.key for question in printed.questions] == ["blocks"]


def test_pooling_in_windows_is_deduced_from_a_linear() -> None:
    printed = read_layers(nn.Conv2d(3, 6, 3, padding=1, stride=2), nn.Linear(6 * 4 * 4, 10))
    assert spec_of(printed).head[0] == Pool(kind="avg", kernel_size=4)
    assert any("windows of 4 x 4" in sentence for sentence in printed.assumptions)


def test_flattening_is_deduced_from_a_linear() -> None:
    printed = read_layers(nn.Conv2d(3, 6, 3, stride=8), nn.Linear(6 * 4 * 4, 10))
    assert spec_of(printed).head == (Flatten(), Linear(out_features=10))
    assert any("Flatten was put before 1" in sentence for sentence in printed.assumptions)


def test_pooling_at_the_end_is_asked_for() -> None:
    layers = (nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 10, 1), nn.LogSoftmax(dim=1))
    printed = read_layers(*layers)
    (question,) = [question for question in printed.questions if question.key == "pooling"]
    assert question.default == "average"
    assert "30 x 30" in question.sentence
    assert spec_of(printed).head == (Conv(out_channels=10, kernel_size=1, bias=True), Pool())
    assert spec_of(read_layers(*layers, answers={"pooling": "max"})).head[-1] == Pool(kind="adaptive_max")
    assert told(read_layers(*layers, answers={"pooling": "none"}), "30 x 30", "nothing pools it")


def test_no_pooling_is_asked_for_where_one_cell_is_left() -> None:
    printed = read_layers(nn.Conv2d(3, 8, 31, stride=2, padding=15), nn.Conv2d(8, 10, 16))
    assert [question.key for question in printed.questions] == ["blocks"]
    assert spec_of(printed).head == (Conv(out_channels=10, kernel_size=16, bias=True),)


def test_other_image_sides_are_asked_for_where_32_does_not_fit() -> None:
    printed = read_layers(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
    (question,) = [question for question in printed.questions if question.key == "image"]
    assert (question.default, list(question.options)) == ("28", ["28"])
    assert (spec_of(printed).input.channels, spec_of(printed).input.size) == (1, 28)
    assert any("28 x 28" in sentence for sentence in printed.assumptions)


def test_channels_that_do_not_follow_hide_something() -> None:
    printed = read_layers(nn.Conv2d(3, 8, 3), nn.Conv2d(16, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Linear(8, 10))
    assert told(printed, "layer 1 (Conv2d)", "in_channels is 16", "8 channels", "describe FILE.py:ClassName")


def test_norms_that_stand_apart_from_their_convolutions_hide_an_order() -> None:
    printed = read_layers(
        nn.Conv2d(3, 8, 3), nn.Conv2d(8, 9, 3), nn.BatchNorm2d(8), nn.BatchNorm2d(9), nn.Linear(9, 10)
    )
    assert told(printed, "layer 2 (BatchNorm2d)", "8 channels", "another order")


def test_shortcuts_hide_an_addition() -> None:
    assert told(parse_printed(str(SmallResNet())), "layer2.0.shortcut", "adds it to another path", "FILE.py")


def test_classes_that_are_known_to_add_are_told() -> None:
    text = str(SmallResNet().layer1).replace("(shortcut): Sequential()", "").replace("Sequential(", "Net(", 1)
    printed = parse_printed(text)
    assert any("BasicBlock" in sentence for sentence in printed.assumptions)


def test_squeeze_excite_is_seen_in_its_layers() -> None:
    printed = read_layers(
        nn.Conv2d(3, 8, 3), SqueezeExcite(8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    )
    (conv,) = spec_of(printed).nodes
    assert conv.steps[-1] == GateStep(hidden_channels=2)
    assert any("squeeze-excite" in sentence for sentence in printed.assumptions)


def test_a_block_that_scales_its_input_out_of_sight_is_told() -> None:
    text = (
        "Net(\n  (conv): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n  (se): SEBlock(\n"
        "    (fc1): Conv2d(8, 2, kernel_size=(1, 1), stride=(1, 1))\n"
        "    (fc2): Conv2d(2, 8, kernel_size=(1, 1), stride=(1, 1))\n  )\n  (pool): AdaptiveAvgPool2d(output_size=1)\n"
        "  (out): Conv2d(8, 10, kernel_size=(1, 1), stride=(1, 1))\n)"
    )
    network = parse_printed(text)
    assert any("A SEBlock usually scales its input" in sentence for sentence in network.assumptions)
