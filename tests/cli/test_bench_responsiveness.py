from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from cifar_core.cli import bench_dashboard, bench_responsiveness
from cifar_core.cli.bench_dashboard import Training, Visitor, dashboard, visitor
from cifar_core.cli.bench_responsiveness import ARCHITECTURE, PAGES, _milliseconds, _moves
from cifar_core.errors import BenchError
from cifar_core.runs import RunProgress, RunState, RunStore
from tests.cli.helpers import COMMAND, Cli
from tests.cli.test_schemas import check
from tests.tiny import PROJECT, tiny_config


@pytest.mark.slow
@pytest.mark.usefixtures("no_cifar10")
def test_it_prints_positive_figures_as_its_schema_says(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_responsiveness, "WARM_UPS", 1)
    outcome = cli("bench", "responsiveness", "--rounds", "1", "--json")
    data = outcome.data
    check("bench responsiveness", data)
    assert (data["dataset"], data["reruns"]) == ("digits", 1)
    assert [of["worker"] for of in data["workers"]] == ["process", "thread"]
    pages = [page for of in data["workers"] for page in of["pages"]]
    assert all(0 < page["idle_p50_ms"] <= page["idle_p95_ms"] for page in pages)
    assert all(0 < page["training_p50_ms"] <= page["training_p95_ms"] for page in pages)
    assert data["idle_p95_ms"] == max(page["idle_p95_ms"] for page in pages)
    for of in data["workers"]:
        assert of["images_per_second"] > 0
        assert data[f"ratio_{of['worker']}"] == max(
            page["training_p95_ms"] / page["idle_p95_ms"] for page in of["pages"]
        )


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_server_and_no_folder(tmp_path: Path, no_cifar10: Path, how: signal.Signals) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    command = [*COMMAND, "bench", "responsiveness", "--rounds", "1000", "--json"]
    bench = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True)
    family: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + 120
        while not any("cifar_core.ui.probe" in _command_line(member) for member in family):
            assert time.monotonic() < deadline
            assert bench.poll() is None
            time.sleep(0.1)
            family = psutil.Process(bench.pid).children(recursive=True)
        bench.send_signal(how)
        _, told = bench.communicate(timeout=90)
    finally:
        bench.kill()
    assert (bench.returncode, told.strip()) == (130, "error: Interrupted.")
    assert not any(_command_line(member) for member in family)
    assert list(scratch.glob("cifar-lab-bench-*")) == []


def _command_line(process: psutil.Process) -> list[str]:
    """Of a living process: one that has ended has none, reaped or not."""
    try:
        return process.cmdline() if process.is_running() else []
    except psutil.NoSuchProcess:  # and ZombieProcess, which is one
        return []


class _Person(Visitor):
    """Answers each request with the same."""

    def __init__(self, **answer: Any) -> None:
        self._answer = answer

    def rerun(self, **request: object) -> dict[str, Any]:
        return {
            "ms": 1.0,
            "elements": ["bidi_component", "dataframe", "metric", "plotly_chart", "slider", "vega_lite_chart"],
            **self._answer,
        }


def test_an_unanswered_slider_is_not_timed() -> None:
    with pytest.raises(BenchError, match="97,264 parameters at width 32"):
        _milliseconds(_Person(metric="97,264"), ARCHITECTURE, _moves())


def test_a_page_without_its_pictures_is_not_timed() -> None:
    with pytest.raises(BenchError, match="Runs was drawn without its dataframe, vega_lite_chart"):
        _milliseconds(_Person(elements=["heading"]), PAGES[1], _moves())


def test_every_move_of_the_slider_asks_for_another_width_with_another_count() -> None:
    moves = list(islice(_moves(), 200))
    assert all(before != after for before, after in pairwise(moves))
    figures = [figure for _, figure in moves]
    assert all(before != after for before, after in pairwise(figures)), "else no move could be told from none"


def test_a_server_that_does_not_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    with (
        pytest.raises(BenchError, match=r"did not start: .*missing\.py"),
        dashboard(tmp_path / "missing.py", tmp_path / "log", os.environ),
    ):
        pass


def test_a_visitor_that_ends_early_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with visitor("http://127.0.0.1:9", tmp_path / "log") as person, pytest.raises(BenchError, match="ended early"):
        person.rerun(page="")


def test_a_trainer_that_stands_still_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_dashboard, "START_SECONDS", 0.3)
    with pytest.raises(BenchError, match="stood still"):
        Training(RunStore(), tiny_config())


def test_images_are_counted_between_two_reports_and_the_run_is_stopped() -> None:
    store = RunStore()

    def train() -> None:
        while (claim := store.claim_next()) is None:
            time.sleep(0.01)
        store.report_progress(claim, RunProgress("training", epoch=1, batch=3, batches=10))
        time.sleep(0.5)
        store.report_progress(claim, RunProgress("training", epoch=2, batch=5, batches=10))
        while not store.stop_requested(claim):
            time.sleep(0.01)
        store.report_end(claim, RunState.STOPPED)

    trainer = threading.Thread(target=train)
    trainer.start()
    images, seconds = Training(store, tiny_config()).stop()
    trainer.join()
    assert images == (10 + 5 - 3) * 64
    assert 0.2 < seconds < 30
    assert [run.state for run in store.list_runs()] == [RunState.STOPPED]


def test_a_training_that_fails_is_told_with_its_error() -> None:
    store = RunStore()

    def fail() -> None:
        while (claim := store.claim_next()) is None:
            time.sleep(0.01)
        store.report_end(claim, RunState.FAILED, "The disk is full.")

    trainer = threading.Thread(target=fail)
    trainer.start()
    with pytest.raises(BenchError, match=r"it is failed. The disk is full."):
        Training(store, tiny_config())
    trainer.join()
