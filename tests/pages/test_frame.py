from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cifar_core.runs import Run, RunStore
from tests.pages.helpers import (
    DESIGN,
    PAGES,
    go_to,
    links,
    narrowest_link,
    on_strip,
    open_page,
    says,
    shown,
    strip_of,
    texts,
)
from tests.tiny import run_python, tiny_config

MENU = ["Home", "Architecture", "Augmentation", "Training", "Runs", "Mistakes", "Predict", "Class"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_as_the_first_one_of_a_session(name: str) -> None:
    session = open_page(name)
    assert session.header[0].value == ("CIFAR Lab" if name == "home" else name.capitalize())
    assert [link.label for link in session.sidebar.page_link] == MENU
    assert not session.error
    assert not session.warning
    strip = strip_of(session)
    assert "architecture **seed-model-3**, 97,264 parameters, field 69 px" in strip
    assert "augmentation **seed-model-3**" in strip
    assert "recipe **first**, 8 epochs" in strip
    assert "edited" not in strip


@pytest.mark.cifar10
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_cifar10(name: str) -> None:
    session = open_page(name)
    assert not session.error
    assert not says(session, "CIFAR-10 is not")


def test_looking_at_every_page_changes_nothing_on_the_workbench() -> None:
    session = open_page("home")
    before = strip_of(session)
    for name in (*PAGES, *PAGES):
        assert strip_of(go_to(session, name)) == before, name


def test_a_network_without_augmentation_keeps_it_off_on_the_way_through_the_pages() -> None:
    session = open_page("architecture", network="seed-model-1")
    assert on_strip(session, "augmentation").endswith("**none**")
    for name in ("augmentation", "training"):
        assert on_strip(go_to(session, name), "augmentation").endswith("**none**")


@pytest.mark.parametrize("name", PAGES)
def test_a_run_folder_that_cannot_be_written_is_told_in_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "file" / "runs"))
    session = open_page(name)
    assert session.warning[0].value.startswith("No run can be trained here: ")
    assert strip_of(session)
    assert not session.error
    if name in DESIGN:
        assert session.get("plotly_chart") or session.image or session.dataframe
    assert not any("Traceback" in text for text in texts(session))


def test_designing_goes_on_without_a_run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CIFAR_LAB_RUNS", str(tmp_path / "file" / "runs"))
    session = open_page("architecture")
    shown(session.slider("width-C1").set_value(32).run())
    assert "edited" in on_strip(session, "architecture")


def test_without_cifar10_the_pages_say_so_and_work_with_digits(no_cifar10: Path) -> None:
    session = open_page("home")
    assert says(session, "CIFAR-10 is not here: handwritten digits stand in")
    assert says(session, "handwritten digits stand in", "the Training page downloads it")
    assert says(go_to(session, "augmentation"), "CIFAR-10 is not here: digits stand in")
    assert session.selectbox("samples-from").options == ["Handwritten digits"]
    assert go_to(session, "training").selectbox("dataset").value == "digits"


@pytest.mark.parametrize("name", ["runs", "mistakes", "predict"])
def test_without_a_run_a_page_says_where_to_get_one(name: str) -> None:
    session = open_page(name)
    assert says(session, "There are no runs yet.")
    assert links(session) == ["Go to Training"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_runs_of_every_kind(name: str, trained: Callable[[str], Run], store: RunStore) -> None:
    trained("completed")
    store.request_stop(store.enqueue(tiny_config("never begun")).id)
    assert not open_page(name).error


@pytest.mark.parametrize("name", PAGES)
def test_nonsense_in_the_url_is_ignored(name: str) -> None:
    nonsense = {"pane": "nonsense", "limit-params": "abc", "dilation": "99", "augmentation": "x", "run": "../etc"}
    session = open_page(name, **nonsense, **{"seed": "-1", "seed.epochs": "1e99", "dataset": "", "page": "7"})
    assert not session.error
    assert "edited" not in strip_of(session)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("link", ["nonsense", "seed-model-3~!!!", "~", "dilated~eJwDAAAAAAE="])
def test_a_damaged_link_is_told_in_a_sentence_and_the_page_goes_on(name: str, link: str) -> None:
    session = open_page(name, network=link)
    (warning,) = session.warning
    assert warning.value.endswith(".")
    assert not session.error
    assert strip_of(session)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_keeps_an_edited_network_in_its_url(name: str) -> None:
    link = narrowest_link("dilated")
    session = open_page(name, network=link)
    assert "**dilated** :orange-badge[edited]" in on_strip(session, "architecture")
    assert session.query_params["network"] in (link, [link])


def test_a_source_edit_under_a_running_server_breaks_nothing(own_store: Path) -> None:
    """Streamlit then imports this project's modules anew, beside what it keeps of the old ones."""
    code = """
import sys
from tests.pages.helpers import go_to, open_page, says
session = go_to(open_page("home"), "training")
for name in [name for name in list(sys.modules) if name.split(".")[0] == "cifar_core"]:
    del sys.modules[name]
session.run()
session.number_input("recipe.epochs").set_value(1)
session.button("launch").click().run()
assert not session.exception
assert says(session, "**seed-model-3** on Handwritten digits")
for name in ("home", "architecture", "augmentation", "runs", "mistakes", "predict"):
    assert not go_to(session, name).error
print("well")
"""
    result = run_python(code)
    assert result.stdout.endswith("well\n"), result.stderr
