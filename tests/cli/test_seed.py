from __future__ import annotations

import json

import jsonschema
import pytest

from cifar_core.runs import RunConfig, RunState, RunStore
from tests.cli.helpers import Cli
from tests.cli.write_schemas import schema_file
from tests.tiny import tiny_config


def test_its_runs_are_trained_one_after_the_other(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str]] = []

    def tiny(epochs: int, dataset: str) -> tuple[RunConfig, ...]:
        asked.append((epochs, dataset))
        return tuple(tiny_config(name) for name in ("one", "two"))

    monkeypatch.setattr("cifar_core.cli.seed.seed_experiment", tiny)
    out = cli("seed", "--epochs", 2, "--dataset", "digits").out
    assert asked == [(2, "digits")]
    second, first = RunStore().list_runs()
    assert [(run.name, run.state) for run in (first, second)] == [
        ("one", RunState.COMPLETED),
        ("two", RunState.COMPLETED),
    ]
    assert f"python -m cifar_core report {first.id} {second.id}" in out


def test_as_json_it_prints_the_runs_and_nothing_else(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.cli.seed.seed_experiment", lambda *_: (tiny_config("one"),))
    (run,) = cli("seed", "--json").data
    jsonschema.validate([run], json.loads(schema_file("seed").read_text()))
    assert (run["name"], run["state"]) == ("one", "completed")


def test_what_is_done_is_told_where_the_next_one_cannot_begin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    too_many = tiny_config("second").training.changed(validation_images=1_500).model_dump()
    configs = (tiny_config("first"), tiny_config("second").changed(training=too_many))
    monkeypatch.setattr("cifar_core.cli.seed.seed_experiment", lambda *_: configs)
    outcome = cli("seed", "--dataset", "digits")
    assert outcome.status != 0
    (run,) = [run for run in RunStore().list_runs() if run.name == "first"]
    assert f"report {run.id}" in outcome.out


def test_what_cannot_be_is_refused_in_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("seed", "--epochs", 0).assert_refused(2, "0", "200")
    cli("seed", "--dataset", "mnist").assert_refused(2, "mnist", "digits")
    monkeypatch.setenv("CIFAR_LAB_DATA", "/nowhere")
    cli("seed").assert_refused(1, "CIFAR-10")
    assert RunStore().list_runs() == []
