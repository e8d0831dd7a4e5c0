"""The example runs, as a newcomer meets them."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunOrigin, RunStore
from tests.pages.helpers import as_read, go_to, open_page, says


@pytest.fixture
def examples_wanted(own_store: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "yes")


@pytest.mark.usefixtures("examples_wanted")
def test_the_first_page_of_an_empty_store_brings_them() -> None:
    session = open_page("home")
    runs = RunStore().list_runs()
    assert runs
    assert {run.origin for run in runs} == {RunOrigin.EXAMPLE}
    training = go_to(session, "training")
    (newest,) = [run for run in runs if run.name == "quick-cpu, seed 2"]
    assert says(training, f"{newest.name}** on ", "violet-badge[example]")
    assert says(training, f"An example that ships with CIFAR Lab: trained on {newest.device}", "validation protocol.")
    refit = next(run for run in runs if run.name == "Best 100k, refit, seed 1")
    told = open_page("training", run=refit.id)
    assert says(
        told, "An example that ships with CIFAR Lab: trained on NVIDIA H200", " in 2 m 51 s, ", "refit protocol."
    )


@pytest.mark.usefixtures("examples_wanted")
def test_home_tells_one_seed_of_each_configuration() -> None:
    session = open_page("home")
    assert says(session, "their runs lie under Runs", "**quick-cpu** 87.4 % with 174,594 parameters")
    assert not says(session, "quick-cpu, seed")


@pytest.mark.usefixtures("examples_wanted")
def test_its_mistakes_are_shown_without_any_download() -> None:
    open_page("home")
    (run,) = [run for run in RunStore().list_runs() if run.config.dataset == "digits"]
    session = open_page("mistakes", run=run.id)
    assert not session.error
    assert not session.warning


def test_a_setting_that_is_neither_yes_nor_no_is_told_and_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "maybe")
    session = open_page("runs")
    assert [as_read(told.value) for told in session.warning] == ["CIFAR_LAB_EXAMPLES is 'maybe': it must be yes or no."]
    assert RunStore().list_runs() == []
