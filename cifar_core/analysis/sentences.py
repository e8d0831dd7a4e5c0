"""The analysis of a run in sentences, as the seed document writes them of its models: computed, or left unsaid."""

from __future__ import annotations

from cifar_core.analysis.attribution import neighbour_findings, seed_finding
from cifar_core.analysis.course import dip, improving_end, milestones, plateaus
from cifar_core.analysis.curves import Curve, run_curve
from cifar_core.analysis.finding import Finding, noise, points
from cifar_core.data import dataset_info
from cifar_core.protocol import BEST_LABELS, evaluation_split, predicted_splits
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.words import count, percent

SOME_OVERFITTING = 0.05
"""The gap of the seed's Model 2 (72 % on training images, 67 % on test images): "still some overfitting"."""
CLEAR_OVERFITTING = 0.15
"""Below the gap of its Model 1, "clearly overfitting" with 99.9 and 80 %, and well above that of Model 2."""
UNDERFITTING = 0.85
"""The assignment asks for as much on CIFAR-10's unseen images: who has less on those trained on cannot reach it."""


def run_findings(store: RunStore, run: Run) -> list[Finding]:
    """What can be said of a run; nothing of one that has no whole epoch, unless it diverged.

    Raises:
        StoreError: the store cannot be read.
    """
    split = evaluation_split(run.config.training.protocol)
    curve = run_curve(run.name, store.epochs(run.id), split)
    if not curve.epochs:
        return _diverged(run)
    said = [
        # How well it repeats images that it trains on tells nothing of its course.
        *([] if split == "train" else course_findings(curve, BEST_LABELS[run.config.training.protocol], _where(run))),
        *_diverged(run),
        gap_finding(run, _judged_images(run, curve)),
        *neighbour_findings(store, run, curve.images),
        seed_finding(run, curve),
    ]
    return [finding for finding in said if finding is not None]


def course_findings(curve: Curve, chosen: str, where: str) -> list[Finding]:
    """What the curve alone says.

    Args:
        curve: of a run, or the seed's.
        chosen: how its best epoch is chosen: "validation-chosen".
        where: what its last epoch is: "at the end", "so far".
    """
    if not curve.epochs:
        return []
    said = [milestones(curve, chosen), dip(curve), *plateaus(curve), improving_end(curve, where)]
    return [finding for finding in said if finding is not None]


def gap_of(run: Run) -> tuple[float, float] | None:
    """Clean training accuracy, and accuracy of the same weights on other images; None before it is measured.

    These are validation images and the weights of the best epoch where they choose it, else test images and those of
    the last one.
    """
    protocol = run.config.training.protocol
    accuracy = {"validation": run.best_accuracy, "refit": run.test_accuracy, "seed": run.last_accuracy}[protocol]
    if run.clean_train_accuracy is None or accuracy is None:
        return None
    return run.clean_train_accuracy, accuracy


def gap_finding(run: Run, images: int) -> Finding | None:
    """Over- or underfitting from the clean training accuracy; None before it is measured.

    Args:
        run: to judge.
        images: that its accuracy is measured on.
    """
    measured = gap_of(run)
    if measured is None:
        return None
    clean, accuracy = measured
    gap, luck = clean - accuracy, noise(accuracy, images)
    split, *_ = predicted_splits(run.config.training.protocol)
    figures = (
        f"{percent(clean)} of clean training images and {percent(accuracy)} of {split} images are right, "
        f"a gap of {points(gap)}"
    )
    if gap > max(SOME_OVERFITTING, luck):
        degree = "Clear" if gap > CLEAR_OVERFITTING else "Some"
        sentence = f"{degree} overfitting: {figures}."
    elif gap > SOME_OVERFITTING:
        sentence = f"{figures}: as much as {count(images)} images leave to luck."
    elif clean < UNDERFITTING:
        asked = " that the assignment asks of unseen ones" if run.config.dataset == "cifar10" else ""
        sentence = f"Underfitting: {figures}; even of the training images fewer are right than {percent(UNDERFITTING)}"
        sentence += f"{asked}."
    else:
        sentence = f"Hardly any overfitting: {figures}."
    numbers = {"clean training accuracy": clean, f"{split} accuracy": accuracy, "gap that luck explains": luck}
    return Finding("gap", sentence, numbers)


def _judged_images(run: Run, curve: Curve) -> int:
    """How many images the accuracy of `gap_of` is measured on."""
    if curve.split != "train":
        return curve.images
    of_all = dataset_info(run.config.dataset).test_images
    return min(of_all, run.config.training.limit_test or of_all)


def _diverged(run: Run) -> list[Finding]:
    if run.state != RunState.DIVERGED:
        return []
    epoch = run.epochs_done + 1
    sentence = f"Training diverged in epoch {epoch}: its loss was no finite number any more."
    return [Finding("end", sentence, {"diverged in epoch": epoch})]


def _where(run: Run) -> str:
    if run.state == RunState.COMPLETED:
        return "at the end"
    if run.state.is_over:
        return f"when it ended, after {run.epochs_done} of {run.config.training.epochs} epochs"
    return "so far"
