from __future__ import annotations

from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import ArchitectureSpec, find_preset, preset_names, with_block_widths
from cifar_core.architecture.build import build_network
from cifar_core.ui.architecture_editor import MIN_WIDTH
from tests.pages.helpers import go_to, metric, number, on_strip, open_page, says, shown

EXPECTED = {
    "seed-model-1": (1_605_600, 75),
    "seed-model-2": (97_264, 69),
    "seed-model-3": (97_264, 69),
    "dilated": (102_050, 45),
}


def built_parameters(preset: str, **widths: int) -> int:
    """Counted on the network itself."""
    network = build_network(with_block_widths(find_preset(preset).spec, widths))
    return sum(parameter.numel() for parameter in network.parameters())


def rules(session: AppTest) -> list[str]:
    return [text.value for text in session.markdown if "-badge[:material/" in text.value]


def test_every_preset_is_expected_here() -> None:
    assert set(EXPECTED) == set(preset_names())


@pytest.mark.parametrize("preset", EXPECTED)
def test_a_preset_changes_numbers_table_rules_and_workbench(preset: str) -> None:
    params, _ = EXPECTED[preset]
    session = open_page("architecture")
    shown(session.selectbox("preset").set_value(preset).run())
    assert number(metric(session, "Parameters")) == params == built_parameters(preset)
    table = session.dataframe[0].value
    assert table["params"].sum() == params
    assert list(table["name"]) == [layer.name for layer in find_preset(preset).spec.layers]
    assert f"**{preset}**, {params:,} parameters" in on_strip(session, "architecture")
    assert "edited" not in on_strip(session, "architecture")
    (count_rule,) = (rule for rule in rules(session) if ": Parameters: " in rule)
    assert count_rule.startswith(":green-badge" if params < 200_000 else ":red-badge")
    assert f"{params:,}" in count_rule


@pytest.mark.parametrize(
    ("preset", "field"), [(name, field) for name, (_, field) in EXPECTED.items() if name != "dilated"]
)
def test_a_preset_shows_its_receptive_field(preset: str, field: int) -> None:
    session = open_page("architecture", preset=find_preset(preset).title)
    assert metric(session, "Receptive field (before pooling)") == f"{field} px"
    assert session.dataframe[0].value["field"].max() >= field
    assert f"up to a receptive field of {field} pixels" in session.get("plotly_chart")[0].proto.alt


def test_each_rule_says_by_how_much() -> None:
    session = open_page("architecture", preset="Seed, Model 1")
    assert any("1,405,601 parameters too many." in rule for rule in rules(session))
    assert any("No depthwise convolution is followed by a 1x1." in rule for rule in rules(session))
    session = open_page("architecture")
    assert any("102,735 parameters to spare." in rule for rule in rules(session))
    assert not any(rule.startswith(":red-badge") for rule in rules(session))


def test_a_reconstructed_preset_says_so() -> None:
    assert says(open_page("architecture", preset="Seed, Model 1"), "Reconstructed:", "1,605,600")


@pytest.mark.parametrize("width", [MIN_WIDTH, 32, 96, 256])
def test_a_width_moves_the_count_of_the_built_network(width: int) -> None:
    session = open_page("architecture")
    shown(session.slider("seed-model-3.C1").set_value(width).run())
    params = built_parameters("seed-model-3", C1=width)
    assert number(metric(session, "Parameters")) == params
    (parameters,) = (each for each in session.metric if each.label == "Parameters")
    assert number(parameters.delta) == params - 97_264
    assert session.dataframe[0].value["params"].sum() == params
    assert "edited" in on_strip(session, "architecture")
    assert f"{params:,} parameters" in on_strip(session, "architecture")


@pytest.mark.parametrize("preset", preset_names())
def test_every_block_has_a_slider_and_the_narrowest_network_stands(preset: str) -> None:
    session = open_page("architecture", preset=find_preset(preset).title)
    assert {slider.key for slider in session.slider} == {f"{preset}.C{block}" for block in (1, 2, 3, 4)}
    for slider in session.slider:
        slider.set_value(MIN_WIDTH)
    shown(session.run())
    assert not session.error
    assert number(metric(session, "Parameters")) == built_parameters(
        preset, **dict.fromkeys(("C1", "C2", "C3", "C4"), 4)
    )


def test_back_to_the_presets_widths() -> None:
    session = open_page("architecture")
    (back,) = (button for button in session.button if button.label == "Back to the preset's widths")
    assert back.disabled
    for block, width in (("C1", 17), ("C4", 200)):
        session.slider(f"seed-model-3.{block}").set_value(width)
    shown(session.run())
    (back,) = (button for button in session.button if button.label == "Back to the preset's widths")
    assert not back.disabled
    shown(back.click().run())
    assert metric(session, "Parameters") == "97,264"
    assert session.slider("seed-model-3.C4").value == 32
    assert "edited" not in on_strip(session, "architecture")


def test_each_preset_keeps_its_own_widths() -> None:
    session = open_page("architecture")
    shown(session.slider("seed-model-3.C1").set_value(40).run())
    shown(session.selectbox("preset").set_value("seed-model-2").run())
    assert metric(session, "Parameters") == "97,264"
    shown(session.selectbox("preset").set_value("seed-model-3").run())
    assert session.slider("seed-model-3.C1").value == 40


def test_preset_and_widths_come_from_the_url() -> None:
    session = open_page("architecture", preset="Dilated", **{"dilated.C1": "31"})
    assert number(metric(session, "Parameters")) == built_parameters("dilated", C1=31)
    assert session.query_params == {"preset": "Dilated", "dilated.C1": "31"}


def test_a_width_beyond_the_slider_in_the_url_is_ignored() -> None:
    session = open_page("architecture", **{"seed-model-3.C1": "9999"})
    assert metric(session, "Parameters") == "97,264"


def test_widths_survive_a_walk_through_other_pages() -> None:
    session = open_page("architecture")
    shown(session.slider("seed-model-3.C2").set_value(48).run())
    params = metric(session, "Parameters")
    for name in ("training", "augmentation", "home"):
        go_to(session, name)
        assert f"{params} parameters" in on_strip(session, "architecture")
    go_to(session, "architecture")
    assert session.slider("seed-model-3.C2").value == 48
    assert metric(session, "Parameters") == params


def test_all_columns_are_those_of_the_seeds_table() -> None:
    session = open_page("architecture")
    (switch,) = (toggle for toggle in session.toggle if toggle.label == "All columns")
    assert "r_in" not in session.dataframe[0].value
    shown(switch.set_value(True).run())
    columns = "name op n_in c_in c_out padding kernel stride dilation n_out j_in j_out r_in r_out params macs"
    assert set(columns.split()) <= set(session.dataframe[0].value.columns)


def test_the_json_is_the_network_as_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[str] = []
    real = st.download_button

    def remember(label: str, data: str, **rest: Any) -> bool:
        offered.append(data)
        return real(label, data, **rest)

    monkeypatch.setattr(st, "download_button", remember)
    open_page("architecture", **{"seed-model-3.C1": "32"})
    expected = with_block_widths(find_preset("seed-model-3").spec, {"C1": 32})
    assert ArchitectureSpec.parse(offered[-1]) == expected


def test_another_preset_brings_its_own_augmentation_and_recipe() -> None:
    session = open_page("augmentation")
    go_to(session, "training")
    assert "**seed-model-3**" in on_strip(session, "augmentation")
    assert "**seed**" in on_strip(session, "recipe")
    go_to(session, "architecture")
    shown(session.selectbox("preset").set_value("dilated").run())
    assert "**assignment**" in on_strip(session, "augmentation")
    assert "**quick**" in on_strip(session, "recipe")
    go_to(session, "augmentation")
    assert "**assignment**" in on_strip(session, "augmentation")
    go_to(session, "training")
    assert "**quick**" in on_strip(session, "recipe")
    assert session.selectbox("recipe").value == "quick"


def test_field_with_holes_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ArchitectureSpec.parse(
        {
            "nodes": [{"out_channels": 4, "dilation": rate, "padding": rate} for rate in (2, 4, 8, 8)],
            "head": [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}],
        }
    )
    monkeypatch.setattr("cifar_core.ui.architecture_editor.with_block_widths", lambda *arguments: spec)
    assert says(open_page("architecture"), "Paths reach only 26.1 % of the 45 x 45 square")


def test_whole_field_is_not_warned_of() -> None:
    assert not open_page("architecture").warning
