from __future__ import annotations

from typing import Any

import pytest

from cifar_core.analysis.run_rules import RunLimits, RunRule, judge_run
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import HorizontalFlip
from cifar_core.errors import SpecError
from cifar_core.runs import RunStore
from tests.analysis.stored import stored_run
from tests.tiny import tiny_config


def judged(
    store: RunStore,
    augmentation: AugmentationSpec | None = None,
    dataset: str = "cifar10",
    test: float | None = None,
    limits: RunLimits | None = None,
    protocol: str = "validation",
    limit_test: int | None = None,
    engine: str = "albumentations",
    **training: Any,
) -> dict[str, RunRule]:
    config = tiny_config(
        dataset=dataset,
        augmentation=augmentation,
        protocol=protocol,
        limit_test=limit_test,
        augmentation_engine=engine,
        **training,
    )
    return {rule.name: rule for rule in judge_run(stored_run(store, config, [0.5], test=test), limits)}


def test_the_assignment_s_augmentation_has_all_three(store: RunStore) -> None:
    rules = judged(store, find_augmentation("assignment").spec)
    assert [rule.passed for name, rule in rules.items() if name != "accuracy"] == [True] * 3


def test_without_augmentation_none_is_there(store: RunStore) -> None:
    rules = judged(store)
    assert not any(rule.passed for rule in rules.values())
    assert rules["coarse_dropout"].detail == "The augmentation does not list it."


def test_a_transform_that_never_happens_does_not_count(store: RunStore) -> None:
    rule = judged(store, AugmentationSpec(transforms=(HorizontalFlip(p=0),)))["horizontal_flip"]
    assert not rule.passed
    assert rule.detail == "It is listed, and never happens."


def test_what_a_training_weakens_counts_as_often_as_it_happens(store: RunStore) -> None:
    assignment = find_augmentation("assignment").spec
    fading = judged(store, assignment, augmentation_last=0.0)["horizontal_flip"]
    assert (fading.passed, fading.detail) == (True, "Applied to 25 % of the training images.")
    never = judged(store, assignment, augmentation_first=0.0, augmentation_last=0.0)
    assert not any(never[name].passed for name in ("horizontal_flip", "shift_scale_rotate", "coarse_dropout"))


def test_mirroring_in_turns_is_no_flip_of_albumentations(store: RunStore) -> None:
    rules = judged(store, find_augmentation("assignment").spec, alternate_flips=True)
    assert not rules["horizontal_flip"].passed
    assert "mirrored in turns by the training itself" in rules["horizontal_flip"].detail
    assert rules["shift_scale_rotate"].passed


def test_a_transform_that_albumentations_does_not_carry_out_does_not_count_and_says_so(store: RunStore) -> None:
    rules = judged(store, find_augmentation("assignment").spec, engine="batched")
    assert not any(rule.passed for rule in rules.values())
    rule = rules["horizontal_flip"]
    assert rule.value == "not by albumentations"
    assert rule.detail == (
        "Applied to 50 % of the training images by the batched engine: the assignment asks for albumentations."
    )


@pytest.mark.parametrize(("accuracy", "passed", "by"), [(0.85, True, "0.00 points above"), (0.8496, False, "0.04")])
def test_the_limit_itself_is_enough(store: RunStore, accuracy: float, passed: bool, by: str) -> None:
    rule = judged(store, test=accuracy)["accuracy"]
    assert (rule.passed, rule.judged) == (passed, True)
    assert by in rule.detail


def test_the_accuracy_says_how_its_epoch_was_chosen(store: RunStore) -> None:
    assert judged(store, test=0.9)["accuracy"].title == "Test accuracy (validation-chosen)"
    assert judged(store, test=0.9, protocol="seed")["accuracy"].title == "Test accuracy (last epoch)"


def test_an_accuracy_on_some_of_the_test_images_is_not_judged(store: RunStore) -> None:
    rule = judged(store, test=0.9, limit_test=10)["accuracy"]
    assert (rule.value, rule.passed, rule.judged) == ("90.0 % of 10 images", False, False)
    assert rule.detail == "It is asked on all 10,000 test images; this run was tested on 10 of them."


def test_a_limit_that_leaves_no_image_out_hinders_no_verdict(store: RunStore) -> None:
    rule = judged(store, test=0.9, limit_test=10_000)["accuracy"]
    assert (rule.passed, rule.judged) == (True, True)


def test_an_accuracy_that_was_not_read_yet_is_not_judged(store: RunStore) -> None:
    rule = judged(store)["accuracy"]
    assert (rule.value, rule.passed, rule.judged) == ("not read yet", False, False)


def test_on_digits_the_accuracy_does_not_apply(store: RunStore) -> None:
    rule = judged(store, dataset="digits", test=0.99)["accuracy"]
    assert (rule.value, rule.passed, rule.judged) == ("does not apply", False, False)


def test_a_teacher_may_ask_for_less(store: RunStore) -> None:
    rule = judged(store, test=0.62, limits=RunLimits(accuracy_from=0.6))["accuracy"]
    assert rule.passed
    assert rule.limit == ">= 60.0 %"


def test_a_limit_that_is_no_share_is_refused() -> None:
    with pytest.raises(SpecError, match="accuracy_from"):
        RunLimits.parse({"accuracy_from": 85})
