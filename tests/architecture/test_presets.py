from __future__ import annotations

import pytest

from cifar_core.architecture import (
    all_required_pass,
    find_preset,
    judge,
    num_macs,
    num_params,
    preset_names,
    receptive_field,
    receptive_field_with_pooling,
)
from cifar_core.data import augmentation_names
from cifar_core.errors import SpecError
from cifar_core.training import recipe_names


def test_seed_model_1_has_the_seeds_count() -> None:
    assert num_params(find_preset("seed-model-1").spec.layers) == 1_605_600


@pytest.mark.parametrize("name", ["seed-model-2", "seed-model-3"])
def test_seed_models_2_and_3_have_the_printed_modules_numbers(name: str) -> None:
    layers = find_preset(name).spec.layers
    assert num_params(layers) == 97_264
    assert num_macs(layers) == 26_361_600
    assert receptive_field(layers) == 69
    assert receptive_field_with_pooling(layers) == 109


def test_seed_model_3_puts_out_the_printed_modules_maps() -> None:
    layers = {layer.name: layer for layer in find_preset("seed-model-3").spec.layers}
    ends = ("C1.2", "C1.3", "C2.3", "C2.4", "C3.2", "C3.3", "head.1", "head.2")
    maps = [(layers[name].out_channels, layers[name].n_out) for name in ends]
    assert maps == [(64, 32), (32, 16), (64, 18), (32, 9), (64, 7), (16, 4), (10, 6), (10, 1)]


def test_seed_models_2_and_3_differ_in_augmentation_alone() -> None:
    second, third = find_preset("seed-model-2"), find_preset("seed-model-3")
    assert second.spec.changed(name="") == third.spec.changed(name="")
    assert (second.augmentation, third.augmentation) == ("none", "seed-model-3")


def test_seed_model_1_fails_where_the_seed_says_so() -> None:
    failed = {rule.name for rule in judge(find_preset("seed-model-1").spec) if rule.required and not rule.passed}
    assert failed == {"params", "depthwise_separable", "dilated"}


@pytest.mark.parametrize("name", ["seed-model-2", "seed-model-3", "dilated"])
def test_compact_presets_meet_the_assignment(name: str) -> None:
    assert all_required_pass(judge(find_preset(name).spec))


def test_dilated_alone_earns_the_bonus() -> None:
    earned = [
        name for name in preset_names() if {r.name: r for r in judge(find_preset(name).spec)}["dilation_bonus"].passed
    ]
    assert earned == ["dilated"]


def test_presets_come_in_the_seeds_order() -> None:
    assert preset_names()[:4] == ("seed-model-1", "seed-model-2", "seed-model-3", "dilated")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_reads_the_data_set_and_names_what_exists(name: str) -> None:
    preset = find_preset(name)
    assert preset.name == preset.spec.name == name
    assert preset.title
    assert preset.teaches.endswith(".")
    assert (preset.spec.input.channels, preset.spec.input.size, preset.spec.num_classes) == (3, 32, 10)
    assert preset.augmentation in augmentation_names()
    assert preset.recipe in recipe_names()


def test_presets_are_built_once() -> None:
    assert find_preset("dilated") is find_preset("dilated")


def test_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SpecError) as refused:
        find_preset("resnet")
    assert str(refused.value).startswith("There is no preset 'resnet': choose one of seed-model-1, ")
