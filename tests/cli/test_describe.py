from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cifar_core.architecture import find_preset, preset_names
from tests.cli.helpers import Cli
from tests.tiny import tiny_network

LAYER_FIELDS = [
    *("name", "op", "n_in", "c_in", "c_out", "padding", "kernel", "stride", "dilation", "n_out"),
    *("j_in", "j_out", "r_in", "r_out", "params", "macs"),
    *("block", "unread", "constant", "wasted_macs", "groups", "bias", "padding_mode", "steps"),
]
FIGURES = {"params", "macs", "receptive_field", "receptive_field_with_pooling", "coverage", "layers", "rules"}
RULE_FIELDS = {"name", "passed", "value", "limit"}


@pytest.fixture
def model_3(cli: Cli) -> dict[str, Any]:
    data: dict[str, Any] = cli("describe", "--preset", "seed-model-3", "--json").data
    return data


def test_presets_lists_them_all(cli: Cli) -> None:
    assert [preset["name"] for preset in cli("presets", "--json").data] == list(preset_names())


def test_presets_as_text_shows_names_and_counts(cli: Cli) -> None:
    lines = cli("presets").out.splitlines()
    assert len(lines) == 1 + len(preset_names())
    assert any("seed-model-3" in line and "97,264" in line and "69" in line for line in lines)


def test_presets_say_the_same_as_describe(cli: Cli) -> None:
    for preset in cli("presets", "--json").data:
        described = cli("describe", "--preset", preset["name"], "--json").data
        assert {key: described[key] for key in ("params", "macs", "receptive_field")} == {
            key: preset[key] for key in ("params", "macs", "receptive_field")
        }
        assert preset["passes"] == all(rule["passed"] for rule in described["rules"] if rule["required"])


def test_describe_has_the_contract_s_fields_and_few_more(model_3: dict[str, Any]) -> None:
    assert set(model_3) == FIGURES | {"name", "wasted"}
    for layer in model_3["layers"]:
        assert list(layer) == LAYER_FIELDS
    for rule in model_3["rules"]:
        assert set(rule) == RULE_FIELDS | {"title", "required", "detail"}


def test_describe_tells_the_true_figures_of_model_3(model_3: dict[str, Any]) -> None:
    assert model_3["params"] == 97_264
    assert model_3["receptive_field"] == 69
    assert model_3["receptive_field_with_pooling"] == 109
    assert 0 < model_3["coverage"] <= 1


def test_the_layers_sum_to_the_network(model_3: dict[str, Any]) -> None:
    layers = model_3["layers"]
    assert sum(layer["params"] for layer in layers) == model_3["params"]
    assert sum(layer["macs"] for layer in layers) == model_3["macs"]
    for before, after in pairwise(layers):
        assert after["n_in"] == before["n_out"]
        assert after["c_in"] == before["c_out"]
        assert after["j_in"] == before["j_out"]
        assert after["r_in"] == before["r_out"]


def test_describe_reads_a_file_as_it_reads_the_preset(cli: Cli, tmp_path: Path, model_3: dict[str, Any]) -> None:
    file = tmp_path / "model.json"
    file.write_text(find_preset("seed-model-3").spec.to_json())
    assert cli("describe", file, "--json").data == model_3


def test_describe_as_text_shows_layers_figures_and_rules(cli: Cli, tiny_file: Path) -> None:
    outcome = cli("describe", tiny_file)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    count = sum(parameter.numel() for parameter in tiny_network().parameters())
    assert lines[0].split() == [*LAYER_FIELDS[:16], "unread", "constant"]
    assert lines[1].startswith("C1.1 ")
    assert any(line.split() == ["Parameters", f"{count:,}"] for line in lines)
    assert any(line.startswith("FAIL  Receptive field") for line in lines)
    assert any(line.startswith("pass  Parameters") for line in lines)


def test_a_network_that_fails_rules_is_no_failed_command(cli: Cli, tiny_file: Path) -> None:
    assert not all(rule["passed"] for rule in cli("describe", tiny_file, "--json").data["rules"])
    assert cli("describe", tiny_file).status == 0


def test_describe_tells_what_is_computed_for_nothing(cli: Cli, model_3: dict[str, Any]) -> None:
    assert model_3["wasted"]["share"] > 0.5
    assert (model_3["wasted"]["pooled"], model_3["wasted"]["pooled_zero"]) == (36, 20)
    out = cli("describe", "--preset", "seed-model-3").out
    assert "MACs for nothing 60.7 %" in out
    assert "Pooled cells     36, of which 20 are always the same" in out
