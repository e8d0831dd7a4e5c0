"""Starts the linters before the first test: mypy alone takes half a minute, and the first tests leave a core idle.

Of several workers none is idle, and each would start its own: there a linter begins with its test.
"""

from __future__ import annotations

import os

import pytest

from tests.house.linters import Linter

_STARTED = pytest.StashKey[dict[str, Linter]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts those that a test of this session is about to ask."""
    started: dict[str, Linter] = {}
    session.stash[_STARTED] = started
    if not session.config.option.collectonly and "PYTEST_XDIST_WORKER" not in os.environ:
        for item in session.items:
            if isinstance(item, pytest.Function) and "linter" in item.fixturenames:
                command = str(item.callspec.params["command"])
                started[command] = Linter(command)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends those that are still at work, as where a person interrupts the tests."""
    for linter in session.stash.get(_STARTED, {}).values():
        linter.end()


@pytest.fixture
def linter(request: pytest.FixtureRequest, command: str) -> Linter:
    """The linter of that command, which was started long ago, or starts now."""
    started = request.session.stash[_STARTED]
    if command not in started:
        started[command] = Linter(command)
    return started[command]
