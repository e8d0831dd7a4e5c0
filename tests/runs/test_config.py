from __future__ import annotations

import pytest

from cifar_core.architecture import preset_names
from cifar_core.errors import SpecError
from cifar_core.runs import RunConfig, preset_config
from tests.tiny import tiny_config


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize("dataset", ["cifar10", "digits"])
def test_every_preset_makes_a_config_that_survives_json(name: str, dataset: str) -> None:
    config = preset_config(name, dataset)
    assert (config.name, config.dataset) == (name, dataset)
    assert RunConfig.parse(config.to_json()) == config


def test_an_unknown_preset_or_data_set_is_named() -> None:
    with pytest.raises(SpecError, match="no preset 'best'"):
        preset_config("best")
    with pytest.raises(SpecError, match="dataset is 'mnist'"):
        preset_config("seed-model-3", "mnist")


@pytest.mark.parametrize("name", ["", "x" * 81])
def test_a_name_has_one_to_eighty_characters(name: str) -> None:
    with pytest.raises(SpecError, match="name is"):
        tiny_config().changed(name=name)


@pytest.mark.parametrize("wrong", [{"input": {"size": 64}}, {"input": {"channels": 1}}])
def test_a_network_for_other_images_is_refused_with_both_sizes(wrong: dict[str, object]) -> None:
    config = tiny_config()
    with pytest.raises(SpecError, match=r"architecture reads .* images of 3 x 32 x 32 in 10 classes"):
        config.changed(architecture={**config.architecture.model_dump(), **wrong})


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(SpecError, match="no field learning_rate"):
        tiny_config().changed(learning_rate=1)
