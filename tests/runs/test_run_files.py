from __future__ import annotations

import errno
import os
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cifar_core.errors import StoreError
from cifar_core.runs import Predictions, RunConfig, RunFiles
from tests.tiny import tiny_config

PROBABILITIES = np.random.default_rng(0).dirichlet(np.ones(10), size=30).astype(np.float32)
PREDICTIONS = Predictions(np.arange(100, 130), np.arange(30) % 10, PROBABILITIES, epoch=7)


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    files = RunFiles(tmp_path / "run")
    files.prepare(tiny_config())
    return files


def test_the_configuration_is_kept_readably(files: RunFiles) -> None:
    assert RunConfig.parse((files.folder / "config.json").read_bytes()) == tiny_config()
    files.prepare(tiny_config(name="again"))
    assert RunConfig.parse((files.folder / "config.json").read_bytes()).name == "again"
    assert sorted(os.listdir(files.folder)) == ["checkpoints", "config.json"]


def test_predictions_come_back_equal(files: RunFiles) -> None:
    files.save_predictions("test", PREDICTIONS)
    stored = files.load_predictions("test")
    assert stored is not None
    for name in ("index", "targets", "probabilities"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(PREDICTIONS, name))
        assert getattr(stored, name).dtype == getattr(PREDICTIONS, name).dtype
    assert stored.epoch == 7
    assert stored.accuracy == np.mean([row.argmax() == i % 10 for i, row in enumerate(PROBABILITIES)])


def test_what_was_never_predicted_is_none(files: RunFiles) -> None:
    files.save_predictions("test", PREDICTIONS)
    assert files.load_predictions("validation") is None


def test_no_damage_ends_in_anything_but_a_sentence(files: RunFiles) -> None:
    files.save_predictions("test", PREDICTIONS)
    path = files.predictions_path("test")
    whole, draw = path.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole[: draw.choice([len(whole), draw.randrange(len(whole))])])
        for _ in range(min(3, len(damaged))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            files.load_predictions("test")
        except StoreError as error:
            refused += 1
            assert str(error) == f"{path} is damaged: delete it and evaluate the run again."  # noqa: PT017 - not all
    assert refused > 350


def test_other_files_in_its_place_are_damaged(files: RunFiles) -> None:
    path = files.predictions_path("test")
    np.save(path.with_suffix(".npy"), PROBABILITIES)
    os.replace(path.with_suffix(".npy"), path)
    with pytest.raises(StoreError, match="is damaged"):
        files.load_predictions("test")
    np.savez(path, index=PREDICTIONS.index)
    with pytest.raises(StoreError, match="is damaged"):
        files.load_predictions("test")
    np.savez(path, index=np.array([{}], dtype=object), target=1, probabilities=1, epoch=1)
    with pytest.raises(StoreError, match="is damaged"):
        files.load_predictions("test")


def test_a_failed_write_leaves_the_old_predictions(files: RunFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.save_predictions("test", PREDICTIONS)
    before = files.predictions_path("test").read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match=r"predictions-test\.npz cannot be written: No space left on device"):
        files.save_predictions("test", replace(PREDICTIONS, epoch=8))
    assert files.predictions_path("test").read_bytes() == before


def test_the_log_grows_and_its_tail_is_read(files: RunFiles) -> None:
    assert files.log_tail() == []
    files.log("one", "zwei ü")
    files.log("three")
    assert files.log_tail() == ["one", "zwei ü", "three"]
    assert files.log_tail(2) == ["zwei ü", "three"]


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/train\.log cannot be written: No such file or directory\.$"):
        RunFiles(tmp_path / "nowhere").log("x")


@pytest.mark.parametrize("blocked", ["run", "run/checkpoints"])
def test_a_file_in_the_way_of_the_folders_is_named(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("")
    with pytest.raises(StoreError, match=r"run/checkpoints cannot be made"):
        RunFiles(tmp_path / "run").prepare(tiny_config())


@pytest.mark.parametrize(
    ("targets", "probabilities"),
    [(np.array([0, 1]), np.ones(2)), (np.array([0]), np.ones((2, 3)) / 3), (np.array([0, 3]), np.ones((2, 3)) / 3)],
    ids=["probabilities of one axis", "fewer targets than images", "a class that has no probability"],
)
def test_predictions_that_do_not_belong_together_are_damaged(
    tmp_path: Path, targets: np.ndarray, probabilities: np.ndarray
) -> None:
    path = RunFiles(tmp_path).predictions_path("test")
    np.savez(path, index=np.arange(2), target=targets, probabilities=probabilities, epoch=1)
    with pytest.raises(StoreError, match="is damaged"):
        RunFiles(tmp_path).load_predictions("test")
