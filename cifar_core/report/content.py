"""What a report says of each run, before it becomes Markdown or HTML: read from the store, or a sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cifar_core.analysis.confusion import Counts, confusion_matrix
from cifar_core.analysis.curves import Curve, run_curve
from cifar_core.analysis.mistakes import rank_mistakes
from cifar_core.analysis.seed_claims import ClaimRow, compare_with_seed
from cifar_core.analysis.sentences import run_findings
from cifar_core.analysis.settings_diff import Difference, differing_settings
from cifar_core.architecture.build import build_network
from cifar_core.architecture.description import ArchitectureDescription, describe
from cifar_core.data import shared_dataset
from cifar_core.data.datasets import Images, dataset_info
from cifar_core.errors import LabError, SpecError
from cifar_core.protocol import ACCURACY_LABELS, BEST_LABELS, PROTOCOL_TITLES, evaluation_split
from cifar_core.runs import Predictions, Run, RunFiles, RunStore
from cifar_core.runs.report_texts import ReportText
from cifar_core.training.metrics import EpochMetrics
from cifar_core.words import count, percent

SHOWN_MISTAKES = 20
MAX_RUNS = 20
MAX_NETWORK_ROWS = 12
"""Differing settings of layers that are told one by one."""


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The misclassified test images that the network was surest of."""

    images: Images
    """uint8 [N, 32, 32, 3], N at most `SHOWN_MISTAKES`."""
    captions: tuple[str, ...]
    """Of each, its class and what the network said."""


@dataclass(frozen=True, slots=True)
class RunSection:
    """One run's part of a report. Where something is missing, a sentence stands in its place."""

    number: int
    """From 1, in the report."""
    run: Run
    text: ReportText
    results: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    printed: str
    """The network as PyTorch prints it."""
    description: ArchitectureDescription
    epochs: tuple[EpochMetrics, ...]
    curve: Curve
    class_names: tuple[str, ...]
    matrix: Counts | str
    mistakes: Mistakes | str


@dataclass(frozen=True, slots=True)
class Report:
    """All of a report."""

    sections: tuple[RunSection, ...]
    differences: tuple[Difference, ...]
    """In which settings the runs differ; none of a single run."""
    claims: tuple[ClaimRow, ...]
    """What the seed document says beside what was measured, of the runs that repeat its models."""


def make_report(store: RunStore, runs: Sequence[Run]) -> Report:
    """Gathers a report; it only reads.

    Args:
        store: of the runs.
        runs: 1 to `MAX_RUNS`, in the order of their sections.

    Raises:
        SpecError: there is no run, one is there twice, or there are too many.
        StoreError: the store cannot be read.
    """
    if not 1 <= len(runs) <= MAX_RUNS:
        raise SpecError(f"A report is about 1 to {MAX_RUNS} runs, not {len(runs)}.")
    if len({run.id for run in runs}) < len(runs):
        raise SpecError("A run is named twice: a report has each of its runs once.")
    sections = tuple(_section(store, run, number) for number, run in enumerate(runs, start=1))
    claims = tuple(row for section in sections for row in compare_with_seed(section.run, section.epochs))
    return Report(sections, tuple(_told_in_short(differing_settings(runs), runs)) if len(runs) > 1 else (), claims)


def _told_in_short(differences: Sequence[Difference], runs: Sequence[Run]) -> list[Difference]:
    """Of networks that have little in common, one row: each section lists the whole of its own."""
    of_network = [each for each in differences if each.part == "network"]
    if len(of_network) <= MAX_NETWORK_ROWS:
        return list(differences)
    values = tuple(f"{len(run.config.architecture.layers)} layers, {count(run.num_params)} parameters" for run in runs)
    whole = Difference("network", "network, whole (layer by layer in the sections)", values, decides=True)
    place = list(differences).index(of_network[0])
    others = [each for each in differences if each.part != "network"]
    return [*others[:place], whole, *others[place:]]


def _section(store: RunStore, run: Run, number: int) -> RunSection:
    epochs = store.epochs(run.id)
    predictions = _predictions(store, run)
    names = dataset_info(run.config.dataset).class_names
    return RunSection(
        number=number,
        run=run,
        text=store.report_text(run.id),
        results=tuple(_results(run, epochs)),
        findings=tuple(finding.sentence for finding in run_findings(store, run)),
        printed=str(build_network(run.config.architecture)),
        description=describe(run.config.architecture),
        epochs=tuple(epochs),
        curve=run_curve(f"Model {number}", epochs, evaluation_split(run.config.training.protocol)),
        class_names=names,
        matrix=predictions
        if isinstance(predictions, str)
        else confusion_matrix(predictions.targets, predictions.predicted, len(names)),
        mistakes=predictions if isinstance(predictions, str) else _mistakes(run, predictions, names),
    )


def _results(run: Run, epochs: Sequence[EpochMetrics]) -> list[tuple[str, str]]:
    """The same figures in the same order of every run: they are set side by side."""
    protocol = run.config.training.protocol
    best = (f"Best {evaluation_split(protocol)} accuracy ({BEST_LABELS[protocol]})", _or_not(run.best_accuracy))
    if protocol == "refit":
        best = ("Best accuracy", "nothing was chosen")
    limit = run.config.training.limit_test
    best_train = max((epoch.train_accuracy for epoch in epochs), default=None)
    return [
        ("Parameters", count(run.num_params)),
        ("Receptive field", str(run.receptive_field)),
        ("Best training accuracy, as trained", _or_not(best_train)),
        ("Accuracy on clean training images", _or_not(run.clean_train_accuracy)),
        best,
        (f"Test accuracy ({ACCURACY_LABELS[protocol]})", _or_not(run.test_accuracy)),
        ("Epochs run", f"{run.epochs_done} of {run.config.training.epochs}"),
        ("Data set", dataset_info(run.config.dataset).title),
        ("Training images", f"{count(run.train_images)} of {count(dataset_info(run.config.dataset).train_images)}"),
        (
            "Evaluated on",
            "whole sets" if limit is None else f"a quick trial: {count(limit)} images of each set at most",
        ),
        ("Protocol", PROTOCOL_TITLES[protocol]),
        ("State", str(run.state)),
    ]


def _or_not(share: float | None) -> str:
    return "not measured" if share is None else percent(share)


def _predictions(store: RunStore, run: Run) -> Predictions | str:
    """Those of the test images that the run's weights made; a report never makes new ones: it only reads."""
    try:
        found = RunFiles(store.run_folder(run.id)).load_predictions("test")
    except LabError as error:
        return str(error)
    if found is None or found.epoch != run.chosen_epoch:
        return (
            "No predictions of this run's test images are stored: the Mistakes page or the command evaluate makes them."
        )
    return found


def _mistakes(run: Run, predictions: Predictions, names: tuple[str, ...]) -> Mistakes | str:
    worst = rank_mistakes(predictions)[:SHOWN_MISTAKES]
    if not len(worst):
        return "No test image is misclassified."
    try:
        images = shared_dataset(run.config.dataset).test.images[predictions.index[worst]]
    except LabError as error:
        return f"The images cannot be shown. {error}"
    captions = (
        f"{names[predictions.targets[at]]}, called {names[said]}: {percent(float(predictions.probabilities[at, said]))}"
        for at, said in zip(worst, predictions.predicted[worst], strict=True)
    )
    return Mistakes(images, tuple(captions))
