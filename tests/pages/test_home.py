from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import RunStore
from cifar_core.runs.package.examples import import_examples
from tests.pages.helpers import go_to, links, metric, open_page, says, shown, strip_of, texts
from tests.tiny import tiny_config


def test_it_tells_the_story_with_the_numbers_of_the_built_networks() -> None:
    session = open_page("home")
    stories = [text for text in texts(session) if " parameters, field " in text and "workbench" not in text]
    assert stories == [
        "1,605,600 parameters, field 75 px",
        "97,264 parameters, field 69 px",
        "97,264 parameters, field 69 px",
    ]
    for reported in ("80.0 %", "67.0 %", "85.4 %"):
        assert says(session, reported, "test accuracy, as the document reports it")


def test_it_has_three_doors() -> None:
    assert links(open_page("home")) == ["Architecture", "Augmentation", "Mistakes"]


@pytest.mark.parametrize(("dilation", "field"), [(1, 61), (2, 69), (4, 85)])
def test_dilation_widens_the_field_and_costs_no_parameter(dilation: int, field: int) -> None:
    session = open_page("home")
    shown(session.slider("dilation").set_value(dilation).run())
    assert metric(session, "Receptive field (before pooling)") == f"{field} px"
    assert metric(session, "Parameters") == "97,264"
    assert session.get("plotly_chart")[0].proto.alt.startswith(f"Nested squares: a receptive field of {field} pixels")


def test_the_dilation_is_kept_through_other_pages() -> None:
    session = open_page("home")
    shown(session.slider("dilation").set_value(4).run())
    go_to(session, "architecture")
    assert go_to(session, "home").slider("dilation").value == 4
    assert metric(session, "Receptive field (before pooling)") == "85 px"


def test_playing_with_the_dilation_leaves_the_workbench_alone() -> None:
    session = open_page("home")
    shown(session.slider("dilation").set_value(4).run())
    assert "field 69 px" in strip_of(session)
    assert "edited" not in strip_of(session)


def test_it_says_what_trains(store: RunStore, idle: None) -> None:
    assert says(open_page("home"), "nothing is training")
    store.start(tiny_config("busy"))
    assert says(open_page("home"), "busy is running, 0 of 2 epochs done")


def test_it_says_that_the_store_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "file" / "runs"))
    assert says(open_page("home"), "the run store cannot be opened")


@pytest.mark.cifar10
def test_it_says_that_cifar10_is_here() -> None:
    assert says(open_page("home"), "CIFAR-10 is here")


def test_coming_back_keeps_the_page_working() -> None:
    session = go_to(go_to(open_page("home"), "runs"), "home")
    assert metric(session, "Receptive field (before pooling)") == "69 px"


def test_the_seeds_three_models_are_queued_once_with_one_click(store: RunStore, idle: None) -> None:
    session = open_page("home")
    shown(session.number_input("seed-epochs").set_value(3).run())
    shown(session.button("seed-launch").click().run())
    shown(session.button("seed-launch").click().run())
    queued = store.list_runs()
    assert [run.name for run in reversed(queued)] == ["seed-model-1", "seed-model-2", "seed-model-3"]
    assert {(run.config.training.epochs, run.config.training.protocol) for run in queued} == {(3, "seed")}
    assert len({run.group_id for run in queued}) == 1, "no group: they differ in more than their seed"
    assert says(session, "Queued, one after the other.")
    assert "Compare and report" in links(session)
    assert says(session, "On Handwritten digits its models are only tried out")


def test_the_examples_of_other_networks_are_told_with_what_they_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not says(open_page("home"), "Networks of this project keep the rules too")
    monkeypatch.setenv("CIFAR_LAB_EXAMPLES", "yes")
    with closing(RunStore()) as store:
        assert import_examples(store)
        runs = [run for run in store.list_runs() if run.config.dataset == "cifar10"]
    best = max(runs, key=lambda run: run.test_accuracy or 0)
    assert says(open_page("home"), f"Test accuracy: **{best.name}** {100 * (best.test_accuracy or 0):.1f} % with ")
