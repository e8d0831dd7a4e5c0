from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from cifar_core.architecture import ArchitectureSpec, find_preset, preset_names
from cifar_core.architecture.nodes import Conv, Pool
from cifar_core.errors import SpecError
from tests.architecture.random_specs import networks

HEAD = [{"type": "conv", "out_channels": 10, "kernel_size": 1}, {"type": "pool"}]


def network(**node: object) -> dict[str, object]:
    """A network of one convolution with 3 channels in and 8 out."""
    return {"nodes": [{"out_channels": 8, **node}], "head": HEAD}


def steps(*extra: object) -> dict[str, object]:
    return network(steps=[{"step": "conv"}, *extra])


# What is wrong, and what the sentence must name: the field and the value.
BAD = {
    "map below 1 pixel": (network(kernel_size=5, dilation=9), ["nodes[0]", "from 32 to -4 cells", "at least 1"]),
    "groups not dividing in_channels": (network(groups=2), ["nodes[0]", "groups is 2", "divide in_channels, 3"]),
    "groups not dividing out_channels": (network(groups=3), ["nodes[0]", "groups is 3", "divide out_channels, 8"]),
    "negative channels": (network(out_channels=-8), ["nodes[0].out_channels is -8", "greater than or equal to 1"]),
    "no channels": ({"nodes": [{}], "head": HEAD}, ["nodes[0]", "out_channels is missing"]),
    "too many channels": (network(out_channels=4097), ["nodes[0].out_channels is 4097", "4096"]),
    "same with stride 2": (network(padding="same", stride=2), ["nodes[0]", 'padding is "same"', "stride is 2"]),
    "unknown padding": (network(padding="full"), ["nodes[0].padding", "'full'"]),
    "negative padding": (network(padding=-1), ["nodes[0].padding", "-1"]),
    "unknown groups": (network(groups="many"), ["nodes[0].groups", "'many'"]),
    "kernel of 0": (network(kernel_size=0), ["nodes[0].kernel_size is 0"]),
    "kernel of 2.5": (network(kernel_size=2.5), ["nodes[0].kernel_size is 2.5", "integer"]),
    "stride of 0": (network(stride=0), ["nodes[0].stride is 0"]),
    "dilation of 65": (network(dilation=65), ["nodes[0].dilation is 65", "64"]),
    "steps without conv": (network(steps=[{"step": "norm"}]), ["nodes[0]", "steps hold 0 conv steps", "one"]),
    "no steps": (network(steps=[]), ["nodes[0]", "steps hold 0 conv steps"]),
    "steps with two convs": (steps({"step": "conv"}), ["nodes[0]", "steps hold 2 conv steps", "exactly one"]),
    "unknown step": (steps({"step": "attend"}), ["nodes[0].steps[1]", "'attend'", "'gate'"]),
    "unknown activation": (steps({"step": "activation", "kind": "tanh"}), ["steps[1]", "'tanh'", "'silu'"]),
    "dropout rate of 1": (steps({"step": "dropout", "rate": 1}), ["steps[1]", "rate is 1", "less than 1"]),
    "dropout rate NaN": (steps({"step": "dropout", "rate": float("nan")}), ["rate is nan", "finite"]),
    "infinite kernel": (network(kernel_size=float("inf")), ["nodes[0].kernel_size is inf", "finite"]),
    "huge number": (network(kernel_size=10**400), ["nodes[0].kernel_size is 1000", "31"]),
    "depthwise with out_channels": (network(groups="depthwise"), ["nodes[0]", "out_channels is 8", "depthwise"]),
    "multiplier without depthwise": (network(channel_multiplier=2), ["nodes[0]", "channel_multiplier is 2"]),
    "reflect padding over the map": (
        {"input": {"size": 3}, **network(padding=3, padding_mode="reflect")},
        ["nodes[0]", "padding is 3", '"reflect"', "side, 3"],
    ),
    "head ends in 8": ({**network(), "head": [{"type": "pool"}]}, ["head ends in 8 channels", "num_classes = 10"]),
    "head ends in a map": ({**network(), "head": HEAD[:1]}, ["head ends in 10 channels on 30 x 30 cells"]),
    "no head": ({"nodes": []}, ["the field head is missing"]),
    "empty head": ({"head": []}, ["head is []", "at least 1"]),
    "only a Flatten": ({"num_classes": 3, "input": {"size": 1}, "head": [{"type": "flatten"}]}, ["no layers"]),
    "Linear without Flatten": ({"head": [{"type": "linear", "out_features": 10}]}, ["head[0]", "Linear", "Flatten"]),
    "Linear behind a pool": (
        {"head": [{"type": "pool"}, {"type": "linear", "out_features": 10}]},
        ["head[1]", "Linear on a map"],
    ),
    "Conv behind a Flatten": ({"head": [{"type": "flatten"}, *HEAD]}, ["head[1]", "Conv after a Flatten"]),
    "Pool behind a Flatten": ({"head": [{"type": "flatten"}, HEAD[1]]}, ["head[1]", "Pool after a Flatten"]),
    "pool window over the map": (
        {"head": [{"type": "pool", "kind": "avg", "kernel_size": 33}, HEAD[0]]},
        ["head[0]", "kernel_size is 33", "32"],
    ),
    "avg pool without window": ({"head": [{"type": "pool", "kind": "avg"}]}, ["head[0]", "kernel_size is None"]),
    "adaptive pool with window": ({"head": [{"type": "pool", "kernel_size": 2}]}, ["head[0]", "kernel_size is 2"]),
    "two linear steps": (
        {"head": [{"type": "flatten"}, {"type": "linear", "out_features": 10, "steps": [{"step": "linear"}] * 2}]},
        ["head[1]", "steps hold 2 linear steps"],
    ),
    "unknown head node": ({"head": [{"type": "attention"}]}, ["head[0]", "'attention'", "'pool'"]),
    "one class": ({**network(), "num_classes": 1}, ["num_classes is 1", "2"]),
    "no input channels": ({**network(), "input": {"channels": 0}}, ["input.channels is 0"]),
    "unknown field": ({**network(), "color": "red"}, ["there is no field color"]),
    "unknown field of a node": (network(bais=True), ["there is no field nodes[0].bais"]),
    "other schema": ({**network(), "schema_version": 2}, ["schema_version is 2", "1"]),
    "long name": ({**network(), "name": "x\n" * 100}, ["name is 'x\\n", "...", "80 characters"]),
    "too many nodes": ({"nodes": [{"out_channels": 8, "padding": 1}] * 201, "head": HEAD}, ["nodes is [", "200"]),
    "nodes no list": ({"nodes": 5, "head": HEAD}, ["nodes is 5"]),
    "not JSON": ("conv(3, 32)", ["not JSON"]),
    "empty text": ("", ["not JSON"]),
    "bytes that are no text": (b"\xff\xfe\x00", ["not JSON"]),
    "cut JSON": ('{"head": [', ["not JSON"]),
    "deeply nested JSON": ("[" * 100_000, ["not JSON", "nested too deeply"]),
    "nested lists": ("[" * 900 + "]" * 900, ["must be an object"]),
    "JSON list": ("[1, 2]", ["[1, 2]", "object"]),
    "JSON number": ("3", ["3", "object"]),
    "JSON NaN": ('{"head": NaN}', ["head is nan"]),
    "nothing": (None, ["null", "object"]),
    "half a character": ('{"name": "\\ud800"}', ["name is '\\ud800'"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence_that_names_field_and_value(case: str) -> None:
    data, expected = BAD[case]
    with pytest.raises(SpecError) as refused:
        ArchitectureSpec.parse(data)
    sentence = str(refused.value)
    for part in ("ArchitectureSpec", *expected):
        assert part in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400
    for technical in ("Traceback", "pydantic", "https://", "type=", "Value error"):
        assert technical not in sentence


def test_several_mistakes_are_counted() -> None:
    with pytest.raises(SpecError, match=r"nodes\[0\]\.stride is 0: .* \(and 1 more\)\.$"):
        ArchitectureSpec.parse(network(stride=0, dilation=0))


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_survives_its_json(name: str) -> None:
    spec = find_preset(name).spec
    again = ArchitectureSpec.parse(spec.to_json())
    assert again == spec
    assert again.layers == spec.layers
    assert ArchitectureSpec.parse(json.loads(spec.to_json())) == spec


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_random_networks_survive_their_json(spec: ArchitectureSpec) -> None:
    assert ArchitectureSpec.parse(spec.to_json()) == spec
    assert ArchitectureSpec.parse(spec.to_json().encode()) == spec


def test_equality_does_not_depend_on_what_was_computed() -> None:
    first, second = ArchitectureSpec.parse(network()), ArchitectureSpec.parse(network())
    assert first.layers
    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)) == second


def test_specs_cannot_be_changed_in_place() -> None:
    spec = ArchitectureSpec.parse(network())
    with pytest.raises(ValidationError):
        spec.num_classes = 5  # type: ignore[misc]


def test_changed_validates_and_recomputes() -> None:
    spec = ArchitectureSpec.parse(network())
    assert spec.layers[0].out_channels == 8
    assert spec.changed(nodes=[{"out_channels": 16}]).layers[0].out_channels == 16
    with pytest.raises(SpecError, match="num_classes = 7"):
        spec.changed(num_classes=7)


def test_defaults_are_a_cifar_image_and_ten_classes() -> None:
    spec = ArchitectureSpec(head=(Conv(out_channels=10, kernel_size=1), Pool()))
    assert (spec.input.channels, spec.input.size, spec.num_classes, spec.nodes) == (3, 32, 10, ())


def test_a_map_of_exactly_1_pixel_is_allowed() -> None:
    spec = ArchitectureSpec.parse({"input": {"size": 9}, **network(kernel_size=3, dilation=4)})
    assert spec.layers[0].n_out == 1


def test_classes_may_lie_on_the_map() -> None:
    spec = ArchitectureSpec.parse({"num_classes": 40, "input": {"size": 2}, "head": HEAD[:1]})
    assert spec.layers[-1].n_out == 2


def test_blocks_are_runs_of_equal_labels() -> None:
    labels = ("", "C1", "C1", "C2", "", "", "C3")
    nodes = [{"out_channels": 8, "padding": 1, "block": label} for label in labels]
    assert ArchitectureSpec.parse({"nodes": nodes, "head": HEAD}).blocks == ("", "C1", "C2", "", "C3")


def test_label_that_comes_back_is_refused() -> None:
    nodes = [{"block": label, "out_channels": 10, "padding": 1} for label in ("C1", "C2", "C1")]
    with pytest.raises(SpecError, match="block 'C1' comes back"):
        ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})


def test_network_that_would_exhaust_the_machine_is_refused() -> None:
    nodes = [{"out_channels": 4096, "kernel_size": 31, "padding": 15}] * 2
    with pytest.raises(SpecError, match=r"16,\d{3},\d{3},\d{3} parameters: at most 100,000,000"):
        ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})


def test_map_that_would_exhaust_the_machine_is_refused() -> None:
    nodes = [{"out_channels": 1, "kernel_size": 1, "padding": 256}] * 6
    with pytest.raises(SpecError, match=r"nodes\[3\].*grow from 1568 to 2080 cells.*at most 2,048"):
        ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})


def joined(**branch: object) -> dict[str, object]:
    return {"nodes": [{"type": "branch", "main": [{"out_channels": 3, "padding": 1}], **branch}], "head": HEAD}


BAD_BRANCHES = {
    "no main path": (joined(main=[]), ["nodes[0].main is []", "at least 1"]),
    "unknown node": ({"nodes": [{"type": "attention"}], "head": HEAD}, ["nodes[0].type is 'attention'", "'branch'"]),
    "unknown combination": (joined(combine="multiply"), ["nodes[0].combine is 'multiply'", "'concat'"]),
    "conv among a join's steps": (joined(steps=[{"step": "conv"}]), ["nodes[0].steps[0]", "'conv'", "'gate'"]),
    "gate without hidden_channels": (steps({"step": "gate"}), ["the field nodes[0].steps[1].hidden_channels"]),
    "group norm without groups": (steps({"step": "norm", "kind": "group"}), ["num_groups is None", '"group"']),
    "groups of a batch norm": (steps({"step": "norm", "num_groups": 2}), ["num_groups is 2", '"batch"']),
    "groups that do not divide": (
        steps({"step": "norm", "kind": "group", "num_groups": 3}),
        ["nodes[0]: num_groups is 3", "divide the 8 channels"],
    ),
    "groups of a join that do not divide": (
        joined(steps=[{"step": "norm", "kind": "group", "num_groups": 2}]),
        ["nodes[0]: num_groups is 2", "divide the 3 channels"],
    ),
    "groups of a single number": (
        {
            "nodes": [],
            "head": [
                {"type": "pool"},
                {
                    "type": "conv",
                    "out_channels": 10,
                    "kernel_size": 1,
                    "steps": [{"step": "conv"}, {"step": "norm", "kind": "group", "num_groups": 10}],
                },
            ],
        },
        ["head[1]: num_groups is 10 for 10 channels of 1 x 1 cells", "fewer groups"],
    ),
    "fault deep inside": (
        joined(shortcut=[{"type": "branch", "main": [{"out_channels": 3, "groups": 2}]}]),
        ["nodes[0].shortcut[0].main[0]: groups is 2"],
    ),
    "a branch in the head": (
        {"nodes": [], "head": [{"type": "branch", "main": [{"out_channels": 10}]}, *HEAD]},
        ["head[0]", "'branch'", "'pool'"],
    ),
}


@pytest.mark.parametrize("case", BAD_BRANCHES)
def test_bad_branches_are_refused_like_any_node(case: str) -> None:
    data, expected = BAD_BRANCHES[case]
    with pytest.raises(SpecError) as refused:
        ArchitectureSpec.parse(data)
    for part in expected:
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("depth", [17, 120, 400])
def test_branches_in_branches_without_end_are_refused_in_a_sentence(depth: int) -> None:
    node: dict[str, object] = {"out_channels": 3, "padding": 1}
    for _ in range(depth):
        node = {"type": "branch", "main": [node]}
    with pytest.raises(SpecError) as refused:
        ArchitectureSpec.parse({"nodes": [node], "head": HEAD})
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_nodes_in_branches_count_towards_the_limit() -> None:
    main = [{"out_channels": 3, "padding": 1}] * 60
    nodes = [{"type": "branch", "main": main}] * 4
    with pytest.raises(SpecError, match="246 layers: at most 200"):
        ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})
