"""What is taken away from the Runs page: files of a run, and a link that opens the page again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.analysis.export import torch_file
from cifar_core.analysis.export.formats import FORMATS
from cifar_core.data import find_augmentation
from cifar_core.runs import Run, RunStore
from cifar_core.ui.runs.families_view import FAMILIES
from cifar_core.ui.workbench_link import augmentation_link
from tests.pages.helpers import laid_augmentation, narrowest_link, on_strip, open_page, says, shown
from tests.pages.runs_page import chosen, click, pane, tick, view
from tests.runs.test_catalogue import ended

pytestmark = pytest.mark.usefixtures("idle")


def take_away(run: Run, kind: str) -> AppTest:
    session = pane(open_page("runs", run=run.id), "Take away")
    shown(session.segmented_control("export-format").set_value(kind).run())
    return click(session, "make-export")


def offered(session: AppTest) -> list[Any]:
    return [element.proto for element in session.get("download_button") if "Save " in element.proto.label]


def link_of(session: AppTest) -> dict[str, str]:
    """The parameters of the link that stands there to be copied."""
    (code,) = session.code
    return {name: value for name, (value,) in parse_qs(urlsplit(code.value).query).items()}


@pytest.mark.parametrize("kind", ["package", "torch", "safetensors", "csv", "tensorboard"])
def test_a_run_is_offered_as_a_file(trained: Callable[[str], Run], kind: str) -> None:
    run = trained("completed")
    session = take_away(run, kind)
    assert not session.error
    (button,) = offered(session)
    assert button.label == f"Save {run.id}{FORMATS[kind].suffix}"
    assert says(session, "Checked: on 64 test images of Handwritten digits") == (kind in ("torch", "safetensors"))


def test_a_missing_package_is_told_in_a_sentence(
    trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    session = take_away(trained("completed"), "onnx")
    (error,) = session.error
    assert "pip install -r requirements-export.txt" in error.value.replace("\\", "")
    assert not offered(session)


def test_a_run_without_weights_is_told_of(store: RunStore) -> None:
    session = take_away(ended(store, "never trained"), "torch")
    assert len(session.error) == 1
    assert not offered(session)


def test_a_file_that_fails_its_check_is_not_offered(
    trained: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = torch_file._answers
    monkeypatch.setattr(torch_file, "_answers", lambda *arguments: real(*arguments) + 1)
    session = take_away(trained("completed"), "torch")
    assert says(session, "The PyTorch source of run", "is refused")
    assert not offered(session)


def test_a_link_restores_runs_architecture_and_augmentation(store: RunStore) -> None:
    first, second = ended(store, "first"), ended(store, "second")
    ended(store, "third")
    preset = find_augmentation("assignment")
    mirrored = preset.spec.changed(transforms=preset.spec.transforms[:1])
    query = {"network": narrowest_link("dilated"), "transforms": augmentation_link(preset, mirrored), "recipe": "quick"}
    session = pane(open_page("runs", **query), "Take away")
    assert "run" in link_of(session), "the newest one is shown where none is chosen"
    tick(session, 2, 1)
    link = link_of(session)
    assert link == {**query, "run": f"{first.id},{second.id}"} or link == {**query, "run": f"{second.id},{first.id}"}
    again = open_page("runs", **link)
    assert sorted(chosen(again)) == ["first", "second"]
    assert "**dilated** :orange-badge[edited]" in on_strip(again, "architecture")
    assert laid_augmentation(again) == mirrored
    assert "**quick**" in on_strip(again, "recipe")


def test_the_runs_of_a_configuration_stand_in_the_link_too(store: RunStore) -> None:
    runs = [ended(store, "seeds", seed=seed) for seed in (0, 1)]
    ended(store, "other", epochs=7)
    session = view(open_page("runs"), "By configuration")
    key = next(family.key for family in store.find_families() if family.count == 2)
    session.session_state[f"{FAMILIES}.chosen"] = (key,)
    shown(session.run())
    pane(session, "Take away")
    named = ",".join(run.id for run in reversed(runs))
    assert link_of(session)["run"] == session.query_params["run"] == named
    assert chosen(open_page("runs", run=named)) == ["seeds", "seeds"]
    assert not chosen(view(session, "Each run")), "what is ticked there is another matter"


def test_the_pane_stands_in_the_url(store: RunStore) -> None:
    run = ended(store, "one")
    assert not open_page("runs", run=run.id).code
    assert open_page("runs", run=run.id, **{"runs-pane": "Take away"}).code
