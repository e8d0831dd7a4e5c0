from __future__ import annotations

import json

import pytest

from cifar_core.errors import SpecError
from cifar_core.training import AdamW, CosineSchedule, Sgd, TrainingSpec, find_recipe

VERSION_1 = """{"schema_version": 1, "recipe": "seed", "epochs": 50, "batch_size": 128,
"optimizer": {"kind": "sgd", "learning_rate": 0.07, "momentum": 0.8, "nesterov": false, "weight_decay": 0.0005},
"schedule": {"kind": "cosine", "t_max": 16.5, "floor": 0.0}, "label_smoothing": 0.1, "device": "auto",
"augmentation_engine": "albumentations", "seed": 3, "protocol": "seed", "validation_images": null,
"limit_train": 1000, "limit_test": null}"""


def test_a_stored_spec_of_version_1_is_read_with_todays_defaults() -> None:
    spec = TrainingSpec.parse(VERSION_1)
    assert spec == TrainingSpec(
        recipe="seed",
        epochs=50,
        optimizer=Sgd(learning_rate=0.07, momentum=0.8, nesterov=False),
        schedule=CosineSchedule(t_max=16.5),
        label_smoothing=0.1,
        seed=3,
        protocol="seed",
        limit_train=1000,
    )
    assert (spec.schema_version, spec.ema_decay, spec.clip_norm, spec.precision) == (2, None, None, "float32")
    assert TrainingSpec.parse(spec.to_json()) == spec


def test_version_1_needed_no_kind_of_optimizer() -> None:
    old = {"schema_version": 1, "optimizer": {"learning_rate": 0.3}}
    assert TrainingSpec.parse(old).optimizer == Sgd(learning_rate=0.3)


def test_the_seed_s_recipe_trains_through_albumentations_alone() -> None:
    with pytest.raises(SpecError) as refused:
        find_recipe("seed").spec.changed(augmentation_engine="batched")
    assert str(refused.value) == (
        'TrainingSpec: augmentation_engine is "batched": the recipe "seed" trains through "albumentations", as the '
        "assignment asks."
    )
    assert find_recipe("quick").spec.changed(augmentation_engine="batched").augmentation_engine == "batched"
    with pytest.raises(
        SpecError, match=r"augmentation_engine is 'kornia': it must be 'albumentations' or 'batched'\.$"
    ):
        TrainingSpec.parse({"augmentation_engine": "kornia"})


def test_a_newer_version_is_refused_in_one_sentence() -> None:
    newer = {**json.loads(VERSION_1), "schema_version": 3}
    with pytest.raises(SpecError, match=r"^TrainingSpec: schema_version is 3: it must be 2\.$"):
        TrainingSpec.parse(newer)


@pytest.mark.parametrize("optimizer", [7, None, [1], {"kind": "sgd", "beta1": 0.9}])
def test_a_broken_optimizer_of_version_1_is_named(optimizer: object) -> None:
    with pytest.raises(SpecError, match="optimizer"):
        TrainingSpec.parse({"schema_version": 1, "optimizer": optimizer})


def test_the_kind_tells_one_optimizer_from_the_other() -> None:
    spec = TrainingSpec(optimizer=AdamW(beta2=0.95), ema_decay=0.999, clip_norm=1.0, precision="bfloat16")
    assert TrainingSpec.parse(spec.to_json()) == spec
    assert isinstance(TrainingSpec.parse(spec.to_json()).optimizer, AdamW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("optimizer", {"kind": "adam"}),
        ("optimizer", {"kind": "adamw", "momentum": 0.9}),
        ("optimizer", {"kind": "adamw", "beta2": 1.0}),
        ("ema_decay", 1.0),
        ("ema_decay", 0.2),
        ("clip_norm", 0.0),
        ("clip_norm", float("inf")),
        ("precision", "float8"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(SpecError, match=field):
        TrainingSpec.parse({field: value})
