from __future__ import annotations

import pytest

from cifar_core import __version__
from cifar_core.cli.outputs import OUTPUTS
from tests.cli.helpers import Cli

COMMANDS = (*OUTPUTS, "data fetch", "data status")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(cli: Cli, option: str) -> None:
    outcome = cli(option)
    assert (outcome.status, outcome.err) == (0, "")
    for command in OUTPUTS:
        assert f"\n  {command.partition(' ')[0]} " in outcome.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(cli: Cli, command: str) -> None:
    outcome = cli(*command.split(), "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Usage: python -m cifar_core {command}")


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("data", "data fetch")])
def test_what_prints_data_offers_json(cli: Cli, command: str) -> None:
    assert "--json" in cli(*command.split(), "--help").out


def test_version_is_the_package_s(cli: Cli) -> None:
    assert cli("--version").out.split()[-1] == __version__
