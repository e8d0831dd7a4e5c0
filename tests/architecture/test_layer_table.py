from __future__ import annotations

import csv
import io

import pytest

from cifar_core.architecture import ArchitectureSpec, describe, find_preset
from cifar_core.architecture.layer_table import COLUMNS, as_csv, as_markdown, seed_columns

HOSTILE = ["a|b", "a,b", 'a"b', "=1+1", "@x", "-1", "a\nb", "\\|", "'"]


def labelled(block: str) -> ArchitectureSpec:
    return ArchitectureSpec.parse(
        {
            "nodes": [{"block": block, "out_channels": 4}],
            "head": [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}],
        }
    )


def test_the_columns_are_the_seeds_thirteen() -> None:
    assert len(COLUMNS) == 13
    rows = seed_columns(describe(find_preset("seed-model-3").spec))
    assert rows[7] == dict(zip(COLUMNS, ["C3.1 conv", 9, 32, 64, 1, 3, 1, 2, 7, 4, 4, 13, 29], strict=True))


def test_csv_reads_back_to_the_rows() -> None:
    description = describe(find_preset("dilated").spec)
    read = list(csv.DictReader(io.StringIO(as_csv(description))))
    assert read == [{title: str(value) for title, value in row.items()} for row in seed_columns(description)]


@pytest.mark.parametrize("block", HOSTILE)
def test_no_label_breaks_the_csv_or_becomes_a_formula(block: str) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(describe(labelled(block))))))
    assert len(rows) == 3
    assert rows[0]["Operation"].removeprefix("'").startswith(block.removeprefix("'"))
    assert rows[0]["Operation"][0] not in "=+-@"
    assert rows[0]["rout"] == "3"


@pytest.mark.parametrize("block", HOSTILE)
def test_no_label_breaks_the_markdown(block: str) -> None:
    lines = as_markdown(describe(labelled(block))).splitlines()
    assert len(lines) == 2 + 3
    for line in lines:
        assert line.replace("\\\\", "").replace("\\|", "").count("|") == len(COLUMNS) + 1
