"""Runs that cannot answer: never trained, deleted, or without their weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from cifar_core.runs import Run, RunStore
from tests.pages.helpers import as_read, damage, links, open_page, says, shown
from tests.pages.predict_page import bars, chosen
from tests.tiny import tiny_config


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_run_without_a_readable_checkpoint_is_a_sentence_and_the_others_go_on(
    trained: Callable[[str], Run], store: RunStore, harm: str
) -> None:
    broken, well = trained("seed"), trained("completed")
    checkpoints = store.run_folder(broken.id) / "checkpoints"
    if harm == "missing":
        shutil.rmtree(checkpoints)
    else:
        for path in checkpoints.iterdir():
            damage(path)
    session = open_page("predict", runs=f"{broken.id},{well.id}")
    (warning,) = session.warning
    assert f"{broken.name} ({broken.id[-6:]})** cannot answer. " in as_read(warning.value)
    assert "checkpoint" in warning.value
    (link,) = session.main.page_link
    assert (link.label, link.proto.page) == (f"See run {broken.name} in Training", "training")
    assert link.proto.query_string == f"run={broken.id}"
    assert len(bars(session)) == 1
    assert not session.error


def test_a_run_deleted_in_another_tab_is_told_and_the_others_go_on(
    trained: Callable[[str], Run], store: RunStore
) -> None:
    gone, left = trained("seed"), trained("completed")
    session = open_page("predict", runs=f"{gone.id},{left.id}")
    store.delete([gone.id])
    shown(session.run())
    (warning,) = session.warning
    assert (
        as_read(warning.value) == f"Run {gone.name} ({gone.id}) was deleted: the Runs page restores it, under Deleted."
    )
    assert links(session) == ["Go to Runs"]
    assert chosen(session) == [left.id]
    assert not shown(session.run()).warning


def test_runs_without_weights_are_not_offered(store: RunStore, idle: None) -> None:
    waiting = store.enqueue(tiny_config("waiting"))
    session = open_page("predict", runs=waiting.id)
    assert links(session) == ["Go to Training"]
    assert says(session, f"Run waiting ({waiting.id}) is queued: it can predict once it is over.")
    store.request_stop(waiting.id)
    assert says(open_page("predict", runs=waiting.id), "has no finished epoch")
