"""The recipe in the launch form: every setting, its limits, and the link that carries it."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from streamlit.testing.v1 import AppTest

from cifar_core.machine import GIB, Gpu
from cifar_core.runs import RunStore
from cifar_core.training import TrainingSpec, find_recipe
from cifar_core.ui.field_titles import TITLES
from tests.pages.helpers import as_read, go_to, launch, on_strip, open_page, says, shown, texts

FIRST = find_recipe("first").spec
NO_WIDGET = {
    "schema_version": "no setting",
    "recipe": "the box of recipes names it",
    "optimizer.kind": "brings its own fields along",
    "schedule.kind": "brings its own fields along",
}
"""Fields that no widget changes by themselves, each with the reason."""


def leaf_fields(
    model: type[BaseModel] = TrainingSpec, above: str = "", kinds: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Every field that holds a value: dotted path, annotation, and the kinds under which it is there."""
    kinds = dict(kinds or {})
    for name, field in model.model_fields.items():
        path = above + name
        members = [arg for arg in get_args(field.annotation) if isinstance(arg, type) and issubclass(arg, BaseModel)]
        for member in members:
            kind = member.model_fields["kind"].default
            yield from leaf_fields(member, f"{path}.", {**kinds, path: kind})
        if not members:
            yield path, field.annotation, kinds


LEAVES = [leaf for leaf in leaf_fields() if leaf[0] not in NO_WIDGET]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a GPU, as far as the page can tell."""
    monkeypatch.setattr("cifar_core.machine.gpus", lambda: (Gpu("A GPU", 80 * GIB),))


def launched(session: AppTest, store: RunStore) -> dict[str, Any]:
    """How the run is trained that Launch makes of the form."""
    launch(session)
    return store.list_runs()[0].config.training.model_dump()


def at(data: Mapping[str, Any], path: str) -> Any:
    for name in path.split("."):
        data = data[name]
    return data


def put(data: dict[str, Any], path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        data = data[parent]
    data[name] = value


def change_widget(session: AppTest, path: str, annotation: Any, before: Any) -> Any:
    """Gives the widget over a field another value, and returns that."""
    key = f"recipe.{path}"
    if get_origin(annotation) is Literal or isinstance(before, str):
        after = next(value for value in get_args(annotation) if value not in (before, "cuda"))
        session.selectbox(key).set_value(after)
    elif isinstance(before, bool):
        after = not before
        session.toggle(key).set_value(after)
    else:
        after = before + 1 if isinstance(before, int) else 0.9 * before or 0.25
        session.number_input(key).set_value(after)
    return after


def refusals(session: AppTest) -> list[str]:
    """What was refused of the settings, as a person reads it."""
    ending = " The value before it stays."
    told = (as_read(caption.value) for caption in session.caption)
    return [text.partition("error: ")[2].partition(ending)[0] for text in told if ending in text]


@pytest.mark.parametrize(
    ("path", "annotation", "kinds"), LEAVES, ids=["-".join((*kinds.values(), path)) for path, _, kinds in LEAVES]
)
def test_every_field_has_a_widget_that_changes_exactly_it(
    path: str, annotation: Any, kinds: dict[str, str], store: RunStore, idle: None, gpu: None
) -> None:
    session = open_page("training", recipe="quick")  # the seed's keeps its engine
    for group, kind in kinds.items():
        shown(session.selectbox(f"recipe.{group}.kind").set_value(kind).run())
    if type(None) in get_args(annotation):
        shown(session.toggle(f"recipe.{path}.on").set_value(True).run())
    expected = launched(session, store)
    put(expected, path, change_widget(session, path, annotation, at(expected, path)))
    shown(session.run())
    assert launched(session, store) == expected
    assert not session.error


def test_the_list_of_fields_without_a_widget_is_not_outgrown() -> None:
    paths = {path for path, _, _ in leaf_fields()}
    assert {path.split(".")[0] for path in paths} == set(TrainingSpec.model_fields)
    assert set(NO_WIDGET) <= paths


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("epochs", 0),
        ("epochs", 2001),
        ("batch_size", 1),
        ("batch_size", 8193),
        ("seed", -1),
        ("optimizer.learning_rate", 0.0),
        ("optimizer.learning_rate", 10.5),
        ("optimizer.momentum", 1.0),
        ("optimizer.weight_decay", -0.1),
        ("schedule.rise", 0.0),
        ("label_smoothing", 1.0),
        ("limit_train", 1),
    ],
)
def test_a_number_out_of_range_gives_one_sentence_and_loses_nothing(path: str, value: float, idle: None) -> None:
    session = open_page("training")
    shown(session.toggle("recipe.clip_norm.on").set_value(True).run())
    before = session.number_input(f"recipe.{path}").value
    shown(session.number_input(f"recipe.{path}").set_value(value).run())
    (error,) = refusals(session)
    assert error.startswith(f"{TITLES[path]} is {value}: it must be ")
    assert session.number_input(f"recipe.{path}").value == before
    assert session.number_input("recipe.clip_norm").value == 1.0
    shown(session.run())
    assert not refusals(session), "it is told once"


def test_an_optimizer_brings_its_own_fields_and_keeps_a_rate_that_suits_it(store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.selectbox("recipe.optimizer.kind").set_value("adamw").run())
    with pytest.raises(KeyError):
        session.number_input("recipe.optimizer.momentum")
    expected = {"kind": "adamw", "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "weight_decay": 0.01}
    assert launched(session, store)["optimizer"] == expected
    shown(session.selectbox("recipe.optimizer.kind").set_value("sgd").run())
    assert session.number_input("recipe.optimizer.momentum").value == 0.9


def test_the_seed_s_recipe_keeps_to_albumentations_and_says_why() -> None:
    session = open_page("training", recipe="seed")
    engine = session.selectbox("recipe.augmentation_engine")
    assert engine.disabled
    assert engine.value == "albumentations"
    assert "as the assignment asks" in engine.help
    shown(session.selectbox("recipe").set_value("quick").run())
    engine = session.selectbox("recipe.augmentation_engine")
    assert not engine.disabled
    shown(engine.set_value("albumentations").run())
    assert says(session, "Changed: Augmentation engine batched → albumentations")
    shown(session.selectbox("recipe").set_value("seed").run())
    assert session.selectbox("recipe.augmentation_engine").value == "albumentations"
    assert not session.error


def test_a_link_that_gives_the_seed_s_recipe_another_engine_is_told_in_a_sentence() -> None:
    session = open_page("training", recipe=linked("seed", {"augmentation_engine": "batched"}))
    (warning,) = (as_read(each.value) for each in session.warning)
    assert 'the recipe "seed" trains through "albumentations", as the assignment asks.' in warning
    assert on_strip(session, "recipe").endswith("recipe **seed**, 50 epochs")


def test_the_schedule_is_drawn_as_it_is_chosen(store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.selectbox("recipe.schedule.kind").set_value("cosine").run())
    assert launched(session, store)["schedule"] == {"kind": "cosine", "t_max": 8.0, "floor": 0.0}
    shown(session.number_input("recipe.optimizer.learning_rate").set_value(0.125).run())
    alts = [chart.proto.alt for chart in session.get("plotly_chart")]
    assert "Learning rate over 8 epochs, at most 0.1250" in alts


@pytest.mark.parametrize("path", ["ema_decay", "clip_norm", "validation_images", "limit_train", "limit_test"])
def test_a_number_may_be_left_out(path: str, store: RunStore, idle: None) -> None:
    session = open_page("training")
    is_on = at(FIRST.model_dump(), path) is not None
    for wanted in (not is_on, is_on):
        shown(session.toggle(f"recipe.{path}.on").set_value(wanted).run())
        assert (launched(session, store)[path] is not None) == wanted


def test_what_was_changed_is_named_and_can_be_taken_back(idle: None) -> None:
    session = open_page("training")
    shown(session.number_input("recipe.epochs").set_value(3).run())
    shown(session.toggle("recipe.ema_decay.on").set_value(True).run())
    shown(session.toggle("recipe.limit_train.on").set_value(False).run())
    assert says(session, "Changed: Epochs 8 → 3; Average the weights none → 0.99; Fewer training images 10000 → none")
    shown(session.button("recipe.reset").click().run())
    assert session.number_input("recipe.epochs").value == 8
    assert on_strip(session, "recipe").endswith("recipe **first**, 8 epochs")
    assert not any("Changed:" in text for text in texts(session))


def test_each_recipe_keeps_its_own_numbers(idle: None) -> None:
    session = open_page("training")
    shown(session.number_input("recipe.epochs").set_value(5).run())
    shown(session.selectbox("recipe").set_value("quick").run())
    assert session.number_input("recipe.epochs").value == 16
    shown(session.selectbox("recipe").set_value("first").run())
    assert session.number_input("recipe.epochs").value == 5
    assert "**first** :orange-badge[edited], 5 epochs" in on_strip(go_to(session, "home"), "recipe")


@pytest.mark.parametrize(("network", "recipe"), [("dilated", "quick"), ("seed-model-3", "seed")])
def test_with_a_gpu_the_recipe_is_the_networks_own(network: str, recipe: str, gpu: None) -> None:
    session = open_page("training", network=network)
    assert session.selectbox("recipe").value == recipe
    assert "A GPU, 80.0 GiB" in session.selectbox("recipe.device").options


@pytest.mark.parametrize("precisions", [("float32",), ("float32", "bfloat16")])
def test_without_a_gpu_only_what_the_processor_is_good_for_is_offered(
    precisions: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.ui.training.recipe_editor.cpu_precisions", lambda: precisions)
    session = open_page("training")
    assert session.selectbox("recipe.precision").options == ["float32", "bfloat16 (mixed)"][: len(precisions)]
    assert len(session.selectbox("recipe.device").options) == 2


# The link


def linked(recipe: str, changes: object) -> str:
    packed = urlsafe_b64encode(zlib.compress(json.dumps(changes).encode(), 9)).decode()
    return f"{recipe}~{packed}"


def test_a_link_carries_every_change(store: RunStore, idle: None) -> None:
    session = open_page("training")
    shown(session.selectbox("recipe").set_value("quick").run())
    shown(session.selectbox("recipe.optimizer.kind").set_value("adamw").run())
    shown(session.selectbox("recipe.schedule.kind").set_value("constant").run())
    shown(session.toggle("recipe.clip_norm.on").set_value(True).run())
    shown(session.number_input("recipe.seed").set_value(7).run())
    expected = launched(session, store)
    link = session.query_params["recipe"]
    other = open_page("training", recipe=link if isinstance(link, str) else link[0])
    assert "**quick** :orange-badge[edited]" in on_strip(other, "recipe")
    shown(other.text_input("run-name").set_value("other").run())
    assert launched(other, store) == expected


def test_the_default_recipe_leaves_the_link_short_and_another_one_is_named() -> None:
    session = open_page("training")
    assert "recipe" not in session.query_params
    shown(session.selectbox("recipe").set_value("quick").run())
    assert session.query_params["recipe"] in ("quick", ["quick"])


@pytest.mark.parametrize(
    "link",
    ["nonsense", "first~!!!", linked("first", [1]), linked("first", {"epochs": 0}), linked("first", {"wrong": 1})],
    ids=["no recipe", "damaged", "no object", "out of range", "no field"],
)
def test_a_link_that_cannot_be_used_is_told_in_a_sentence(link: str) -> None:
    session = open_page("training", recipe=link)
    (warning,) = session.warning
    assert warning.value.endswith(".")
    assert not session.error
    assert on_strip(session, "recipe").endswith("recipe **first**, 8 epochs")
