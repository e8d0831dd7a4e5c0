from __future__ import annotations

import pytest

from cifar_core.errors import SpecError
from cifar_core.training import TrainingSpec, find_recipe, recipe_names


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


def test_an_unknown_recipe_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpecError, match=r"no recipe 'slow': choose one of seed, quick"):
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
