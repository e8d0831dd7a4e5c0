from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]
from sklearn.metrics import accuracy_score, recall_score

from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from tests.cli.helpers import Cli
from tests.tiny import some_metrics, tiny_config


def predicted(run: Run, split: EvaluationSplit) -> Predictions:
    stored = RunFiles(RunStore().run_folder(run.id)).load_predictions(split)
    assert stored is not None
    return stored


def over(dataset: str = "digits", predictions: Predictions | None = None) -> Run:
    """A run that nobody trained, with a finished epoch and some validation predictions."""
    store = RunStore()
    claim = store.start(tiny_config("untrained", dataset=dataset))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)
    run = store.get(claim.run_id)
    files = RunFiles(store.run_folder(run.id))
    files.prepare(run.config)
    if predictions is not None:
        files.save_predictions("validation", predictions)
    return run


def some_predictions(right: list[bool], first_index: int = 0) -> Predictions:
    """Of images whose class is their position's last digit."""
    targets = np.arange(len(right)) % 10
    answers = np.where(right, targets, (targets + 1) % 10)
    index = first_index + np.arange(len(right))
    return Predictions(index, targets, np.eye(10, dtype=np.float32)[answers], epoch=1)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_figures_are_those_of_scipy_and_scikit_learn(
    cli: Cli, completed: Run, stopped: Run, split: EvaluationSplit
) -> None:
    output = cli("compare", completed.id, stopped.id, "--split", split, "--json").data
    one, other = predicted(completed, split), predicted(stopped, split)
    first, second = one.predicted == one.targets, other.predicted == other.targets
    assert output["count"] == len(one.targets)
    counts = [output[name] for name in ("both_right", "only_first", "only_second", "both_wrong")]
    assert counts == [
        (first & second).sum(),
        (first & ~second).sum(),
        (~first & second).sum(),
        (~first & ~second).sum(),
    ]
    test = stats.binomtest(counts[1], counts[1] + counts[2]) if counts[1] + counts[2] else None
    assert output["p_value"] == pytest.approx(test.pvalue if test else 1.0)
    for side, run, predictions in (("first", completed, one), ("second", stopped, other)):
        assert output[side]["run"] == run.id
        assert output[side]["accuracy_of"] == "validation-chosen"
        assert output[side]["epoch"] == predictions.epoch
        assert output[side]["accuracy"] == pytest.approx(accuracy_score(predictions.targets, predictions.predicted))
        recalls = recall_score(
            predictions.targets, predictions.predicted, labels=range(10), average=None, zero_division=0
        )
        assert [row[f"recall_{side}"] for row in output["classes"]] == pytest.approx(recalls.tolist())
    for row in output["classes"]:
        assert row["difference"] == pytest.approx(row["recall_first"] - row["recall_second"])


def test_settings_that_differ_are_told(cli: Cli, completed: Run, stopped: Run) -> None:
    output = cli("compare", completed.id, stopped.id, "--json").data
    (epochs,) = (row for row in output["settings"] if row["setting"] == "epochs")
    assert epochs == {"part": "training", "setting": "epochs", "first": "2", "second": "9", "decides": True}
    assert not any(row["part"] in ("data", "network", "augmentation") for row in output["settings"])
    assert re.search(r"^training +epochs +2 +9$", cli("compare", completed.id, stopped.id).out, flags=re.MULTILINE)


@pytest.mark.usefixtures("own_store")
def test_runs_of_the_same_settings(cli: Cli) -> None:
    one, other = (over(predictions=some_predictions([True] * 20)) for _ in range(2))
    assert cli("compare", one.id, other.id, "--json").data["settings"] == []
    assert "No setting differs." in cli("compare", one.id, other.id).out


def test_what_is_not_stored_is_computed_and_kept(cli: Cli, completed: Run, stopped: Run) -> None:
    assert RunFiles(RunStore().run_folder(stopped.id)).load_predictions("validation") is None
    output = cli("compare", completed.id, stopped.id, "--json").data
    assert output["second"]["accuracy"] == pytest.approx(stopped.best_accuracy)
    assert predicted(stopped, "validation").accuracy == output["second"]["accuracy"]
    assert RunStore().get(stopped.id).test_accuracy is None, "choosing leaves the test set unread"


def test_runs_of_two_protocols_meet_on_the_test_images(cli: Cli, trained: Callable[[str], Run]) -> None:
    completed, seed = trained("completed"), trained("seed")
    output = cli("compare", completed.id, seed.id, "--split", "test", "--json").data
    assert [output[side]["accuracy_of"] for side in ("first", "second")] == ["validation-chosen", "last epoch"]
    cli("compare", completed.id, seed.id).assert_refused(2, seed.id, "no validation images", "--split test")


@pytest.mark.usefixtures("own_store")
@pytest.mark.parametrize(
    ("only_first", "only_second", "words"),
    [
        (0, 0, ["A and B are right on the same images: nothing tells them apart."]),
        (5, 5, ["p = 1.000", "may be chance"]),
        (9, 4, ["p = 0.267", "may be chance"]),
        (12, 2, ["p = 0.013", "A is better"]),
        (1, 19, ["p = 4.0e-05", "B is better"]),
    ],
)
def test_as_text_it_says_whether_the_difference_is_more_than_chance(
    cli: Cli, only_first: int, only_second: int, words: list[str]
) -> None:
    def answers(alone: int, others: int) -> Predictions:
        return some_predictions([*([True] * 20), *([False] * 10), *([True] * alone), *([False] * others)])

    one = over(predictions=answers(only_first, only_second))
    reverse = [*([True] * 20), *([False] * 10), *([False] * only_first), *([True] * only_second)]
    other = over(predictions=some_predictions(reverse))
    outcome = cli("compare", one.id, other.id)
    assert (outcome.status, outcome.err) == (0, "")
    count = 30 + only_first + only_second
    assert outcome.out.startswith(
        f"Handwritten digits, {count} validation images\nA  {one.id} (untrained), weights of "
    )
    accuracy = f"(validation-chosen): {100 * (20 + only_first) / count:.1f} %"
    assert accuracy in outcome.out
    for word in words:
        assert word in outcome.out


def test_one_run_twice(cli: Cli, completed: Run) -> None:
    cli("compare", completed.id, completed.id[:-1]).assert_refused(2, completed.id, "twice")


def test_an_unknown_second_run(cli: Cli, completed: Run) -> None:
    cli("compare", completed.id, "nonesuch").assert_refused(2, "'nonesuch'")


def test_one_run_alone(cli: Cli, completed: Run) -> None:
    cli("compare", completed.id).assert_refused(2, "RUN")


@pytest.mark.usefixtures("own_store")
def test_runs_of_two_data_sets(cli: Cli) -> None:
    digits, photographs = over(), over("cifar10")
    cli("compare", digits.id, photographs.id).assert_refused(2, "Handwritten digits", "CIFAR-10", "one data set")


@pytest.mark.usefixtures("own_store")
def test_runs_that_held_out_other_images(cli: Cli) -> None:
    one, other = (over(predictions=some_predictions([True] * 20, first_index=at)) for at in (0, 5))
    cli("compare", one.id, other.id).assert_refused(2, "different images")


def test_a_run_without_a_checkpoint(cli: Cli, completed: Run, failed: Run) -> None:
    cli("compare", completed.id, failed.id).assert_refused(1, failed.id, "no finished epoch")


def test_a_run_that_goes_on(cli: Cli, completed: Run, queued: Run) -> None:
    cli("compare", queued.id, completed.id).assert_refused(2, queued.id, "once it is over")
