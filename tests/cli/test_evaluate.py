from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from cifar_core.runs import Run, RunFiles, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.runs.run_data import load_run_data
from tests.cli.helpers import Cli


def assert_as_scikit_learn_says(output: dict[str, Any], run: Run, split: str) -> None:
    with np.load(RunStore().run_folder(run.id) / f"predictions-{split}.npz") as stored:
        targets, predicted = stored["target"], stored["probabilities"].argmax(axis=1)
    figures = precision_recall_fscore_support(targets, predicted, labels=range(10), zero_division=0)
    assert output["accuracy"] == pytest.approx(accuracy_score(targets, predicted))
    assert output["confusion"] == confusion_matrix(targets, predicted, labels=range(10)).tolist()
    assert (output["correct"], output["count"]) == (int((targets == predicted).sum()), len(targets))
    for name, expected in zip(("precision", "recall", "f1", "support"), figures, strict=True):
        assert [row[name] for row in output["classes"]] == pytest.approx(expected.tolist())


@pytest.mark.parametrize("split", ["test", "validation"])
def test_figures_of_a_completed_run_are_scikit_learn_s(cli: Cli, completed: Run, split: str) -> None:
    output = cli("evaluate", completed.id, "--split", split, "--json").data
    assert (output["run"], output["split"], output["epoch"]) == (completed.id, split, completed.best_epoch)
    assert_as_scikit_learn_says(output, completed, split)


def test_calibration_error_is_that_of_fifteen_bins(cli: Cli, completed: Run) -> None:
    with np.load(RunStore().run_folder(completed.id) / "predictions-test.npz") as stored:
        probabilities, targets = stored["probabilities"].astype(float), stored["target"]
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    bins = [np.ceil(15 * sure) == number for number in range(1, 16)]
    error = sum(abs(sure[each].sum() - right[each].sum()) for each in bins) / len(targets)
    output = cli("evaluate", completed.id, "--json").data
    assert output["expected_calibration_error"] == pytest.approx(error)
    assert f"Expected calibration error: {100 * error:.1f} %" in cli("evaluate", completed.id).out


def test_accuracy_is_the_run_s_own(cli: Cli, completed: Run) -> None:
    assert cli("evaluate", completed.id, "--json").data["accuracy"] == completed.test_accuracy
    validation = cli("evaluate", completed.id, "--split", "validation", "--json").data
    assert validation["accuracy"] == pytest.approx(completed.best_accuracy)


def test_answers_for_mirrored_images_are_averaged_in_where_asked(cli: Cli, completed: Run) -> None:
    store = RunStore()
    test = load_run_data(completed.config).splits.test
    network = TrainedNetwork(store, store.get(completed.id), "cpu")
    images = torch.from_numpy(test.images)
    both = network.probabilities(images) + network.probabilities(images.flip(2))
    right = both.argmax(dim=1).numpy() == test.targets
    output = cli("evaluate", completed.id, "--mirrored", "--json").data
    assert output["mirrored_accuracy"] == pytest.approx(right.mean(), abs=1.5 / len(right))  # stored ones are rounded
    assert output["accuracy"] == completed.test_accuracy
    assert RunStore().get(completed.id).test_accuracy == completed.test_accuracy
    assert cli("evaluate", completed.id, "--json").data["mirrored_accuracy"] is None
    told = cli("evaluate", completed.id, "--mirrored").out
    assert f"mirrored images: {100 * output['mirrored_accuracy']:.1f} %" in told


def test_a_stopped_run_is_computed_and_kept(cli: Cli, stopped: Run) -> None:
    assert RunFiles(RunStore().run_folder(stopped.id)).load_predictions("test") is None
    output = cli("evaluate", stopped.id, "--json").data
    assert output["epoch"] == 1
    assert_as_scikit_learn_says(output, stopped, "test")
    assert RunStore().get(stopped.id).test_accuracy == output["accuracy"]
    assert cli("evaluate", stopped.id, "--json").data == output


def test_validation_images_leave_the_test_set_unread(cli: Cli, stopped: Run) -> None:
    output = cli("evaluate", stopped.id, "--split", "validation", "--json").data
    assert output["accuracy"] == pytest.approx(stopped.best_accuracy)
    assert RunStore().get(stopped.id).test_accuracy is None


def test_a_run_under_the_seed_s_protocol_tells_of_its_last_epoch(cli: Cli, trained: Any) -> None:
    run = trained("seed")
    output = cli("evaluate", run.id, "--json").data
    assert (output["epoch"], output["accuracy_of"]) == (run.epochs_done, "last epoch")
    assert output["accuracy"] == pytest.approx(run.last_accuracy)
    cli("evaluate", run.id, "--split", "validation").assert_refused(2, "no validation images")


def test_as_text_it_shows_classes_and_matrix(cli: Cli, completed: Run) -> None:
    outcome = cli("evaluate", completed.id)
    assert (outcome.status, outcome.err) == (0, "")
    assert (
        f"Run {completed.id}, test images, weights of epoch {completed.best_epoch} (validation-chosen)" in outcome.out
    )
    assert "of 64)" in outcome.out
    assert outcome.out.count("\n9 ") == 2


def test_a_run_that_goes_on_is_not_evaluated(cli: Cli, queued: Run) -> None:
    cli("evaluate", queued.id).assert_refused(2, "queued", "once it is over")
    claim = RunStore().claim_next()
    assert claim is not None
    cli("evaluate", queued.id).assert_refused(2, "running", "once it is over")


def test_a_run_without_a_checkpoint_says_so(cli: Cli, failed: Run) -> None:
    cli("evaluate", failed.id).assert_refused(1, "has no finished epoch")
    assert RunStore().get(failed.id).test_accuracy is None


def test_a_damaged_predictions_file_says_what_to_do(cli: Cli, completed: Run) -> None:
    path = RunFiles(RunStore().run_folder(completed.id)).predictions_path("test")
    whole = path.read_bytes()
    for damaged in (b"", b"no archive", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        cli("evaluate", completed.id).assert_refused(1, path.name, "delete it")
    path.unlink()
    assert cli("evaluate", completed.id, "--json").data["accuracy"] == completed.test_accuracy


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_a_damaged_checkpoint_says_so(cli: Cli, stopped: Run, content: bytes) -> None:
    files = RunFiles(RunStore().run_folder(stopped.id))
    for name in ("best", "last"):  # the last epoch is the best one here
        files.checkpoint(name).write_bytes(content)
    cli("evaluate", stopped.id).assert_refused(1, "best.pt is damaged")
    assert RunStore().get(stopped.id).test_accuracy is None
