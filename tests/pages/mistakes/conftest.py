"""A run with predictions that are worth looking at, and a record of the images that are opened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cifar_core.runs import Run
from cifar_core.ui.mistakes import feature_map_view, image_pages
from cifar_core.ui.mistakes.subject import Subject
from tests.pages.mistakes.panes import improve


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Positions of the images that were opened."""
    positions: list[int] = []

    def open_image(subject: Subject, position: int) -> None:
        positions.append(position)

    monkeypatch.setattr(image_pages, "open_image", open_image)
    monkeypatch.setattr(feature_map_view, "open_image", open_image)
    return positions


@pytest.fixture
def run(trained: Callable[[str], Run]) -> Run:
    """A run with validation predictions that are worth looking at."""
    run = trained("completed")
    improve(run, "validation", 0)
    return run
