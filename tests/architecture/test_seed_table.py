from __future__ import annotations

import re
from pathlib import Path

import pytest

from cifar_core.architecture.seed_table import seed_table

SEED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "seed.md"


def test_the_true_rows_are_those_of_the_module() -> None:
    rows = seed_table()
    assert [row.true["nout"] for row in rows] == [32, 32, 16, 16, 16, 18, 9, 7, 7, 4, 4, 4, 6]
    assert (rows[-1].printed["rout"], rows[-1].true["rout"]) == (125, 69)
    for row in rows:
        assert row.true["jout"] == row.true["jin"] * row.true["stride"]
        assert row.true["rout"] == row.true["rin"] + (row.true["kernel"] - 1) * row.true["dilation"] * row.true["jin"]


def test_every_difference_has_a_reason_and_every_reason_a_difference() -> None:
    for row in seed_table():
        assert bool(row.differing) == bool(row.reasons)
        assert row.differing == tuple(column for column in row.true if row.true[column] != row.printed[column])
        assert all(reason.endswith(".") for reason in row.reasons)


def test_the_first_field_that_is_wrong_follows_a_dilation_taken_for_a_stride() -> None:
    rows = seed_table()
    (culprit,) = (row for row in rows if any("taken for a stride" in reason for reason in row.reasons))
    first_wrong = next(row for row in rows if "rout" in row.differing)
    assert (culprit.layer, culprit.printed["jout"], culprit.true["jout"]) == ("C3.1 conv", 8, 4)
    assert rows.index(first_wrong) == rows.index(culprit) + 1
    assert any("a 1x1 here, not a 3x3" in reason for reason in rows[9].reasons)


@pytest.mark.skipif(not SEED.is_file(), reason="the seed document is not beside the project")
def test_the_printed_rows_are_the_documents() -> None:
    lines = re.findall(r"^\| (Conv-\w+) +\|(.*)\|$", SEED.read_text(), flags=re.MULTILINE)
    printed = [(name, [int(cell) for cell in cells.split("|")]) for name, cells in lines]
    assert printed == [(row.operation, list(row.printed.values())) for row in seed_table()]
