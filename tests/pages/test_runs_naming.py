"""Names, tags and notes, given on the Runs page."""

from __future__ import annotations

import pytest

from cifar_core.runs import RunStore
from tests.pages.helpers import open_page, shown, toasts
from tests.pages.runs_page import box, click, names, table, tick
from tests.runs.test_catalogue import ended

pytestmark = pytest.mark.usefixtures("idle")


def test_a_run_gets_another_name_tags_and_a_note(store: RunStore) -> None:
    run = ended(store, "before")
    session = tick(open_page("runs"), 0)
    box(session.text_input, "name-").set_value("after")
    click(session, "rename-save")
    assert names(session) == ["after"]
    assert toasts(session) == [f"after ({run.id[-6:]}) has its new name."]
    box(session.text_area, "note-").set_value("It *dips*.")
    click(session, "note-save")
    assert "It *dips*." in [text.value for text in session.main.text]
    store.set_tags(run.id, ["b", "a"])
    shown(session.run())
    assert box(session.multiselect, "tags-").value == ["a", "b"]
    box(session.multiselect, "tags-").set_value(["b"])
    shown(session.run())
    assert store.get(run.id).tags == ("b",)
    assert list(table(session)["tags"]) == [["b"]]


def test_an_empty_name_is_refused_in_a_sentence(store: RunStore) -> None:
    ended(store, "stays")
    session = tick(open_page("runs"), 0)
    box(session.text_input, "name-").set_value(" ")
    click(session, "rename-save")
    assert any("name" in toast for toast in toasts(session))
    assert names(session) == ["stays"]


def test_several_runs_are_tagged_at_once_and_keep_their_own(store: RunStore) -> None:
    one, two = ended(store, "one"), ended(store, "two")
    store.set_tags(one.id, ["both", "own"])
    store.set_tags(two.id, ["both"])
    session = tick(open_page("runs"), 0, 1)
    tags = box(session.multiselect, "tags-")
    assert (tags.label, tags.value) == ("Tags of all of them", ["both"])
    tags.set_value(["own"])
    shown(session.run())
    assert (store.get(one.id).tags, store.get(two.id).tags) == (("own",), ("own",))
