"""`evaluate` and `predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from cifar_core.analysis.calibration import calibration
from cifar_core.analysis.confusion import class_figures, confusion_matrix
from cifar_core.cli.outputs import ClassOutput, ClassProbability, EvaluationOutput, PredictionOutput
from cifar_core.cli.printing import json_option, print_json, print_table
from cifar_core.data import DatasetInfo, dataset_info, find_augmentation, read_picture
from cifar_core.data.datasets import Images
from cifar_core.protocol import ACCURACY_LABELS, EvaluationSplit
from cifar_core.runs import Predictions, Run, RunStore
from cifar_core.words import counted, percent

if TYPE_CHECKING:
    from cifar_core.runs.evaluation import TrainedNetwork

SHOWN_CLASSES = 3
AUGMENTATION = "assignment"
MAX_AUGMENTATIONS = 1_000


@click.command("evaluate")
@click.argument("run_id", metavar="RUN")
@click.option("--split", type=click.Choice(["test", "validation"]), default="test", show_default=True)
@click.option("--mirrored", is_flag=True, help="Also average each answer with that for the mirror image: told apart.")
@json_option
def evaluate_command(run_id: str, split: EvaluationSplit, mirrored: bool, as_json: bool) -> None:
    """Show a run's accuracy, per-class table and confusion matrix; what is not stored yet is computed.

    RUN is an id, its beginning or end, or a name.
    """
    store = RunStore()
    run = store.get(run_id)
    from cifar_core.runs.evaluation import mirrored_accuracy, stored_or_new_predictions

    predictions = stored_or_new_predictions(store, run, split)
    output = _evaluation(run, split, predictions)
    if mirrored:
        output.mirrored_accuracy = mirrored_accuracy(store, run, split, predictions)
    if as_json:
        print_json(output)
    else:
        _print_evaluation(output)


@click.command("predict")
@click.argument("run_id", metavar="RUN")
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--augmentations",
    metavar="N",
    type=click.IntRange(0, MAX_AUGMENTATIONS),
    default=0,
    show_default=True,
    help=f"Predict N draws of each picture by the augmentation {AUGMENTATION!r} too, and say how many keep its answer.",
)
@json_option
def predict_command(run_id: str, images: tuple[Path, ...], augmentations: int, as_json: bool) -> None:
    """Say what a run's network sees in pictures (PNG, JPEG, WebP). RUN is an id, its beginning or end, or a name."""
    store = RunStore()
    run = store.get(run_id)
    pictures = np.stack([read_picture(path) for path in images])
    import torch

    from cifar_core.runs.evaluation import TrainedNetwork

    network = TrainedNetwork(store, run)
    probabilities = network.probabilities(torch.from_numpy(pictures)).numpy()
    info = dataset_info(run.config.dataset)
    outputs = [_prediction(path, row, info.class_names) for path, row in zip(images, probabilities, strict=True)]
    if augmentations:
        for output, picture in zip(outputs, pictures, strict=True):
            output.augmented, output.stability = augmentations, _stability(network, picture, info, augmentations)
    if as_json:
        print_json(outputs)
    else:
        _print_predictions(outputs)


def _prediction(path: Path, row: np.ndarray, names: tuple[str, ...]) -> PredictionOutput:
    order = np.argsort(-row, kind="stable")
    ranked = [ClassProbability(name=names[number], probability=float(row[number])) for number in order]
    return PredictionOutput(
        image=str(path), predicted=ranked[0].name, probabilities=ranked, augmented=0, stability=None
    )


def _stability(network: TrainedNetwork, picture: Images, info: DatasetInfo, count: int) -> float:
    from cifar_core.analysis.variants import predict_variants

    return predict_variants(network, picture, find_augmentation(AUGMENTATION).spec, info.mean, count).stability


def _print_predictions(outputs: list[PredictionOutput]) -> None:
    for output in outputs:
        shown = ", ".join(f"{p.name} {percent(p.probability)}" for p in output.probabilities[:SHOWN_CLASSES])
        if output.stability is not None:
            same = round(output.stability * output.augmented)
            shown += f"; {same} of {counted(output.augmented, 'augmented draw')} the same answer"
        click.echo(f"{click.format_filename(output.image)}: {shown}")


def _evaluation(run: Run, split: EvaluationSplit, predictions: Predictions) -> EvaluationOutput:
    names = dataset_info(run.config.dataset).class_names
    matrix = confusion_matrix(predictions.targets, predictions.predicted, len(names))
    figures = class_figures(matrix, names)
    return EvaluationOutput(
        run=run.id,
        split=split,
        epoch=predictions.epoch,
        accuracy=predictions.accuracy,
        correct=int(np.trace(matrix)),
        count=len(predictions.targets),
        accuracy_of=ACCURACY_LABELS[run.config.training.protocol],
        mirrored_accuracy=None,
        expected_calibration_error=calibration(predictions).expected_error,
        classes=[
            ClassOutput(name=f.name, precision=f.precision, recall=f.recall, f1=f.f1, support=f.support)
            for f in figures
        ],
        confusion=matrix.tolist(),
    )


def _print_evaluation(output: EvaluationOutput) -> None:
    share = output.mirrored_accuracy
    mirrored = "" if share is None else f"Averaged with the answers for mirrored images: {percent(share)}\n"
    click.echo(
        f"Run {output.run}, {output.split} images, weights of epoch {output.epoch} ({output.accuracy_of}): "
        f"{percent(output.accuracy)} ({output.correct:,} of {output.count:,})\n{mirrored}"
        f"Expected calibration error: {percent(output.expected_calibration_error)}\n"
    )
    rows = [(c.name, percent(c.precision), percent(c.recall), percent(c.f1), c.support) for c in output.classes]
    print_table(("class", "precision", "recall", "F1", "images"), rows)
    click.echo("\nConfusion matrix: rows are true classes, columns predicted ones")
    names = [c.name for c in output.classes]
    print_table(
        ("", *(name[:5] for name in names)), [(n, *row) for n, row in zip(names, output.confusion, strict=True)]
    )
