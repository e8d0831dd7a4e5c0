"""A sweep that is set up on Training."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.runs import RunStore
from cifar_core.sweeps import Choice, Span, SweepSpec
from cifar_core.sweeps.cluster.place import ClusterPlace
from cifar_core.ui.training.sweep_form import FORM
from cifar_core.ui.training.sweep_parameters import LINK
from tests.pages.helpers import button_keys, links, open_page, says, shown, toasts

pytestmark = pytest.mark.usefixtures("idle")


def stored(store: RunStore) -> SweepSpec:
    (sweep,) = store.list_sweeps()
    return SweepSpec.parse(sweep.spec_json)


def open_form() -> AppTest:
    """Training with the form of a sweep open, as the URL says."""
    return open_page("training", **{"dataset": "digits", FORM: "true"})


def put(session: AppTest, key: str, value: object) -> AppTest:
    """Chooses or types a value in the widget of a key."""
    widgets = [*session.selectbox, *session.text_input, *session.number_input]
    (widget,) = (each for each in widgets if each.key == key)
    return shown(widget.set_value(value).run())


def test_the_form_starts_a_sweep_around_the_run_of_the_form(store: RunStore) -> None:
    session = open_form()
    assert {"sweep.drop.0", "sweep.drop.1", "sweep-add", "sweep-start"} <= button_keys(session)
    put(session, "sweep.values.0", "0.01..0.2:log")
    put(session, "sweep.field.1", "label_smoothing")
    assert session.text_input("sweep.values.1").value == "0,0.05,0.1"  # the suggestion follows the field
    put(session, "sweep.trials", 4)
    put(session, "sweep.minutes", 30.0)
    shown(session.button("sweep-start").click().run())
    spec = stored(store)
    assert spec.parameters == (
        Span(name="lr", low=0.01, high=0.2, log=True),
        Choice(name="label_smoothing", values=(0, 0.05, 0.1)),
    )
    assert (spec.trials, spec.minutes, spec.pruner, spec.legal_only) == (4, 30, "median", True)
    assert spec.base.dataset == "digits"
    assert spec.base.architecture.name == "seed-model-3"
    assert any("begins" in toast for toast in toasts(session))
    assert "See the sweep" in links(session)


def test_a_folded_form_is_not_drawn(store: RunStore) -> None:
    assert "sweep-start" not in button_keys(open_page("training", dataset="digits"))
    assert "sweep-start" in button_keys(open_form())


def test_parameters_come_and_go(store: RunStore) -> None:
    session = open_form()
    shown(session.button("sweep-add").click().run())
    assert session.selectbox("sweep.field.2").value == "optimizer.weight_decay"
    shown(session.button("sweep.drop.0").click().run())
    shown(session.button("sweep.drop.1").click().run())
    assert session.button("sweep.drop.2").disabled
    shown(session.button("sweep-start").click().run())
    (parameter,) = stored(store).parameters
    assert parameter.name == "optimizer.weight_decay"


LINKED = '["epochs=1,2","label_smoothing=0..0.2"]'


def test_a_link_opens_the_form_as_it_was_left(store: RunStore) -> None:
    query = {"dataset": "digits", FORM: "true", LINK: LINKED, "sweep.trials": "7", "sweep.sampler": "At random"}
    session = open_page("training", **query)
    assert session.query_params[LINK] == LINKED
    shown(session.button("sweep-start").click().run())
    spec = stored(store)
    assert spec.parameters == (Choice(name="epochs", values=(1, 2)), Span(name="label_smoothing", low=0, high=0.2))
    assert (spec.trials, spec.sampler) == (7, "random")


@pytest.mark.parametrize("text", ["", "[", "3", "[3]", '["lr"]', "{}", "[" * 100_000])
def test_a_link_that_was_damaged_opens_the_usual_form(store: RunStore, text: str) -> None:
    session = open_page("training", **{"dataset": "digits", FORM: "true", LINK: text})
    assert session.text_input("sweep.values.1").value == "0.5,0.75,1"


@pytest.mark.parametrize("seeks", ["params", "macs"])
def test_two_aims_end_no_trial_early(store: RunStore, seeks: str) -> None:
    session = open_form()
    put(session, "sweep.seeks", seeks)
    assert not [box for box in session.selectbox if box.key == "sweep.pruner"]
    shown(session.button("sweep-start").click().run())
    assert (stored(store).objectives, stored(store).pruner) == (("accuracy", seeks), "none")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("", "Learning rate is without values: it must be a range"),
        ("0.1", "Learning rate is '0.1' alone"),
        ("0.1..99", "Learning rate is 99"),
        ("fast,slow", "Learning rate is 'fast'"),
    ],
)
def test_what_cannot_be_searched_is_told_and_nothing_starts(store: RunStore, values: str, sentence: str) -> None:
    session = open_form()
    put(session, "sweep.values.0", values)
    assert says(session, sentence)
    assert session.button("sweep-start").disabled
    assert not session.button("launch").disabled


def test_what_is_wrong_stands_once_at_its_row(store: RunStore) -> None:
    session = open_form()
    put(session, "sweep.values.1", "0.5,-1")
    assert [caption for caption in session.caption if "Width of all layers is -1" in caption.value]
    assert not [error for error in session.error if "Width of all layers is -1" in error.value]
    put(session, "sweep.values.1", "0.5,1")
    put(session, "sweep.field.0", "width_scale")
    assert says(session, "Width of all layers varies in a row above already.")
    assert session.button("sweep-start").disabled


def test_only_validation_images_choose(store: RunStore) -> None:
    session = open_form()
    put(session, "recipe.protocol", "seed")
    assert says(session, "A sweep chooses on validation images")
    assert "sweep-start" not in button_keys(session)


def test_a_range_that_is_written_another_way_is_told_how(store: RunStore) -> None:
    session = open_form()
    put(session, "sweep.field.0", "label_smoothing")
    put(session, "sweep.values.0", "0 - 0.1")
    assert says(session, "Label smoothing is '0 - 0.1': a range has two dots, 0..0.1.")


def test_what_begins_in_the_form_is_allowed_for_the_longest_run(store: RunStore) -> None:
    session = open_form()
    put(session, "recipe.epochs", 2000)
    put(session, "sweep.field.0", "epochs")
    assert session.text_input("sweep.values.0").value == "1000,2000"
    assert not session.button("sweep-start").disabled


def test_without_ray_the_form_says_what_it_would_bring(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.ui.training.sweep_place.has_ray", lambda: False)
    session = open_form()
    shown(session.radio("sweep.where").set_value("On a Ray cluster").run())
    assert says(session, "pip install -r requirements-ray.txt")
    assert session.button("sweep-start").disabled


def test_with_ray_a_sweep_goes_to_the_cluster_that_is_named(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.ui.training.sweep_place.has_ray", lambda: True)
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    session = open_form()
    shown(session.radio("sweep.where").set_value("On a Ray cluster").run())
    assert says(session, "still missing")
    put(session, "sweep.address", "head:8265")
    put(session, "sweep.folder", "/shared")
    assert says(session, "address is 'head:8265'")
    assert session.button("sweep-start").disabled
    put(session, "sweep.address", "http://head:8265")
    put(session, "sweep.gpus", 0.5)
    shown(session.button("sweep-start").click().run())
    (sweep,) = store.list_sweeps()
    place = ClusterPlace.parse(sweep.cluster_json or "")
    assert place == ClusterPlace(address="http://head:8265", folder="/shared", gpus=0.5)


def test_the_same_sweep_is_started_once(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.sweeps.jobs.SweepJobs.run", lambda self: None)
    session = open_form()
    for _ in range(2):
        shown(session.button("sweep-start").click().run())
    assert len(store.list_sweeps()) == 1
    assert any("runs already" in toast for toast in toasts(session))


def test_a_space_without_a_legal_network_is_told_before_anything_starts(store: RunStore) -> None:
    session = open_form()
    put(session, "sweep.values.1", "4,8")
    assert any("can be trained. The network breaks the" in warning.value for warning in session.warning)
    put(session, "sweep.values.1", "0.5,8")
    assert not session.warning
    assert says(session, "combinations that were looked at would be passed over")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [("0.5..0.1", "Learning rate goes from 0.5 to 0.1"), ("0.1,0.1", "Learning rate has a value twice")],
)
def test_every_sentence_calls_the_field_by_its_title(store: RunStore, values: str, sentence: str) -> None:
    session = open_form()
    put(session, "sweep.values.0", values)
    assert says(session, sentence)


def test_a_row_with_a_name_that_is_none_spoils_no_other_row_and_no_page(store: RunStore) -> None:
    query = {"dataset": "digits", FORM: "true", LINK: '["foo bar=1,2","lr=0.1,0.2"]'}
    session = open_page("training", **query)
    assert says(session, "is no field: a name is like lr")
    assert session.text_input("sweep.values.1").value == "0.1,0.2"
    assert session.button("sweep-start").disabled
