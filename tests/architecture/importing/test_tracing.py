from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cifar_core.architecture import ArchitectureSpec, num_params, receptive_field
from cifar_core.architecture.build import build_network
from cifar_core.architecture.importing.tracing import TracedNetwork, copy_weights, trace_network
from cifar_core.architecture.nodes import Branch, Conv, GateStep, NormStep
from cifar_core.errors import SpecError
from tests.architecture.importing import awkward, chains, joins
from tests.architecture.importing.handed_in import HANDED_IN
from tests.architecture.importing.own_field import measured_field


@pytest.fixture(scope="module")
def traced() -> dict[object, TracedNetwork]:
    return {make: trace_network(make, f"model.py:{make.__name__}") for make in HANDED_IN}


def spec_of(network: TracedNetwork) -> ArchitectureSpec:
    assert network.problems == ()
    assert network.spec is not None
    return network.spec


@pytest.mark.parametrize("make", HANDED_IN, ids=lambda make: make.__name__)
class TestWhatPeopleHandIn:
    def test_spec_has_the_modules_parameters(self, make: type[nn.Module], traced: dict[object, TracedNetwork]) -> None:
        count = sum(parameter.numel() for parameter in make().parameters())
        assert num_params(spec_of(traced[make]).layers) == count

    def test_receptive_field_is_the_modules_own_gradients_box(
        self, make: type[nn.Module], traced: dict[object, TracedNetwork]
    ) -> None:
        field = receptive_field(spec_of(traced[make]).layers)
        assert measured_field(make(), field) == (field, field)

    def test_rebuilt_network_gives_the_modules_output(
        self, make: type[nn.Module], traced: dict[object, TracedNetwork]
    ) -> None:
        if make is joins.Dense:
            pytest.skip("its channels stand in another order, as a remark tells")
        images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(5))
        model = make().eval()
        network = build_network(ArchitectureSpec.parse(spec_of(traced[make]).to_json())).eval()
        copy_weights(model, traced[make].weights, network)
        with torch.no_grad():
            expected, given = model(images), network(images)
            if any("softmax" in remark.lower() for remark in traced[make].remarks):
                given = F.log_softmax(given, dim=1)
        torch.testing.assert_close(given, expected, atol=1e-5, rtol=1e-4)

    def test_round_trip_through_json_keeps_every_number(
        self, make: type[nn.Module], traced: dict[object, TracedNetwork]
    ) -> None:
        spec = spec_of(traced[make])
        again = ArchitectureSpec.parse(spec.to_json())
        assert again == spec
        assert again.layers == spec.layers
        built = sum(parameter.numel() for parameter in build_network(again).parameters())
        assert built == sum(parameter.numel() for parameter in make().parameters())


def test_twenty_networks_and_more_are_tried() -> None:
    assert len(HANDED_IN) >= 20
    convs = [sum(isinstance(module, nn.Conv2d) for module in make().modules()) for make in HANDED_IN]
    assert max(convs) == 40


def test_residual_blocks_become_branches_across_blocks(traced: dict[object, TracedNetwork]) -> None:
    outer = [node for node in spec_of(traced[joins.AcrossBlocks]).nodes if isinstance(node, Branch)]
    assert [node.combine for node in outer] == ["add"]
    assert any(isinstance(node, Branch) for node in outer[0].main)
    assert len(outer[0].shortcut) == 2
    labels = [node.block for node in outer[0].main]
    assert labels == sorted(labels)
    assert len(set(labels)) == 2


def test_squeeze_excite_becomes_a_gate(traced: dict[object, TracedNetwork]) -> None:
    stem, branch = spec_of(traced[joins.Gated]).nodes
    assert isinstance(stem, Conv)
    assert isinstance(branch, Branch)
    assert [step.hidden_channels for step in stem.steps if isinstance(step, GateStep)] == [4]
    (inner,) = branch.main
    assert isinstance(inner.steps[-1], GateStep)
    assert inner.steps[-1].hidden_channels == 5


def test_three_concatenated_paths_nest(traced: dict[object, TracedNetwork]) -> None:
    nodes = spec_of(traced[joins.Concatenated]).nodes
    last = nodes[-1]
    assert isinstance(last, Branch)
    (inner,) = last.main
    assert isinstance(inner, Branch)
    assert (last.combine, inner.combine) == ("concat", "concat")


def test_swapped_channels_are_told(traced: dict[object, TracedNetwork]) -> None:
    assert any("another order" in remark for remark in traced[joins.Dense].remarks)


def test_blocks_follow_the_attributes_names(traced: dict[object, TracedNetwork]) -> None:
    assert spec_of(traced[chains.FourBlocks]).blocks == ("C1", "C2", "C3", "C4")
    by_stride = trace_network(joins.SmallResNet, "model.py:SmallResNet", "strides")
    assert len(spec_of(by_stride).blocks) == 3
    assert spec_of(trace_network(chains.FourBlocks, "m.py:FourBlocks", "none")).blocks == ("",)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (awkward.NeedsArguments, ["without arguments", "width"]),
        (awkward.DataDependent, ["cannot be traced", "control flow", "awkward.py"]),
        (awkward.Raising, ["cannot be run", "RuntimeError: lost the plot", "line", "awkward.py"]),
        (awkward.GreyImages, ["cannot be run", "3 x 32 x 32"]),
        (awkward.Exiting, ["cannot be made", "SystemExit"]),
        (awkward.TwoOutputs, ["one tensor of logits"]),
        (dict, ["is no nn.Module", "dict"]),
    ],
)
def test_what_cannot_be_traced_is_one_sentence(make: type, words: list[str]) -> None:
    with pytest.raises(SpecError) as refused:
        trace_network(make, f"mine.py:{make.__name__}")
    sentence = str(refused.value)
    assert sentence.startswith(f"mine.py:{make.__name__} ")
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def test_all_that_the_grammar_cannot_hold_is_named() -> None:
    network = trace_network(awkward.Unusual, "mine.py:Unusual")
    assert network.spec is None
    for words in (
        "layer wide (Conv2d): kernel_size (3, 5) is not square",
        "layer uneven (Conv2d): stride (2, 1)",
        "layer max (MaxPool2d)",
        "layer up (ConvTranspose2d)",
        "layer leaky (LeakyReLU): negative_slope is 0.2",
        "layer plain (BatchNorm2d): affine is False",
        "tanh",
        "layer mul (mul)",
    ):
        assert any(words in problem for problem in network.problems), (words, network.problems)
    assert all(problem.endswith(".") and "\n" not in problem for problem in network.problems)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (awkward.SharedConv, ["conv2", "more than once"]),
        (awkward.Crossing, ["paths that cross"]),
        (awkward.Biasless, ["bias"]),
        (awkward.Doubling, ["same map twice"]),
        (awkward.InPlaceBeforeSum, ["another output"]),
        (awkward.LayerNormAlongRows, ["norm", "along the map's side"]),
        (awkward.BatchLost, ["view"]),
    ],
)
def test_what_would_be_misread_is_a_problem(make: type[nn.Module], words: list[str]) -> None:
    network = trace_network(make, f"mine.py:{make.__name__}")
    assert network.spec is None
    told = " ".join(network.problems)
    for word in words:
        assert word in told, told


def test_a_layer_norm_written_out_and_a_sum_of_a_list_are_recognised() -> None:
    network = trace_network(awkward.OwnNorm, "mine.py:OwnNorm")
    assert any("eps 0.001" in remark for remark in network.remarks)
    first, join = spec_of(network).nodes
    assert NormStep(kind="layer") in first.steps
    assert isinstance(join, Branch)


def test_joins_nested_too_deeply_are_refused() -> None:
    with pytest.raises(SpecError, match="too deeply"):
        trace_network(awkward.Nested, "mine.py:Nested")


def test_shapes_may_decide_which_way_forward_goes() -> None:
    (_, join) = spec_of(trace_network(awkward.DecidedByShapes, "mine.py:DecidedByShapes")).nodes
    assert isinstance(join, Branch)


def test_a_number_taken_from_the_data_decides_nothing() -> None:
    with pytest.raises(SpecError, match="control flow"):
        trace_network(awkward.DecidedByANumber, "mine.py:DecidedByANumber")


def test_a_module_that_is_made_already_is_traced_as_it_is() -> None:
    assert spec_of(trace_network(awkward.Base(), "mine.py:net")).name == "net"


def test_modules_that_take_no_part_are_told() -> None:
    network = trace_network(awkward.Unused, "mine.py:Unused")
    assert any("old_head" in remark and "700 parameters" in remark for remark in network.remarks)
    assert num_params(spec_of(network).layers) == sum(parameter.numel() for parameter in awkward.Base().parameters())


def test_dropout_that_never_rests_is_told() -> None:
    network = trace_network(awkward.AlwaysDropping, "mine.py:AlwaysDropping")
    assert any("training=self.training" in remark for remark in network.remarks)
    spec_of(network)
