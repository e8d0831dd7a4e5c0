from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from cifar_core.errors import StoreError
from cifar_core.runs import RunFiles
from cifar_core.runs.checkpoints import RunCheckpoints
from cifar_core.runs.run_files import CheckpointName
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes, load_checkpoint

NAMES: tuple[CheckpointName, ...] = ("last", "previous", "best")


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    (tmp_path / "checkpoints").mkdir()
    return RunFiles(tmp_path)


@pytest.fixture
def checkpoints(files: RunFiles) -> RunCheckpoints:
    return RunCheckpoints(files)


def of(epoch: int, mark: float = 0.0) -> Checkpoint:
    """A checkpoint that tells which one it is."""
    return Checkpoint(epoch, {"weight": torch.tensor([float(epoch), mark])}, {})


def mark_of(checkpoint: Checkpoint) -> float:
    return float(checkpoint.network["weight"][1])


def put(checkpoints: RunCheckpoints, epoch: int) -> None:
    with checkpoints.staged_last(checkpoint_bytes(of(epoch))) as take_its_place:
        take_its_place()


def lay(files: RunFiles, **epochs: int | None) -> None:
    """Writes checkpoints of these epochs, each marked with its file's place in `NAMES`; None for a damaged one."""
    for name, epoch in epochs.items():
        path = files.folder / "checkpoints" / f"{name}.pt"
        if epoch is None:
            path.write_bytes(b"PK\x03\x04 no more than a beginning")
        else:
            path.write_bytes(checkpoint_bytes(of(epoch, [*NAMES].index(name))))  # type: ignore[arg-type]


def found(files: RunFiles) -> dict[str, int]:
    """Epoch by file."""
    paths = sorted((files.folder / "checkpoints").iterdir())
    return {path.name: load_checkpoint(path).epoch for path in paths}


# The last two epochs


def test_the_last_one_becomes_the_previous_one(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    put(checkpoints, 1)
    assert found(files) == {"last.pt": 1}
    put(checkpoints, 2)
    put(checkpoints, 3)
    assert found(files) == {"last.pt": 3, "previous.pt": 2}


def test_until_it_takes_its_place_nothing_has_changed(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    put(checkpoints, 1)
    with checkpoints.staged_last(checkpoint_bytes(of(2))) as take_its_place:
        assert load_checkpoint(files.checkpoint("last")).epoch == 1
        assert not files.checkpoint("previous").exists()
        take_its_place()
        assert found(files) == {"last.pt": 2, "previous.pt": 1}


def test_one_that_is_not_wanted_leaves_no_trace(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    put(checkpoints, 1)
    with checkpoints.staged_last(checkpoint_bytes(of(2))):
        pass
    assert found(files) == {"last.pt": 1}
    with pytest.raises(ZeroDivisionError), checkpoints.staged_last(checkpoint_bytes(of(2))):
        raise ZeroDivisionError
    assert found(files) == {"last.pt": 1}


def test_taking_its_place_twice_loses_no_epoch(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    """The store is told again when the database was away: its files may be in place by then."""
    put(checkpoints, 1)
    with checkpoints.staged_last(checkpoint_bytes(of(2))) as take_its_place:
        take_its_place()
        take_its_place()
    assert found(files) == {"last.pt": 2, "previous.pt": 1}


def test_a_full_disk_leaves_the_files_that_were_there(
    files: RunFiles, checkpoints: RunCheckpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(checkpoints, 1)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"last.pt cannot be written: No space left on device"):
            put(checkpoints, 2)
        with pytest.raises(StoreError, match=r"best.pt cannot be written: No space left on device"):
            checkpoints.keep_best(checkpoint_bytes(of(2)))
    assert found(files) == {"last.pt": 1}


# Looking for an epoch


@pytest.mark.parametrize("first", NAMES)
def test_an_epoch_is_taken_first_from_where_it_should_be(
    files: RunFiles, checkpoints: RunCheckpoints, first: CheckpointName
) -> None:
    lay(files, last=5, previous=5, best=5)
    assert NAMES[int(mark_of(checkpoints.of_epoch(5, first)))] == first


@pytest.mark.parametrize("holder", NAMES)
@pytest.mark.parametrize("other", [4, None])
def test_an_epoch_is_found_wherever_it_lies(
    files: RunFiles, checkpoints: RunCheckpoints, holder: CheckpointName, other: int | None
) -> None:
    lay(files, **{name: 5 if name == holder else other for name in NAMES})
    for first in NAMES:
        assert checkpoints.of_epoch(5, first).epoch == 5


def test_what_is_wrong_is_told_of_the_file_where_it_should_be(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    lay(files, last=7, previous=6, best=None)
    with pytest.raises(StoreError, match=r"best\.pt is damaged and cannot be loaded\.$"):
        checkpoints.of_epoch(3, "best")
    with pytest.raises(StoreError, match=r"last\.pt holds the weights of epoch 7, not of 3\.$"):
        checkpoints.of_epoch(3, "last")
    files.checkpoint("previous").unlink()
    with pytest.raises(StoreError, match=r"previous\.pt is missing: this run has no such checkpoint\.$"):
        checkpoints.of_epoch(3, "previous")


# Where a run goes on


@pytest.mark.parametrize(
    ("epochs", "done", "expected", "taken"),
    [
        ({"last": 5, "previous": 4, "best": 2}, 5, 5, "last"),
        # The process ended between the file and the row: what no row tells of never happened.
        ({"last": 6, "previous": 5, "best": 2}, 5, 5, "previous"),
        ({"last": None, "previous": 4, "best": 2}, 5, 4, "previous"),
        ({"last": None, "previous": None, "best": 2}, 5, 2, "best"),
        ({"previous": 4, "best": 5}, 5, 5, "best"),
        ({"last": 5, "previous": 4, "best": 5}, 5, 5, "last"),
        ({"last": 1}, 1, 1, "last"),
    ],
)
def test_a_run_goes_on_from_the_newest_whole_epoch_that_was_told_of(
    files: RunFiles, checkpoints: RunCheckpoints, epochs: dict[str, int | None], done: int, expected: int, taken: str
) -> None:
    lay(files, **epochs)
    checkpoint = checkpoints.newest(done)
    assert checkpoint is not None
    assert (checkpoint.epoch, NAMES[int(mark_of(checkpoint))]) == (expected, taken)
    assert load_checkpoint(files.checkpoint("last")).epoch == expected
    put(checkpoints, expected + 1)
    assert load_checkpoint(files.checkpoint("previous")).epoch == expected, "the next epoch keeps it, not what was cut"


@pytest.mark.parametrize("epochs", [{}, {"last": None, "previous": None, "best": None}, {"last": 3}])
def test_without_a_usable_checkpoint_there_is_nothing_to_go_on_from(
    files: RunFiles, checkpoints: RunCheckpoints, epochs: dict[str, int | None]
) -> None:
    lay(files, **epochs)
    assert checkpoints.newest(2) is None


# The best one


@pytest.mark.parametrize(
    ("epochs", "best", "mended"),
    [
        ({"last": 5, "previous": 4, "best": 2}, 2, 2),
        ({"last": 5, "previous": 4, "best": 2}, 5, 5),
        ({"last": 5, "previous": 4, "best": 2}, 4, 4),
        ({"last": 5, "previous": 4, "best": None}, 5, 5),
        ({"last": 5, "previous": 4}, 4, 4),
        ({"last": None, "previous": 4}, 4, 4),
    ],
)
def test_the_best_one_is_mended_from_the_last_two(
    files: RunFiles, checkpoints: RunCheckpoints, epochs: dict[str, int | None], best: int, mended: int
) -> None:
    lay(files, **epochs)
    checkpoints.mend_best(best)
    assert load_checkpoint(files.checkpoint("best")).epoch == mended


def test_a_good_one_is_not_written_again(
    files: RunFiles, checkpoints: RunCheckpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(files, last=5, previous=4, best=5)
    monkeypatch.setattr(checkpoints, "keep_best", lambda content: pytest.fail("it was whole"))
    checkpoints.mend_best(5)


def test_one_that_cannot_be_mended_stays_as_it_is(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    lay(files, last=5, previous=4, best=None)
    before = files.checkpoint("best").read_bytes()
    assert not checkpoints.mend_best(2)
    assert files.checkpoint("best").read_bytes() == before
    with pytest.raises(StoreError, match=r"best\.pt is damaged"):
        checkpoints.of_epoch(2, "best")


def test_a_run_without_a_checkpoint_has_none_to_mend(files: RunFiles, checkpoints: RunCheckpoints) -> None:
    assert not checkpoints.mend_best(1)
    assert found(files) == {}
