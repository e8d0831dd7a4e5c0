from __future__ import annotations

import logging
import os
import shutil
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.data import dataset_info
from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunFiles, RunOrigin, RunState, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.runs.package.examples import FOLDER, import_examples
from cifar_core.runs.package.pack import pack
from cifar_core.runs.package.unpack import unpack
from cifar_core.settings import wants_examples
from tests.tiny import run_python, tiny_config

EXAMPLES = sorted(FOLDER.glob("*.cifarrun"))


@pytest.fixture(autouse=True)
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "yes")


@pytest.fixture
def folder(package: bytes, tmp_path: Path) -> Path:
    """One small example."""
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "tiny.cifarrun").write_bytes(package)
    return folder


def found(store: RunStore) -> list[str]:
    return [run.id for run in store.list_runs()]


def test_examples_of_both_data_sets_ship_with_the_project() -> None:
    names = ["best-100k-refit", "best-100k", "best-200k", "cpu-100k", "cpu-200k", "digits"]
    assert [path.stem for path in EXAMPLES] == [*names, "quick-cpu-seed-1", "quick-cpu-seed-2", "quick-cpu"]


def test_three_seeds_of_one_configuration_are_among_them(store: RunStore) -> None:
    runs = [unpack(store, path) for path in EXAMPLES if path.stem.startswith("quick-cpu")]
    assert {run.config.training.seed for run in runs} == {0, 1, 2}
    assert len({run.family for run in runs}) == 1


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_shipped_example_is_a_whole_package_that_tells_machine_time_and_protocol(store: RunStore, path: Path) -> None:
    # Its import does not compare the weights with the network, which would need torch: this does.
    run = unpack(store, path)
    assert run.state == RunState.COMPLETED
    assert run.device
    assert run.environment["torch"]
    assert run.spent_seconds > 0
    assert path.stat().st_size < 2_000_000
    files, info = RunFiles(store.run_folder(run.id)), dataset_info(run.config.dataset)
    test = files.load_predictions("test")
    assert test is not None
    assert test.accuracy == pytest.approx(run.test_accuracy, abs=1e-9)
    assert len(test.index) == info.test_images
    validation = files.load_predictions("validation")
    if run.config.training.protocol != "validation":
        assert validation is None
        assert TrainedNetwork(store, run).epoch == run.config.training.epochs
        return
    assert validation is not None
    assert validation.accuracy == run.best_accuracy
    assert len(validation.index) == info.train_images // 10
    assert TrainedNetwork(store, run).epoch == run.best_epoch


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_shipped_example_holds_no_path(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        told = b"".join(archive.read(name) for name in archive.namelist() if name.endswith((".json", ".log")))
    assert not [word for word in (b"/home/", b"/root", b"/tmp", b"/work", b"\\Users\\") if word in told]


def test_an_empty_store_gets_the_examples_marked_as_such(store: RunStore) -> None:
    assert import_examples(store)
    runs = store.list_runs()
    assert {run.origin for run in runs} == {RunOrigin.EXAMPLE}
    assert len(runs) == len(EXAMPLES)
    for run in runs:
        assert [event.note for event in store.history(run.id)] == ["Shipped with CIFAR Lab as an example."]
        assert run.size_bytes
    assert not [path.name for path in store.folder.iterdir() if path.name.startswith(".")]


def test_they_come_once_also_after_they_were_deleted(store: RunStore, folder: Path) -> None:
    assert import_examples(store, folder)
    assert not import_examples(store, folder)
    (run_id,) = found(store)
    store.delete([run_id])
    assert not import_examples(store, folder)
    store.purge()
    assert not import_examples(store, folder)
    assert store.count_runs() == 0


def test_a_store_with_runs_gets_none(store: RunStore, folder: Path) -> None:
    own = store.enqueue(tiny_config())
    assert not import_examples(store, folder)
    assert found(store) == [own.id]
    store.request_stop(own.id)
    store.delete([own.id])
    assert not import_examples(store, folder)


def test_they_can_be_declined(store: RunStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "no")
    assert not import_examples(store, folder)
    assert found(store) == []
    monkeypatch.delenv("CIFAR_LAB_EXAMPLES")
    assert import_examples(store, folder)


def test_an_answer_that_is_neither_yes_nor_no_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "maybe")
    with pytest.raises(SpecError) as refused:
        wants_examples()
    assert str(refused.value) == "CIFAR_LAB_EXAMPLES is 'maybe': it must be yes or no."


def test_a_damaged_example_keeps_no_other_away(store: RunStore, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = (folder / "tiny.cifarrun").read_bytes()
    (folder / "a.cifarrun").write_bytes(whole[:-1])
    with caplog.at_level(logging.WARNING):
        assert import_examples(store, folder)
    assert len(found(store)) == 1
    assert caplog.messages == ["a.cifarrun cannot be unpacked: it is no whole zip file."]


def test_damaged_examples_alone_come_when_they_are_mended(
    store: RunStore, folder: Path, package: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "tiny.cifarrun").write_bytes(b"")
    assert not import_examples(store, folder)
    (folder / "tiny.cifarrun").write_bytes(package)
    assert import_examples(store, folder)


def test_no_room_for_them_is_told_in_the_log(
    store: RunStore, run: Run, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = store.run_folder(run.id) / "thesis.txt"
    in_the_way.parent.mkdir()
    in_the_way.write_text("mine")
    assert not import_examples(store, folder)
    assert "The example runs are left out: " in caplog.text
    assert found(store) == []
    shutil.rmtree(in_the_way.parent)
    assert import_examples(store, folder)


def test_several_processes_put_them_in_once(folder: Path, tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from cifar_core.runs import RunStore
from cifar_core.runs.package.examples import import_examples
children = []
for _ in range(6):
    child = os.fork()
    if child == 0:
        os._exit(10 + import_examples(RunStore(folder=Path(sys.argv[1])), Path(sys.argv[2])))
    children.append(child)
print(sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children), "torch" in sys.modules)
"""
    result = run_python(code, tmp_path / "many", folder)
    assert result.stdout.strip() == "[10, 10, 10, 10, 10, 11] False", result.stderr
    with closing(RunStore(folder=tmp_path / "many")) as store:
        (run_id,) = found(store)
    assert [name for name in os.listdir(tmp_path / "many") if not name.startswith("runs.db")] == [run_id]


def test_an_example_packed_again_is_the_same_package(store: RunStore, folder: Path, package: bytes) -> None:
    import_examples(store, folder)
    (run,) = store.list_runs()
    assert pack(store, run) == package
