from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.architecture import find_preset, num_params
from cifar_core.architecture.codegen import source_code
from cifar_core.runs import RunStore
from tests.cli.helpers import Cli
from tests.tiny import PROJECT, tiny_architecture


def test_code_prints_the_source_and_nothing_else(cli: Cli) -> None:
    outcome = cli("code", "--preset", "dilated")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == source_code(find_preset("dilated").spec)


def test_code_writes_a_file_that_runs(cli: Cli, tmp_path: Path, tiny_file: Path) -> None:
    written = tmp_path / "network.py"
    assert cli("code", tiny_file, "--output", written).out == f"Written to {written}.\n"
    result = subprocess.run([sys.executable, "-I", written], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.endswith("output: (1, 10)\n")


def test_an_older_file_is_replaced(cli: Cli, tmp_path: Path) -> None:
    written = tmp_path / "network.py"
    written.write_text("old")
    cli("code", "--preset", "seed-model-3", "--output", written)
    assert f"{num_params(find_preset('seed-model-3').spec.layers):,} parameters" in written.read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "named"),
    [
        ((), 2, "Name either a preset"),
        (("--preset", "none"), 2, "There is no preset 'none'"),
        (("nowhere.json",), 2, "nowhere.json cannot be read"),
        (("--preset", "dilated", "--output", "/nowhere/network.py"), 1, "/nowhere/network.py cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(cli: Cli, arguments: tuple[str, ...], status: int, named: str) -> None:
    cli("code", *arguments).assert_refused(status, named)


@pytest.mark.parametrize("command", ["code", "describe"])
def test_a_saved_network_is_named_as_a_preset_is(cli: Cli, command: str) -> None:
    with closing(RunStore()) as store:
        store.architectures.save("My net", tiny_architecture())
    assert f"{num_params(tiny_architecture().layers):,}" in cli(command, "--preset", "My net").out


def test_code_of_a_printed_network(cli: Cli, tmp_path: Path) -> None:
    text = (PROJECT / "tests" / "architecture" / "importing" / "seed_model_3.txt").read_text()
    printed = tmp_path / "printed.txt"
    printed.write_text(text)
    assert f"{num_params(find_preset('seed-model-3').spec.layers):,} parameters" in cli("code", printed).out
