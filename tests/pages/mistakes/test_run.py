"""Which run is shown: the linked, the chosen or the newest one, and another where it is gone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np

from cifar_core.runs import Run, RunState, RunStore
from tests.pages.helpers import as_read, go_to, links, open_page, says, shown
from tests.pages.mistakes.reading import counts, photographed
from tests.tiny import tiny_config


def test_a_run_deleted_meanwhile_is_said_to_be_so(trained: Callable[[str], Run]) -> None:
    other, run = trained("seed"), trained("completed")
    session = open_page("mistakes", run=run.id)
    with closing(RunStore()) as store:
        store.delete([run.id])
    shown(session.run())
    assert [as_read(warning.value) for warning in session.warning] == [
        f"Run steady ({run.id}) was deleted: another one is shown."
    ]
    assert session.selectbox("mistakes-run").value == session.query_params["run"] == other.id
    shown(session.button("restore-run").click().run())
    assert session.selectbox("mistakes-run").value == session.query_params["run"] == run.id
    assert not session.warning


def test_the_only_run_deleted_meanwhile_leaves_a_way_on(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes", run=run.id)
    with closing(RunStore()) as store:
        store.delete([each.id for each in store.list_runs()])
    shown(session.run())
    assert says(session, "was deleted")
    assert links(session) == ["Go to Training"]


def test_a_run_removed_for_good_meanwhile_is_a_sentence(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_page("mistakes", run=run.id)
    with closing(RunStore()) as store:
        store.delete([run.id])
        store.purge([run.id])
    shown(session.run())
    assert says(session, f"Run {run.id} was removed for good: another one is shown.")
    assert not session.error


def test_a_link_opens_its_run_though_another_is_newer(trained: Callable[[str], Run]) -> None:
    old, new = trained("stopped"), trained("completed")
    assert open_page("mistakes").selectbox("mistakes-run").value == new.id
    session = open_page("mistakes", run=old.id)
    assert session.selectbox("mistakes-run").value == old.id
    assert session.query_params["run"] == old.id


def test_a_link_opens_its_run_though_another_was_looked_at(trained: Callable[[str], Run]) -> None:
    old, new = trained("seed"), trained("completed")
    session = open_page("mistakes", run=old.id)
    go_to(session, "training")
    session.query_params["run"] = new.id
    assert go_to(session, "mistakes").selectbox("mistakes-run").value == new.id


def test_the_chosen_run_is_in_the_url_and_survives_other_pages(trained: Callable[[str], Run]) -> None:
    old = trained("seed")
    session = open_page("mistakes")
    shown(session.selectbox("mistakes-run").set_value(old.id).run())
    assert session.query_params["run"] == old.id
    go_to(go_to(session, "home"), "mistakes")
    assert session.selectbox("mistakes-run").value == old.id
    assert session.query_params["run"] == old.id


def test_a_link_to_no_run_says_that_another_is_shown(trained: Callable[[str], Run]) -> None:
    new = trained("completed")
    session = open_page("mistakes", run="20010101-000000-abcdef")
    assert session.warning[0].value == "There is no run 20010101-000000-abcdef here: another one is shown."
    assert session.selectbox("mistakes-run").value == new.id


def test_a_link_to_a_run_without_a_finished_epoch_says_so(store: RunStore, idle: None) -> None:
    photographed(store)
    waiting = store.enqueue(tiny_config("waiting")).id
    failed = store.start(tiny_config("failed"))
    store.report_end(failed, RunState.FAILED, "No memory.")
    assert says(open_page("mistakes", run=waiting), f"Run {waiting} is queued: another one is shown.")
    session = open_page("mistakes", run=failed.run_id)
    assert says(session, f"Run {failed.run_id} has no finished epoch: another one is shown.")
    assert np.sum(counts(session)) == 20


def test_runs_without_weights_are_not_offered(store: RunStore, idle: None) -> None:
    store.enqueue(tiny_config("waiting"))
    session = open_page("mistakes")
    assert links(session) == ["Go to Training"]
