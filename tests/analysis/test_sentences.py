from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from cifar_core.analysis.course import PLATEAU_EPOCHS
from cifar_core.analysis.curves import reference_curve
from cifar_core.analysis.finding import Finding, noise
from cifar_core.analysis.sentences import course_findings, run_findings
from cifar_core.runs import Run, RunState, RunStore
from tests.analysis.stored import stored_run
from tests.tiny import tiny_config

IMAGES = 5000
LOW, HIGH = [0.4, 0.5, 0.60], [0.4, 0.5, 0.70]


def of_kind(findings: Sequence[Finding], kind: str) -> list[str]:
    return [finding.sentence for finding in findings if finding.kind == kind]


def said(store: RunStore, run: Run, kind: str) -> str:
    """The only sentence of a kind."""
    (sentence,) = of_kind(run_findings(store, run), kind)
    return sentence


def course(store: RunStore, *accuracies: float, rates: Sequence[float] = (), images: int = IMAGES) -> Run:
    return stored_run(store, tiny_config(), accuracies, rates=rates, images=images)


def test_the_seed_s_dip_coincides_with_its_rate_s_rise_and_is_no_plateau() -> None:
    findings = course_findings(reference_curve(), "test-chosen", "at the end")
    (dip,) = (finding for finding in findings if finding.kind == "dip")
    assert (dip.numbers["lowest epoch"], dip.numbers["rise from epoch"]) == (31, 18)
    assert dip.numbers["lowest accuracy"] == pytest.approx(0.7871)
    assert "78.7 % at epoch 31" in dip.sentence
    assert "coincides with the inferred learning rate's rise from epoch 18" in dip.sentence
    flat = [finding.numbers for finding in findings if finding.kind == "plateau"]
    epochs = [epoch for told in flat for epoch in range(int(told["first epoch"]), int(told["last epoch"]) + 1)]
    assert 31 not in epochs
    assert 50 in epochs, "its last ten epochs stand still"
    assert not of_kind(findings, "end")


def test_the_seed_s_milestones_are_those_of_its_own_analysis() -> None:
    (sentence,) = of_kind(course_findings(reference_curve(), "test-chosen", "at the end"), "milestones")
    assert sentence.startswith("Test accuracy: 47.8 % at epoch 1, 79.9 % at epoch 10, ")
    assert "85.4 % at epoch 50. Best: 85.5 % at epoch 48 (test-chosen)." in sentence


def test_before_the_first_epoch_nothing_is_said(store: RunStore) -> None:
    assert run_findings(store, stored_run(store, tiny_config(), state=None)) == []


def test_of_one_epoch_there_is_its_accuracy_and_no_course(store: RunStore) -> None:
    findings = run_findings(store, course(store, 0.5))
    assert of_kind(findings, "milestones") == ["Validation accuracy: 50.0 % at epoch 1."]
    assert not any(of_kind(findings, kind) for kind in ("dip", "plateau", "end", "gap", "parent", "setting"))


def test_a_diverged_run_says_where(store: RunStore) -> None:
    diverged = stored_run(store, tiny_config(), [0.1, 0.1], state=RunState.DIVERGED)
    assert said(store, diverged, "end") == "Training diverged in epoch 3: its loss was no finite number any more."
    at_once = stored_run(store, tiny_config(), state=RunState.DIVERGED)
    assert said(store, at_once, "end").startswith("Training diverged in epoch 1")


def test_a_dip_without_a_rise_of_the_rate_is_not_laid_on_it(store: RunStore) -> None:
    run = course(store, 0.6, 0.7, 0.6, 0.72, rates=[0.4, 0.3, 0.2, 0.1])
    assert said(store, run, "dip") == (
        "Accuracy fell by 10.0 points, from 70.0 % at epoch 2 to 60.0 % at epoch 3, and was back at 72.0 % at epoch 4. "
        "The learning rate did not rise meanwhile."
    )


def test_a_rise_that_is_over_before_the_fall_does_not_coincide(store: RunStore) -> None:
    run = course(store, 0.5, 0.6, 0.7, 0.6, rates=[0.1, 0.2, 0.3, 0.2])
    assert "did not rise" in said(store, run, "dip")


def test_a_rise_that_began_earlier_is_told_from_its_beginning(store: RunStore) -> None:
    run = course(store, 0.5, 0.6, 0.7, 0.6, 0.65, rates=[0.2, 0.1, 0.2, 0.3, 0.2])
    sentence = said(store, run, "dip")
    assert "rise from epoch 3 (from 0.1 at epoch 2 to 0.3 at epoch 4)" in sentence
    assert "and ended at 65.0 %" in sentence


def test_a_fall_that_luck_explains_is_not_told(store: RunStore) -> None:
    assert not of_kind(run_findings(store, course(store, 0.6, 0.7, 0.69, 0.72)), "dip")
    assert not of_kind(run_findings(store, course(store, 0.6, 0.7, 0.6, 0.72, images=64)), "dip")


def test_epochs_without_a_gain_are_a_plateau(store: RunStore) -> None:
    run = course(store, 0.4, 0.6, *[0.8, 0.801] * 3, rates=[0.1] * 8)
    assert said(store, run, "plateau") == (
        "Plateau: from epoch 3 to 8 accuracy stayed within 0.1 points (80.0 % to 80.1 %)."
    )


def test_few_epochs_or_a_rising_rate_are_no_plateau(store: RunStore) -> None:
    few = course(store, 0.4, *[0.8] * (PLATEAU_EPOCHS - 1))
    rising = course(store, 0.4, *[0.8] * 8, rates=[0.01 * epoch for epoch in range(1, 10)])
    for run in (few, rising):
        assert not of_kind(run_findings(store, run), "plateau")


def test_gains_up_to_the_last_epoch_are_told_with_the_falling_rate(store: RunStore) -> None:
    run = course(store, 0.3, 0.5, 0.6, 0.7, 0.8, rates=[0.5, 0.4, 0.3, 0.2, 0.1])
    assert said(store, run, "end") == (
        "Still improving at the end: +30.0 points over the last 3 epochs, to 80.0 % at epoch 5, "
        "while the learning rate fell from 0.4 to 0.1."
    )


def test_a_run_that_is_under_way_or_was_stopped_is_not_at_its_end(store: RunStore) -> None:
    rising = (0.3, 0.5, 0.6, 0.7, 0.8)
    running = stored_run(store, tiny_config(epochs=9), rising, state=None)
    assert "Still improving so far:" in said(store, running, "end")
    stopped = stored_run(store, tiny_config(epochs=9), rising, state=RunState.STOPPED)
    assert "when it ended, after 5 of 9 epochs:" in said(store, stopped, "end")


@pytest.mark.parametrize(
    ("clean", "accuracy", "images", "beginning"),
    [
        (0.999, 0.80, IMAGES, "Clear overfitting: 99.9 %"),
        (0.90, 0.80, IMAGES, "Some overfitting: "),
        (0.88, 0.86, IMAGES, "Hardly any overfitting: "),
        (0.60, 0.58, IMAGES, "Underfitting: 60.0 %"),
        (0.60, 0.50, IMAGES, "Some overfitting: "),
        (0.90, 0.84, 64, "90.0 % of clean training images and 84.0 % of validation images are right"),
    ],
)
def test_fit_is_judged_by_the_gap_of_clean_accuracies(
    store: RunStore, clean: float, accuracy: float, images: int, beginning: str
) -> None:
    run = stored_run(store, tiny_config(dataset="cifar10"), [accuracy], images=images, clean=clean)
    assert said(store, run, "gap").startswith(beginning)


def test_the_assignment_asks_nothing_of_digits(store: RunStore) -> None:
    run = stored_run(store, tiny_config(), [0.58], clean=0.60)
    assert said(store, run, "gap").endswith("even of the training images fewer are right than 85.0 %.")


def test_the_gap_is_that_of_the_same_weights(store: RunStore) -> None:
    chosen = stored_run(store, tiny_config(), [0.8, 0.7], clean=0.82)
    assert "a gap of 2.0 points" in said(store, chosen, "gap")
    last = stored_run(store, tiny_config(protocol="seed"), [0.8, 0.7], clean=0.82)
    assert "a gap of 12.0 points" in said(store, last, "gap")


def test_noise_is_what_luck_shows_in_one_of_twenty_comparisons() -> None:
    assert noise(0.8, 10_000) == pytest.approx(1.96 * math.sqrt(2 * 0.8 * 0.2 / 10_000), rel=1e-3)
    draws = np.random.default_rng(0).binomial(500, 0.7, (2, 20_000)) / 500
    assert np.mean(abs(draws[0] - draws[1]) > noise(0.7, 500)) == pytest.approx(0.05, abs=0.01)


def test_the_deepest_of_many_falls_is_seldom_luck() -> None:
    """Twenty epochs that differ in nothing: the deepest fall must exceed what 190 pairs of them show by luck."""
    runs = np.random.default_rng(0).binomial(500, 0.7, (2_000, 20)) / 500
    falls = (np.maximum.accumulate(runs, axis=1) - runs).max(axis=1)
    assert np.mean(falls > noise(0.7, 500, comparisons=190)) < 0.05 < np.mean(falls > noise(0.7, 500))


def test_noise_is_never_nothing() -> None:
    assert 0 < noise(1.0, 64) < noise(0.5, 64)


def test_of_a_refit_test_images_tell_and_its_curve_of_training_images_does_not(store: RunStore) -> None:
    config = tiny_config(dataset="cifar10", protocol="refit", limit_train=None, limit_test=None)
    run = stored_run(store, config, [0.90, 0.85, 0.95], clean=0.95, test=0.86)
    findings = run_findings(store, run)
    assert [finding.kind for finding in findings] == ["gap", "seed"]
    assert of_kind(findings, "gap") == [
        "Some overfitting: 95.0 % of clean training images and 86.0 % of test images are right, a gap of 9.0 points."
    ]
    assert "read the test set after every epoch, this run once" in said(store, run, "seed")


def test_a_curve_is_laid_beside_the_seed_s_only_where_it_was_measured_alike(store: RunStore) -> None:
    like = tiny_config(dataset="cifar10", protocol="seed", limit_train=None, limit_test=None)
    run = stored_run(store, like, [0.50, 0.65], images=10_000)
    assert said(store, run, "seed") == (
        "At epoch 2 test accuracy is 65.0 %, the seed document's Model 3 had 60.7 % (+4.3 points), "
        "both by the seed's protocol."
    )
    others = {
        "on Handwritten digits": tiny_config(protocol="seed"),
        "holds validation images out": tiny_config(dataset="cifar10"),
        "this run on 256 and 5,000": tiny_config(dataset="cifar10", protocol="seed"),
    }
    for reason, config in others.items():
        sentence = said(store, stored_run(store, config, [0.5]), "seed")
        assert sentence.startswith("No comparison")
        assert reason in sentence
