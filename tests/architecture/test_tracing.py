from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cifar_core.architecture import ArchitectureSpec, num_params, receptive_field
from cifar_core.architecture.build import build_network
from cifar_core.architecture.nodes import Branch, Conv, GateStep, NormStep
from cifar_core.architecture.tracing import TracedNetwork, copy_weights, trace_network
from cifar_core.errors import SpecError
from tests.architecture import handed_in
from tests.architecture.handed_in import HANDED_IN
from tests.architecture.own_field import measured_field


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
        if make is handed_in.Dense:
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
    outer = [node for node in spec_of(traced[handed_in.AcrossBlocks]).nodes if isinstance(node, Branch)]
    assert [node.combine for node in outer] == ["add"]
    assert any(isinstance(node, Branch) for node in outer[0].main)
    assert len(outer[0].shortcut) == 2
    labels = [node.block for node in outer[0].main]
    assert labels == sorted(labels)
    assert len(set(labels)) == 2


def test_squeeze_excite_becomes_a_gate(traced: dict[object, TracedNetwork]) -> None:
    stem, branch = spec_of(traced[handed_in.Gated]).nodes
    assert isinstance(stem, Conv)
    assert isinstance(branch, Branch)
    assert [step.hidden_channels for step in stem.steps if isinstance(step, GateStep)] == [4]
    (inner,) = branch.main
    assert isinstance(inner.steps[-1], GateStep)
    assert inner.steps[-1].hidden_channels == 5


def test_three_concatenated_paths_nest(traced: dict[object, TracedNetwork]) -> None:
    nodes = spec_of(traced[handed_in.Concatenated]).nodes
    last = nodes[-1]
    assert isinstance(last, Branch)
    (inner,) = last.main
    assert isinstance(inner, Branch)
    assert (last.combine, inner.combine) == ("concat", "concat")


def test_swapped_channels_are_told(traced: dict[object, TracedNetwork]) -> None:
    assert any("another order" in remark for remark in traced[handed_in.Dense].remarks)


def test_blocks_follow_the_attributes_names(traced: dict[object, TracedNetwork]) -> None:
    assert spec_of(traced[handed_in.FourBlocks]).blocks == ("C1", "C2", "C3", "C4")
    by_stride = trace_network(handed_in.SmallResNet, "model.py:SmallResNet", "strides")
    assert len(spec_of(by_stride).blocks) == 3
    assert spec_of(trace_network(handed_in.FourBlocks, "m.py:FourBlocks", "none")).blocks == ("",)


class Base(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.conv2(self.conv(x)))

    def classify(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(x.mean([2, 3]))
        return logits


class NeedsArguments(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()


class DataDependent(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if x.sum() > 0:
            x = self.conv2(x)
        return self.classify(x)


class Raising(Base):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("lost the plot\nand more")


class GreyImages(Base):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)


class Exiting(nn.Module):
    def __init__(self) -> None:
        raise SystemExit(3)


class TwoOutputs(Base):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        y = super().forward(x)
        return y, y


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (NeedsArguments, ["without arguments", "width"]),
        (DataDependent, ["cannot be traced", "control flow", "test_tracing.py"]),
        (Raising, ["cannot be run", "RuntimeError: lost the plot", "line", "test_tracing.py"]),
        (GreyImages, ["cannot be run", "3 x 32 x 32"]),
        (Exiting, ["cannot be made", "SystemExit"]),
        (TwoOutputs, ["one tensor of logits"]),
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


class Unusual(nn.Module):
    """One thing after another that the grammar has no word for."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(3, 6, (3, 5), padding=(1, 2))
        self.uneven = nn.Conv2d(6, 6, 3, stride=(2, 1), padding=1)
        self.max = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(6, 6, 2)
        self.leaky = nn.LeakyReLU(0.2)
        self.plain = nn.BatchNorm2d(6, affine=False)
        self.scale = nn.Parameter(torch.ones(1))
        self.fc = nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.plain(self.leaky(self.up(self.max(self.uneven(self.wide(x))))))
        x = torch.tanh(x) * self.scale
        out: Tensor = self.fc(x.mean([2, 3]))
        return out


def test_all_that_the_grammar_cannot_hold_is_named() -> None:
    network = trace_network(Unusual, "mine.py:Unusual")
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


class SharedConv(Base):
    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.conv2(self.conv2(self.conv(x))))


class Crossing(Base):
    def __init__(self) -> None:
        super().__init__()
        self.conv3 = nn.Conv2d(6, 6, 1)
        self.conv4 = nn.Conv2d(6, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        a, b = self.conv2(x), self.conv3(x)
        return self.classify(self.conv4(a + b) + b)


class Biasless(Base):
    def __init__(self) -> None:
        super().__init__()
        self.squeeze = nn.Linear(6, 2, bias=False)
        self.excite = nn.Linear(2, 6, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        y = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean([2, 3])))))
        return self.classify(x * y[:, :, None, None])


class Doubling(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.classify(self.conv2(x + x))


class InPlaceBeforeSum(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.classify(self.conv2(F.relu_(x)) + x)


class LayerNormAlongRows(Base):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(32)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.norm(self.conv(x)))


class BatchLost(Base):
    def forward(self, x: Tensor) -> Tensor:
        cells: Tensor = self.conv2(self.conv(x))
        return cells.view(-1, 6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (SharedConv, ["conv2", "more than once"]),
        (Crossing, ["paths that cross"]),
        (Biasless, ["bias"]),
        (Doubling, ["same map twice"]),
        (InPlaceBeforeSum, ["another output"]),
        (LayerNormAlongRows, ["norm", "along the map's side"]),
        (BatchLost, ["view"]),
    ],
)
def test_what_would_be_misread_is_a_problem(make: type[nn.Module], words: list[str]) -> None:
    network = trace_network(make, f"mine.py:{make.__name__}")
    assert network.spec is None
    told = " ".join(network.problems)
    for word in words:
        assert word in told, told


class LayerNormChannels(nn.Module):
    """Written out, as ConvNeXt's own code does."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(channels))
        self.bias = nn.Parameter(torch.rand(channels))
        self.eps = 1e-3

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class OwnNorm(Base):
    def __init__(self) -> None:
        super().__init__()
        self.norm = LayerNormChannels(6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return self.classify(sum([x, self.conv2(x)]))  # type: ignore[arg-type]


def test_a_layer_norm_written_out_and_a_sum_of_a_list_are_recognised() -> None:
    network = trace_network(OwnNorm, "mine.py:OwnNorm")
    assert any("eps 0.001" in remark for remark in network.remarks)
    first, join = spec_of(network).nodes
    assert NormStep(kind="layer") in first.steps
    assert isinstance(join, Branch)


class DecidedByShapes(Base):
    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[1] == 3
        y = self.conv(x)
        z = self.conv2(y)
        if z.shape == y.shape and y.size(2) > 8:
            z = z + y
        return self.classify(z)


def test_shapes_may_decide_which_way_forward_goes() -> None:
    (_, join) = spec_of(trace_network(DecidedByShapes, "mine.py:DecidedByShapes")).nodes
    assert isinstance(join, Branch)


class DecidedByANumber(Base):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.classify(self.conv2(x) if x.sum().item() > 0 else x)


def test_a_number_taken_from_the_data_decides_nothing() -> None:
    with pytest.raises(SpecError, match="control flow"):
        trace_network(DecidedByANumber, "mine.py:DecidedByANumber")


def test_a_module_that_is_made_already_is_traced_as_it_is() -> None:
    assert spec_of(trace_network(Base(), "mine.py:net")).name == "net"


class Unused(Base):
    def __init__(self) -> None:
        super().__init__()
        self.old_head = nn.Linear(6, 100)


def test_modules_that_take_no_part_are_told() -> None:
    network = trace_network(Unused, "mine.py:Unused")
    assert any("old_head" in remark and "700 parameters" in remark for remark in network.remarks)
    assert num_params(spec_of(network).layers) == sum(parameter.numel() for parameter in Base().parameters())


class AlwaysDropping(Base):
    def forward(self, x: Tensor) -> Tensor:
        return self.classify(F.dropout(self.conv2(self.conv(x)), 0.2))


def test_dropout_that_never_rests_is_told() -> None:
    network = trace_network(AlwaysDropping, "mine.py:AlwaysDropping")
    assert any("training=self.training" in remark for remark in network.remarks)
    spec_of(network)
