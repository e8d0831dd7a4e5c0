from __future__ import annotations

from cifar_core.architecture import ArchitectureDescription, RuleLimits, describe, find_preset


def test_description_holds_the_known_numbers_of_seed_model_3() -> None:
    described = describe(find_preset("seed-model-3").spec)
    assert (described.name, described.params, described.macs) == ("seed-model-3", 97_264, 26_361_600)
    assert (described.receptive_field, described.receptive_field_with_pooling) == (69, 109)
    assert described.coverage == 1
    assert sum(row.params for row in described.layers) == described.params
    assert sum(row.macs for row in described.layers) == described.macs


def test_rows_use_the_symbols_of_the_seeds_table() -> None:
    row = describe(find_preset("seed-model-3").spec).layers[7]
    assert row.model_dump() == {
        "name": "C3.1", "op": "conv", "n_in": 9, "c_in": 32, "c_out": 64, "padding": 1, "kernel": 3, "stride": 1,
        "dilation": 2, "n_out": 7, "j_in": 4, "j_out": 4, "r_in": 13, "r_out": 29,
        "params": 64 * 32 * 9 + 2 * 64, "macs": 49 * 64 * 32 * 9, "block": "C3",
        "unread": 0.0, "constant": 0.0, "wasted_macs": 0,
        "groups": 1, "bias": False, "padding_mode": "zeros", "steps": "conv relu batchnorm dropout2d:0.01",
    }  # fmt: skip


def test_description_survives_its_json() -> None:
    described = describe(find_preset("dilated").spec)
    assert ArchitectureDescription.parse(described.to_json()) == described


def test_limits_reach_the_rules() -> None:
    rules = {rule.name: rule for rule in describe(find_preset("dilated").spec, RuleLimits(blocks=5)).rules}
    assert not rules["blocks"].passed
