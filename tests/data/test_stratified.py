"""The split of scikit-learn and its digits: what is read without importing it is what it gives itself."""

from __future__ import annotations

import gzip
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from cifar_core.data import digits
from cifar_core.data.digits import read_digits
from cifar_core.data.stratified import stratified_split
from cifar_core.errors import DataError
from tests.tiny import run_python


@given(st.lists(st.integers(2, 40), min_size=2, max_size=10), st.integers(0, 2**32 - 1), st.data())
def test_it_is_scikit_learns_split_to_the_bit(counts: list[int], seed: int, data: st.DataObject) -> None:
    targets = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    held_out = data.draw(st.integers(len(counts), len(targets) - len(counts)))
    order = np.arange(len(targets))
    theirs = train_test_split(order, test_size=held_out, stratify=targets, random_state=seed)
    for mine, other in zip(stratified_split(targets, held_out, seed), theirs, strict=True):
        assert np.array_equal(mine, other)


@pytest.mark.parametrize("held_out", [10, 297, 5_000, 49_990])
def test_it_is_scikit_learns_split_of_cifar10s_size(held_out: int) -> None:
    targets = np.random.default_rng(1).permutation(np.repeat(np.arange(10), 5_000))
    theirs = train_test_split(np.arange(50_000), test_size=held_out, stratify=targets, random_state=0)
    for mine, other in zip(stratified_split(targets, held_out, 0), theirs, strict=True):
        assert np.array_equal(mine, other)


def test_the_digits_are_scikit_learns() -> None:
    images, targets = read_digits()
    bunch = load_digits()
    assert np.array_equal(images, (bunch.images / 16 * 255).round().astype(np.uint8))
    assert np.array_equal(targets, bunch.target)


def test_training_on_digits_imports_no_scikit_learn() -> None:
    program = """
import sys
from tests.tiny import tiny_config
from cifar_core.runs.run_data import load_run_data
load_run_data(tiny_config())
print("sklearn" in sys.modules)
"""
    assert run_python(program).stdout == "False\n"


@pytest.mark.parametrize("content", [None, b"not zipped", gzip.compress(b"no,numbers\n"), gzip.compress(b"1,2\n")[:-9]])
def test_a_missing_or_damaged_file_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    spec = ModuleSpec("sklearn", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(digits, "find_spec", lambda name: spec)
    if content is not None:
        file = tmp_path / "datasets" / "data" / "digits.csv.gz"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    with pytest.raises(DataError, match=r"digits\.csv\.gz is missing or damaged"):
        read_digits()
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="not installed"):
        read_digits()
