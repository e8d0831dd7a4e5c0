from __future__ import annotations

import pytest

from cifar_core.runs import Run, RunState, RunStore
from cifar_core.runs.reports import note_event
from tests.cli.helpers import Cli
from tests.tiny import tiny_config

FIELDS = {
    *("id", "name", "state", "example", "params", "receptive_field", "epochs", "best_epoch"),
    *("best_val_accuracy", "test_accuracy", "protocol"),
}


def test_an_empty_store_says_how_to_make_a_run(cli: Cli) -> None:
    outcome = cli("runs")
    assert outcome.status == 0
    assert "python -m cifar_core train" in outcome.out


@pytest.mark.usefixtures("trained")
def test_runs_have_the_contract_s_fields(cli: Cli) -> None:
    for run in cli("runs", "--json").data:
        assert set(run) >= FIELDS
        assert run["example"] is False
        for accuracy in ("best_val_accuracy", "test_accuracy"):
            assert run[accuracy] is None or 0 <= run[accuracy] <= 1


def test_a_stopped_run_has_no_test_accuracy(cli: Cli, stopped: Run) -> None:
    run = next(run for run in cli("runs", "--json").data if run["id"] == stopped.id)
    assert (run["state"], run["epochs"], run["planned_epochs"], run["best_epoch"]) == ("stopped", 1, 9, 1)
    assert run["best_val_accuracy"] is not None
    assert run["test_accuracy"] is None


def test_runs_as_text_show_one_line_a_run(cli: Cli, completed: Run) -> None:
    header, *lines = cli("runs").out.splitlines()
    assert header.split()[0] == "id"
    assert len(lines) == 3
    (line,) = [line for line in lines if line.startswith(completed.id)]
    assert "completed" in line
    assert "2/2" in line
    assert f"@ {completed.best_epoch}" in line


def test_runs_are_listed_newest_first_and_no_more_than_asked(cli: Cli) -> None:
    store = RunStore()
    ids = [store.enqueue(tiny_config()).id for _ in range(4)]
    assert [run["id"] for run in cli("runs", "--json").data] == ids[::-1]
    assert [run["id"] for run in cli("runs", "--limit", 2, "--json").data] == ids[:1:-1]


def test_a_run_is_found_by_the_beginning_of_its_id(cli: Cli, queued: Run) -> None:
    assert cli("show", queued.id[:-2], "--json").data["id"] == queued.id


def test_show_prints_figures_by_epoch_and_the_log(cli: Cli, completed: Run) -> None:
    outcome = cli("show", completed.id)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Run {completed.id}: tiny, completed\n")
    assert "Test accuracy" in outcome.out
    assert "End of the log:" in outcome.out
    epochs = [line for line in outcome.out.splitlines() if line.strip()[:2] in ("1 ", "2 ")]
    assert len(epochs) == 2


def test_show_gives_json_of_every_epoch(cli: Cli, completed: Run) -> None:
    run = cli("show", completed.id, "--json").data
    assert [epoch["epoch"] for epoch in run["metrics"]] == [1, 2]
    assert run["config"]["architecture"]["name"] == "tiny"
    best = max(run["metrics"], key=lambda epoch: epoch["eval_accuracy"])
    assert (run["best_epoch"], run["best_val_accuracy"]) == (best["epoch"], best["eval_accuracy"])


def test_show_tells_what_happened_to_a_run_and_why(cli: Cli, completed: Run) -> None:
    with RunStore()._database.writing() as session:
        note_event(session, completed.id, RunState.RUNNING, "Resumed after epoch 1 (threads 2 -> 4).")
    lines = cli("show", completed.id).out.splitlines()
    history = lines[lines.index("History (UTC):") + 1 :][:3]
    assert [line.split("  ")[2] for line in history] == [
        "running",
        "completed",
        "running: Resumed after epoch 1 (threads 2 -> 4).",
    ]
    told = cli("show", completed.id, "--json").data["history"]
    assert [event["state"] for event in told] == ["running", "completed", "running"]
    assert told[-1]["note"] == "Resumed after epoch 1 (threads 2 -> 4)."


def test_show_names_the_run_cloned_and_the_group(cli: Cli, queued: Run) -> None:
    launch = RunStore().launch([tiny_config(seed=seed) for seed in (1, 2)], parent_id=queued.id)
    first, second = (run.id for run in launch.runs)
    outcome = cli("show", second)
    assert f"\nCloned from {queued.id}\n" in outcome.out
    assert f"\nGroup {first}: {first}, {second}\n" in outcome.out
    listed = {run["id"]: run for run in cli("runs", "--json").data}
    assert [listed[run_id]["parent_id"] for run_id in (queued.id, first, second)] == [None, queued.id, queued.id]
    assert [listed[run_id]["group_id"] for run_id in (queued.id, first, second)] == [None, first, first]
    alone = cli("show", queued.id).out
    assert "Cloned" not in alone
    assert "Group" not in alone


def test_show_of_a_run_that_has_not_begun(cli: Cli, queued: Run) -> None:
    outcome = cli("show", queued.id)
    assert outcome.status == 0
    assert "queued" in outcome.out
    assert "accuracy" not in outcome.out


def test_stop_ends_a_queued_run_at_once(cli: Cli, queued: Run) -> None:
    outcome = cli("stop", queued.id)
    assert (outcome.status, outcome.out) == (0, f"Run {queued.id} is stopped.\n")
    assert cli("show", queued.id, "--json").data["state"] == "stopped"


def test_stop_asks_a_running_run(cli: Cli) -> None:
    claim = RunStore().start(tiny_config())
    assert cli("stop", claim.run_id, "--json").data["state"] == "stopping"
    assert RunStore().stop_requested(claim)


@pytest.mark.parametrize("which", ["completed", "stopped"])
def test_a_run_that_is_over_cannot_be_stopped(cli: Cli, request: pytest.FixtureRequest, which: str) -> None:
    run = request.getfixturevalue(which)
    cli("stop", run.id).assert_refused(2, run.id, which)
    assert RunStore().get(run.id).state == which
