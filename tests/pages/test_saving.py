from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import ArchitectureSpec, find_preset, with_block_widths
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import ColorJitter
from cifar_core.runs import RunStore
from cifar_core.runs.saved import Saved
from cifar_core.ui.workbench_link import architecture_link, augmentation_link
from tests.pages.helpers import PAGES, as_read, go_to, metric, on_strip, open_page, says, shown

DILATED = find_preset("dilated")
NARROW = with_block_widths(DILATED.spec, {"C1": 12})
JITTER = AugmentationSpec(name="none", transforms=(ColorJitter(),))
NARROW_LINK = architecture_link(DILATED, NARROW)
JITTER_LINK = augmentation_link(find_augmentation("none"), JITTER)

CHOOSING = """
from cifar_core.ui.choosing import choose_architecture, choose_augmentation_preset
from cifar_core.ui.starts import read_saved
from cifar_core.ui.training.recipe_editor import edit_recipe, select_recipe
from cifar_core.ui.workbench import draw_strip
from cifar_core.ui.workbench_link import restore_from_link
read_saved()
restore_from_link(is_entered=False)
choose_architecture()
choose_augmentation_preset()
select_recipe()
edit_recipe()
draw_strip()
"""


def save(session: AppTest, kind: str, base: str, name: str) -> AppTest:
    """Types a name and clicks Save."""
    shown(session.text_input(f"name-{kind}-{base}").set_value(name).run())
    return shown(session.button(f"save-now-{kind}").click().run())


def edited_and_saved(name: str = "mine") -> AppTest:
    return save(open_page("architecture", network=NARROW_LINK), "architecture", "dilated", name)


def saved_network(store: RunStore, name: str = "mine") -> Saved[ArchitectureSpec]:
    found = store.architectures.get(name)
    assert found is not None
    return found


def linked(session: AppTest, parameter: str) -> str:
    value = session.query_params[parameter]
    return value if isinstance(value, str) else str(value[0])


def damage(folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / "runs.db")) as connection, connection:
        connection.execute("UPDATE saved_spec SET spec_json = '{' WHERE name = ?", (name,))


def test_a_saved_network_is_what_lies_on_the_workbench_and_in_every_list(store: RunStore) -> None:
    session = open_page("architecture", network=NARROW_LINK)
    params, recipe = metric(session, "Parameters"), on_strip(session, "recipe")
    save(session, "architecture", "dilated", "  my [net](x) ~ 100 % ")
    saved = saved_network(store, "my [net](x) ~ 100 %")
    assert (saved.spec, saved.preset) == (NARROW.changed(name=saved.name), "dilated")
    assert metric(session, "Parameters") == params
    assert f"**{saved.name}**, {params} parameters" in as_read(on_strip(session, "architecture"))
    assert "edited" not in on_strip(session, "architecture")
    assert session.toast[0].value.endswith(" is saved: every page offers it.")
    assert session.selectbox("preset").value == saved.name
    assert not session.session_state["save-architecture"]
    assert on_strip(session, "recipe") == recipe
    assert on_strip(session, "augmentation").endswith("**assignment**")
    shown(session.segmented_control("pane").set_value("Compare").run())
    assert session.selectbox("beside").options[-1] == saved.name
    for name in PAGES:
        assert on_strip(go_to(session, name), "architecture") == on_strip(session, "architecture")


@pytest.mark.parametrize("name", PAGES)
def test_a_saved_network_opens_from_its_link_on_every_page(name: str, store: RunStore) -> None:
    session = edited_and_saved("a~b%7E c")
    link = linked(session, "network")
    strip = on_strip(session, "architecture")
    reloaded = open_page(name, network=link)
    assert not reloaded.warning
    assert on_strip(reloaded, "architecture") == strip
    short = open_page(name, network="a%7Eb%257E c")
    assert on_strip(short, "architecture") == strip


def test_what_a_link_carries_is_shown_where_its_name_is_not_saved(store: RunStore) -> None:
    session = edited_and_saved()
    link, params = linked(session, "network"), metric(session, "Parameters")
    store.architectures.delete("mine")
    session = open_page("architecture", network=link)
    (warning,) = session.warning
    assert as_read(warning.value) == (
        "No architecture 'mine' is saved here: what the link carries lies on the workbench as a change of "
        "Seed, Model 3. Save it to keep it."
    )
    assert metric(session, "Parameters") == params
    assert "**mine** :orange-badge[edited]" in on_strip(session, "architecture")
    (warning,) = open_page("home", network="mine").warning
    assert as_read(warning.value).startswith("There is no architecture 'mine', neither as a preset (seed-model-1, ")


def test_a_saved_augmentation_goes_all_the_way(store: RunStore) -> None:
    session = open_page("augmentation", transforms=JITTER_LINK)
    save(session, "augmentation", "none", "colours")
    saved = store.augmentations.get("colours")
    assert saved is not None
    assert saved.spec == JITTER.changed(name="colours")
    assert on_strip(session, "augmentation").endswith("**colours**")
    assert session.selectbox("augmentation").value == "colours"
    assert session.toggle("colours.color_jitter").value
    link = linked(session, "transforms")
    for page in ("training", "augmentation"):
        reloaded = open_page(page, transforms=link)
        assert on_strip(reloaded, "augmentation").endswith("**colours**")
    shown(reloaded.slider("colours.color_jitter.hue").set_value(180).run())
    assert "edited" in on_strip(reloaded, "augmentation")
    store.augmentations.delete("colours")
    session = open_page("augmentation", transforms=link)
    (warning,) = session.warning
    assert as_read(warning.value).startswith("No augmentation 'colours' is saved here: what the link carries lies on ")
    assert session.toggle("seed-model-3.color_jitter").value
    assert not session.toggle("seed-model-3.horizontal_flip").value


def test_a_name_that_is_taken_is_replaced_only_when_asked(store: RunStore) -> None:
    session = edited_and_saved()
    first = saved_network(store)
    shown(session.slider("width-C1").set_value(20).run())
    assert "edited" in on_strip(session, "architecture")
    assert session.text_input("name-architecture-mine").value == "mine"
    shown(session.button("save-now-architecture").click().run())
    assert says(session, "There is a saved architecture 'mine' already")
    assert saved_network(store) == first
    shown(session.button("replace-architecture").click().run())
    assert saved_network(store).spec == with_block_widths(NARROW, {"C1": 20}).changed(name="mine")
    assert "edited" not in on_strip(session, "architecture")
    assert not says(session, "There is a saved architecture")


def test_only_what_was_asked_about_is_replaced(store: RunStore) -> None:
    store.architectures.save("other", NARROW)
    other, session = saved_network(store, "other"), edited_and_saved()
    shown(session.slider("width-C1").set_value(20).run())
    shown(session.button("save-now-architecture").click().run())
    session.text_input("name-architecture-mine").set_value("other")
    shown(session.button("replace-architecture").click().run())
    assert saved_network(store, "other") == other
    assert says(session, "There is a saved architecture 'other' already")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "The name has 0 characters"), ("Seed, Model 3", "is the name of a preset"), ("\u200b", "cannot be shown")],
)
def test_a_name_that_cannot_be_is_told_and_nothing_is_saved(store: RunStore, name: str, sentence: str) -> None:
    session = edited_and_saved(name)
    assert says(session, sentence)
    assert store.architectures.read() == ([], [])
    assert "**dilated** :orange-badge[edited]" in on_strip(session, "architecture")
    shown(session.text_input("name-architecture-dilated").set_value("good").run())
    assert not says(session, sentence)


def test_what_was_deleted_can_be_brought_back(store: RunStore) -> None:
    session = edited_and_saved()
    saved, params, recipe = saved_network(store), metric(session, "Parameters"), on_strip(session, "recipe")
    shown(session.button("delete-architecture").click().run())
    assert store.architectures.get("mine") is None
    assert "mine" not in session.selectbox("preset").options
    assert session.selectbox("preset").value == "dilated"
    assert (metric(session, "Parameters"), on_strip(session, "recipe")) == (params, recipe)
    assert session.toast[0].value == "mine is deleted."
    go_to(go_to(session, "training"), "architecture")
    shown(session.button("restore-architecture").click().run())
    assert (saved_network(store).spec, saved_network(store).preset) == (saved.spec, "dilated")
    assert session.selectbox("preset").value == "mine"
    assert "edited" not in on_strip(session, "architecture")
    assert "restore-architecture" not in [button.key for button in session.button]


def test_what_was_deleted_does_not_push_aside_what_has_its_name_now(store: RunStore) -> None:
    session = edited_and_saved()
    shown(session.button("delete-architecture").click().run())
    store.architectures.save("mine", find_preset("seed-model-1").spec)
    shown(session.button("restore-architecture").click().run())
    assert "already" in session.toast[0].value
    assert saved_network(store).spec == find_preset("seed-model-1").spec.changed(name="mine")


@pytest.mark.parametrize("name", PAGES)
def test_a_network_that_somebody_else_deleted_stays_on_the_workbench(name: str, store: RunStore) -> None:
    session = edited_and_saved()
    params = metric(session, "Parameters")
    store.architectures.delete("mine")
    assert f"{params} parameters" in on_strip(go_to(session, name), "architecture")
    assert not session.error


def test_what_cannot_be_read_is_told_and_can_be_deleted(store: RunStore, own_store: Path) -> None:
    store.architectures.save("good", NARROW)
    store.architectures.save("bad", NARROW)
    store.augmentations.save("worse", JITTER)
    damage(own_store, "bad")
    damage(own_store, "worse")
    assert not open_page("home").warning
    session = open_page("architecture")
    assert says(session, "The saved architecture 'bad' cannot be read: delete it")
    assert session.selectbox("preset").options[-1] == "good"
    shown(session.button("delete-unreadable-architecture-0").click().run())
    assert not session.warning
    go_to(session, "augmentation")
    assert says(session, "The saved augmentation 'worse' cannot be read")
    shown(session.button("delete-unreadable-augmentation-0").click().run())
    assert store.augmentations.read() == ([], [])


def test_without_a_store_saving_says_why_and_designing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "file" / "runs"))
    session = edited_and_saved()
    refusal = as_read(session.warning[-1].value)
    assert as_read(session.warning[0].value) == f"No run can be trained here: {refusal}"
    assert "**dilated** :orange-badge[edited]" in on_strip(session, "architecture")


def test_the_boxes_for_other_pages_lay_what_is_chosen_on_the_workbench(store: RunStore) -> None:
    store.architectures.save("mine", NARROW, preset="seed-model-1")
    store.augmentations.save("colours", JITTER)
    session = AppTest.from_string(CHOOSING, default_timeout=60)
    session.query_params["network"] = NARROW_LINK
    shown(session.run())
    networks = session.selectbox("choose-architecture")
    assert (networks.value, networks.options[0]) == ("", "dilated, edited")
    shown(networks.set_value("mine").run())
    assert "**mine**," in on_strip(session, "architecture")
    assert on_strip(session, "augmentation").endswith("**none**")
    assert "On the workbench" not in session.selectbox("choose-architecture").options[0]
    shown(session.selectbox("choose-augmentation").set_value("colours").run())
    assert on_strip(session, "augmentation").endswith("**colours**")
    assert session.selectbox("choose-augmentation").value == "colours"
    assert "**first**, 8 epochs" in on_strip(session, "recipe")


def test_another_network_brings_its_recipe_though_one_was_chosen_in_the_url(store: RunStore) -> None:
    session = AppTest.from_string(CHOOSING, default_timeout=60)
    shown(session.run())
    shown(session.selectbox("recipe").set_value("quick").run())
    shown(session.selectbox("choose-architecture").set_value("dilated").run())
    shown(session.selectbox("choose-architecture").set_value("seed-model-1").run())
    assert "**first**, 8 epochs" in on_strip(session, "recipe")
    assert session.selectbox("recipe").value == "first"
