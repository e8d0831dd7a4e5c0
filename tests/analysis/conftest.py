"""What the tests of stored runs share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import RunStore


@pytest.fixture
def store(own_store: Path) -> Iterator[RunStore]:
    with closing(RunStore()) as store:
        yield store
