from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sqlalchemy import text

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import Run, RunConfig, RunFiles, RunOrigin, RunState, RunStore, adoption
from cifar_core.runs.evaluation import TrainedNetwork, predict_split, stored_or_new_predictions
from cifar_core.runs.package.pack import pack
from cifar_core.runs.package.reading import read_package
from cifar_core.runs.package.unpack import staged_arrival, unpack
from cifar_core.runs.report_texts import ReportText
from tests.runs.package.building import members_of, told
from tests.runs.package.conftest import train


def folders(store: RunStore) -> list[str]:
    """What lies in the run folder beside the database."""
    return sorted(path.name for path in store.folder.iterdir() if not path.name.startswith("runs.db"))


def test_the_run_comes_back_equal(store: RunStore, origin: RunStore, run: Run, file: Path) -> None:
    unpacked = unpack(store, file)
    assert unpacked.origin == RunOrigin.UNPACKED
    assert replace(unpacked, origin=run.origin, size_bytes=run.size_bytes) == run
    assert store.epochs(run.id) == origin.epochs(run.id)
    assert RunConfig.parse((store.run_folder(run.id) / "config.json").read_bytes()) == run.config
    assert RunFiles(store.run_folder(run.id)).log_text() == RunFiles(origin.run_folder(run.id)).log_text()
    assert store.list_runs() == [unpacked]


def test_a_refit_comes_back_without_a_best_epoch(store: RunStore, tmp_path: Path) -> None:
    trained, file = train(tmp_path / "elsewhere", protocol="refit"), tmp_path / "refit.cifarrun"
    file.write_bytes(trained.package)
    with closing(RunStore(folder=trained.folder)) as elsewhere:
        run, watched = elsewhere.get(trained.run_id), elsewhere.watched(trained.run_id)
    unpacked = unpack(store, file)
    assert replace(unpacked, origin=run.origin, size_bytes=run.size_bytes) == run
    assert (unpacked.best_epoch, unpacked.chosen_epoch) == (None, 2)
    assert watched is not None
    shown = store.watched(run.id)
    assert shown is not None
    assert (shown.split, shown.index) == (watched.split, watched.index) == ("train", watched.index)
    assert TrainedNetwork(store, unpacked, "cpu").epoch == 2


def test_its_history_tells_where_it_came_from(store: RunStore, file: Path) -> None:
    (event,) = store.history(unpack(store, file).id)
    assert (event.state, event.note) == (RunState.COMPLETED, "Unpacked from tiny.cifarrun.")


def test_its_size_is_counted(store: RunStore, file: Path) -> None:
    run = unpack(store, file)
    size = sum(path.stat().st_size for path in store.run_folder(run.id).rglob("*") if path.is_file())
    assert run.size_bytes == size > 0


def test_its_network_is_the_same_to_the_bit(store: RunStore, origin: RunStore, run: Run, file: Path) -> None:
    before, after = TrainedNetwork(origin, run, "cpu"), TrainedNetwork(store, unpack(store, file), "cpu")
    assert after.epoch == before.epoch
    assert after.network.state_dict().keys() == before.network.state_dict().keys()
    for name, tensor in before.network.state_dict().items():
        assert torch.equal(after.network.state_dict()[name], tensor), name


@pytest.mark.parametrize("split", ["validation", "test"])
def test_its_predictions_have_the_same_classes_and_accuracy(
    store: RunStore, origin: RunStore, run: Run, file: Path, split: Any
) -> None:
    before = RunFiles(origin.run_folder(run.id)).load_predictions(split)
    after = RunFiles(store.run_folder(unpack(store, file).id)).load_predictions(split)
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(after.index, before.index)
    np.testing.assert_array_equal(after.targets, before.targets)
    np.testing.assert_array_equal(after.predicted, before.predicted)
    assert (after.accuracy, after.epoch) == (before.accuracy, before.epoch)
    # Rounded by less than a step, and then less than another one taken for the classes without any.
    assert np.abs(after.probabilities - before.probabilities).max() < 2 / 255
    assert after.probabilities.min() > 0, "every loss is finite"
    np.testing.assert_allclose(after.probabilities.sum(axis=1), 1, atol=1e-6)
    for name in ("index", "targets", "probabilities"):
        assert getattr(after, name).dtype == getattr(before, name).dtype


def test_the_test_accuracy_is_that_of_its_predictions(store: RunStore, run: Run, file: Path) -> None:
    unpacked = unpack(store, file)
    assert unpacked.test_accuracy == run.test_accuracy
    assert stored_or_new_predictions(store, unpacked, "test").accuracy == run.test_accuracy


def test_the_watched_images_come_back(store: RunStore, origin: RunStore, run: Run, file: Path) -> None:
    before, after = origin.watched(run.id), store.watched(unpack(store, file).id)
    assert before is not None
    assert after is not None
    assert (after.split, after.index, after.epochs) == (before.split, before.index, before.epochs)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)


def test_it_can_be_evaluated_anew(store: RunStore, run: Run, file: Path) -> None:
    unpacked = unpack(store, file)
    RunFiles(store.run_folder(run.id)).predictions_path("test").unlink()
    assert predict_split(store, unpacked, "test").accuracy == run.test_accuracy


def test_a_persons_words_on_it_come_along(store: RunStore, origin: RunStore, run: Run, tmp_path: Path) -> None:
    words = ReportText("Fewer channels.\nNo more.", "It works.")
    origin.set_report_text(run.id, words)
    file = tmp_path / "told.cifarrun"
    file.write_bytes(pack(origin, run))
    origin.set_report_text(run.id, ReportText())
    assert unpack(store, file).id == run.id
    assert store.report_text(run.id) == words


def test_packing_it_again_gives_the_same_bytes(store: RunStore, file: Path, package: bytes) -> None:
    assert pack(store, unpack(store, file)) == package


def test_a_run_that_was_stopped_is_stopped_and_cannot_be_resumed(store: RunStore, tmp_path: Path) -> None:
    file = tmp_path / "stopped.cifarrun"
    file.write_bytes(train(tmp_path / "halted", stop_after=1, epochs=9).package)
    run = unpack(store, file)
    assert (run.state, run.epochs_done, run.can_resume) == (RunState.STOPPED, 1, False)
    assert run.state.can_resume
    for resume in (store.resume, store.resume_here):
        with pytest.raises(SpecError) as refused:
            resume(run.id)
        assert str(refused.value) == (
            f"Run {run.id} came in a package, which holds nothing of its optimizer: clone it to train anew."
        )
    assert store.get(run.id).state == RunState.STOPPED
    assert TrainedNetwork(store, run).epoch == 1


def test_the_same_run_comes_in_once(store: RunStore, file: Path) -> None:
    run = unpack(store, file)
    before = {path: path.stat().st_mtime_ns for path in store.run_folder(run.id).rglob("*")}
    with pytest.raises(SpecError, match=f"^Run {run.id} is in this store already.$"):
        unpack(store, file)
    store.delete([run.id])
    with pytest.raises(SpecError, match=f"^Run {run.id} is in this store already, deleted: restore it.$"):
        unpack(store, file)
    assert {path: path.stat().st_mtime_ns for path in store.run_folder(run.id).rglob("*")} == before
    assert folders(store) == [run.id]
    store.purge()
    assert folders(store) == []
    assert unpack(store, file).id == run.id


def test_it_stays_where_it_was_trained(origin: RunStore, run: Run, file: Path) -> None:
    with pytest.raises(SpecError, match="is in this store already"):
        unpack(origin, file)
    assert origin.get(run.id) == run
    assert TrainedNetwork(origin, run).epoch == run.best_epoch


def test_the_weights_file_gone_or_damaged_is_a_sentence(store: RunStore, file: Path) -> None:
    run = unpack(store, file)
    path = RunFiles(store.run_folder(run.id)).weights_path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"weights\.safetensors is damaged: delete the run and unpack it again\.$"):
        TrainedNetwork(store, run)
    path.unlink()
    with pytest.raises(StoreError, match=r"is missing: this run has no such checkpoint\.$"):
        TrainedNetwork(store, run)


def test_control_signs_of_a_foreign_log_are_dropped(store: RunStore, package: bytes, tmp_path: Path) -> None:
    file = tmp_path / "log.cifarrun"
    file.write_bytes(told(members_of(package) | {"train.log": b"a\x1b[2Jb\tc\r\nd\x00\xc2\x9be\n"}))
    run = unpack(store, file)
    assert RunFiles(store.run_folder(run.id)).log_text() == "a[2Jb\tc\nde\n"


def test_a_row_that_cannot_be_stored_leaves_nothing(
    store: RunStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "note_event", lambda session, *told: session.execute(text("no SQL")))
    with pytest.raises(StoreError, match=r"The run store .* cannot be used"):
        unpack(store, file)
    assert (store.list_runs(), folders(store)) == ([], [])


def test_a_second_run_that_cannot_be_stored_takes_the_first_one_back(
    store: RunStore, package: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        read = read_package(BytesIO(package))
        arrivals = [stack.enter_context(staged_arrival(store, read, RunOrigin.EXAMPLE, "")) for _ in range(2)]
        with pytest.raises(SpecError, match="is in this store already"):
            store.adopt(arrivals)
    assert (store.list_runs(), folders(store)) == ([], [])


def test_files_that_a_killed_process_left_give_way(store: RunStore, file: Path, run: Run) -> None:
    left = store.run_folder(run.id)
    left.mkdir(parents=True)
    (left / ".unfinished").touch()
    (left / "weights.safetensors").write_bytes(b"half")
    assert unpack(store, file).id == run.id
    assert ".unfinished" not in os.listdir(left)
    assert TrainedNetwork(store, store.get(run.id)).epoch == run.best_epoch


def test_files_of_nobody_knows_whom_are_not_touched(store: RunStore, file: Path, run: Run) -> None:
    strange = store.run_folder(run.id) / "thesis.txt"
    strange.parent.mkdir(parents=True)
    strange.write_text("mine")
    with pytest.raises(StoreError, match=r"is in the way: no run of this store owns it, so move it elsewhere first\.$"):
        unpack(store, file)
    assert strange.read_text() == "mine"
    assert folders(store) == [run.id]
    assert store.list_runs() == []


def test_what_was_abandoned_long_ago_is_removed(store: RunStore, file: Path, run: Run) -> None:
    old, new = store.folder / ".unpacking-00", store.folder / ".unpacking-11"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 7200,) * 2)
    unpack(store, file)
    assert folders(store) == [".unpacking-11", run.id]


def test_a_clone_of_it_can_be_trained(store: RunStore, file: Path) -> None:
    run = unpack(store, file)
    with closing(RunStore(folder=store.folder)) as again:
        (clone,) = again.launch([run.config], parent_id=run.id).runs
    assert (clone.origin, clone.parent_id) == (RunOrigin.TRAINED, run.id)
