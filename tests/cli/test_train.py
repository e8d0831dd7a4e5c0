from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cifar_core.cli.commands import run_command_line
from cifar_core.data import find_augmentation
from cifar_core.runs import RunStore
from cifar_core.runs.records import Claim
from cifar_core.runs.refit import CHOSEN_BY_NONE
from cifar_core.training import find_recipe
from cifar_core.training.metrics import EpochMetrics
from tests.cli.helpers import QUICK, Cli
from tests.tiny import tiny_architecture

TRAIN_LINE = re.compile(r"^Train loss=\d+\.\d{4} batch_id=(\d+) Accuracy=\d{1,3}\.\d{2}( \[.*\])?$", re.MULTILINE)
EVALUATION_LINE = re.compile(
    r"^(Validation|Test) set: Average loss: \d+\.\d{4}, Accuracy: (\d+)/(\d+) \((\d{1,3}\.\d{2})%\)$", re.MULTILINE
)


def test_every_epoch_prints_the_seed_s_two_lines(cli: Cli, quick: tuple[str, ...]) -> None:
    outcome = cli("train", *quick, "--epochs", 2)
    assert outcome.status == 0
    assert re.findall(r"^Epoch (\d+)$", outcome.out, re.MULTILINE) == ["1", "2"]
    # 256 images in batches of 64: the last batch is number 3.
    assert [match[1] for match in TRAIN_LINE.finditer(outcome.out)] == ["3", "3"]
    evaluations = list(EVALUATION_LINE.finditer(outcome.out))
    assert [match[1] for match in evaluations] == ["Validation", "Validation"]
    for match in evaluations:
        correct, count, share = int(match[2]), int(match[3]), match[4]
        assert count == 64
        assert share == f"{100 * correct / count:.2f}"


def test_the_seed_s_protocol_reads_the_test_set_every_epoch(cli: Cli, quick: tuple[str, ...]) -> None:
    outcome = cli("train", *quick, "--protocol", "seed", "--epochs", 2)
    assert outcome.status == 0
    assert [match[1] for match in EVALUATION_LINE.finditer(outcome.out)] == ["Test", "Test"]
    (run,) = cli("runs", "--json").data
    assert (run["protocol"], run["test_accuracy_of"]) == ("seed", "last epoch")
    assert run["best_val_accuracy"] is None
    assert run["best_test_accuracy"] >= run["test_accuracy"]


def test_a_refit_that_is_set_up_by_hand_says_that_no_run_chose(cli: Cli, quick: tuple[str, ...]) -> None:
    outcome = cli("train", *quick, "--set", "protocol=refit")
    assert outcome.status == 0
    assert CHOSEN_BY_NONE in outcome.err


def test_a_refit_reads_the_test_set_once_and_knows_what_chose_its_settings(cli: Cli, quick: tuple[str, ...]) -> None:
    chosen = cli("train", *quick, "--json").data
    outcome = cli("refit", chosen["id"], "--seed", 4)
    assert outcome.status == 0
    assert CHOSEN_BY_NONE not in outcome.err
    assert "Training set, clean: Average loss" in outcome.out
    assert "Best" not in outcome.out
    assert re.search(r"^Test accuracy +\d+\.\d % \(refit, last epoch\)$", outcome.out, re.MULTILINE)
    run, _ = cli("runs", "--json").data
    assert (run["protocol"], run["parent_id"], run["name"]) == ("refit", chosen["id"], "tiny refit")
    assert (run["best_epoch"], run["best_val_accuracy"], run["best_test_accuracy"]) == (None, None, None)
    assert run["test_accuracy"] is not None
    assert cli("show", run["id"], "--json").data["config"]["training"]["seed"] == 4
    assert "clean training loss" in cli("show", run["id"]).out
    assert "has no validation images: add `--split test`" in cli("compare", run["id"], chosen["id"]).err
    refused = cli("evaluate", run["id"], "--split", "validation")
    assert (refused.status, "it has no validation images" in refused.err) == (2, True)
    again = cli("refit", run["id"])
    assert (again.status, 'only a completed run of protocol "validation"' in again.err) == (2, True)


def test_a_refit_may_be_carried_out_in_another_way(cli: Cli, quick: tuple[str, ...]) -> None:
    chosen = cli("train", *quick, "--execution", "eager", "--json").data
    outcome = cli("refit", chosen["id"], "--execution", "graph", "--precision", "float32", "--device", "cpu")
    assert "The run was a quick trial on some of the images; its refit trains and is tested on all." in outcome.out
    training = cli("show", cli("runs", "--json").data[0]["id"], "--json").data["config"]["training"]
    assert (training["execution"], training["limit_train"], training["limit_test"]) == ("graph", None, None)


def test_no_field_is_set_by_two_options(cli: Cli, quick: tuple[str, ...]) -> None:
    outcome = cli("train", *quick, "--epochs", 1, "--set", "epochs=2")
    assert (outcome.status, "--set epochs and --epochs set the same field" in outcome.err) == (2, True)


def test_the_log_file_holds_the_same_lines(cli: Cli, quick: tuple[str, ...]) -> None:
    folder = Path(cli("train", *quick, "--json").data["folder"])
    log = (folder / "train.log").read_text()
    assert TRAIN_LINE.search(log)
    assert EVALUATION_LINE.search(log)


def test_the_printed_id_is_the_run_s(cli: Cli, quick: tuple[str, ...]) -> None:
    outcome = cli("train", *quick)
    (run,) = cli("runs", "--json").data
    assert outcome.out.startswith(f"Run {run['id']}: tiny on digits\n")
    assert f"Run {run['id']} is completed after 1 of 1 epochs." in outcome.out
    assert f"Test accuracy            {100 * run['test_accuracy']:.1f} % (validation-chosen)" in outcome.out


def test_json_is_one_object_and_nothing_else(cli: Cli, quick: tuple[str, ...]) -> None:
    outcome = cli("train", *quick, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.data["state"] == "completed"
    assert cli("show", outcome.data["id"], "--json").data == outcome.data


def test_options_override_the_recipe(cli: Cli, tiny_file: Path) -> None:
    chosen = ("--epochs", 1, "--seed", 7, "--limit-test", 40, "--validation-images", 50, "--name", "mine")
    run = cli("train", tiny_file, *QUICK, "--recipe", "seed", *chosen, "--json").data
    assert (run["name"], run["seed"]) == ("mine", 7)
    assert run["config"]["training"] == json.loads(
        find_recipe("seed")
        .spec.changed(
            epochs=1, batch_size=64, device="cpu", seed=7, limit_train=256, limit_test=40, validation_images=50
        )
        .to_json()
    )


def test_any_other_field_can_be_set(cli: Cli, tiny_file: Path) -> None:
    options = ("--dataset", "digits", "--epochs", 1, "--limit-train", 64, "--limit-test", 64, "--device", "cpu")
    fields = ("--set", "label_smoothing=0.2", "--set", 'schedule={"kind": "constant"}', "--set", "width_scale=0.5")
    outcome = cli("train", tiny_file, *options, *fields, "--json")
    assert outcome.status == 0
    config = RunStore().get(outcome.data["id"]).config
    assert (config.training.label_smoothing, config.training.schedule.kind) == (0.2, "constant")
    assert config.architecture.nodes[0].model_dump()["out_channels"] == 4


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("label_smoothing", "'label_smoothing' sets nothing: it must be NAME=VALUE"),
        ("lable_smoothing=0.1", "There is no field 'lable_smoothing'"),
        ("lr=-1", "learning_rate is -1: it must be greater than 0"),
    ],
)
def test_a_field_that_cannot_be_set_is_bad_usage(cli: Cli, tiny_file: Path, assignment: str, sentence: str) -> None:
    outcome = cli("train", tiny_file, "--dataset", "digits", "--set", assignment)
    assert outcome.status == 2
    assert sentence in outcome.err
    assert RunStore().list_runs() == []


def test_the_engine_is_chosen_and_told(cli: Cli, quick: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "mixed.json"
    file.write_text('{"transforms": [{"type": "horizontal_flip"}], "batch": [{"type": "mixup"}, {"type": "cutmix"}]}')
    run = cli("train", *quick, "--augmentation", file, "--engine", "batched", "--json").data
    assert (run["state"], run["config"]["training"]["augmentation_engine"]) == ("completed", "batched")
    assert [mixer["type"] for mixer in run["config"]["augmentation"]["batch"]] == ["mixup", "cutmix"]


def test_the_seed_s_recipe_keeps_its_engine(cli: Cli) -> None:
    refused = cli("train", "--preset", "seed-model-3", *QUICK, "--engine", "batched")
    refused.assert_refused(2, 'the recipe "seed" trains through "albumentations", as the assignment asks')
    assert cli("runs", "--json").data == []


def test_a_preset_brings_its_augmentation_and_recipe(cli: Cli) -> None:
    quick = ("--dataset", "digits", "--device", "cpu", "--epochs", 1, "--batch-size", 4)
    run = cli("train", "--preset", "seed-model-3", *quick, "--limit-train", 8, "--limit-test", 8, "--json").data
    assert run["name"] == "seed-model-3"
    assert run["config"]["augmentation"] == json.loads(find_augmentation("seed-model-3").spec.to_json())
    assert run["config"]["training"]["recipe"] == "seed"


def test_a_saved_network_trains_under_its_name_with_what_its_preset_brings(cli: Cli) -> None:
    with closing(RunStore()) as store:
        saved = store.architectures.save("My net", tiny_architecture(), preset="seed-model-1")
    run = cli("train", "--preset", "my net", *QUICK, "--epochs", 1, "--json").data
    assert (run["state"], run["name"]) == ("completed", "My net")
    assert run["config"]["architecture"] == json.loads(saved.spec.to_json())
    assert run["config"]["training"]["recipe"] == "seed"


def test_augmentation_may_be_a_file(cli: Cli, quick: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"name": "mine", "transforms": [{"type": "horizontal_flip", "p": 0.25}]}')
    run = cli("train", *quick, "--augmentation", file, "--json").data
    assert run["state"] == "completed"
    assert run["config"]["augmentation"]["transforms"] == [{"type": "horizontal_flip", "p": 0.25}]


def test_the_same_seed_gives_the_same_figures(cli: Cli, quick: tuple[str, ...]) -> None:
    first, same, other = (cli("train", *quick, "--seed", seed, "--json").data for seed in (3, 3, 4))
    assert first["id"] != same["id"]
    losses = [run["metrics"][0]["train_loss"] for run in (first, same, other)]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.cifar10
def test_trains_on_cifar10_from_the_named_folder(
    cli: Cli, quick: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import CIFAR10_FOLDER

    monkeypatch.setenv("CIFAR_LAB_DATA", str(tmp_path))
    run = cli("train", *quick, "--dataset", "cifar10", "--data", CIFAR10_FOLDER, "--json").data
    assert (run["state"], run["dataset"]) == ("completed", "cifar10")


def after_the_first_epoch(monkeypatch: pytest.MonkeyPatch, action: Callable[[RunStore, Claim], object]) -> None:
    report_epoch = RunStore.report_epoch

    def report_and_act(store: RunStore, claim: Claim, metrics: EpochMetrics, *details: Any) -> bool:
        is_best = report_epoch(store, claim, metrics, *details)
        if metrics.epoch == 1:
            action(store, claim)
        return is_best

    monkeypatch.setattr(RunStore, "report_epoch", report_and_act)


def test_a_wish_to_stop_in_the_store_is_obeyed(
    cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    after_the_first_epoch(monkeypatch, lambda store, claim: run_command_line(["stop", claim.run_id]))
    outcome = cli("train", *quick, "--epochs", 2000)
    assert outcome.status == 0
    assert " is stopped after " in outcome.out
    (run,) = cli("runs", "--json").data
    assert (run["state"], run["test_accuracy"]) == ("stopped", None)


def test_ctrl_c_in_the_middle_of_a_write_to_the_store_still_stops(
    cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(store: RunStore, claim: Claim) -> None:
        with store._database.writing() as session:
            session.execute(text("SELECT 1"))
            signal.raise_signal(signal.SIGINT)

    after_the_first_epoch(monkeypatch, interrupt)
    before = signal.getsignal(signal.SIGINT)
    outcome = cli("train", *quick, "--epochs", 9, "--json")
    assert outcome.status == 0
    assert (outcome.data["state"], outcome.data["epochs"]) == ("stopped", 1)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_second_ctrl_c_ends_at_once(cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt_twice(store: RunStore, claim: Claim) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    after_the_first_epoch(monkeypatch, interrupt_twice)
    outcome = cli("train", *quick, "--epochs", 9)
    assert outcome.status == 130
    assert outcome.err.endswith("\nerror: Interrupted.\n")
    assert "Traceback" not in outcome.err


def test_a_training_whose_reader_has_gone_goes_on(
    cli: Cli, quick: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as unread, monkeypatch.context() as patch:
        # As in `train 2>&1 | head -1`.
        patch.setattr("sys.stdout", unread)
        patch.setattr("sys.stderr", unread)
        status = run_command_line(["train", *quick, "--epochs", "2"])
    assert status == 0
    (run,) = cli("runs", "--json").data
    assert (run["state"], run["epochs"]) == ("completed", 2)
