"""The seed document's experiment as runs to launch."""

from __future__ import annotations

import pytest

from cifar_core.architecture import find_preset, num_params
from cifar_core.data import find_augmentation
from cifar_core.errors import SpecError
from cifar_core.runs.seed_experiment import MAX_EPOCHS, seed_experiment
from cifar_core.training import find_recipe, learning_rate


def test_its_models_are_the_documents() -> None:
    configs = seed_experiment()
    assert [num_params(config.architecture.layers) for config in configs] == [1_605_600, 97_264, 97_264]
    assert [config.architecture for config in configs] == [find_preset(f"seed-model-{n}").spec for n in (1, 2, 3)]
    none, augmented = (find_augmentation(name).spec for name in ("none", "seed-model-3"))
    assert [config.augmentation for config in configs] == [none, none, augmented]


def test_at_fifty_epochs_it_is_the_recipe_seed_under_the_protocol_seed() -> None:
    for config in seed_experiment(50):
        assert config.training == find_recipe("seed").spec.changed(protocol="seed")


@pytest.mark.parametrize("epochs", [1, 5, 100])
def test_the_rate_takes_the_same_course_in_any_number_of_epochs(epochs: int) -> None:
    whole, shorter = (seed_experiment(each)[2].training for each in (50, epochs))
    for share in (0.0, 0.2, 1 / 3, 0.5, 0.9, 1.0):
        assert learning_rate(shorter, share * epochs) == pytest.approx(learning_rate(whole, share * 50), abs=1e-9)


@pytest.mark.parametrize("epochs", [0, -1, MAX_EPOCHS + 1])
def test_epochs_out_of_range_are_refused(epochs: int) -> None:
    with pytest.raises(SpecError, match=f"epochs is {epochs}: it must be 1 to {MAX_EPOCHS}."):
        seed_experiment(epochs)
