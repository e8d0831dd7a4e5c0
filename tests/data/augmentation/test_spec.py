from __future__ import annotations

import json

import pytest

from cifar_core.data import AugmentationSpec, augmentation_names, find_augmentation
from cifar_core.data.augmentation import CoarseDropout, ColorJitter, HorizontalFlip, MixUp, ShiftScaleRotate
from cifar_core.errors import SpecError

ASSIGNMENT = ["horizontal_flip", "shift_scale_rotate", "coarse_dropout"]


def types(name: str) -> list[str]:
    return [transform.type for transform in find_augmentation(name).spec.transforms]


def test_assignment_holds_the_three_transforms_that_it_asks_for() -> None:
    assert types("assignment") == ASSIGNMENT


def test_assignments_hole_is_one_of_16_by_16_in_the_mean_color() -> None:
    hole = find_augmentation("assignment").spec.transforms[2]
    assert isinstance(hole, CoarseDropout)
    assert (hole.holes, hole.height, hole.width, hole.fill) == ((1, 1), (16, 16), (16, 16), "mean")


def test_seed_model_3_adds_color_jitter() -> None:
    assert types("seed-model-3") == [*ASSIGNMENT[:2], "color_jitter", ASSIGNMENT[2]]


def test_none_does_nothing() -> None:
    assert types("none") == []


def test_what_the_sources_left_open_is_marked() -> None:
    marked = {name for name in augmentation_names() if find_augmentation(name).reconstructed}
    assert {"assignment", "seed-model-3"} <= marked
    assert "none" not in marked


@pytest.mark.parametrize("name", augmentation_names())
def test_presets_are_named_and_explained(name: str) -> None:
    preset = find_augmentation(name)
    assert preset.name == preset.spec.name == name
    assert preset.title
    assert preset.teaches.endswith(".")


def test_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match=r"^There is no augmentation 'mixup': choose one of none, assignment, "):
        find_augmentation("mixup")


@pytest.mark.parametrize("name", augmentation_names())
def test_every_preset_survives_its_json(name: str) -> None:
    spec = find_augmentation(name).spec
    assert AugmentationSpec.parse(spec.to_json()) == spec
    assert AugmentationSpec.parse(json.loads(spec.to_json())) == spec


def test_extreme_values_survive_their_json() -> None:
    spec = AugmentationSpec(
        transforms=(
            ShiftScaleRotate(
                shift_limit=1, scale_limit=0.99, rotate_limit=180, border="reflect", fill=(0, 255, 7), p=1
            ),
            ColorJitter(brightness=1, contrast=0, saturation=1, hue=0.5, p=0),
            CoarseDropout(holes=16, height=1, width=32, fill=(1, 2, 3)),
            HorizontalFlip(p=0),
        )
    )
    assert AugmentationSpec.parse(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("transform", "field", "value", "allowed"),
    [
        ({"type": "horizontal_flip", "p": 1.5}, "p", "1.5", "less than or equal to 1"),
        ({"type": "horizontal_flip", "p": -0.1}, "p", "-0.1", "greater than or equal to 0"),
        ({"type": "horizontal_flip", "p": float("nan")}, "p", "nan", "finite"),
        ({"type": "coarse_dropout", "height": 64}, "height", "64", "32"),
        ({"type": "coarse_dropout", "width": 0}, "width", "0", "1"),
        ({"type": "coarse_dropout", "holes": 0}, "holes", "0", "1"),
        ({"type": "coarse_dropout", "fill": "black"}, "fill", "'black'", "mean"),
        ({"type": "coarse_dropout", "fill": [0, 0, 256]}, "fill", "256", ""),
        ({"type": "shift_scale_rotate", "shift_limit": 1.1}, "shift_limit", "1.1", "1"),
        ({"type": "shift_scale_rotate", "scale_limit": 1}, "scale_limit", "1", "less than 1"),
        ({"type": "shift_scale_rotate", "rotate_limit": 181}, "rotate_limit", "181", "180"),
        ({"type": "shift_scale_rotate", "border": "wrap"}, "border", "'wrap'", "'reflect'"),
        ({"type": "color_jitter", "hue": 0.6}, "hue", "0.6", "0.5"),
        ({"type": "color_jitter", "brightness": float("inf")}, "brightness", "inf", "finite"),
    ],
)
def test_impossible_values_are_refused_in_one_sentence(
    transform: dict[str, object], field: str, value: str, allowed: str
) -> None:
    with pytest.raises(SpecError) as refused:
        AugmentationSpec.parse({"transforms": [transform]})
    sentence = str(refused.value)
    for part in ("AugmentationSpec: transforms[0]", field, value, allowed):
        assert part in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


VERSION_1 = """{"schema_version": 1, "name": "old", "transforms": [
{"type": "horizontal_flip", "p": 0.5},
{"type": "coarse_dropout", "holes": 1, "height": 16, "width": 8, "fill": "mean", "p": 0.25}]}"""


def test_version_1_is_read_its_single_numbers_as_ranges_of_one() -> None:
    spec = AugmentationSpec.parse(VERSION_1)
    hole = CoarseDropout(holes=(1, 1), height=(16, 16), width=(8, 8), p=0.25)
    assert spec == AugmentationSpec(name="old", transforms=(HorizontalFlip(), hole))
    assert (spec.schema_version, spec.batch) == (2, ())
    assert AugmentationSpec.parse(spec.to_json()) == spec


def refusal(data: object) -> str:
    with pytest.raises(SpecError) as refused:
        AugmentationSpec.parse(data)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"schema_version": 3}, "schema_version is 3: it must be 2."),
        ({"schema_version": 1, "batch": []}, "schema_version is 1: it must be 2."),
        (
            {"transforms": [{"type": "coarse_dropout", "height": [16, 8]}]},
            "transforms[0].height is [16, 8]: the least must not be above the largest.",
        ),
        (
            {"transforms": [{"type": "gaussian_blur", "sigma": [2, 1]}]},
            "transforms[0].sigma is [2, 1]: the least must not be above the largest.",
        ),
        (
            {"transforms": [{"type": "coarse_dropout", "width": [8, 33]}]},
            "transforms[0].width[1] is 33: it must be less than or equal to 32.",
        ),
        ({"batch": [{"type": "mixup", "p": 1.5}]}, "batch[0].p is 1.5: it must be less than or equal to 1."),
        ({"batch": [{"type": "cutmix", "alpha": 0}]}, "batch[0].alpha is 0: it must be greater than 0."),
        (
            {"batch": [{"type": "blend"}]},
            "batch[0].type is 'blend': it must be one of 'mixup', 'cutmix'.",
        ),
        ({"batch": [{"type": "mixup"}] * 3}, f"batch is {[{'type': 'mixup'}] * 3}: it must hold at most 2 items."),
        ({"batch": [{"alpha": 1}]}, "batch[0] lacks the field 'type', which says what it is."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_of_its_own(data: dict[str, object], sentence: str) -> None:
    assert refusal(data) == f"AugmentationSpec: {sentence}"


def test_unknown_transform_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        SpecError, match=r"transforms\[0\].*'mixup'.*'horizontal_flip'.*'coarse_dropout', 'trivial_augment'\.$"
    ):
        AugmentationSpec.parse({"transforms": [{"type": "mixup"}]})


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(SpecError, match=r"there is no field transforms\[0\]\.angle\.$"):
        AugmentationSpec.parse({"transforms": [{"type": "horizontal_flip", "angle": 3}]})
    with pytest.raises(SpecError, match=r"batch is 'mixup'"):
        AugmentationSpec.parse({"batch": "mixup"})


def test_more_transforms_than_anyone_needs_are_refused() -> None:
    with pytest.raises(SpecError, match="at most 32"):
        AugmentationSpec.parse({"transforms": [{"type": "horizontal_flip"}] * 33})


def test_at_a_strength_every_probability_is_that_share_of_itself_and_nothing_else_changes() -> None:
    spec = AugmentationSpec(transforms=(HorizontalFlip(p=0.5), ColorJitter(p=0.8)), batch=(MixUp(p=0.4),))
    half = spec.at_strength(0.5)
    assert [each.p for each in (*half.transforms, *half.batch)] == [0.25, 0.4, 0.2]
    back = [each.model_copy(update={"p": each.p * 2}) for each in (*half.transforms, *half.batch)]
    assert back == [*spec.transforms, *spec.batch]
    assert spec.at_strength(1) == spec
    assert AugmentationSpec.parse(half.to_json()) == half
