from __future__ import annotations

import pytest
import torch

from cifar_core.architecture import find_preset
from cifar_core.architecture.build import build_seeded
from cifar_core.data import find_augmentation
from cifar_core.errors import SpecError
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import TrainingSpec, find_recipe, recipe_names
from cifar_core.training.loop import train
from tests.tiny import Recorder, tiny_config


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_carries_its_name_and_words_and_survives_json(name: str) -> None:
    recipe = find_recipe(name)
    assert (recipe.name, recipe.spec.recipe) == (name, name)
    assert recipe.title
    assert recipe.teaches.endswith(".")
    assert TrainingSpec.parse(recipe.spec.to_json()) == recipe.spec


def test_the_seed_recipe_trains_as_long_as_the_seed_did() -> None:
    spec = find_recipe("seed").spec
    assert (spec.epochs, spec.batch_size) == (50, 128)


def test_the_first_run_is_the_last_of_the_list_and_short() -> None:
    assert recipe_names()[-1] == "first"
    recipe = find_recipe("first")
    assert recipe.title == "First run"
    assert (recipe.spec.limit_train, recipe.spec.validation_images, recipe.spec.limit_test) == (10_000, None, None)
    assert recipe.spec.epochs <= 8


@pytest.mark.slow
def test_the_first_run_learns_digits_with_the_network_that_a_visitor_sees_first() -> None:
    spec = find_recipe("first").spec.changed(device="cpu")
    preset = find_preset("seed-model-3")
    augmentation = find_augmentation(preset.augmentation).spec
    data = load_run_data(tiny_config(augmentation=augmentation).changed(training=spec.model_dump()))
    seen = Recorder()
    train(build_seeded(preset.spec, 0), data.training, spec, torch.device("cpu"), data.augment(), seen)
    assert seen.metrics[-1].eval_accuracy > 0.9


def test_an_unknown_recipe_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpecError, match=r"no recipe 'slow': choose one of seed, quick, sprint, hour, best, first"):
        find_recipe("slow")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", 1),
        ("device", "tpu"),
        ("seed", -1),
        ("label_smoothing", 1.0),
        ("limit_train", 1),
        ("optimizer", {"learning_rate": float("nan")}),
        ("schedule", {"kind": "cosine", "t_max": 0}),
        ("schedule", {"kind": "step"}),
        ("epoch", 3),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(SpecError, match=field):
        TrainingSpec.parse({field: value})
