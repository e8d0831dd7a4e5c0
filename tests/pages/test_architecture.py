from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import ArchitectureSpec, find_preset, num_params, preset_names, with_block_widths
from cifar_core.architecture.build import build_network
from cifar_core.ui.architecture.start import MIN_WIDTH
from cifar_core.ui.workbench_link import architecture_link
from tests.pages.helpers import as_read, go_to, metric, number, on_strip, open_page, says, shown

EXPECTED = {
    "seed-model-1": (1_605_600, 75),
    "seed-model-2": (97_264, 69),
    "seed-model-3": (97_264, 69),
    "best-100k": (99_472, 103),
    "best-200k": (199_756, 137),
    "quick-cpu": (174_594, 81),
    "cpu-100k": (97_218, 93),
    "cpu-200k": (192_394, 97),
    "dilated": (102_050, 45),
}
MODEL_3 = find_preset("seed-model-3")


def built_parameters(preset: str, **widths: int) -> int:
    """Counted on the network itself."""
    network = build_network(with_block_widths(find_preset(preset).spec, widths))
    return sum(parameter.numel() for parameter in network.parameters())


def rules(session: AppTest) -> list[str]:
    return [text.value for text in session.markdown if "-badge[:material/" in text.value]


def link_to(*nodes: dict[str, Any], preset: str = "seed-model-3") -> str:
    head = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]
    spec = ArchitectureSpec.parse({"nodes": [{"out_channels": 4, **node} for node in nodes], "head": head})
    return architecture_link(find_preset(preset), spec)


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
    assert list(table["layer"]) == [layer.name for layer in find_preset(preset).spec.layers]
    assert f"**{preset}**, {params:,} parameters" in on_strip(session, "architecture")
    assert "edited" not in on_strip(session, "architecture")
    (count_rule,) = (rule for rule in rules(session) if ": Parameters: " in rule)
    assert count_rule.startswith(":green-badge" if params < 200_000 else ":red-badge")
    assert f"{params:,}" in count_rule


@pytest.mark.parametrize("preset", EXPECTED)
def test_a_preset_comes_from_the_url_with_its_field(preset: str) -> None:
    session = open_page("architecture", network=preset)
    field = EXPECTED[preset][1]
    assert session.selectbox("preset").value == preset
    assert metric(session, "Receptive field (before pooling)") == f"{field} px"
    assert session.dataframe[0].value["field"].max() >= field


def test_each_rule_says_by_how_much() -> None:
    session = open_page("architecture", network="seed-model-1")
    assert any("1,405,601 parameters too many." in rule for rule in rules(session))
    assert any("No depthwise convolution is followed by a 1x1." in rule for rule in rules(session))
    session = open_page("architecture")
    assert any("102,735 parameters to spare." in rule for rule in rules(session))
    assert not any(rule.startswith(":red-badge") for rule in rules(session))


def test_a_teachers_limits_move_the_rules() -> None:
    session = open_page("architecture")
    session.number_input("limit-params").set_value(90_000)
    session.number_input("limit-field").set_value(69)
    session.number_input("limit-blocks").set_value(3)
    shown(session.run())
    assert any("7,265 parameters too many." in rule for rule in rules(session))
    assert sum(rule.startswith(":red-badge") for rule in rules(session)) == 3
    assert open_page("architecture", **{"limit-params": "90000"}).number_input("limit-params").value == 90_000


def test_a_reconstructed_preset_says_so() -> None:
    assert says(open_page("architecture", network="seed-model-1"), "Reconstructed:", "1,605,600")


def test_model_3_spends_most_of_its_work_for_nothing_and_the_page_says_so() -> None:
    session = open_page("architecture")
    assert float(metric(session, "MACs for nothing").split()[0]) > 50
    assert says(session, "Of the 36 cells that the head pools, 20 are always zero")


@pytest.mark.parametrize("width", [MIN_WIDTH, 32, 96, 256])
def test_a_width_moves_the_count_of_the_built_network(width: int) -> None:
    session = open_page("architecture")
    shown(session.slider("width-C1").set_value(width).run())
    params = built_parameters("seed-model-3", C1=width)
    assert number(metric(session, "Parameters")) == params
    (parameters,) = (each for each in session.metric if each.label == "Parameters")
    assert number(parameters.delta) == params - 97_264
    assert session.dataframe[0].value["params"].sum() == params
    assert "edited" in on_strip(session, "architecture")
    assert f"{params:,} parameters" in on_strip(session, "architecture")


@pytest.mark.parametrize("preset", preset_names())
def test_every_block_has_a_slider_and_the_narrowest_network_stands(preset: str) -> None:
    session = open_page("architecture", network=preset)
    assert {slider.key for slider in session.slider} == {f"width-C{block}" for block in (1, 2, 3, 4)}
    for block in (1, 2, 3, 4):
        shown(session.slider(f"width-C{block}").set_value(MIN_WIDTH).run())
    assert not session.error
    widths = dict.fromkeys(("C1", "C2", "C3", "C4"), MIN_WIDTH)
    assert number(metric(session, "Parameters")) == built_parameters(preset, **widths)


def test_a_block_that_is_dragged_back_has_its_old_ratios() -> None:
    session = open_page("architecture")
    for width in (4, 200, 64):
        shown(session.slider("width-C2").set_value(width).run())
    assert metric(session, "Parameters") == "97,264"
    assert "edited" not in on_strip(session, "architecture")


def test_undo_takes_back_step_by_step() -> None:
    session = open_page("architecture")
    assert session.button("undo").disabled
    shown(session.slider("width-C1").set_value(17).run())
    after_first = metric(session, "Parameters")
    shown(session.slider("width-C4").set_value(200).run())
    shown(session.button("undo").click().run())
    assert metric(session, "Parameters") == after_first
    shown(session.button("undo").click().run())
    assert metric(session, "Parameters") == "97,264"
    assert session.slider("width-C4").value == 32
    assert session.button("undo").disabled


def test_back_to_the_preset_and_back_again() -> None:
    session = open_page("architecture")
    assert session.button("reset").disabled
    shown(session.slider("width-C1").set_value(17).run())
    edited = metric(session, "Parameters")
    shown(session.button("reset").click().run())
    assert metric(session, "Parameters") == "97,264"
    shown(session.button("undo").click().run())
    assert metric(session, "Parameters") == edited


def test_choosing_a_preset_over_an_edited_network_can_be_taken_back() -> None:
    session = open_page("architecture")
    shown(session.slider("width-C1").set_value(40).run())
    edited = metric(session, "Parameters")
    shown(session.selectbox("preset").set_value("dilated").run())
    assert metric(session, "Parameters") == "102,050"
    shown(session.button("undo").click().run())
    assert metric(session, "Parameters") == edited
    assert session.selectbox("preset").value == "seed-model-3"


def test_an_edited_network_survives_a_reload() -> None:
    session = open_page("architecture", network="dilated")
    shown(session.slider("width-C1").set_value(31).run())
    link = session.query_params["network"]
    reloaded = open_page("architecture", network=link if isinstance(link, str) else link[0])
    assert number(metric(reloaded, "Parameters")) == built_parameters("dilated", C1=31)
    assert reloaded.slider("width-C1").value == 31
    assert reloaded.selectbox("preset").value == "dilated"


def test_widths_survive_a_walk_through_other_pages() -> None:
    session = open_page("architecture")
    shown(session.slider("width-C2").set_value(48).run())
    params = metric(session, "Parameters")
    for name in ("training", "augmentation", "home"):
        go_to(session, name)
        assert f"{params} parameters" in on_strip(session, "architecture")
    go_to(session, "architecture")
    assert session.slider("width-C2").value == 48
    assert metric(session, "Parameters") == params


def test_the_seeds_columns_are_thirteen() -> None:
    session = open_page("architecture")
    shown(session.toggle("seed-columns").set_value(True).run())
    columns = "Operation nin Channels Output_Channels padding kernel stride dilation nout jin jout rin rout"
    assert list(session.dataframe[0].value.columns) == columns.split()


def test_the_input_of_each_layer_sees_part_edge_or_all_of_the_image() -> None:
    table = open_page("architecture").dataframe[0].value
    states = dict(zip(table["layer"], table["its input sees"], strict=True))
    assert (states["C1.1"], states["C3.3"], states["C4.2"], states["head.1"]) == (
        "1 px, part", "37 px, edge", "53 px, edge", "69 px, all",
    )  # fmt: skip


def test_another_preset_brings_its_own_augmentation_and_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifar_core.ui.workbench.training_device", lambda wanted: "cuda")
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


def test_field_with_holes_is_warned_of() -> None:
    link = link_to(*({"dilation": rate, "padding": rate} for rate in (2, 4, 8, 8)))
    session = open_page("architecture", network=link)
    assert says(session, "Paths reach only 26.1 % of the 45 x 45 square")


def test_whole_field_is_not_warned_of() -> None:
    assert not open_page("architecture").warning


def test_homes_dilation_comes_along() -> None:
    session = open_page("home")
    shown(session.slider("dilation").set_value(4).run())
    field = metric(session, "Receptive field (before pooling)")
    session.button("take-along").click().run()
    go_to(session, "architecture")
    assert metric(session, "Receptive field (before pooling)") == field
    assert "edited" in on_strip(session, "architecture")
    assert num_params(MODEL_3.spec.layers) == number(metric(session, "Parameters"))


@pytest.mark.parametrize("text", ["![x](http://evil.example/i.png)", "[log in](http://evil.com)", ":red[x]", "<b>x"])
def test_names_in_a_link_are_shown_as_they_are_and_do_nothing(text: str) -> None:
    spec = MODEL_3.spec.changed(name=text)
    session = open_page("architecture", network=architecture_link(MODEL_3, spec))
    assert text not in on_strip(session, "architecture")
    assert text in as_read(on_strip(session, "architecture"))
    (warning,) = open_page("home", network=text).warning
    assert text not in warning.value


def test_the_block_moved_last_decides_for_channels_that_are_tied() -> None:
    tied = MODEL_3.spec.changed(
        nodes=[
            {"block": "C1", "out_channels": 32, "padding": 1},
            {"type": "branch", "block": "C2", "main": [{"out_channels": 32, "padding": 1}]},
        ],
        head=[{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}],
    )
    session = open_page("architecture", network=architecture_link(MODEL_3, tied))
    shown(session.slider("width-C1").set_value(48).run())
    assert (session.slider("width-C1").value, session.slider("width-C2").value) == (48, 48)
    shown(session.slider("width-C2").set_value(64).run())
    assert (session.slider("width-C1").value, session.slider("width-C2").value) == (64, 64)
