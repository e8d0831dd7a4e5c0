from __future__ import annotations

import json
import re
from pathlib import Path

import click
import jsonschema
import pytest

from cifar_core.cli.bench import bench_command
from cifar_core.cli.commands import command_line
from cifar_core.cli.outputs import OUTPUTS
from cifar_core.runs import Run
from tests.cli.helpers import Cli, write_image
from tests.cli.write_schemas import FOLDER, schema, schema_file

REGENERATE = "regenerate it with `python -m tests.cli.write_schemas`"
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


NO_DATA = {"code", "report"}
"""Prints source."""
FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time")
def _is_utc_time(value: object) -> bool:
    return not isinstance(value, str) or UTC_TIME.fullmatch(value) is not None


def check(command: str, data: object) -> None:
    stored = json.loads(schema_file(command).read_text())
    jsonschema.Draft202012Validator(stored, format_checker=FORMATS).validate(data)


@pytest.mark.parametrize("command", OUTPUTS)
def test_schema_file_equals_the_model(command: str) -> None:
    file = schema_file(command)
    assert file.is_file(), f"{file} is missing: {REGENERATE}"
    stored = json.loads(file.read_text())
    jsonschema.Draft202012Validator.check_schema(stored)
    assert stored == schema(command), f"{file} is out of date: {REGENERATE}"


def test_there_is_no_schema_file_without_a_model() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {schema_file(command).name for command in OUTPUTS}


def test_every_command_has_a_schema() -> None:
    top = {command.partition(" ")[0] for command in OUTPUTS}
    assert set(command_line.list_commands(click.Context(command_line))) == top | NO_DATA


def test_every_benchmark_has_a_schema() -> None:
    names = bench_command.list_commands(click.Context(bench_command))
    assert [command for command in OUTPUTS if command.startswith("bench")] == [f"bench {name}" for name in names]


def test_a_schema_refuses_other_data() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check("describe", {"params": 3})


def test_presets_prints_what_its_schema_says(cli: Cli) -> None:
    check("presets", cli("presets", "--json").data)


@pytest.mark.parametrize("preset", ["seed-model-1", "seed-model-3"])
def test_describe_prints_what_its_schema_says(cli: Cli, preset: str) -> None:
    check("describe", cli("describe", "--preset", preset, "--json").data)


def test_data_status_prints_what_its_schema_says(cli: Cli, no_cifar10: Path) -> None:
    check("data", cli("data", "status", "--json").data)


def test_train_prints_what_its_schema_says(cli: Cli, quick: tuple[str, ...]) -> None:
    check("train", cli("train", *quick, "--json").data)


@pytest.mark.usefixtures("trained")
def test_runs_prints_what_its_schema_says(cli: Cli) -> None:
    listed = cli("runs", "--json").data
    assert len(listed) == 3
    check("runs", listed)


@pytest.mark.usefixtures("own_store")
def test_runs_of_an_empty_store_fits_its_schema(cli: Cli) -> None:
    listed = cli("runs", "--json").data
    assert listed == []
    check("runs", listed)


def test_show_prints_what_its_schema_says(cli: Cli, completed: Run, queued: Run, stopped: Run) -> None:
    for run in (completed, queued, stopped):
        check("show", cli("show", run.id, "--json").data)


def test_stop_prints_what_its_schema_says(cli: Cli, queued: Run) -> None:
    check("stop", cli("stop", queued.id, "--json").data)


@pytest.mark.parametrize("split", ["test", "validation"])
def test_evaluate_prints_what_its_schema_says(cli: Cli, completed: Run, split: str) -> None:
    check("evaluate", cli("evaluate", completed.id, "--split", split, "--json").data)


def test_predict_prints_what_its_schema_says(cli: Cli, completed: Run, tmp_path: Path) -> None:
    check("predict", cli("predict", completed.id, write_image(tmp_path / "a.png"), "--json").data)


def test_compare_prints_what_its_schema_says(cli: Cli, completed: Run, stopped: Run) -> None:
    check("compare", cli("compare", completed.id, stopped.id, "--json").data)


def test_bench_architecture_prints_what_its_schema_says(cli: Cli) -> None:
    check("bench architecture", cli("bench", "architecture", "--rounds", "1", "--json").data)
