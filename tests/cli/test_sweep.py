"""`sweep` and `sweeps`."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from cifar_core.runs import RunStore
from cifar_core.runs.heartbeat import hold
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps.cluster.place import ClusterPlace
from cifar_core.sweeps.driver import Step, SweepDriver
from cifar_core.sweeps.giving_up import JOB_GOES_ON
from cifar_core.sweeps.jobs import sweep_key
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check
from tests.sweeps.conftest import tiny_sweep


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.json"
    path.write_text(tiny_sweep("lr=0.05..0.5:log", "width_scale=0.5,1").to_json())
    return path


def test_a_file_is_searched_and_told(cli: Cli, file: Path) -> None:
    outcome = cli("sweep", file)
    assert outcome.status == 0
    assert "Trial 1: completed after 1 epoch, " in outcome.out
    assert "Best: trial " in outcome.out
    listed = cli("sweeps").out
    assert "completed" in listed
    (sweep,) = RunStore().list_sweeps()
    shown = cli("sweeps", sweep.id[-6:]).out
    assert "width_scale" in shown
    assert "validation" in shown


def test_json_is_one_object_that_fits_the_schema(cli: Cli, file: Path) -> None:
    outcome = cli("sweep", file, "--json")
    assert outcome.status == 0
    check("sweep", outcome.data)
    assert [trial["state"] for trial in outcome.data["trials"]] == ["completed"] * 3
    assert outcome.data["best"] in outcome.data["trials"]
    check("sweeps", cli("sweeps", "--json").data)
    one = cli("sweeps", outcome.data["id"], "--json").data
    check("sweeps", one)
    assert one == outcome.data


def test_a_preset_and_options_make_a_sweep(cli: Cli) -> None:
    small = ("--set", "epochs=1", "--set", "limit_train=64", "--set", "limit_test=64", "--set", "device=cpu")
    varied = ("--param", "width_scale=0.25,0.375", "--and", "params", "--trials", 2, "--sampler", "random")
    outcome = cli("sweep", "--preset", "quick-cpu", "--dataset", "digits", *small, *varied, "--name", "mine", "--json")
    assert outcome.status == 0
    assert (outcome.data["name"], outcome.data["objectives"]) == ("mine", ["accuracy", "params"])
    assert {trial["values"]["width_scale"] for trial in outcome.data["trials"] if trial["run"]} == {0.25, 0.375}
    assert outcome.data["front"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Give one of FILE, --preset NAME, --resume SWEEP and --stop SWEEP"),
        (("nowhere.json",), "nowhere.json"),
        (("--preset", "nope", "--param", "lr=1,2"), "nope"),
        (("--preset", "quick-cpu", "--trials", 3), "Nothing varies: give --param NAME=VALUES"),
        (
            ("--preset", "quick-cpu", "--param", "lr=1,2", "--set", "optimizer.learning_rate=1", "--trials", 3),
            "--set optimizer.learning_rate and --param lr set the same field",
        ),
        (("--preset", "quick-cpu", "--param", "lr=1..2"), "neither trials nor minutes say when it ends"),
        (("--preset", "quick-cpu", "--param", "lr", "--trials", 3), "'lr' is no parameter"),
        (("--preset", "quick-cpu", "--param", "lr=1,2", "--set", "x=1", "--trials", 3), "There is no field 'x'"),
        (("--preset", "quick-cpu", "--param", "lr=1,2", "--and", "macs", "--pruner", "asha", "--trials", 3), "two obj"),
        (("--preset", "quick-cpu", "--param", "lr=1,2", "--name", "", "--trials", 3), "name is ''"),
        (("--resume", "nope"), "There is no sweep 'nope'"),
        (("--stop", "nope"), "There is no sweep 'nope'"),
    ],
)
def test_bad_usage_is_one_sentence_and_stores_nothing(cli: Cli, arguments: tuple[object, ...], sentence: str) -> None:
    outcome = cli("sweep", *arguments, *(("--dataset", "digits") if "--preset" in arguments else ()))
    assert outcome.status == 2
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1
    assert RunStore().list_sweeps() == []


def test_without_any_the_list_says_how_to_make_one(cli: Cli) -> None:
    assert "There are no sweeps yet" in cli("sweeps").out
    assert cli("sweeps", "--json").data == []


def test_ctrl_c_stops_the_sweep_and_resume_goes_on(cli: Cli, tmp_path: Path) -> None:
    base = tiny_sweep().base
    long = base.changed(training=base.training.changed(epochs=60, limit_train=64).model_dump())
    path = tmp_path / "sweep.json"
    path.write_text(tiny_sweep("label_smoothing=0,0.1", base=long.model_dump(), trials=2, pruner="none").to_json())

    def press() -> None:
        store = RunStore()
        while not any(run.epochs_done for run in store.list_runs()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    outcome = cli("sweep", path, "--json")
    pressing.join()
    assert (outcome.status, outcome.data["state"]) == (0, "stopped")
    again = cli("sweep", "--resume", outcome.data["id"], "--json")
    assert (again.status, again.data["state"]) == (0, "completed")
    assert [trial["state"] for trial in again.data["trials"]] == ["completed"] * 2


def test_a_whole_grid_and_what_was_passed_over_are_told(cli: Cli) -> None:
    fields = ("--set", "epochs=1", "--set", "limit_train=32", "--set", "limit_test=16", "--sampler", "grid")
    out = cli("sweep", "--preset", "quick-cpu", "--dataset", "digits", "--param", "width_scale=0.25,2", *fields).out
    assert "All 2 combinations were tried." in out
    assert re.search(r"^Nothing was trained for 1 trial, as for trial 2: The network breaks", out, re.MULTILINE)
    assert "Of the differences in accuracy" not in out  # of a single parameter
    assert "--resume" not in out


def test_a_stopped_sweep_says_how_to_go_on(cli: Cli) -> None:
    store = RunStore()
    driver = SweepDriver(store, store.add_sweep("sweep", tiny_sweep().to_json()).id)
    driver.step()
    store.request_sweep_stop(driver.id)
    while not driver.step().is_over:
        pass
    out = cli("sweeps", driver.id).out
    assert "sweep, stopped\n" in out
    assert f"`sweep --resume {driver.id}` goes on with it." in out
    assert re.search(r"^ +1 +stopped ", out, re.MULTILINE)


def test_a_sweep_that_is_driven_already_is_refused(cli: Cli) -> None:
    store = RunStore()
    sweep = store.add_sweep("sweep", tiny_sweep().to_json())
    with hold(store, sweep_key(sweep.id)):
        outcome = cli("sweep", "--resume", sweep.id)
    assert outcome.status == 1
    assert f"Another program drives sweep {sweep.id} already." in outcome.err


def test_one_can_be_stopped_from_another_program(cli: Cli) -> None:
    store = RunStore()
    sweep = store.add_sweep("sweep", tiny_sweep().to_json())
    with hold(store, sweep_key(sweep.id)):
        assert cli("sweep", "--stop", sweep.id).out == f"Sweep {sweep.id} stops, after its running batch.\n"
    assert store.get_sweep(sweep.id).state == SweepState.STOPPING
    store.end_sweep(sweep.id, SweepState.COMPLETED)
    outcome = cli("sweep", "--stop", sweep.id)
    assert outcome.status == 2
    assert "is stopped: only a running one can be stopped" in outcome.err


@pytest.mark.parametrize(
    "ignored",
    [
        ("--trials", 0),
        ("--param", "lr=1,2"),
        ("--name", ""),
        ("--set", "epochs=2"),
        ("--any-network",),
        ("--dataset", "digits"),
        ("--and", "params"),
    ],
)
def test_what_a_file_says_cannot_be_said_again_beside_it(cli: Cli, file: Path, ignored: tuple[object, ...]) -> None:
    outcome = cli("sweep", file, *ignored)
    assert outcome.status == 2
    assert f"says all of the sweep: leave out {ignored[0]}." in outcome.err


@pytest.mark.parametrize("way", ["--resume", "--stop"])
def test_a_stored_sweep_is_taken_as_it_is(cli: Cli, way: str) -> None:
    sweep = RunStore().add_sweep("sweep", tiny_sweep().to_json())
    outcome = cli("sweep", way, sweep.id, "--gpus", 1, "--cluster", "http://head:8265")
    assert outcome.status == 2
    assert f"{sweep.id} says all of the sweep: leave out --cluster, --gpus." in outcome.err
    assert RunStore().get_sweep(sweep.id).state == SweepState.RUNNING


def test_a_sweep_that_no_program_drives_is_stopped_at_once(cli: Cli) -> None:
    sweep = RunStore().add_sweep("sweep", tiny_sweep().to_json())
    outcome = cli("sweep", "--stop", sweep.id)
    assert (outcome.status, outcome.out) == (0, f"Sweep {sweep.id} is stopped.\n")
    assert RunStore().get_sweep(sweep.id).state == SweepState.STOPPED


def test_a_stop_that_cannot_be_passed_on_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.sweeps.cluster.place.has_ray", lambda: False)
    store = RunStore()
    place = ClusterPlace(address="http://head:8265", folder="/shared").to_json()
    sweep = store.add_sweep("far", tiny_sweep().to_json(), place)
    told = cli("sweep", "--stop", sweep.id, "--json").data
    check("sweep", told)
    assert (told["state"], told["id"]) == ("stopped", sweep.id)
    assert "needs Ray" in told["problem"]
    assert told["problem"].endswith(JOB_GOES_ON)


def test_what_keeps_a_sweep_from_going_on_is_told_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    store, looks = RunStore(), iter([False, False, True])
    place = ClusterPlace(address="http://head:8265", folder="/shared").to_json()
    sweep = store.add_sweep("far", tiny_sweep().to_json(), place)

    class Silent:
        def step(self) -> Step:
            store.note_sweep_problem(sweep.id, "The cluster does not answer.")
            return Step(is_over=next(looks))

    monkeypatch.setattr("cifar_core.cli.sweep.driver_of", lambda *_: Silent())
    assert cli("sweep", "--resume", sweep.id).err == "The cluster does not answer.\n"


def test_a_sweep_is_deleted_by_its_name(cli: Cli) -> None:
    store = RunStore()
    sweep = store.add_sweep("a search", tiny_sweep().to_json())
    assert "stop it first" in cli("sweeps", "a search", "--delete").err
    store.end_sweep(sweep.id, SweepState.COMPLETED)
    assert "--delete takes one sweep" in cli("sweeps", "--delete").err
    outcome = cli("sweeps", "a search", "--delete", "--yes")
    assert (outcome.status, outcome.out) == (0, f"Sweep {sweep.id} (a search) is deleted; its runs stay.\n")
    assert store.list_sweeps() == []


def test_a_sweep_that_cannot_be_read_is_stopped_and_deleted(cli: Cli) -> None:
    store = RunStore()
    sweep = store.add_sweep("broken", "{}")
    outcome = cli("sweep", "--stop", sweep.id)
    stopped = store.get_sweep(sweep.id)
    assert (outcome.status, stopped.state) == (0, SweepState.STOPPED)
    assert stopped.problem.startswith("The sweep's search space cannot be read")
    assert outcome.out == f"Sweep {sweep.id} is stopped. {stopped.problem}\n"
    assert "--yes answers what --delete asks" in cli("sweeps", "--yes").err
    assert cli("sweeps", sweep.id, "--delete", "--yes").status == 0
    assert store.list_sweeps() == []


def test_no_new_sweep_varies_the_seed(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "sweep.json"
    path.write_text(tiny_sweep("seed=0,1").to_json())
    outcome = cli("sweep", path)
    assert (outcome.status, outcome.out) == (2, "")
    assert "parameter seed cannot vary: the best of several seeds is luck" in outcome.err
    assert RunStore().list_sweeps() == []


def test_a_sweep_that_was_being_stopped_when_its_program_died_is_resumed(cli: Cli) -> None:
    store = RunStore()
    sweep = store.add_sweep("sweep", tiny_sweep().to_json())
    store.request_sweep_stop(sweep.id)
    outcome = cli("sweep", "--resume", sweep.id, "--json")
    assert (outcome.status, outcome.data["state"]) == (0, "completed")
