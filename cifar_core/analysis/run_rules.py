"""What the assignment asks of a run, beside what it asks of its network: three transforms, and an accuracy."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import Field

from cifar_core.architecture import RuleResult
from cifar_core.data import dataset_info
from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.runs import RunConfig
from cifar_core.spec_model import SpecModel
from cifar_core.words import count, counted, percent

ASKED_TRANSFORMS = {
    "horizontal_flip": "Horizontal flip",
    "shift_scale_rotate": "Shift, scale, rotate",
    "coarse_dropout": "Coarse dropout",
}


class TestedRun(Protocol):
    """What of a run is judged: a stored one's row has it, and so has one that only came in a package."""

    @property
    def config(self) -> RunConfig:
        """Everything that decided it."""

    @property
    def test_accuracy(self) -> float | None:
        """In 0..1; None until the test images were read."""


class RunLimits(SpecModel):
    """The numbers that the assignment asks of a run; a teacher may set others."""

    accuracy_from: Annotated[float, Field(ge=0, le=1)] = 0.85
    """Least test accuracy on CIFAR-10, in 0..1."""


class RunRule(RuleResult):
    """One rule of a run."""

    judged: bool = True
    """False where there is nothing to judge: not yet, not on this data set, not on so few images. Then it is not passed
    either."""


def judge_run(run: TestedRun, limits: RunLimits | None = None) -> tuple[RunRule, ...]:
    """Judges what the assignment asks of a run: its three transforms, by albumentations, and its test accuracy."""
    transforms = (_transform(run, name, title) for name, title in ASKED_TRANSFORMS.items())
    return (*transforms, _accuracy(run, limits or RunLimits()))


def _transform(run: TestedRun, name: str, title: str) -> RunRule:
    training = run.config.training
    if name == "horizontal_flip" and training.alternate_flips:
        detail = "Every image is mirrored in turns by the training itself: the assignment asks for albumentations."
        value: int | str = "not by albumentations"
        return RunRule(name=name, title=title, passed=False, value=value, limit=">= 1", detail=detail)
    # A transform whose probability is 0 never happens; over a run each has the mean of its first and last strength.
    strength = (training.augmentation_first + training.augmentation_last) / 2
    chances = [strength * transform.p for transform in run.config.augmentation.transforms if transform.type == name]
    applied = [chance for chance in chances if chance > 0]
    engine = training.augmentation_engine
    passed = bool(applied) and engine == "albumentations"
    if applied:
        shares = ", ".join(f"{100 * chance:g} %" for chance in applied)
        detail = f"Applied to {shares} of the training images"
        detail += "." if passed else f" by the {engine} engine: the assignment asks for albumentations."
    else:
        detail = "It is listed, and never happens." if chances else "The augmentation does not list it."
    value = len(applied) if passed or not applied else "not by albumentations"
    return RunRule(name=name, title=title, passed=passed, value=value, limit=">= 1", detail=detail)


def _accuracy(run: TestedRun, limits: RunLimits) -> RunRule:
    accuracy, label = run.test_accuracy, ACCURACY_LABELS[run.config.training.protocol]
    limit, judged, passed = run.config.training.limit_test, False, False
    if run.config.dataset != "cifar10":
        title = dataset_info(run.config.dataset).title
        value, detail = "does not apply", f"It is asked on the test images of CIFAR-10; this run is on {title}."
    elif accuracy is None:
        value, detail = "not read yet", "The test images are read when choosing is over."
    elif limit is not None and limit < (every := dataset_info("cifar10").test_images):
        value = f"{percent(accuracy)} of {counted(limit, 'image')}"
        detail = f"It is asked on all {count(every)} test images; this run was tested on {count(limit)} of them."
    else:
        judged, passed, value = True, accuracy >= limits.accuracy_from, percent(accuracy)
        room = 100 * (accuracy - limits.accuracy_from)
        detail = f"{abs(room):.2f} points {'above' if room >= 0 else 'below'} the limit."
    return RunRule(
        name="accuracy",
        title=f"Test accuracy ({label})",
        passed=passed,
        value=value,
        limit=f">= {percent(limits.accuracy_from)}",
        detail=detail,
        judged=judged,
    )
