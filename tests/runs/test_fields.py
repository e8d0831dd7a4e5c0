"""Setting fields of a run by their names."""

from __future__ import annotations

import pytest

from cifar_core.architecture.editing.widths import scaled
from cifar_core.errors import SpecError
from cifar_core.runs import RunConfig
from cifar_core.runs.config import preset_config
from cifar_core.runs.fields import overlap, parse_assignment, read_assignments, with_fields


def config() -> RunConfig:
    return preset_config("seed-model-3", "digits")


def test_names_reach_every_spec() -> None:
    changed = with_fields(
        config(),
        {
            "lr": 0.2,
            "epochs": 3,
            "optimizer.momentum": 0.8,
            "training.label_smoothing": 0.1,
            "augmentation.transforms[0].p": 0.25,
            "architecture.nodes[0].steps[1].kind": "gelu",
        },
    )
    training = changed.training
    assert training.optimizer == config().training.optimizer.model_copy(update={"learning_rate": 0.2, "momentum": 0.8})
    assert (training.epochs, training.label_smoothing) == (3, 0.1)
    assert changed.augmentation.transforms[0].p == 0.25
    assert changed.architecture.nodes[0].steps[1].model_dump()["kind"] == "gelu"
    assert changed.architecture.nodes[1:] == config().architecture.nodes[1:]


def test_an_object_takes_the_place_of_a_whole_field() -> None:
    changed = with_fields(config(), {"optimizer": {"kind": "adamw", "learning_rate": 0.003}})
    assert changed.training.optimizer.kind == "adamw"
    assert changed.training.optimizer.learning_rate == 0.003


def test_widths_are_scaled_before_fields_of_the_network_are_set() -> None:
    plain = config().architecture
    changed = with_fields(config(), {"architecture.nodes[0].out_channels": 40, "width_scale": 0.5}).architecture
    assert changed.nodes[1:] == scaled(plain, 0.5).nodes[1:]
    assert changed.nodes[0].model_dump()["out_channels"] == 40


def test_nothing_to_set_changes_nothing() -> None:
    assert with_fields(config(), {}) == config()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("nope", 1, "There is no field 'nope': it must be width_scale, lr, a field of the training"),
        ("optimizer.beta1", 0.9, "There is no field 'optimizer.beta1': training.optimizer has kind, learning_rate"),
        ("augmentation.transforms[9].p", 0.1, "augmentation.transforms has 4 places, counted from 0"),
        ("epochs.more", 1, "training.epochs is a single value"),
        ("architecture.nodes.p", 1, "places, counted from 0"),
        ("architecture..nodes", 1, "is no field: a name is like lr"),
        ("architecture", {}, "There is no field 'architecture'"),
        ("lr", 99, "learning_rate is 99"),
        ("lr", "fast", "learning_rate is 'fast'"),
        ("epochs", 0, "training.epochs is 0: it must be greater than or equal to 1"),
        ("width_scale", 0, "width_scale is 0: it must be a number from 0.0625 to 16"),
        ("width_scale", "wide", "width_scale is 'wide'"),
        ("width_scale", float("nan"), "width_scale is nan"),
        ("name", "x", "There is no field 'name'"),
        ("recipe", "seed", "'recipe' cannot be set"),
        ("training.schema_version", 1, "cannot be set"),
        ("lr", True, "lr is true: it must be a number"),
        ("epochs", True, "epochs is true: it must be a number"),
        ("alternate_flips", "yes", "alternate_flips is 'yes': it must be true or false"),
        ("alternate_flips", 1, "alternate_flips is 1: it must be true or false"),
        ("width_scale", 1e-300, "width_scale is 1e-300: it must be a number from 0.0625 to 16"),
        ("optimizer.kind", "adamw", 'set the whole of it, as in optimizer={"kind": "adamw", ...}'),
        ("augmentation.transforms[0].type", "grayscale", "another kind has other fields"),
        ("weight_decay", 0.1, "There is no field 'weight_decay': optimizer.weight_decay may be meant."),
        ("dilation", 2, "architecture.nodes[0].dilation may be meant."),
        ("foo", 2, "There is no field 'foo': it must be width_scale, lr, a field of the training (epochs, "),
        ("clip_norm", True, "clip_norm is true: it must be a number."),
        ("epochs", "3", "epochs is '3': it must be a number."),
        ("batch_size", "3_2", "batch_size is '3_2': it must be a number."),
        ("optimizer", {"kind": "sgd", "learning_rate": True}, "optimizer.learning_rate is true: it must be a number."),
        ("schedule", {"kind": "cosine", "t_max": True}, "schedule.t_max is true: it must be a number."),
        ("optimizer", {"kind": "sgd", "nesterov": 1}, "optimizer.nesterov is 1: it must be true or false."),
        (f"architecture.nodes[{'9' * 5_000}].dilation", 1, "is no field: a name is like lr"),
        ("Batch", 64, "There is no field 'Batch': batch_size may be meant."),
        ("label smoothing", 0, "'label smoothing' is no field: label_smoothing may be meant."),
    ],
)
def test_what_cannot_be_set_is_one_sentence(name: str, value: object, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        with_fields(config(), {name: value})
    assert sentence in str(caught.value)
    assert str(caught.value).endswith((".", "?"))


def test_a_field_inside_a_branch_is_shown_the_way_to() -> None:
    branched = preset_config("quick-cpu", "digits")
    at = next(at for at, node in enumerate(branched.architecture.nodes) if node.type == "branch")
    with pytest.raises(SpecError, match=rf"so that it may be architecture\.nodes\[{at}\]\.main\[0\]\.dilation\."):
        with_fields(branched, {f"architecture.nodes[{at}].dilation": 2})
    with_fields(branched, {f"architecture.nodes[{at}].main[0].dilation": 1})


def test_a_word_of_digits_stays_a_word() -> None:
    nodes = config().model_dump()["architecture"]["nodes"]
    longer = with_fields(config(), {"architecture.nodes": [*nodes, {**nodes[-1], "block": "10"}]})
    assert longer.architecture.nodes[-1].block == "10"


def test_several_assignments_set_a_field_each() -> None:
    assert read_assignments(["lr=0.1", "ema_decay=null"]) == {"lr": 0.1, "ema_decay": None}
    for texts in (["lr=0.1", "lr=0.2"], ["lr=0.1", 'optimizer={"kind": "sgd"}'], ["epochs=1", "training.epochs=2"]):
        with pytest.raises(SpecError, match="set the same field: leave one of them out"):
            read_assignments(texts)
    with pytest.raises(SpecError, match=r"--set epochs and --epochs set the same field"):
        read_assignments(["epochs=2"], {"epochs": "--epochs"})


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        ("lr", "optimizer.learning_rate", True),
        ("optimizer", "lr", True),
        ("lr", "optimizer.momentum", False),
        ("width_scale", "architecture.nodes[0].out_channels", False),
    ],
)
def test_names_of_the_same_field_overlap(one: str, other: str, do: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is do


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=0.1", 0.1),
        ("x=3", 3),
        ("x=null", None),
        ("x=true", True),
        ("x=+3", 3),
        ("x=.5", 0.5),
        ("x=05", "05"),
        ("x=cosine", "cosine"),
        ('x={"kind": "constant"}', {"kind": "constant"}),
        (" x = a=b ", "a=b"),
    ],
)
def test_a_value_is_json_or_a_word(text: str, value: object) -> None:
    assert parse_assignment(text) == ("x", value)


@pytest.mark.parametrize("text", ["", "lr", "lr=", "=1", " = "])
def test_what_assigns_nothing_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="it must be NAME=VALUE"):
        parse_assignment(text)
