from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cifar_core.architecture import ArchitectureSpec, block_widths, find_preset, num_macs, num_params, preset_names
from cifar_core.architecture.editing.budget import largest_widths
from cifar_core.architecture.editing.width_classes import width_classes
from cifar_core.architecture.editing.widths import scaled
from cifar_core.architecture.nodes import Conv, Pool
from cifar_core.errors import SpecError
from tests.architecture.branched import networks

HEAD = (Pool(), Conv(out_channels=10, kernel_size=1, bias=True))


def by_trying_every_step(spec: ArchitectureSpec, max_params: int, max_macs: int) -> ArchitectureSpec:
    """The oracle: the widths at every scale at which anything changes, until one does not fit."""
    classes = width_classes(spec.layers)
    steps = {Fraction(n * tied.step, tied.channels) for tied in classes for n in range(1, LARGEST * tied.channels)}
    best = scaled(spec, 0)
    for step in sorted(steps):
        tried = scaled(spec, step)
        if num_params(tried.layers) > max_params or num_macs(tried.layers) > max_macs:
            return best
        best = tried
    raise AssertionError("the oracle's scales end too early")


LARGEST = 6


@settings(max_examples=20, deadline=None)
@given(spec=networks(), at=st.fractions(0, 2, max_denominator=97), binding=st.sampled_from(["params", "macs", "both"]))
def test_no_wider_network_fits(spec: ArchitectureSpec, at: Fraction, binding: str) -> None:
    assume(sum(tied.channels // tied.step for tied in width_classes(spec.layers)) in range(1, 40))
    layers = scaled(spec, at).layers
    # Between two steps too: a little more than some network has.
    max_params = num_params(layers) + (at.numerator % 5) if binding != "macs" else 10**7
    max_macs = num_macs(layers) + (at.numerator % 7) if binding != "params" else 10**9
    found = largest_widths(spec, max_params=max_params, max_macs=max_macs)
    assert num_params(found.layers) <= max_params
    assert num_macs(found.layers) <= max_macs
    assert found == by_trying_every_step(spec, max_params, max_macs)


@pytest.mark.parametrize("name", preset_names())
def test_the_present_count_as_the_budget_changes_no_count(name: str) -> None:
    spec = find_preset(name).spec
    assert num_params(largest_widths(spec, max_params=num_params(spec.layers)).layers) == num_params(spec.layers)
    below = largest_widths(spec, max_params=num_params(spec.layers) - 1)
    assert num_params(below.layers) < num_params(spec.layers)


def test_the_ratios_stay() -> None:
    spec = find_preset("seed-model-3").spec
    found = largest_widths(spec, max_params=199_999)
    assert 190_000 < num_params(found.layers) < 200_000
    before, after = block_widths(spec), block_widths(found)
    assert max(after.values()) - min(after[block] * 64 // before[block] for block in before) <= 2


def test_both_limits_hold_and_one_binds() -> None:
    spec = find_preset("seed-model-3").spec
    macs = num_macs(spec.layers)
    assert num_macs(largest_widths(spec, max_params=199_999, max_macs=macs).layers) == macs


def test_the_grammar_ends_the_widths_where_no_limit_does() -> None:
    spec = ArchitectureSpec(nodes=(Conv(block="C1", out_channels=48, groups=3),), head=HEAD)
    assert block_widths(largest_widths(spec, max_macs=10**15)) == {"C1": 4095}
    assert num_params(largest_widths(find_preset("seed-model-1").spec).layers) <= 100_000_000


def test_more_channels_than_may_be_concatenated_do_not_fit() -> None:
    wide = Conv(groups="depthwise", channel_multiplier=64)
    spec = ArchitectureSpec(nodes=(Conv(block="C1", out_channels=8, kernel_size=1), wide), head=HEAD)
    assert block_widths(largest_widths(spec)) == {"C1": 1024}


def test_a_budget_below_the_narrowest_network_says_its_count() -> None:
    spec = find_preset("seed-model-3").spec
    least, least_macs = num_params(scaled(spec, 0).layers), num_macs(scaled(spec, 0).layers)
    with pytest.raises(SpecError, match=rf"narrowest network of this shape has {least:,} parameters.* budget is 9\b"):
        largest_widths(spec, max_params=9)
    with pytest.raises(SpecError, match=rf"narrowest network of this shape has {least_macs:,} MACs.* budget is -5\b"):
        largest_widths(spec, max_macs=-5)


def test_a_network_without_widths_is_left_as_it_is_or_refused() -> None:
    spec = ArchitectureSpec(head=HEAD)
    assert largest_widths(spec, max_params=40) == spec
    with pytest.raises(SpecError, match="has 40 parameters: the budget is 39"):
        largest_widths(spec, max_params=39)
