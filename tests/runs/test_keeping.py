"""Names, notes, tags, deletion and its undoing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import Run, RunConfig, RunFiles, RunFilter, RunState, RunStore
from tests.runs.test_catalogue import ended
from tests.tiny import tiny_config


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path)) as store:
        yield store


@pytest.fixture
def run(store: RunStore) -> Run:
    run = ended(store, "first", accuracy=0.5)
    RunFiles(store.run_folder(run.id)).prepare(run.config)
    return run


def test_a_renamed_run_is_called_so_everywhere(store: RunStore, run: Run) -> None:
    store.rename(run.id, "  second ")
    renamed = store.get(run.id)
    assert renamed.name == renamed.config.name == "second"
    assert renamed.config.changed(name="first") == run.config
    copy = json.loads((store.run_folder(run.id) / "config.json").read_text())
    assert RunConfig.parse(copy) == renamed.config
    assert [found.id for found in store.find_runs(RunFilter(text="second"))] == [run.id]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_that_is_none_changes_nothing(store: RunStore, run: Run, name: str) -> None:
    with pytest.raises(SpecError, match="name"):
        store.rename(run.id, name)
    assert store.get(run.id).name == "first"


def test_a_note_is_kept_and_found(store: RunStore, run: Run) -> None:
    assert store.set_note(run.id, " Wider than the one before. ").note == "Wider than the one before."
    assert [found.id for found in store.find_runs(RunFilter(text="WIDER"))] == [run.id]
    with pytest.raises(SpecError, match="10,001 characters"):
        store.set_note(run.id, "x" * 10_001)
    assert store.get(run.id).note == "Wider than the one before."


def test_tags_are_a_set_whatever_their_case(store: RunStore, run: Run) -> None:
    assert store.set_tags(run.id, ["wide", " Baseline ", "WIDE"]).tags == ("Baseline", "WIDE")
    assert store.known_tags() == ["Baseline", "WIDE"]
    assert store.set_tags(run.id, []).tags == ()
    assert store.known_tags() == []


@pytest.mark.parametrize("tags", [[""], ["x" * 41], [str(number) for number in range(21)]])
def test_tags_that_are_none_change_nothing(store: RunStore, run: Run, tags: list[str]) -> None:
    store.set_tags(run.id, ["kept"])
    with pytest.raises(SpecError, match="tag"):
        store.set_tags(run.id, tags)
    assert store.get(run.id).tags == ("kept",)


def test_tags_of_several_runs_change_together_and_the_others_stay(store: RunStore, run: Run) -> None:
    other = ended(store, "other", accuracy=0.25)
    store.set_tags(run.id, ["both", "mine"])
    store.set_tags(other.id, ["Both", *(str(number) for number in range(19))])
    with pytest.raises(SpecError, match="21 tags"):
        store.change_tags([run.id, other.id], added=["new"])
    assert store.get(run.id).tags == ("both", "mine"), "all or none"
    store.change_tags([run.id, other.id], added=["new"], removed=["BOTH"])
    assert store.get(run.id).tags == ("mine", "new")
    assert len(store.get(other.id).tags) == 20


def test_a_note_that_somebody_else_changed_meanwhile_is_not_overwritten(store: RunStore, run: Run) -> None:
    store.set_note(run.id, "theirs")
    with pytest.raises(SpecError, match="it said: mine"):
        store.set_note(run.id, "mine", before="")
    assert store.get(run.id).note == "theirs"
    assert store.set_note(run.id, "ours", before="theirs").note == "ours"


def test_what_commands_a_terminal_is_kept_nowhere(store: RunStore, run: Run) -> None:
    assert store.rename(run.id, "\x1b[31mred\nrow").name == "[31mred row"
    assert store.set_note(run.id, "a\x00b\nc").note == "ab\nc"
    assert store.set_tags(run.id, ["x\x1b\ty"]).tags == ("x y",)


def test_a_run_whose_configuration_is_damaged_can_be_thrown_away(store: RunStore, run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "runs.db")) as database, database:
        database.execute("UPDATE run SET config_json = '{'")
    assert store.delete([run.id]) == []
    assert store.purge([run.id[-6:]]) == 1
    assert store.count_found() == 0


def test_a_run_named_twice_is_purged_once(store: RunStore, run: Run) -> None:
    assert len(store.delete([run.id, run.id[:-1], run.id])) == 1
    assert store.purge([run.id, run.id]) == 1


def test_purging_everything_passes_over_what_somebody_restores_meanwhile(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ended(store, "other", accuracy=0.25)
    store.delete([run.id, other.id])
    remove = RunStore._remove

    def restore_the_other_first(store: RunStore, run_id: str) -> bool:
        if store.get(other.id).deleted_at is not None:
            store.restore([other.id])
        return remove(store, run_id)

    monkeypatch.setattr(RunStore, "_remove", restore_the_other_first)
    assert store.purge() == 1
    assert [found.id for found in store.list_runs()] == [other.id]


def test_what_was_not_deleted_is_not_restored(store: RunStore, run: Run) -> None:
    gone = ended(store, "gone", accuracy=0.25)
    store.delete([gone.id])
    with pytest.raises(SpecError, match=f"Run {run.id} was not deleted: there is nothing to restore"):
        store.restore([gone.id, run.id])
    assert store.get(gone.id).deleted_at is not None


def test_a_deleted_run_is_in_no_list_until_it_is_restored(store: RunStore, run: Run) -> None:
    store.delete([run.id])
    assert (store.list_runs(), store.find_runs(), store.find_families()) == ([], [], [])
    assert store.count_runs() == store.count_found() == store.count_families() == 0
    assert [found.id for found in store.find_runs(RunFilter(deleted=True))] == [run.id]
    assert store.get(run.id).deleted_at is not None, "a page that still shows it can say what happened"
    store.restore([run.id])
    assert store.get(run.id) == run
    assert [found.id for found in store.list_runs()] == [run.id]


def test_a_run_that_waits_or_trains_is_not_deleted_and_none_with_it(store: RunStore, run: Run) -> None:
    queued = store.enqueue(tiny_config("waits"))
    with pytest.raises(SpecError, match=r"is queued: stop it before"):
        store.delete([run.id, queued.id])
    assert len(store.list_runs()) == 2


def test_a_deleted_run_cannot_go_on(store: RunStore) -> None:
    queued = store.enqueue(tiny_config("waits"))
    store.request_stop(queued.id)
    store.delete([queued.id])
    with pytest.raises(SpecError, match="was deleted: restore it"):
        store.resume(queued.id)
    store.restore([queued.id])
    assert store.resume(queued.id).state == RunState.QUEUED


def test_purging_removes_rows_and_files_of_what_was_deleted_and_of_nothing_else(store: RunStore, run: Run) -> None:
    other = ended(store, "other", accuracy=0.25)
    with pytest.raises(SpecError, match="not deleted"):
        store.purge([run.id])
    store.delete([run.id])
    assert store.purge() == 1
    assert not store.run_folder(run.id).exists()
    with pytest.raises(SpecError, match="no run"):
        store.get(run.id)
    assert (store.epochs(run.id), store.history(run.id)) == ([], [])
    assert [found.id for found in store.list_runs()] == [other.id]
    assert len(store.epochs(other.id)) == 1


def test_files_that_cannot_be_removed_keep_their_run(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder / "train.log"))

    store.delete([run.id])
    monkeypatch.setattr("cifar_core.runs.keeping.shutil.rmtree", refuse)
    with pytest.raises(StoreError, match=r"train\.log cannot be removed: Permission denied"):
        store.purge()
    assert store.restore([run.id])[0].id == run.id


def test_sizes_are_those_of_the_files(store: RunStore, run: Run) -> None:
    folder = store.run_folder(run.id)
    (folder / "checkpoints" / "best.pt").write_bytes(b"x" * 1000)
    expected = 1000 + (folder / "config.json").stat().st_size
    assert store.measure_sizes([run.id]) == {run.id: expected}
    assert store.get(run.id).size_bytes == expected
