"""What a sweep has before it, told before it begins."""

from __future__ import annotations

import pytest

from cifar_core.architecture.cost import num_macs
from cifar_core.runs.config import preset_config
from cifar_core.runs.fields import with_fields
from cifar_core.sweeps.outlook import DRAWN, look_ahead
from tests.sweeps.conftest import tiny_sweep

BASE = preset_config("seed-model-3", "digits")


def test_every_combination_of_a_small_space_is_looked_at() -> None:
    spec = tiny_sweep("epochs=25,100", "width_scale=0.5,4", base=BASE.model_dump(), legal_only=True)
    outlook = look_ahead(spec)
    assert (outlook.drawn, outlook.legal) == (4, 2)
    half = with_fields(BASE, {"width_scale": 0.5}).architecture
    macs = num_macs(half.layers) / num_macs(BASE.architecture.layers)
    assert outlook.effort == pytest.approx((25 + 100) / 2 / BASE.training.epochs * macs)
    assert "breaks the assignment's rules" in outlook.why


def test_of_a_large_space_some_are_drawn_within_its_limits() -> None:
    spec = tiny_sweep("epochs=25..100", "lr=0.001..0.1:log", base=BASE.model_dump(), legal_only=True)
    outlook = look_ahead(spec)
    assert (outlook.drawn, outlook.legal, outlook.why) == (DRAWN, DRAWN, "")
    assert 25 <= outlook.effort * BASE.training.epochs <= 100
    assert look_ahead(spec) == outlook


def test_a_space_without_a_legal_network_promises_nothing() -> None:
    spec = tiny_sweep("width_scale=4..8", base=BASE.model_dump(), legal_only=True)
    outlook = look_ahead(spec)
    assert (outlook.legal, outlook.effort) == (0, 0.0)
    assert "parameters too many" in outlook.why
