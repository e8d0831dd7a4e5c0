"""The linters are part of the test command."""

from __future__ import annotations

import pytest

from tests.house.linters import COMMANDS, Linter


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_linter_finds_nothing(linter: Linter) -> None:
    status, said = linter.outcome()
    assert status == 0, said
