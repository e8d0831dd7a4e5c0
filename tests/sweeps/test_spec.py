"""Which searches can be."""

from __future__ import annotations

import pytest

from cifar_core.errors import SpecError
from cifar_core.sweeps import Span, SweepSpec, new_sweep, read_parameters
from tests.sweeps.conftest import tiny_sweep
from tests.tiny import tiny_config


def test_a_sweep_survives_its_json() -> None:
    spec = tiny_sweep(
        "lr=0.05..0.5:log", "ema_decay=null,0.99", 'schedule=[{"kind": "constant"}, {"kind": "one_cycle"}]'
    )
    assert SweepSpec.parse(spec.to_json()) == spec


def test_the_size_of_a_grid_is_known_where_every_parameter_is_a_list() -> None:
    assert tiny_sweep("lr=0.1,0.2", "epochs=1,2,3").grid_size == 6
    assert tiny_sweep("lr=0.1..0.2", "epochs=1,2,3").grid_size is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"trials": None}, "neither trials nor minutes say when it ends"),
        ({"trials": 0}, "trials is 0"),
        ({"minutes": 0}, "minutes is 0"),
        ({"parameters": []}, "parameters"),
        ({"objectives": ("params",)}, "objectives are params: accuracy first"),
        ({"objectives": ("accuracy", "accuracy")}, "accuracy first, then params or macs"),
        ({"objectives": ("accuracy", "macs")}, 'pruner is "median": with two objectives'),
        ({"sampler": "grid"}, 'sampler is "grid": every parameter must then be a list'),
        ({"base": tiny_config(protocol="seed").model_dump()}, 'base.training.protocol is "seed": a sweep chooses on'),
        ({"base": tiny_config(protocol="refit").model_dump()}, 'it must be "validation"'),
    ],
)
def test_what_cannot_be_searched_is_one_sentence(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        tiny_sweep(**fields)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        ("nope=1,2", "there is no field 'nope'"),
        ("lr=0.1..99", "training.optimizer.learning_rate is 99"),
        ("epochs=0..4", "training.epochs is 0: it must be"),
        ("optimizer.beta1=0.8,0.9", "there is no field 'optimizer.beta1'"),
        ("width_scale=0.5,-1", "width_scale is -1"),
        ("epochs=null,2", "training.epochs is null"),
    ],
)
def test_a_value_that_no_run_can_have_is_refused_before_anything_is_trained(parameter: str, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        tiny_sweep(parameter)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        ("protocol=validation,seed", "parameter protocol cannot vary: accuracies on other images do not compare"),
        ("training.limit_test=100,200", "cannot vary"),
        ("seed=0,1,2", "parameter seed cannot vary: the best of several seeds is luck"),
        ("device=cpu,cuda", "parameter device cannot vary: all trials of a sweep train on the same one"),
    ],
)
def test_what_must_be_the_same_for_all_trials_is_refused_in_a_new_sweep_alone(parameter: str, sentence: str) -> None:
    spec = tiny_sweep(parameter)  # as one that is stored is read
    with pytest.raises(SpecError) as caught:
        new_sweep(spec)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [
        ("lr=0.1,0.2", "lr=0.1..0.3"),
        ("lr=0.1,0.2", "optimizer.learning_rate=0.1,0.3"),
        ("optimizer.momentum=0.8,0.9", 'training.optimizer=[{"kind": "sgd"}, {"kind": "adamw"}]'),
    ],
)
def test_no_two_parameters_set_the_same_field(parameters: tuple[str, str]) -> None:
    with pytest.raises(SpecError, match="set the same field: leave one of them out"):
        tiny_sweep(*parameters)


def test_between_whole_numbers_any_number_counts_where_the_field_takes_it() -> None:
    base = tiny_config()
    whole = {
        parameter.name: isinstance(parameter, Span) and parameter.whole
        for parameter in read_parameters(
            ("epochs=4..12", "augmentation_first=0..1", "width_scale=1..2", "lr=1..2"), base
        )
    }
    assert whole == {"epochs": True, "augmentation_first": False, "width_scale": False, "lr": False}


def test_a_range_of_real_numbers_over_whole_ones_is_refused() -> None:
    with pytest.raises(SpecError, match=r"training\.epochs is 2\."):
        tiny_sweep("epochs=1.0..5.0")
