"""The views of the Architecture page below its figures and rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import ArchitectureSpec, find_preset, preset_names
from cifar_core.architecture.build import build_network
from cifar_core.architecture.editing.rows import inserted
from cifar_core.runs import Run
from cifar_core.ui.workbench_link import architecture_link
from tests.architecture.test_build import PRINTED_MODEL_3
from tests.pages.helpers import as_read, go_to, links, metric, number, on_strip, open_page, says, shown, texts
from tests.tiny import tiny_architecture

MODEL_3 = find_preset("seed-model-3")
VIEWS = ("Layers", "Edit", "Field", "Fit", "Compare", "Your network", "Take away")
EMPTY = MODEL_3.spec.changed(nodes=[], head=[{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}])
RESIDUAL = inserted(MODEL_3.spec, 3, "residual")
PRINTED = "Net(\n" + "\n".join(f"  ({at}): {line}" for at, line in enumerate(PRINTED_MODEL_3)) + "\n)"


def open_view(view: str, spec: ArchitectureSpec = MODEL_3.spec) -> AppTest:
    session = open_page("architecture", network=architecture_link(MODEL_3, spec), pane=view)
    assert not session.error
    assert not session.warning
    return session


def params(session: AppTest) -> int:
    return number(metric(session, "Parameters"))


def refusal(session: AppTest) -> str:
    (error,) = session.error
    assert "\n" not in error.value
    text = as_read(error.value)
    assert "\\" not in text  # made harmless once, not twice
    return text


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("spec", [RESIDUAL, EMPTY, tiny_architecture()], ids=["residual", "empty", "tiny"])
def test_every_view_stands_for_every_kind_of_network(view: str, spec: ArchitectureSpec) -> None:
    session = open_view(view, spec)
    assert params(session) == sum(parameter.numel() for parameter in build_network(spec).parameters())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("preset", preset_names())
def test_every_view_stands_for_every_preset(view: str, preset: str) -> None:
    assert not open_page("architecture", network=preset, pane=view).error


def test_the_seeds_table_is_set_right_beside_its_own_network_only() -> None:
    assert open_view("Layers").expander[0].label.startswith("The seed document's own table ends at 125 px")
    assert not open_page("architecture", network="dilated").expander


# --- Edit ---


def test_a_row_moves_and_the_choice_moves_with_it() -> None:
    session = open_view("Edit")
    shown(session.selectbox("row").set_value(1).run())
    shown(session.button("row-up").click().run())
    assert session.selectbox("row").value == 0
    assert session.button("row-up").disabled
    shown(session.button("row-down").click().run())
    assert "edited" not in on_strip(session, "architecture")


@pytest.mark.parametrize("kind", ["conv", "separable", "residual"])
def test_an_addition_stands_behind_the_chosen_row(kind: str) -> None:
    session = open_view("Edit")
    shown(session.selectbox("row").set_value(3).run())
    shown(session.button(f"add-{kind}").click().run())
    expected = inserted(MODEL_3.spec, 3, kind)
    assert params(session) == sum(parameter.numel() for parameter in build_network(expected).parameters())
    assert session.selectbox("row").value == 4


def test_rows_can_be_removed_to_the_last_and_added_anew() -> None:
    session = open_view("Edit")
    for _ in MODEL_3.spec.nodes:
        shown(session.button("row-remove").click().run())
    assert not session.error
    assert session.button("row-remove").disabled
    assert any("none." in text and "Blocks" in text for text in texts(session))
    shown(session.button("add-conv").click().run())
    assert not session.error
    assert any("C1." in text and "Blocks" in text for text in texts(session))


def test_a_removal_that_breaks_the_network_is_refused_and_loses_nothing() -> None:
    spec = MODEL_3.spec.changed(
        nodes=[
            {"block": "C1", "out_channels": 8, "padding": 1},
            {"block": "C1", "out_channels": 8, "groups": 8, "padding": 1},
        ]
    )
    session = open_view("Edit", spec)
    shown(session.selectbox("row").set_value(0).run())
    before = params(session)
    shown(session.button("row-remove").click().run())
    assert refusal(session).startswith("Row 1: groups is 8: it must divide in_channels, 3.")
    assert params(session) == before
    shown(session.button("discard").click().run())
    assert not session.error


def test_a_usual_head_is_chosen() -> None:
    session = open_view("Edit")
    assert session.selectbox("head").value == "own"
    shown(session.selectbox("head").set_value("gap-linear").run())
    assert params(session) == 97_264 - 320 + 330
    assert session.selectbox("head").value == "gap-linear"


def node_shown(session: AppTest) -> dict[str, Any]:
    node: dict[str, Any] = json.loads(session.text_area[0].value or "")
    return node


def choose(session: AppTest, option: str) -> AppTest:
    """In the last row of buttons on the page."""
    buttons: Any = session.get("segmented_control")[-1]
    return shown(buttons.set_value(option).run())


def apply_json(session: AppTest, text: str) -> AppTest:
    session.text_area[0].set_value(text)
    return shown(session.button("apply-json").click().run())


def test_the_inside_of_a_branch_is_edited_as_json() -> None:
    session = open_view("Edit", RESIDUAL)
    shown(session.selectbox("row").set_value(4).run())
    node = node_shown(session)
    assert (node["type"], len(node["main"])) == ("branch", 2)
    node["main"][0]["out_channels"] = 5
    apply_json(session, json.dumps(node))
    assert not session.error
    assert node_shown(session)["main"][0]["out_channels"] == 5
    expected = 97_264 + 32 * 5 * 9 * 2 + 2 * 5 + 2 * 32
    assert params(session) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "This is not JSON"),
        ("[1]", "Row 1"),
        ('{"type": "attention"}', "Row 1.type is 'attention': it must be one of 'conv', 'branch'"),
        ('{"out_channels": 0}', "Row 1.out_channels is 0"),
        ('{"out_channels": 3, "colour": 1}', "there is no field row 1.colour"),
    ],
)
def test_json_that_is_no_node_is_refused_in_a_sentence(text: str, named: str) -> None:
    session = open_view("Edit")
    shown(session.selectbox("row").set_value(0).run())
    apply_json(session, text)
    assert named.lower() in refusal(session).lower()
    assert params(session) == 97_264


def test_the_head_is_edited_as_json() -> None:
    session = open_view("Edit")
    choose(session, "Head")
    apply_json(session, '[{"type": "pool"}, {"type": "flatten"}, {"type": "linear", "out_features": 10}]')
    assert not session.error
    assert session.selectbox("head").value == "gap-linear"


# --- Field ---


def test_the_field_of_a_chosen_layer_is_told() -> None:
    session = open_view("Field")
    assert says(session, "One cell of **C3.1**", "**29 x 29 px**")
    shown(session.select_slider("field-layer").set_value("head.1").run())
    assert says(session, "One cell of **head.1**", "**69 x 69 px**")
    shown(session.select_slider("field-layer").set_value("C1.2").run())
    assert says(session, "One cell of **C1.2**", "**5 x 5 px**")
    assert any(
        "cell of C1.2 sees of a photograph: 5 pixels" in chart.proto.alt for chart in session.get("plotly_chart")
    )


def test_the_effective_field_is_measured_on_request() -> None:
    session = open_view("Field", tiny_architecture())
    assert len(session.get("plotly_chart")) == 2
    shown(session.button("effective-measure").click().run())
    assert says(session, "Half of the squared gradient lies within", "16 training images of Handwritten digits")
    assert says(session, "No run has trained exactly this network yet")
    assert links(session) == ["Train this"]


def test_the_effective_field_of_a_trained_run_stands_beside(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    session = open_view("Field", run.config.architecture.changed(name="another name"))
    shown(session.button("effective-measure").click().run())
    assert says(session, "Initialised, seed 0.")
    assert says(session, "Trained: steady, 1 epoch on Handwritten digits.")


# --- Fit ---


def test_the_widths_fit_a_budget_and_are_applied() -> None:
    session = open_view("Fit")
    shown(session.number_input("max-params-199999").set_value(50_000).run())
    assert params(session) == 97_264
    shown(session.button("apply-budget").click().run())
    assert 45_000 < params(session) <= 50_000
    assert session.button("apply-budget").disabled


def test_the_widths_fit_a_budget_of_macs() -> None:
    session = open_view("Fit")
    choose(session, "MACs")
    shown(session.number_input("max-macs-26.4").set_value(10.0).run())
    shown(session.button("apply-budget").click().run())
    link = session.query_params["network"]
    again = open_page("architecture", network=link if isinstance(link, str) else link[0])
    assert 8 < float(metric(again, "MACs an image").split()[0]) <= 10


def test_a_budget_below_the_narrowest_network_is_refused() -> None:
    session = open_view("Fit")
    shown(session.number_input("max-params-199999").set_value(10).run())
    assert refusal(session).endswith(".")
    assert params(session) == 97_264


def test_one_edit_brings_the_field_above_the_rule() -> None:
    short = MODEL_3.spec.changed(
        nodes=[node.model_dump() for node in MODEL_3.spec.nodes if node.block in ("C1", "C2", "C3")]
    )
    session = open_view("Fit", short)
    assert metric(session, "Receptive field (before pooling)") == "37 px"
    shown(session.button("suggestion-0").click().run())
    assert number(metric(session, "Receptive field (before pooling)").removesuffix(" px")) > 44
    assert says(session, "px already.")


# --- Compare ---


def test_a_network_beside_itself_does_not_differ() -> None:
    session = open_view("Compare")
    shown(session.selectbox("beside").set_value("seed-model-3").run())
    shown(session.toggle("only-differences").set_value(True).run())
    assert says(session, "do not differ")


def test_a_kept_network_is_compared_with_what_became_of_it() -> None:
    session = open_view("Compare")
    (keep,) = (button for button in session.button if button.label == "Keep the network as it is now")
    shown(keep.click().run())
    shown(session.slider("width-C4").set_value(48).run())
    assert session.selectbox("beside").value == ""
    assert session.selectbox("beside").options[0] == "the network kept here"
    table = session.dataframe[-1].value
    changed = table[table[""] == "≠ differs"]
    assert "48 → 32" in set(changed["channels"])
    assert set(changed["layer"]) >= {"C4.1", "C4.2"}


# --- Your network ---


def test_a_pasted_print_is_read_and_opens_in_the_editor() -> None:
    session = open_view("Your network")
    assert says(session, "Nothing is pasted yet.")
    shown(session.text_area("printed").set_value(PRINTED).run())
    assert [metric.value for metric in session.metric if metric.label == "Field (before pooling)"] == ["69 px"]
    assert says(session, "order", "as printed")
    shown(session.button("open-network").click().run())
    assert "97,264" in on_strip(session, "architecture")


@pytest.mark.parametrize("text", ["hello", "Net(", "(" * 5000, "x" * 300_000, "Net(\n  (a): Conv2d(3, 0)\n)"])
def test_a_paste_that_is_no_network_is_told_in_sentences(text: str) -> None:
    session = open_view("Your network")
    shown(session.text_area("printed").set_value(text).run())
    assert session.error
    assert all("Traceback" not in error.value for error in session.error)
    assert params(session) == 97_264


# --- Take away ---


def test_the_source_and_the_link_stand_there_to_be_taken() -> None:
    session = open_view("Take away", RESIDUAL)
    link, source = (code.value for code in session.code)
    assert "network=seed-model-3" in link
    assert "class " in source
    compile(source, "network.py", "exec")
    assert "Train this network" in links(session)
    go_to(session, "training")
    assert "edited" in on_strip(session, "architecture")
